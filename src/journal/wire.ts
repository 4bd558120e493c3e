/** What crosses between the daemon's thread and the two journal threads. Scans go as typed arrays, bodies as JSON text. */

import type { Fields, Level } from '../base/log.js'
import type { ChunkList, CopiedChunk, CopiedRecorder, PartQuery, RecorderList } from '../contract/copied-samples.js'
import type { CopyPage, CopyQuery, Place } from '../contract/copy.js'
import { Fault, type FaultCode, faults } from '../contract/faults.js'
import type { CommandRecord, EpochRecord, FactQuery, HistoryQuery, JournalSizes, Made, Origin, Overview, OverviewQuery, RowQuery, Sampled, SampledQuery, SampleQuery, Snapshot, StopQuery, SumQuery, Summary, SummaryQuery, Trimmed } from '../contract/journal.js'
import type { LossRow, WrittenRow } from '../contract/losses.js'
import type { ToldStop } from '../contract/told-stop.js'
import type { KeptTurn } from './samples/block.js'
import type { Part } from './samples/history.js'
import type { Layout } from './samples/layouts.js'

export interface WireFact {
  readonly seq: number
  readonly epoch: string
  readonly at: number
  readonly line: string | null
  readonly equipment: string | null
  readonly type: string
  readonly config: number
  /** JSON. */
  readonly body: string
}

export interface WireTurn extends KeptTurn {
  readonly facts: readonly WireFact[]
  readonly rows: readonly LossRow[]
  readonly commands: readonly CommandRecord[]
  readonly snapshots: readonly Snapshot[]
}

export interface Retention { readonly keepMs: number; readonly bytes: number }

/**
 * `continue`: an ordinary start. `copy`: the journal of another box is copied into it, and it begins no epoch of its own.
 * `take_over`: such a copy is gone on with under a new epoch, which leaves out `above` numbers; unless it is no longer in the epoch `from`,
 * because that was done at an earlier start.
 */
export type Beginning = { readonly as: 'continue' } | { readonly as: 'copy' } | { readonly as: 'take_over'; readonly from: string; readonly above: number }

/** What a journal thread is started with. */
export interface ThreadOptions {
  readonly directory: string
  readonly now: number
  readonly layouts: readonly Layout[]
  /** Codes of the lines whose state a start needs; `null`: of all there ever were. */
  readonly lines: readonly string[] | null
  readonly beginning: Beginning
  readonly ballastBytes: number
  readonly chunkMs: number
  readonly facts: Retention
  readonly samples: Retention
}

/** What was remembered, as it crosses. */
export interface WireRemembered {
  readonly origin: Origin
  readonly epoch: string
  readonly previousEpoch: string | null
  readonly previousHead: number | null
  readonly head: number
  readonly lastTurn: number
  readonly lastAt: number | null
  readonly clean: boolean
  readonly snapshots: readonly Snapshot[]
  /** JSON: an array of facts. */
  readonly facts: string
  readonly factsLeft: boolean
  readonly tail: readonly KeptTurn[]
  readonly rows: readonly LossRow[]
  readonly made: readonly Made[]
}

export type Order =
  | { readonly kind: 'append'; readonly turns: readonly WireTurn[] }
  /** Rows of the turns that are appended next: written with them, or not at all. */
  | { readonly kind: 'rows'; readonly rows: readonly LossRow[] }
  | { readonly kind: 'wear' }
  | { readonly kind: 'layouts'; readonly layouts: readonly Layout[] }
  | { readonly kind: 'bookmark'; readonly name: string; readonly seq: number | null; readonly at: number }
  | { readonly kind: 'outrun'; readonly number: number }
  | { readonly kind: 'note'; readonly name: string; readonly value: string | null }
  | { readonly kind: 'copy'; readonly pages: readonly CopyPage[] }
  | { readonly kind: 'copyChunk'; readonly copied: CopiedChunk }
  | { readonly kind: 'copyRecorder'; readonly copied: CopiedRecorder }
  | { readonly kind: 'seal' }
  | { readonly kind: 'close' }

/** What each order is done with. */
export interface Results {
  readonly append: null
  readonly rows: null
  /** That of `writtenBytesPerDay` in `wear.ts`. */
  readonly wear: number | null
  /** The whole catalogue. */
  readonly layouts: ReadonlyMap<number, Layout>
  readonly bookmark: null
  readonly outrun: null
  readonly note: null
  readonly copy: Place
  readonly copyChunk: null
  readonly copyRecorder: null
  readonly seal: number
  readonly close: null
}

export type ToWriter = Order & { readonly id: number }

