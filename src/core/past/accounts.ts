/** What facts of a past period come to, told again: the time and the parts of each equipment of a line, under one idea of its calendar and its ideal times. */

import { type Instant, instant } from '../../base/units.js'
import { constraintOf } from '../../contract/constraint.js'
import type { DraftOf, Fact } from '../../contract/events/catalogue.js'
import type { LossSums, ProductSums } from '../../contract/losses.js'
import type { Past } from '../../contract/past.js'
import { MINUTE } from '../losses/lossbook.js'
import type { PartBooking } from '../losses/parts.js'
import { type CountFact, Retelling } from '../losses/retelling.js'
import { type Slice, slicesOf } from '../losses/slices.js'
import { Tally, noTime } from '../losses/sums.js'
import { configAt, indexOf } from '../memory/lookups.js'
import type { Line } from '../memory/memory.js'
import { isExit, putInBy, takenOut } from '../memory/underway.js'
import type { Period } from '../time/calendar.js'
import type { LinePlan } from '../time/plan.js'
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
}

/** As `line` knows its calendar; `and` is one more fact about ideal times than the past holds. */
export function accountsOf(line: Line, past: Past, and: readonly DraftOf<'ideal_corrected'>[] = []): readonly Account[] {
  const planOf = plansOf(line, past)
  const codes = line.plan.line.equipment.map(({ code }) => code)
  const told = new Map(codes.map((code) => [code, retold(line, past, code, planOf, and)]))
  return codes.map((code) => {
    const { timeline, booked } = told.get(code)!
    const counted = booked.filter(({ fact }) => fact.type === 'count_recorded' && fact.body.made !== undefined)
    const out = counted.map(({ fact, booking, counted: { parts } }) => ({ fact, booking: { ...booking, parts: takenOut(parts, isExit(planOf(fact), indexOf(line, code))) } }))
    const into = [...new Set(counted.map(({ fact }) => fact))].flatMap((fact) => {
      if (fact.type !== 'count_recorded') return []
      const plan = planOf(fact)
      const constraint = constraintOf(plan.line)
      const own = { timeline, config: plan.equipment.get(code) ?? configAt(line, indexOf(line, code)) }
      return putInBy(fact, plan, own, { timeline: (told.get(constraint.code) ?? told.get(code)!).timeline, config: constraint }).map((booking) => ({ fact, booking }))
    })
    return {
      code, made: booked.map(({ fact, booking }) => ({ fact, booking })), moved: [...out, ...into],
      slices: (period, asOf) => stretchesOf(past, period).flatMap(({ from, to, last }) => {
        const plan = last === undefined ? line.plan : planOf(last)
        return slicesOf(timeline, from, to, asOf, plan, plan.equipment.get(code) ?? configAt(line, indexOf(line, code)))
      }),
    }
  })
}

function retold(line: Line, past: Past, code: string, planOf: (fact: Fact) => LinePlan, and: readonly DraftOf<'ideal_corrected'>[]): Retelling {
  const retelling = new Retelling(line.plan, configAt(line, indexOf(line, code)))
  for (const fact of past.facts) {
    if (fact.equipment !== null && fact.equipment !== code) continue
    const plan = planOf(fact)
    retelling.tell(fact, plan.equipment.has(code) ? plan : line.plan)
  }
  for (const fact of and) retelling.tellOfAll(fact, line.plan)
  return retelling
}

/** A period in pieces, with the last fact that was made before each, whose configuration held in it. */
function stretchesOf({ facts }: Past, { from, to }: Period): readonly (Period & { readonly last: Fact | undefined })[] {
  const applied = facts.filter((fact) => fact.type === 'config_applied' && fact.at > from && fact.at < to).map(({ at }) => at)
  const edges = [from, ...applied, to]
  return edges.slice(1).map((end, i) => ({ from: edges[i]!, to: end, last: facts.findLast(({ at }) => at < end) ?? facts[0] }))
}

/** Time and parts of a period, which begins and ends with a minute. */
export function sumsOf({ made, slices }: Account, period: Period, asOf: Instant): LossSums {
  const tally = new Tally()
  for (const { leaf, from, to } of slices(period, asOf)) tally.addTime(leaf, to - from)
  for (const { booking: { product, idealMs, parts } } of inWindow(made, period)) tally.addParts(product, idealMs, parts)
  return tally.sums()
}

/** What of several accounts is under way over a period. */
export const sumsUnderWay = (accounts: readonly Account[], period: Period): LossSums => ({ ms: noTime, products: productsOf(inWindow(accounts.flatMap(({ moved }) => moved), period)) })

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
