/** What core remembers of a line and of each of its equipment: what facts built, and what only the last samples told. */

import type { Instant, Ms } from '../../base/units.js'
import type { StateClass } from '../../contract/config.js'
import type { AndonPriority, AndonType, EquipmentConfig, FaultEntry } from '../../contract/config.js'
import type { BodyOf } from '../../contract/events/catalogue.js'
import type { SignalValue } from '../../contract/inputs.js'
import type { LossBook } from '../losses/lossbook.js'
import type { Losses } from '../losses/losses.js'
import type { PartBooking } from '../losses/parts.js'
import type { Period } from '../time/calendar.js'
import type { ClockStep } from '../time/clock-steps.js'
import type { LinePlan } from '../time/plan.js'
import type { Shifts } from '../time/shifts.js'
import type { Counter, CounterRule } from './counter.js'

export interface Line {
  readonly plan: LinePlan
  readonly rules: readonly EquipmentRules[]
  /** In flow order, as in the plan and in `rules`. */
  readonly equipment: readonly Equipment[]
  readonly shifts: Shifts
  readonly jobs: Readonly<Record<string, Job>>
  /** The number of the schedule in force; 0 when nobody counts them. */
  readonly scheduleRevision: number
  /** People who are known here, by name. */
  readonly people: Readonly<Record<string, Person>>
  /** How many stops and calls there ever were: the next id is one more. */
  readonly stopsCount: number
  readonly andonsCount: number
  /** Stops that ended, oldest first; open ones stand at their equipment. */
  readonly stops: readonly Stop[]
  /** Calls, oldest first, open and ended. */
  readonly andons: readonly Andon[]
  /** Types of calls that are silent, each until its end. */
  readonly shelves: readonly { readonly equipment: string; readonly type: AndonType; readonly until: Instant }[]
  readonly alert: OeeAlert
  readonly underWay: UnderWay
  /** Intervals whose recorded OEE was corrected, with the revision last told. */
  readonly revisions: Readonly<Record<string, number>>
  /** Hours, shifts and jobs in which rejects were found late, and that are not told again yet. */
  readonly foundIn: readonly FoundIn[]
  /** When the gateway was last away. */
  readonly away: { readonly from: Instant; readonly to: Instant } | null
  /** The minute that the last turn stood in; parts are written down when it ends. */
  readonly minute: Instant | null
  /** When the loss trees next close a minute. */
  readonly advancedTo: Instant | null
  /** All rules have looked at the line as it is: a beat before this finds nothing. `null` when something has changed since. */
  readonly quietTo: Instant | null
}

/** An interval of an equipment that holds rejects of which it was not told. */
export interface FoundIn {
  readonly interval: 'hour' | 'shift' | 'job'
  readonly key: string
  readonly equipment: string
  /** Where it ended when they were found; of a job, the minute in which the last of them was made. */
  readonly to: Instant
  /** When the last of them was written down. */
  readonly at: Instant
}

/** One equipment. All but `seen` is made of facts. */
export interface Equipment {
  readonly code: string
  /** The job that runs here. */
  readonly job: string | null
  readonly state: State
  readonly counts: Counts
  readonly faults: Faults
  readonly stop: Stop | null
  readonly changeover: Changeover | null
  /** A changeover that was said to be over, until its first good part. */
  readonly awaited: Changeover | null
  readonly operators: readonly { readonly operator: string; readonly since: Instant }[]
  readonly quality: Quality
  readonly losses: Losses
  readonly seen: Seen
}

export interface State {
  readonly current: StateClass
  readonly code: number | null
  readonly since: Instant | null
  /** Closed running time since ever; a difference of two is the run time between. */
  readonly runMs: Ms
  /** The gateway was away from here on, and nobody has said so yet. */
  readonly blindFrom: Instant | null
  /** The last good part of the last run that ended, where it is known. */
  readonly lastGood: Instant | null
}

export type CounterName = 'total_count' | 'good_count' | 'reject_count'
export const counterNames = ['total_count', 'good_count', 'reject_count'] as const satisfies readonly CounterName[]
export interface Base { readonly raw: number; readonly at: Instant }

export interface Startup {
  /** Good parts in a row that still close the start-up window, 0 where only time or a person does; `null` when none is open. */
  readonly startupLeft: number | null
  /** When time closes it; `null` before its first part, and where time does not. */
  readonly startupTo: Instant | null
}