export type FromWriter =
  /** A file of an earlier version is being brought up to this one, and another portion of it is. */
  | { readonly kind: 'moved' }
  | { readonly kind: 'opened'; readonly remembered: WireRemembered; readonly layouts: ReadonlyMap<number, Layout> }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly fault: WireFault }
  | { readonly kind: 'refused'; readonly fault: WireFault }
  | { readonly kind: 'broke'; readonly fault: WireFault }
  /** Turns are on the disk; and how long the commit took. */
  | { readonly kind: 'appended'; readonly ids: readonly number[]; readonly ms: number }
  | { readonly kind: 'trimmed'; readonly trimmed: Trimmed }
  | { readonly kind: 'said'; readonly level: Level; readonly sentence: string; readonly fields: Fields }

export type Question =
  | { readonly kind: 'facts'; readonly query: FactQuery }
  | { readonly kind: 'fact'; readonly seq: number }
  | { readonly kind: 'stops'; readonly query: StopQuery }
  | { readonly kind: 'rows'; readonly query: RowQuery }
  | { readonly kind: 'sums'; readonly query: SumQuery }
  | { readonly kind: 'rowsWritten'; readonly query: { readonly after: number; readonly limit: number } }
  | { readonly kind: 'samples'; readonly query: SampleQuery }
  | { readonly kind: 'histories'; readonly query: HistoryQuery }
  | { readonly kind: 'sampled'; readonly query: SampledQuery }
  | { readonly kind: 'summaries'; readonly query: SummaryQuery }
  | { readonly kind: 'overview'; readonly query: OverviewQuery }
  | { readonly kind: 'turns'; readonly from: number; readonly to: number; readonly turnsMax: number }
  | { readonly kind: 'commands'; readonly query: { readonly from: number; readonly to: number; readonly limit: number } }
  | { readonly kind: 'commandByKey'; readonly key: string }
  | { readonly kind: 'bookmarks' }
  | { readonly kind: 'notes' }
  | { readonly kind: 'sizes' }
  | { readonly kind: 'epochs' }
  | { readonly kind: 'place' }
  | { readonly kind: 'copyPage'; readonly query: CopyQuery }
  | { readonly kind: 'chunks'; readonly before: number }
  | { readonly kind: 'chunkPart'; readonly query: PartQuery }
  | { readonly kind: 'recorders'; readonly before: number }
  | { readonly kind: 'recorder'; readonly first: number }

/** What each question is answered with. Facts are JSON text, samples columns: objects by the thousand would cross slowly. */
export interface Answers {
  readonly facts: string
  readonly fact: string
  readonly stops: ToldStop[] | null
  readonly rows: LossRow[]
  readonly sums: LossRow[]
  readonly rowsWritten: WrittenRow[]
  readonly samples: Part
  readonly histories: readonly Part[]
  readonly sampled: Sampled | null
  readonly summaries: Summary[]
  readonly overview: Overview[]
  readonly turns: { readonly turns: readonly KeptTurn[]; readonly layouts: ReadonlyMap<number, Layout> }
  readonly commands: CommandRecord[]
  readonly commandByKey: CommandRecord | null
  readonly bookmarks: ReadonlyMap<string, number>
  readonly notes: ReadonlyMap<string, string>
  readonly sizes: Omit<JournalSizes, 'writtenBytesPerDay'>
  readonly epochs: readonly EpochRecord[]
  readonly place: Place
  /** JSON of a `CopyPage`. */
  readonly copyPage: string | null
  readonly chunks: ChunkList
  /** JSON of a `ChunkPart`. */
  readonly chunkPart: string | null
  readonly recorders: RecorderList
  readonly recorder: string | null
}

export interface ToReader { readonly id: number; readonly question: Question; readonly deadlineMs: number }
export type FromReader =
  /** It takes questions from now on. */
  | { readonly kind: 'ready' }
  | { readonly kind: 'done'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failed'; readonly id: number; readonly fault: WireFault }

/** A fault as it crosses: classes do not survive the border. */
export interface WireFault { readonly code: FaultCode | null; readonly fields: Fields; readonly cause: string }

export function wireFault(thrown: unknown, code: FaultCode | null = null): WireFault {
  if (thrown instanceof Fault) return { code: thrown.code, fields: thrown.fields, cause: thrown.cause instanceof Error ? thrown.cause.message : '' }
  return { code, fields: {}, cause: thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown) }
}

/** The fault again; an error of our own when the other side had no code for it. */
export function unwireFault(fault: WireFault): Error {
  if (fault.code === null || !(fault.code in faults)) return new Error(`the journal thread failed: ${fault.cause}`)
  return new Fault(fault.code, fault.fields, fault.cause === '' ? undefined : new Error(fault.cause))
}
