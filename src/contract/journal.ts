/** The journal port: the only memory. Written once a turn by one worker; read by anybody with a number. */

import type { Epoch, Instant, Mono, Ms, Seq } from '../base/units.js'
import type { ChunkList, CopiedChunk, CopiedRecorder, PartQuery, RecorderList } from './copied-samples.js'
import type { CopyPage, CopyQuery, Place } from './copy.js'
import type { CommandName } from './commands.js'
import type { Fact, FactName } from './events/catalogue.js'
import type { LossRow, WrittenRow } from './losses.js'
import type { Refusal } from './refusals.js'
import type { Quality, Scan, ScanGroup } from './scan.js'
import type { ToldStop } from './told-stop.js'

/** A command and what became of it: the audit trail, and the memory behind idempotency keys. */
export interface CommandRecord {
  readonly at: Instant
  readonly name: CommandName
  readonly line: string
  readonly equipment: string | null
  readonly body: unknown
  readonly byId: string
  readonly byName: string
  readonly role: string
  readonly key: string | null
  /** Numbers of the facts it made. Empty when it was refused. */
  readonly seqs: readonly Seq[]
  readonly refusal: Refusal | null
}

/** The state of a line as of a number: start-up applies only what follows. */
export interface Snapshot {
  readonly line: string
  readonly seq: Seq
  readonly at: Instant
  /** JSON. */
  readonly state: string
}

/** What one turn leaves behind, in one transaction. */
export interface Turn {
  readonly number: number
  readonly at: Instant
  readonly mono: Mono
  readonly facts: readonly Fact[]
  readonly scans: readonly Scan[]
  readonly rows: readonly LossRow[]
  readonly commands: readonly CommandRecord[]
  readonly snapshots: readonly Snapshot[]
}

/**
 * Where the journal came from. `continued` is the ordinary start, after a crash too. All others begin a new epoch:
 * `restored` has no state file beside it, or one of another instance; `rolled_back` knows less than its state file says it did;
 * `lost` was gone or empty; `salvaged` was damaged, and what could be read of it was taken over; `taken_over` is the copy of another
 * box, gone on with in its place.
 */
export type Origin = 'created' | 'continued' | 'restored' | 'rolled_back' | 'lost' | 'salvaged' | 'taken_over'

/** What the journal knows when it is opened. */
export interface Remembered {
  readonly origin: Origin
  readonly epoch: Epoch
  /** The epoch before this one, and its last known number. */
  readonly previousEpoch: Epoch | null
  readonly previousHead: Seq | null
  /** The last number given; the next fact has the one after it. Numbers go on across epochs. */
  readonly head: Seq
  readonly lastTurn: number
  /** The last instant anything was written; everything since is blind time. */
  readonly lastAt: Instant | null
  /** The previous run ended orderly. */
  readonly clean: boolean
  readonly snapshots: readonly Snapshot[]
  /** Facts after the oldest of the snapshots, in order. A line without a snapshot is made of all there are, which may be years: these are the first of them. */
  readonly facts: readonly Fact[]
  /** More follow, to be read by pages (`facts`). */
  readonly factsLeft: boolean
  /** Turns staged after the last fact: their scans are solved again, so that parts seen but not yet recorded are not lost. */
  readonly tail: readonly RecordedTurn[]
  /** Loss rows of the last days, for the live windows. */
  readonly rows: readonly LossRow[]
  /** The last hours in which each product was made on each equipment, oldest first. */
  readonly made: readonly Made[]
}

/** What an equipment made of a product in an hour, and the planned time that it had for it. */
export interface Made { readonly equipment: string; readonly product: string; readonly hour: Instant; readonly good: number; readonly plannedMs: Ms }

export interface FactQuery {
  readonly after?: Seq
  readonly limit: number
  readonly types?: readonly FactName[]
  readonly line?: string
  readonly equipment?: string
  readonly from?: Instant
  readonly to?: Instant
  /** Only what names that stop: what was said of it, and what parted it from another. */
  readonly stop?: string
  /** The same of any of these. */
  readonly stops?: readonly string[]
  readonly newestFirst?: boolean
  /** Facts of that turn and of later ones. */
  readonly fromTurn?: number
  /** Facts of turns before that one. */
  readonly untilTurn?: number
}

/** A place in a list of stops: the one that began then, of that name. */
export interface StopPlace { readonly from: Instant; readonly stopId: string }

/** Stops that overlap a period, newest first. Of those that began before it and that nothing ended it knows nothing; who looks after the line does. */
export interface StopQuery {
  readonly from: Instant
  readonly to: Instant
  /** Codes; `null`: of all lines there ever were. */
  readonly lines: readonly string[] | null
  readonly equipment?: string | undefined
  /** Those after this place. */
  readonly after?: StopPlace | undefined
  readonly limit: number
  readonly open?: boolean | undefined
  /** The code of the reason. */
  readonly reason?: string | undefined
  readonly explained?: boolean | undefined
  /** Leaves micro-stops out: the thresholds that make them so, in milliseconds, by equipment. Where none is said, it is 0. */
  readonly microMs?: Readonly<Record<string, Ms>> | undefined
  /** Ids of stops to be left out. */
  readonly except?: readonly string[] | undefined
}

