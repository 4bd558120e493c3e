/** A line whose constraint moves with the product, and what may happen to it. */

import fc from 'fast-check'
import { type Instant, instant, later } from '../../../src/base/units.js'
import type { Draft } from '../../../src/contract/events/catalogue.js'
import type { Input } from '../../../src/contract/inputs.js'
import type { LossRow } from '../../../src/contract/losses.js'
import { flush, solve } from '../../../src/core/line.js'
import { keyOf } from '../../../src/core/losses/lossbook.js'
import { openRows } from '../../../src/core/losses/openrows.js'
import type { Line } from '../../../src/core/memory/memory.js'
import { openMovedTime } from '../../../src/core/memory/moved-time.js'
import { openUnderWay } from '../../../src/core/memory/underway.js'
import { openLine, snapshotOf } from '../../../src/core/snapshot.js'
import type { LinePlan } from '../../../src/core/time/plan.js'
import { at, commandOf, planOf } from '../story.js'

/** A is limited by the filler, B by the palletizer, all else by the bagger. */
export const LIMITS: Readonly<Record<string, 'fil' | 'bag' | 'pal'>> = { A: 'fil', B: 'pal' }
export const plant = (fillMs: number, bagMs: number): LinePlan => planOf({
  line: 'constraints: { A: fil, B: pal }', bagger: `transit: { fil: ${fillMs}ms }\nmicro_stop: 60s`, palletizer: `transit: { bag: ${bagMs}ms }`,
  rest: 'products: [{ code: A, ideal_cycle: { fil: 9s, bag: 4s, pal: 4s } }, { code: B, ideal_cycle: { fil: 3s, bag: 5s, pal: 8s } }, { code: C, ideal_cycle: { bag: 6s } }]',
})

type Of = 'fil' | 'bag' | 'pal'
export type Event = { readonly gapMs: number } & (
  | { readonly kind: 'run'; readonly of: Of; readonly runs: boolean } | { readonly kind: 'parts'; readonly of: Of; readonly good: number; readonly reject: number }
  | { readonly kind: 'job'; readonly product: 'A' | 'B' | 'C' | null } | { readonly kind: 'changeover'; readonly begins: boolean } | { readonly kind: 'reason'; readonly reason: string; readonly nth: number }
  | { readonly kind: 'blind'; readonly of: Of })

export class Lived {
  line: Line
  readonly facts: Draft[] = []
  readonly rows = new Map<string, LossRow>()
  #jobs = 0
  readonly #counts = { fil: [0, 0], bag: [0, 0], pal: [0, 0] } as Record<Of, [number, number]>
  #snapshot: { readonly state: string; readonly facts: number }

  readonly plan: LinePlan
  readonly #running: Record<Of, boolean | null> = { fil: true, bag: true, pal: true }

  constructor(plan: LinePlan) {
    this.plan = plan
    this.line = openLine(plan, null, [])
    this.#snapshot = { state: snapshotOf(this.line), facts: 0 }
  }

  hear(solved: ReturnType<typeof solve>): void {
    this.line = solved.line
    this.facts.push(...solved.drafts)
    for (const row of solved.rows) {
      const key = `${row.equipment} ${keyOf(row)}`
      const standing = this.rows.get(key)
      if (standing !== undefined && row.revision <= standing.revision) throw new Error(`${key} is written again under revision ${row.revision}, and stands under ${standing.revision}`)
      this.rows.set(key, row)
    }
  }

