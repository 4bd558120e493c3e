/** One machine on a line of its own: facts are told to it, rows go to a journal in memory, as in the house itself. */

import { type Instant, instant, instantOf, rfc3339 } from '../../src/base/units.js'
import { type Calendar, type StateClass, config } from '../../src/contract/config.js'
import type { BodyOf, Draft, FactName } from '../../src/contract/events/catalogue.js'
import type { LossRow, LossSums } from '../../src/contract/losses.js'
import { type Losses, advanceLosses, applyLosses, initialLosses, sumLosses } from '../../src/core/losses/losses.js'
import { type Which, keyOf } from '../../src/core/losses/lossbook.js'
import { oeeOf } from '../../src/core/losses/oee.js'
import { type LinePlan, linePlans } from '../../src/core/time/plan.js'
import { slotAt } from '../../src/core/time/shifts.js'
import { sumRows } from '../../src/core/losses/sums.js'

interface Wishes {
  readonly timeZone?: string
  readonly calendar?: object
  readonly machine?: object
  /** All machines of the line, when it has several. */
  readonly machines?: readonly object[]
  readonly line?: object
  readonly products?: readonly object[]
}

export const fullDay = { day_start: '06:00', shifts: [{ name: 'day', start: '06:00', end: '06:00' }] }

export function planOf(wishes: Wishes = {}): LinePlan {
  const machines = wishes.machines ?? [{ code: 'M1', ...wishes.machine }]
  return linePlans(config.parse({
    version: 1,
    gateway: { id: 'test', time_zone: wishes.timeZone ?? 'UTC' },
    plcs: [],
    calendars: { plant: wishes.calendar ?? fullDay },
    products: wishes.products ?? [],
    lines: [{
      id: '12345678-1234-5678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'plant', ...wishes.line,
      equipment: machines.map((machine) => ({ name: 'Machine', ...machine })),
    }],
  }), 1)[0]!
}

export const calendarOf = (wishes: object): Calendar => planOf({ calendar: wishes }).calendar

/** `06:00`, `06:00:30` or `06:00:30.5` on the first of June, or a whole instant. */
export function time(text: string): Instant {
  const whole = instantOf(text)
  if (whole !== null) return whole
  const [hours = 0, minutes = 0, seconds = 0] = text.split(':').map(Number)
  return instant(Date.UTC(2026, 5, 1) + hours * 3_600_000 + minutes * 60_000 + seconds * 1_000)
}

type Reason = NonNullable<BodyOf<'downtime_event'>['reason']>
export const reason = (category: Reason['category'], more: Partial<Reason> = {}): Reason =>
  ({ code: 'R', name: 'Reason', category, is_failure: false, external: false, source: 'operator', by: 'ana', ...more })

export interface Made { readonly good?: number; readonly reject?: number; readonly startup_reject?: number; readonly off_schedule?: number; readonly recovered?: number; readonly idealSeconds?: number }

export class Machine {
  readonly plan: LinePlan
  readonly code: string
  losses: Losses
  /** What the journal would hold: the newest row under each key. */
  readonly journal = new Map<string, LossRow>()
  readonly written: LossRow[] = []
  readonly facts: Draft[] = []
  #job: string | null = null
  #product: string | null = null

  constructor(plan: LinePlan, code = 'M1') {
    this.plan = plan
    this.code = code
    this.losses = initialLosses(plan, plan.equipment.get(code)!)
  }

  tell<N extends FactName>(at: Instant, type: N, body: BodyOf<N>): this {
    const fact = { type, at, line: 'L1', equipment: this.code, body } as unknown as Draft
    this.facts.push(fact)
    this.losses = applyLosses(this.losses, fact, this.plan)
    return this
  }

  state(at: string | Instant, state: StateClass): this {
    return this.tell(atOf(at), 'state_changed', { state, state_code: null, previous: 'unknown', previous_seconds: null })
  }

  /** A stop of the machine from one instant to another, explained or not; it runs before and after. */
  stop(id: string, from: string | Instant, to: string | Instant, why: Reason | null = null, state: StateClass = 'stopped'): this {
    const opened = { stop_id: id, state, reason: why, cause: null, job_id: this.#job, product: this.#product, shift: null }
    this.state(from, state).tell(atOf(from), 'downtime_event', opened)
    this.state(to, 'running').tell(atOf(to), 'downtime_resolved', {
      ...opened, from: rfc3339(atOf(from)), lost_seconds: (atOf(to) - atOf(from)) / 1_000, micro: atOf(to) - atOf(from) < this.plan.equipment.get(this.code)!.micro_stop,
    })
    return this
  }

  explain(at: string | Instant, id: string, from: string | Instant, to: string | Instant | null, why: Reason | null): this {
    return this.tell(atOf(at), 'downtime_updated', {
      stop_id: id, revision: 1, change: 'reason', reason: why, cause: null, from: rfc3339(atOf(from)), to: to === null ? null : rfc3339(atOf(to)),
      merged: null, split_off: null, note: null, by: 'ana',
    })
  }

  job(at: string | Instant, job: string, product: string | null = null): this {
    this.#job = job
    this.#product = product
    return this.tell(atOf(at), 'job_started', { job_id: job, by: 'ana', product, target: 1_000, good: 0, reject: 0 })
  }

  jobDone(at: string | Instant): this {
    const job = this.#job!
    this.#job = null
    return this.tell(atOf(at), 'job_completed', {
      job_id: job, by: 'ana', target: 0, good: 0, reject: 0, completion_notes: null, override_reason: null, run_seconds: 0, elapsed_seconds: 0,
    })
  }

  count(from: string | Instant, at: string | Instant, made: Made): this {
    const good = made.good ?? 0
    const reject = made.reject ?? 0
    const inShift = slotAt(this.plan.calendar, this.plan.timeZone, instant(atOf(at) - 1)).shift
    return this.tell(atOf(at), 'count_recorded', {
      from: rfc3339(atOf(from)), total: good + reject, good, reject, startup_reject: made.startup_reject ?? 0,
      off_schedule: made.off_schedule ?? 0, recovered: made.recovered ?? 0, count_imbalance: 0,
      job_id: this.#job, product: this.#product, shift: inShift?.id ?? null, ideal_cycle_seconds: made.idealSeconds ?? 1, steps: [],
    } as unknown as BodyOf<'count_recorded'>)
  }

  /** Time goes on, in as many turns as it takes. */
  until(at: string | Instant): this {
    const goal = atOf(at)
    let before: Instant | null
    do {
      before = this.losses.closedTo
      const { losses, rows } = advanceLosses(this.losses, goal, this.plan)
      this.losses = losses
      for (const row of rows) {
        this.journal.set(keyOf(row), row)
        this.written.push(row)
      }
    } while (this.losses.closedTo !== before)
    return this
  }

  sums(from: string | Instant, to: string | Instant, which: Which = {}): LossSums {
    return sumLosses(this.losses, atOf(from), atOf(to), this.plan, which)
  }

  journalSums(from: string | Instant, to: string | Instant): LossSums {
    return sumRows([...this.journal.values()].filter((row) => row.minute >= atOf(from) && row.minute < atOf(to)))
  }

  oee(from: string | Instant, to: string | Instant): ReturnType<typeof oeeOf> {
    return oeeOf(this.sums(from, to), { from: atOf(from), to: atOf(to) }, this.plan, this.plan.equipment.get(this.code)!)
  }
}

const atOf = (at: string | Instant): Instant => typeof at === 'string' ? time(at) : at