/** The history of one slot of a tag. Gaps are points with `value: null`. */
export interface SampleQuery {
  readonly plc: string
  readonly tag: string
  /** Element of an array; 0 for a single value. */
  readonly element: number
  readonly from: Instant
  readonly to: Instant
  readonly pointsMax: number
}
export interface SamplePoint { readonly at: Instant; readonly value: number | null; readonly quality: Quality }

/** The same of many slots over one period: what was recorded of them together is read once. `pointsMax` is of each. */
export interface HistoryQuery extends Pick<SampleQuery, 'from' | 'to' | 'pointsMax'> {
  readonly slots: readonly Pick<SampleQuery, 'plc' | 'tag' | 'element'>[]
}

/** What was recorded of some tags in the turns after a number; tags as `PLC/TAG`, where `*` stands for any text. */
export interface SampledQuery {
  readonly after: number
  readonly turnsMax: number
  readonly tags: readonly string[]
}
/** A stretch of turns, from the `first` that is kept after the number asked for to the `last` that was looked at. */
export interface Sampled {
  readonly first: number
  readonly last: number
  readonly strips: readonly SampledStrip[]
}
/** Tags of one PLC that were scanned together. Index i of every array belongs to the same scan. */
export interface SampledStrip {
  readonly plc: string
  readonly turns: Float64Array
  readonly ats: Float64Array
  readonly columns: readonly SampledColumn[]
}
/** One element of a tag. Qualities are the numbers of `qualities`; a value is meaningless where its quality is not good. */
export interface SampledColumn {
  readonly tag: string
  readonly element: number
  readonly values: Float64Array | readonly (string | null)[]
  readonly qualities: Uint8Array
}

/** What one slot of a tag was in each of some periods. */
export interface SummaryQuery extends Pick<SampleQuery, 'plc' | 'tag' | 'element'> {
  readonly windows: readonly { readonly from: Instant; readonly to: Instant }[]
}
/** Of the good values; `null` when there are none. */
export interface Summary { readonly n: number; readonly mean: number | null; readonly min: number | null; readonly max: number | null; readonly first: number | null; readonly last: number | null }

/** What some slots were over a period, each by itself. */
export interface OverviewQuery {
  readonly slots: readonly Pick<SampleQuery, 'plc' | 'tag' | 'element'>[]
  readonly from: Instant
  readonly to: Instant
  /** Into how many equal parts the period is divided for `means`; default: none. */
  readonly parts?: number
}
/** Of the good values; `null` when there are none. */
export interface Overview extends Pick<Summary, 'n' | 'mean' | 'min' | 'max'> {
  /** One for each part of the period. */
  readonly means: readonly (number | null)[]
}

export interface RowQuery {
  readonly equipment: readonly string[]
  readonly from: Instant
  readonly to: Instant
}

/** Sums of loss rows in the periods between neighbouring edges, which ascend and are whole minutes. */
export interface SumQuery {
  readonly equipment: readonly string[]
  readonly edges: readonly Instant[]
  /** Keep these apart; product and ideal time always are. */
  readonly by: readonly ('shift' | 'job')[]
}

/** A turn as it was recorded. Tags that were not recorded have the quality `not_read`. */
export interface RecordedTurn {
  readonly number: number
  readonly at: Instant
  readonly mono: Mono
  readonly scans: readonly Scan[]
}

/** The life of one database file, as it is told to who keeps copies of its facts. */
export interface EpochRecord {
  readonly epoch: Epoch
  /** The first number given in it. */
  readonly first: Seq
  readonly previous: Epoch | null
  /** The last known number of the epoch before. */
  readonly previousHead: Seq | null
  readonly at: Instant
  readonly why: Origin
}

/** What retention removed; `journal_trimmed` tells it. */
export interface Trimmed {
  readonly what: 'facts' | 'samples'
  readonly fromSeq: Seq | null
  readonly toSeq: Seq | null
  readonly from: Instant
  readonly to: Instant
  readonly why: 'age' | 'bytes' | 'disk_full'
  /** A reader with a bookmark had not got so far. */
  readonly unacknowledged: boolean
}

export interface JournalSizes {
  readonly factsCount: number
  readonly factSeqFirst: Seq
  readonly samplesCount: number
  readonly turnsStagedCount: number
  readonly databaseBytes: number
  readonly walBytes: number
  readonly freeBytes: number
  /** What the writer wears off the flash: its bytes written since the start, scaled to a day. `null` where the system does not tell. */
  readonly writtenBytesPerDay: number | null
}

