/** What facts of a past period come to, told again: the time and the parts of each equipment of a line, under one idea of its calendar and its ideal times. */

import type { Portions } from '../../base/portions.js'
import { type Instant, instant } from '../../base/units.js'
import type { DraftOf, Fact } from '../../contract/events/catalogue.js'
import type { LossSums, ProductSums } from '../../contract/losses.js'
import type { Past } from '../../contract/past.js'
import { type LineSlice, lineSlices, movedTime } from '../losses/limiting.js'
import { MINUTE } from '../losses/lossbook.js'
import type { PartBooking } from '../losses/parts.js'
import { type CountFact, Retelling } from '../losses/retelling.js'
import { type Slice, slicesOf } from '../losses/slices.js'
import { Tally } from '../losses/sums.js'
import { configAt, indexOf } from '../memory/lookups.js'
import type { Line } from '../memory/memory.js'
import { isMoved, limitingOf, putInBy, takenOut } from '../memory/underway.js'
import type { Period } from '../time/calendar.js'
import { type LinePlan, isMoving } from '../time/plan.js'
import type { Timeline } from '../time/timeline.js'
import { plansOf } from './past.js'

/** Parts by their minutes, and the fact that they are from. */
export interface Made { readonly fact: CountFact; readonly booking: PartBooking }

export interface Account {
  readonly code: string
  readonly made: readonly Made[]
  /** What was under way: out of the minutes in which it was counted, and into those in which the constraint made it. */
  readonly moved: readonly Made[]
  /** In the order of time, each stretch by the rules that held then. */
  readonly slices: (period: Period, asOf: Instant) => readonly Slice[]
  readonly timeline: Timeline
}

/** What people say of parts that were made before. */
type Said = DraftOf<'ideal_corrected'> | DraftOf<'gap_declared'>

/** As `line` knows its calendar; `and` is one more fact about parts than the past holds. */
export function* accountsOf(line: Line, past: Past, and: readonly Said[] = []): Portions<readonly Account[]> {
  const planOf = plansOf(line, past)
  const told = new Map<string, Retelling>()
  for (const { code } of line.plan.line.equipment) told.set(code, yield* retold(line, past, code, planOf, and))
  const accounts: Account[] = []
  for (const [code, { timeline, booked }] of told) {
    const made: Made[] = []
    const out: Made[] = []
    const into: Made[] = []
    let last: Fact | null = null
    for (const { fact, booking, counted: { parts } } of booked) {
      made.push({ fact, booking })
      if (!isMoved(fact)) continue
      const plan = planOf(fact)
      out.push({ fact, booking: takenOut(plan, indexOf(line, code), { ...booking, parts }) })
      // One fact books parts in several minutes, one after the other.
      if (fact === last) continue
      last = fact
      const knownOf = (of: string) => ({ timeline: (told.get(of) ?? told.get(code)!).timeline, config: plan.equipment.get(of) ?? configAt(line, indexOf(line, of)) })
      for (const booking of putInBy(fact, plan, knownOf(code), limitingOf(plan, knownOf))) into.push({ fact, booking })
      yield
    }
    accounts.push({
      code, made, moved: [...out, ...into], timeline,
      slices: ({ from, to }, asOf) => slicesOf(timeline, from, to, asOf, line.plan, configAt(line, indexOf(line, code))),
    })
  }
  return accounts
}

function* retold(line: Line, past: Past, code: string, planOf: (fact: Fact) => LinePlan, and: readonly Said[]): Portions<Retelling> {
  const retelling = new Retelling(line.plan, configAt(line, indexOf(line, code)))
  for (const fact of past.facts) {
    if (fact.equipment !== null && fact.equipment !== code) continue
    const plan = planOf(fact)
    retelling.tell(fact, plan.equipment.has(code) ? plan : line.plan)
    yield
  }
  for (const fact of and) retelling.tellOfAll(fact, line.plan)
  return retelling
}

/** Time and parts of a period, which begins and ends with a minute. */
export function sumsOf({ made, slices }: Account, period: Period, asOf: Instant): LossSums {
  const tally = new Tally()
  for (const { leaf, from, to, product } of slices(period, asOf)) tally.addTime(leaf, to - from, product)
  for (const { booking: { product, idealMs, parts } } of inWindow(made, period)) tally.addParts(product, idealMs, parts)
  return tally.sums()
}

/** What of several accounts is under way over a period, and the time that their line has of others than its constraint. */
export function sumsUnderWay(line: Line, accounts: readonly Account[], period: Period, asOf: Instant): LossSums {
  const tally = new Tally()
  for (const { leaf, instead, from, to, product } of movedTimeOf(line, accounts, period, asOf)) {
    tally.addTime(leaf, to - from, product)
    tally.addTime(instead, from - to, product)
  }
  for (const { booking: { product, idealMs, parts } } of inWindow(accounts.flatMap(({ moved }) => moved), period)) tally.addParts(product, idealMs, parts)
  return tally.sums()
}

export const movedTimeOf = ({ plan }: Line, accounts: readonly Account[], { from, to }: Period, asOf: Instant): LineSlice[] =>
  isMoving(plan) ? movedTime(lineSlices(plan, (code) => accounts.find((one) => one.code === code)?.timeline ?? null, from, to, asOf)) : []

export const inWindow = (made: readonly Made[], { from, to }: Period): readonly Made[] => made.filter(({ booking: { minute } }) => minute + MINUTE > from && minute < to)

export function productsOf(made: readonly Made[]): readonly ProductSums[] {
  const tally = new Tally()
  for (const { booking: { product, idealMs, parts } } of made) tally.addParts(product, idealMs, parts)
  return tally.sums().products
}

export const overlap = (one: Period, other: Period): Period | null => {
  const common = { from: instant(Math.max(one.from, other.from)), to: instant(Math.min(one.to, other.to)) }
  return common.from < common.to ? common : null
}
