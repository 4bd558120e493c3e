/** The desk port: all that a face may ask, tell and follow. A face gets a desk and nothing else. */

import type { CalendarSpan } from './calendar-span.js'
import type { Epoch, Instant, Ms, Seq } from '../base/units.js'
import type { Command } from './commands.js'
import type { Config } from './config.js'
import type { DraftOf, Fact, Reading } from './events/catalogue.js'
import type { CommandRecord, FactQuery, HistoryQuery, Journal, RowQuery, SampleQuery } from './journal.js'
import type { Explained, ExplainedLine } from './explained.js'
import type { ExplainedTag } from './why.js'
import type { Language } from './language.js'
import type { Oee } from './oee.js'
import type { PlanState, PlanWish } from './plan.js'
import type { Refusal } from './refusals.js'
import type { PlcHealth } from './scan.js'
import type { UpstreamDesk } from './upstream-figures.js'
import type { ViewName, ViewOptions } from './views.js'

/** A command was obeyed: the facts it made are durable, and `seq` is the last of them. */
export interface Told {
  readonly seq: Seq
  readonly facts: readonly Fact[]
  /** An idempotency key gave the stored answer of an earlier call. */
  readonly again: boolean
}

/** A live view, serialised at most once a turn. */
export interface LiveView {
  /** UTF-8 JSON of the `data`. Read only; valid until the next turn. */
  readonly json: Buffer
  /** Changes whenever `json` does. */
  readonly etag: string
  readonly seq: Seq
  readonly at: Instant
}

export interface Follower {
  /** Facts in order, each exactly once, as soon as they are durable. */
  facts(facts: readonly Fact[]): void
  /** After every turn: the readings that changed. */
  readings?(readings: readonly Reading[]): void
}

export interface Health {
  /** Finished turns feed it; `healthz`. */
  readonly alive: boolean
  /** `readyz`: journal writable, configuration loaded. */
  readonly ready: boolean
  readonly reasons: readonly string[]
  /** What people should know although it can do its job: an old configuration in force, a LAN without TLS. */
  readonly warnings: readonly string[]
  readonly startedAt: Instant
  readonly lastTurnAt: Instant | null
  readonly turnsCount: number
  readonly turnsMissedCount: number
  readonly scansForgottenCount: number
  readonly turnMs: { readonly p50: number; readonly p99: number; readonly max: number }
  readonly stages: Readonly<Record<'read' | 'solve' | 'write' | 'announce', { readonly p50: number; readonly p99: number; readonly max: number }>>
  readonly plcs: readonly PlcHealth[]
}

/** `of` is the code of a line or of an equipment. */
export interface OeeQuery {
  readonly of: string
  readonly from: Instant
  readonly to: Instant
}

/** Of a period all, or what belongs to one job or one product; `null` is what belongs to none. */
export interface ExplainQuery extends OeeQuery {
  readonly job?: string | null
  readonly product?: string | null
}

export type SeriesBy = 'whole' | 'hour' | 'shift' | 'day' | 'week' | 'job' | 'product'
export interface SeriesQuery extends OeeQuery {
  readonly by: SeriesBy
  /** Only what is of products with which that equipment limits its line. Of the line: the time in which it did, by its own leaves, and what it made of them. */
  readonly limitedBy?: string
}

/** The OEE of one period or group. Groups that have no planned time and no parts are left out. */
export interface SeriesItem {
  /** The start of the hour, the shift, the day, the Monday of the week, the job or the product; `null` for what has none. */
  readonly key: string | null
  readonly oee: Oee
}

/** A shift with the ideal time of what it made, by product. */
export interface ShiftItem extends SeriesItem {
  readonly netRunMs: ReadonlyMap<string | null, Ms>
}

/** What is asked of the past alone: it takes its time, so the gateway has it answered beside the lines. */
export interface PastDesk extends Pick<Desk, 'config' | 'now' | 'day' | 'facts' | 'stops' | 'sums' | 'oee' | 'series' | 'shifts'> {
  /** What the OEE of an equipment, or of a line, over a period is made of. */
  explainEquipment(query: ExplainQuery): Promise<Explained>
  explainLine(query: ExplainQuery): Promise<ExplainedLine>
}

