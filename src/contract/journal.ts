/** The journal port: the only memory. Written once a turn by one worker; read by anybody with a number. */

import type { Epoch, Instant, Mono, Ms, Seq } from '../base/units.js'
import type { CommandName } from './commands.js'
import type { Fact, FactName } from './events/catalogue.js'
import type { LossRow } from './losses.js'
import type { Refusal } from './refusals.js'
import type { Quality, Scan } from './scan.js'

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

/** What the journal knows when it is opened. */
export interface Remembered {
  readonly epoch: Epoch
  readonly previousEpoch: Epoch | null
  readonly head: Seq
  readonly lastTurn: number
  /** The last instant anything was written; everything since is blind time. */
  readonly lastAt: Instant | null
  /** The previous run ended orderly. */
  readonly clean: boolean
  readonly snapshots: readonly Snapshot[]
  /** Facts after the oldest of the snapshots, in order. */
  readonly facts: readonly Fact[]
  /** Turns staged after the last fact: their scans are solved again, so that parts seen but not yet recorded are not lost. */
  readonly tail: readonly { readonly at: Instant; readonly mono: Mono; readonly scans: readonly Scan[] }[]
  /** Loss rows of the last days, for the live windows. */
  readonly rows: readonly LossRow[]
}

export interface FactQuery {
  readonly after?: Seq
  readonly limit: number
  readonly types?: readonly FactName[]
  readonly line?: string
  readonly equipment?: string
  readonly from?: Instant
  readonly to?: Instant
  readonly newestFirst?: boolean
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

export interface RowQuery {
  readonly equipment: readonly string[]
  readonly from: Instant
  readonly to: Instant
}

export interface JournalSizes {
  readonly factsCount: number
  readonly factSeqFirst: Seq
  readonly samplesCount: number
  readonly turnsStagedCount: number
  readonly databaseBytes: number
  readonly walBytes: number
  readonly freeBytes: number
  readonly writtenBytesPerDay: number
}

export interface Journal {
  readonly remembered: Remembered
  /** Resolves when the turn is durable. Rejects with a `Fault`; then nothing of the turn was written. Calls are answered in order. */
  append(turn: Turn): Promise<void>
  facts(query: FactQuery): Promise<Fact[]>
  fact(seq: Seq): Promise<Fact | null>
  rows(query: RowQuery): Promise<LossRow[]>
  samples(query: SampleQuery): Promise<SamplePoint[]>
  /** Recorded scans of a period, oldest first, for replay and the flight recorder; at most `turnsMax` turns. */
  turns(from: Instant, to: Instant, turnsMax: number): Promise<{ at: Instant; mono: Mono; scans: Scan[] }[]>
  commands(query: { readonly from: Instant; readonly to: Instant; readonly limit: number }): Promise<CommandRecord[]>
  /** The record under an idempotency key, while it is kept. */
  commandByKey(key: string): Promise<CommandRecord | null>
  sizes(): Promise<JournalSizes>
  /** How long the last appends took on the worker and how long they held the caller. */
  timings(): { readonly appendMs: { readonly p50: Ms; readonly p99: Ms; readonly max: Ms } }
  /** Writes what is pending, marks the end as clean, folds the WAL in. */
  close(): Promise<void>
}
