/** What a line is told of blind time that is declared beyond memory: a machine's parts that are found change what every part of the line is worth (the pace of the slowest), and what is thought to have left it unseen. */

import type { Portions } from '../../base/portions.js'
import { instantOf } from '../../base/units.js'
import type { DraftOf } from '../../contract/events/catalogue.js'
import type { Past } from '../../contract/past.js'
import { figuresRevalued, isJudged } from '../losses/oee.js'
import type { Line } from '../memory/memory.js'
import { accountsOf } from './accounts.js'
import { lineChange, lineMade } from './line-made.js'
import { type LineAgain, plansOf } from './past.js'

/** `line` as it was before it heard of the declaration. */
export function* lineAgainOf(line: Line, past: Past, declared: DraftOf<'gap_declared'>): Portions<LineAgain> {
  const all = { ...past, facts: past.lineFacts }
  const was = yield* accountsOf(line, all)
  const is = yield* accountsOf(line, all, [declared])
  const planOf = plansOf(line, past)
  return (fact, times) => {
    const { seq, body: { figures } } = fact
    const plan = planOf(fact)
    const window = { from: instantOf(figures.window.from)!, to: instantOf(figures.window.to)! }
    const blindMs = Math.round(figures.times.no_data * 1_000)
    // A part that was counted when an hour was over is in what is told of it again.
    const told = lineMade(was, window, plan, figures.method, blindMs, (one) => one.fact.seq < seq)
    const now = lineMade(is, window, plan, figures.method, blindMs + times.no_data)
    return figuresRevalued(figures, { was: told.sums.products, is: now.sums.products, times, line: lineChange(told, now), by: past.equipment }, plan.line.equipment.some((one) => isJudged(plan, one)), line.plan.grades)
  }
}