export interface Desk {
  readonly gateway: string
  readonly version: string
  readonly config: Config
  readonly configVersion: number
  now(): Instant
  head(): { readonly epoch: Epoch; readonly seq: Seq }
  health(): Health

  /** The line of that UUID or code, with its code; `null` when there is none. */
  line(ref: string): { readonly id: string; readonly code: string } | null
  /** The code of the line an equipment stands in; `null` when there is no such equipment. */
  lineOf(equipment: string): string | null

  /** A production day of a line, `2026-03-29`: 23, 24 or 25 hours from its day start on. `null` when there is no such line or day. */
  day(line: string, date: string): { readonly from: Instant; readonly to: Instant } | null

  /** A shift of a line by its id, `2026-03-29/early`; `null` when there is none. Instants as they stand on the wire. */
  shift(line: string, id: string): { readonly from: string; readonly to: string } | null

  /** Leaves a command for the next turn and resolves when its facts are durable. Assumes `may(...)` was asked and the body checked. */
  tell(command: Command): Promise<Told | Refusal>
  /** A live view of a line or an equipment, by code. */
  view(name: ViewName, of: string, options?: ViewOptions): LiveView
  /** Follows from now on. A face that wants earlier facts reads them from `facts` first: nothing falls between. */
  follow(follower: Follower): () => void

  /** Journals what was done beside the lines; resolves when it is durable. */
  record(draft: DraftOf<'access_changed'>): Promise<void>

  facts(query: FactQuery): Promise<Fact[]>
  stops: Journal['stops']
  /** The OEE of a line or an equipment over a past period: sums of loss rows first, ratios after, by the line's own method. */
  oee(query: OeeQuery): Promise<Oee>
  /** Until when the time of each equipment of a line has been told, by its code. */
  told(line: string): ReadonlyMap<string, Instant>
  /** What people said afterwards of the calendar of a line, in the order of time. */
  corrected(line: string): readonly CalendarSpan[]
  /** The versions of the configuration that a line's past is cut by, oldest first, and until when each was in force. */
  before(line: string): readonly VersionUntil[]
  /** Why a tag is what it is. `of` is a PLC's tag, `packer/bl_speed`, or an equipment's signal, `BP01.PACK.BAG1/speed`. What it does on other lines than those `reached` is not told. */
  explainTag(of: string, reached: (line: string) => boolean, language?: Language): ExplainedTag | Refusal
  /** The OEE of a past period in groups, in the order of their keys. Whole minutes, as the journal has them. */
  series(query: SeriesQuery): Promise<readonly SeriesItem[]>
  /** The shifts of a past period. */
  shifts(query: OeeQuery): Promise<readonly ShiftItem[]>
  sums: Journal['sums']
  rows: (query: RowQuery) => ReturnType<Journal['rows']>
  samples: (query: SampleQuery) => ReturnType<Journal['samples']>
  histories: (query: HistoryQuery) => ReturnType<Journal['histories']>
  sampled: Journal['sampled']
  summaries: Journal['summaries']
  overview: Journal['overview']
  turns: Journal['turns']
  rowsWritten: Journal['rowsWritten']
  commands(query: { readonly from: Instant; readonly to: Instant; readonly limit: number }): Promise<CommandRecord[]>
  sizes: Journal['sizes']
  epochs: Journal['epochs']
  upstreams(): readonly UpstreamDesk[]
  /** Begins to try a configuration on the last hours; `plan` tells how far it is. */
  planConfig(wish: PlanWish): PlanState | Refusal
  plan(): PlanState

  /** How far a reader has got that must not miss a fact, and what it must find again after a restart. */
  bookmark: Journal['bookmark']
  bookmarks: Journal['bookmarks']
  note: Journal['note']
  notes: Journal['notes']
}

export interface VersionUntil { readonly version: number; readonly to: Instant }