export interface Counts extends Startup {
  /** The raw values that the last record ended with: parts beyond them are still to be recorded. */
  readonly bases: Readonly<Partial<Record<CounterName, Base>>>
  readonly recordedTo: Instant | null
  /** The last start-up windows, where rejects are found late that may have been made inside them. `to` is not in it; `null` while it is open. */
  readonly startups: readonly { readonly from: Instant; readonly to: Instant | null }[]
  /** Of the current shift. */
  readonly good: number
  readonly reject: number
}

/** Parts that were seen and not yet recorded. */
export interface Pending extends Startup {
  readonly from: Instant
  readonly total: number
  readonly good: number
  readonly reject: number
  readonly startupReject: number
  readonly offSchedule: number
  readonly recovered: number
  readonly imbalance: number
  readonly steps: BodyOf<'count_recorded'>['steps']
  /** The same parts by when the constraint made them, where parts are under way from there. */
  readonly made: readonly Made[]
  /** How the last of them were told from those of the next job, where the PLC latches that. */
  readonly jobChange?: JobChange
  /** Rejects of before, by where and when they were made. */
  readonly late: readonly Late[]
  /** When the start-up window was closed. */
  readonly startupClosed: Instant | null
}
/** Found here, and booked to the equipment that made them. */
export interface Late { readonly equipment: string; readonly body: BodyOf<'rejects_found'> }
export type JobChange = NonNullable<BodyOf<'count_recorded'>['job_change']>
export type Made = NonNullable<BodyOf<'count_recorded'>['made']>[number]

/** What counts for the line elsewhere than for the equipment that counted it (`underway.ts`). */
export interface UnderWay {
  /** Not yet in a row. */
  readonly bookings: readonly PartBooking[]
  readonly steps: readonly ClockStep[]
  readonly book: LossBook
}

export interface Faults {
  /** Bits that are on, with the instant each rose. */
  readonly active: readonly { readonly bit: number; readonly since: Instant }[]
  /** What rose lately, oldest first. */
  readonly risen: readonly { readonly bit: number; readonly at: Instant }[]
}

export type StopReason = NonNullable<BodyOf<'downtime_event'>['reason']>
export type StopCause = NonNullable<BodyOf<'downtime_event'>['cause']>
export interface Stop {
  readonly id: string
  readonly equipment: string
  readonly state: StateClass
  readonly from: Instant
  readonly to: Instant | null
  /** Time in it that nobody saw, which is no loss of the stop; in the order of time. */
  readonly blind: readonly Period[]
  readonly micro: boolean
  /** Split while it stood: no micro-stop, however short its parts are. */
  readonly parted: boolean
  readonly reason: StopReason | null
  readonly cause: StopCause | null
  readonly job: string | null
  readonly product: string | null
  readonly shift: string | null
  readonly revision: number
  readonly notes: readonly { readonly at: Instant; readonly by: string | null; readonly note: string }[]
}

export interface Person { readonly team: string | null; readonly active: boolean }

export interface Changeover {
  /** The last good part before it, once it has stood; where that is not known, where it stood. */
  readonly since: Instant
  /** When somebody said that it began: what came before is told. */
  readonly saidAt: Instant
  readonly stood: boolean
  readonly fromJob: string | null
  readonly fromProduct: string | null
  readonly toProduct: string | null
  readonly toJob: string | null
  readonly standardMs: Ms | null
  /** Until when its first good part is awaited, once it was said to be over; `null` before that. */
  readonly waitsTo: Instant | null
}

export type JobOrder = Omit<BodyOf<'job_created'>, 'by'>
export type JobStatus = 'created' | 'assigned' | 'accepted' | 'in_progress' | 'paused' | 'completed' | 'cancelled'
export interface Job {
  readonly order: JobOrder
  readonly status: JobStatus
  readonly equipment: string | null
  readonly good: number
  readonly reject: number
  readonly assignedAt: Instant | null
  /** Made good by rework: of its quantity, and still rejects to everything that asks about quality. */
  readonly reworkedGood: number
  readonly startedAt: Instant | null
  /** Since when its time counts: scheduled time, or enough parts. `null` while what it made outside shifts may be noise (domain note 4.8). */
  readonly clockFrom: Instant | null
  readonly pausedAt: Instant | null
  /** Why it is paused or was given up, as somebody said. */
  readonly reason: string | null
  readonly endedAt: Instant | null
  /** Run time of the equipment when the job started. */
  readonly runMsAtStart: Ms
}