export interface Journal {
  readonly remembered: Remembered
  /**
   * Takes a turn; turns are written in order. Resolves when its facts and commands are on the disk, and with them every earlier turn.
   * A turn that has neither is taken at once and written within the staging time, for nobody was told anything that rests on it;
   * a crash may lose such turns from the end backwards, and no others.
   * Rejects with a `Fault`; then nothing of the turn was written.
   */
  append(turn: Turn): Promise<void>
  /** Resolves when every turn that was taken so far is on the disk, for whoever reads it from there. */
  flush(): Promise<void>
  facts(query: FactQuery): Promise<Fact[]>
  fact(seq: Seq): Promise<Fact | null>
  /** A page of stops as they stand by their facts. `null` while a journal of an earlier version, or one that was damaged, is still being listed: then the facts say it. */
  stops(query: StopQuery): Promise<ToldStop[] | null>
  rows(query: RowQuery): Promise<LossRow[]>
  /** Added up on the reading thread; the `minute` of a sum is the start of its period. */
  sums(query: SumQuery): Promise<LossRow[]>
  /** Loss rows after a number, in the order in which they were last written. A row of nothing says that its time and parts moved elsewhere. */
  rowsWritten(query: { readonly after: number; readonly limit: number }): Promise<WrittenRow[]>
  samples(query: SampleQuery): Promise<SamplePoint[]>
  /** One for each slot, in their order. */
  histories(query: HistoryQuery): Promise<SamplePoint[][]>
  /** Samples that are on the disk, in the order of their turns: no number that was told comes again with another content. `null`: there are no later ones. */
  sampled(query: SampledQuery): Promise<Sampled | null>
  /** One summary for each period, worked out on the reading thread. */
  summaries(query: SummaryQuery): Promise<Summary[]>
  /** One for each slot, in their order. */
  overview(query: OverviewQuery): Promise<Overview[]>
  /**
   * Recorded turns of a period, oldest first, for replay; at most `turnsMax` turns.
   * Their scans are laid out as `groups`, which are those of the configuration in force when none are given.
   */
  turns(from: Instant, to: Instant, turnsMax: number, groups?: readonly ScanGroup[]): Promise<RecordedTurn[]>
  commands(query: { readonly from: Instant; readonly to: Instant; readonly limit: number }): Promise<CommandRecord[]>
  /** The record under an idempotency key, while it is kept. */
  commandByKey(key: string): Promise<CommandRecord | null>
  sizes(): Promise<JournalSizes>
  /** Oldest first. */
  epochs(): Promise<readonly EpochRecord[]>
  /** Says how far a reader has got that must not miss a fact: retention by age and bytes stops there, until its hard cap. `null` forgets the reader. */
  bookmark(name: string, seq: Seq | null): Promise<void>
  bookmarks(): Promise<ReadonlyMap<string, Seq>>
  /** Keeps a small value that must outlive a restart; `null` forgets it. */
  note(name: string, value: string | null): Promise<void>
  notes(): Promise<ReadonlyMap<string, string>>
  /** From now on scans are of these groups: another configuration took effect. */
  record(groups: readonly ScanGroup[], recorded: (plc: string, tag: string) => boolean): Promise<void>
  /** How long the last appends took on the worker and how long they held the caller. */
  timings(): { readonly appendMs: { readonly p50: Ms; readonly p99: Ms; readonly max: Ms } }
  /** Somebody has a later number of this epoch than the journal: the next start begins a new one, above it. */
  outrun(number: Seq): Promise<void>
  place(): Promise<Place>
  /** JSON of a `CopyPage`; `null` when the place is none of this journal, or too far behind what it still keeps. */
  copyPage(query: CopyQuery): Promise<string | null>
  /**
   * Writes pages of another journal, the last of which is whole, all or nothing; resolves with the place they lead to.
   * Rejects with JOURNAL_CORRUPT when they do not go on from what is there. Only for a journal that was opened as a copy.
   */
  copy(pages: readonly CopyPage[]): Promise<Place>
  /** Sealed chunks that begin before a turn, newest first. */
  chunks(before: number): Promise<ChunkList>
  /** JSON of a `ChunkPart`; `null` when there is no such chunk any more. */
  chunkPart(query: PartQuery): Promise<string | null>
  /**
   * Keeps a chunk of another journal, in the place of all that it holds of what is here; resolves when it counts. It gives way to whatever is more urgent.
   * Rejects with JOURNAL_CORRUPT when it is damaged or not what was listed. Only for a journal that was opened as a copy.
   */
  copyChunk(copied: CopiedChunk): Promise<void>
  /** Flight recorders that begin before a turn, newest first. */
  recorders(before: number): Promise<RecorderList>
  /** JSON of a `CopiedRecorder`; `null` when there is none any more. */
  recorder(first: number): Promise<string | null>
  /** Keeps a flight recorder of another journal. Rejects with JOURNAL_CORRUPT when it is damaged or not what was listed. Only for a journal that was opened as a copy. */
  copyRecorder(copied: CopiedRecorder): Promise<void>
  /**
   * What was read is sealed as soon as it may be, though its chunk is not full; resolves with the last turn of it, before that is done. For a journal in which nothing is recorded any more:
   * a start solves again what it finds unsealed.
   */
  seal(): Promise<number>
  /** Writes what is pending, marks the end as clean, folds the WAL in. */
  close(): Promise<void>
}