  feed(input: Input): void { this.hear(solve(this.line, input)) }
  tell(words: string, now: Instant, of = 'bag'): void { this.feed({ kind: 'command', at: now, command: commandOf(words, of, now) }) }
  /** A gateway that has just come back hears all of it with the first reading. */
  say(now: Instant): void {
    for (const of of ['fil', 'bag', 'pal'] as const) this.feed({ kind: 'sample', at: now, equipment: of, signals: { running: this.#running[of], total_count: this.#counts[of][0], reject_count: this.#counts[of][1] } })
  }

  happen(event: Event, now: Instant): void {
    switch (event.kind) {
      case 'run': this.#running[event.of] = event.runs; break
      case 'blind': this.#running[event.of] = null; break
      case 'parts': {
        this.#counts[event.of][0] += event.good + event.reject
        this.#counts[event.of][1] += event.reject
        break
      }
      case 'job': {
        this.tell('job_complete', now)
        if (event.product === null) break
        const id = `J${++this.#jobs}`
        for (const words of [`job_create {job_id: ${id}, quantity: 1000, product: ${event.product}}`, `job_assign {job_id: ${id}}`, `job_start {job_id: ${id}}`]) this.tell(words, now)
        break
      }
      case 'changeover': this.tell(event.begins ? 'changeover_start' : 'changeover_complete', now); break
      case 'reason': {
        const stops = this.line.stops
        const stop = stops[event.nth % Math.max(1, stops.length)]
        if (stop !== undefined) this.tell(`stop_reason {stop_id: ${stop.id}, reason: ${event.reason}}`, now, stop.equipment)
      }
    }
  }

  restart(now: Instant): void {
    this.hear(flush(this.line, now))
    const rows = [...this.rows.values()]
    this.line = openLine(this.plan, this.#snapshot.state, rows, this.facts.slice(this.#snapshot.facts))
  }

  keep(): void { this.#snapshot = { state: snapshotOf(this.line), facts: this.facts.length } }

  /** As the journal would have them, those of open minutes too. */
  journal(now: Instant): LossRow[] {
    const rows = new Map(this.rows)
    for (const row of [...openUnderWay(this.line), ...openMovedTime(this.line, now), ...this.line.equipment.flatMap(({ losses }) => openRows(losses, now, this.plan))]) rows.set(`${row.equipment} ${keyOf(row)}`, row)
    return [...rows.values()]
  }
}

export const begin = at('13:30:00')

export function live(plan: LinePlan, events: readonly Event[], restartAfter: number | null = null): { readonly lived: Lived; readonly now: Instant } {
  const lived = new Lived(plan)
  lived.say(begin)
  let now = begin
  const come = (to: Instant) => { for (; now < to; now = instant(Math.min(to, (Math.floor(now / 20_000) + 1) * 20_000))) lived.feed({ kind: 'beat', at: now }) }
  for (const [n, event] of events.entries()) {
    come(later(now, event.gapMs))
    lived.happen(event, now)
    lived.say(now)
    if (n === restartAfter) lived.keep()
    if (restartAfter !== null && n === restartAfter + 1) {
      lived.restart(now)
      lived.say(now)
    }
  }
  come(later(now, 5 * 60_000))
  lived.hear(flush(lived.line, now))
  return { lived, now }
}

const machines = fc.constantFrom<Of>('fil', 'bag', 'pal')
const eventArb: fc.Arbitrary<Event> = fc.tuple(fc.integer({ min: 0, max: 240_000 }), fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('run' as const), of: machines, runs: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('parts' as const), of: machines, good: fc.integer({ min: 0, max: 9 }), reject: fc.integer({ min: 0, max: 2 }) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('job' as const), product: fc.constantFrom('A' as const, 'B' as const, 'C' as const, null) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('changeover' as const), begins: fc.boolean() }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reason' as const), reason: fc.constantFrom('MAT_JAM', 'CLEANING', 'NO_ORDER', 'UPSTREAM_STOP'), nth: fc.nat(20) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('blind' as const), of: machines }) },
)).map(([gapMs, event]) => ({ ...event, gapMs }))

export const days = fc.record({
  events: fc.array(eventArb, { minLength: 3, maxLength: 25 }), fillMs: fc.constantFrom(0, 0, 7_000, 65_300), bagMs: fc.constantFrom(0, 0, 12_500, 90_000),
  cuts: fc.tuple(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true })),
})
export const same = (a: unknown, b: unknown, what: string): true => {
  if (JSON.stringify(a) !== JSON.stringify(b)) throw new Error(`${what}: ${JSON.stringify(a)} is not ${JSON.stringify(b)}`)
  return true
}