export interface Quality {
  /** The last records that together hold enough parts to judge by. */
  readonly recent: readonly { readonly from: Instant; readonly good: number; readonly reject: number }[]
  readonly active: boolean
}

export interface OeeAlert {
  /** Since when the alert stands. */
  readonly active: Instant | null
  /** It was told as a critical one. */
  readonly critical: boolean
  /** Since when the OEE is seen below the threshold; working memory, which the loss tree brings back. */
  readonly belowSince: Instant | null
}

export interface Andon {
  readonly id: string
  readonly equipment: string | null
  readonly type: AndonType
  readonly priority: AndonPriority
  readonly description: string | null
  readonly source: BodyOf<'andon_event'>['source']
  readonly raisedAt: Instant
  readonly raisedBy: string | null
  readonly acknowledgeBy: Instant
  readonly resolveBy: Instant
  readonly acknowledgedAt: Instant | null
  readonly acknowledgedBy: string | null
  readonly attendedAt: Instant | null
  readonly attendedBy: string | null
  readonly resolvedAt: Instant | null
  readonly resolvedBy: string | null
  /** When somebody looked at a call that had ended by itself. */
  readonly seenAt: Instant | null
  readonly seenBy: string | null
  /** By which the line stops at its fixed position, unless it is cancelled before `graceTo`. */
  readonly fixedPosition: { readonly graceTo: Instant; readonly stoppedAt: Instant | null } | null
  /** Levels climbed on each ladder. */
  readonly levels: { readonly response: number; readonly resolution: number }
  readonly repeats: number
  readonly comments: readonly { readonly at: Instant; readonly by: string | null; readonly comment: string }[]
  readonly stopId: string | null
  /** Stops that in a flood counted under it. */
  readonly stopsUnder: readonly string[]
}

/** The latest values of the signals that rules look at; words of bits live in `Faults`. */
export interface Signals {
  readonly running: SignalValue
  readonly state: SignalValue
  readonly mode: SignalValue
  readonly speed: SignalValue
  readonly fault: SignalValue
  readonly first_out: SignalValue
  readonly blocked: SignalValue
  readonly starved: SignalValue
  readonly changeover: SignalValue
  readonly job: SignalValue
  readonly product: SignalValue
  readonly total_latched: SignalValue
  readonly good_latched: SignalValue
  readonly reject_latched: SignalValue
}

/** Working memory: a restart forgets it, and the samples after the last fact bring it back. */
export interface Seen {
  readonly at: Instant | null
  /** The distance of the last two readings: how sharply anything can be dated. */
  readonly pollMs: Ms
  readonly signals: Signals
  /** A state that has not lasted long enough to be believed. */
  readonly candidate: { readonly state: StateClass; readonly code: number | null; readonly since: Instant } | null
  readonly counters: Readonly<Partial<Record<CounterName, Counter>>>
  readonly pending: Pending | null
  /** The last part of equipment that only counts. */
  readonly partAt: Instant | null
  /** The last good part. */
  readonly goodAt: Instant | null
  /** Good parts one after the other while a changeover waits for them. */
  readonly run: GoodRun | null
  /** Good parts per planned millisecond in hours in which each product was made here, when it was last made; in order of size. A start reads them in the journal. */
  readonly paces: ReadonlyMap<string, readonly number[]>
}

export interface GoodRun { readonly from: Instant; readonly lastAt: Instant; readonly good: number }

/** What is looked up of the configuration so often that it is worked out once. */
export interface EquipmentRules {
  readonly config: EquipmentConfig
  readonly counters: Readonly<Partial<Record<CounterName, CounterRule>>>
  readonly faults: ReadonlyMap<number, FaultEntry>
  readonly downstream: readonly string[]
  /** Whose rejects its reject counter finds, by the position of that equipment, and how long after they were made. */
  readonly late: { readonly of: number; readonly delayMs: Ms } | null
  /** How long after they were made rejects of this equipment are found at the latest; 0 where that is at once. */
  readonly lateMs: Ms
}
