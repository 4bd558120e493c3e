/** An ideal time that was wrong, corrected over a past period: what was made then is worth another time (domain note 4.9). */

import { limits } from '../../base/limits.js'
import { instantOf, rfc3339 } from '../../base/units.js'
import type { Command } from '../../contract/commands.js'
import type { Draft, DraftOf } from '../../contract/events/catalogue.js'
import { type Refusal, isRefusal, refuse } from '../../contract/refusals.js'
import { type Slice, slicesOf } from '../losses/slices.js'
import { configAt, draft, equipmentAt } from '../memory/lookups.js'
import type { Line } from '../memory/memory.js'
import { type IdealSpan, isAbout, nextRevision } from '../time/ideals.js'
import { sameIdeal } from '../time/timeline.js'
import { correctable } from './correction.js'

/** Assumes a line with the past of the period (`withPast`). */
export function decideIdealCommand(line: Line, i: number, command: Command): Draft[] | Refusal {
  if (command.name !== 'ideal_correct') return []
  const { product, ideal_cycle_seconds: seconds, reason } = command.body
  const period = correctable(line, i, command.body, command)
  if (isRefusal(period)) return period
  const { code, losses: { timeline } } = equipmentAt(line, i)
  const wish = product === undefined ? {} : { product }
  const idealMs = sameIdeal(seconds * 1_000)
  const slices = slicesOf(timeline, period.from, period.to, period.to, line.plan, configAt(line, i))
  const previous = joined(slices.filter((slice) => isAbout(wish, slice.product)))
  if (previous.every((slice) => slice.idealMs === idealMs)) {
    return refuse('NOTHING_TO_CORRECT', { product: product ?? 'any', made: [...new Set(slices.map((slice) => slice.product ?? 'none'))].join(', '), ideal_cycle_seconds: seconds })
  }
  return [draft(line, 'ideal_corrected', command.at, code, {
    from: rfc3339(period.from), to: rfc3339(period.to), ...wish, ideal_cycle_seconds: idealMs / 1_000,
    previous: previous.slice(0, limits.correctedFromMax).map((slice) => ({ product: slice.product, ideal_cycle_seconds: slice.idealMs / 1_000, from: rfc3339(slice.from), to: rfc3339(slice.to) })),
    revision: nextRevision(timeline.ideals, period), facts_to: command.past?.factsTo ?? 0, reason, by: command.by.name,
  })]
}

/** One for each stretch in which nothing else was made under another ideal time, stops between or not. */
function joined(slices: readonly Slice[]): readonly Slice[] {
  const stretches: Slice[] = []
  for (const slice of slices) {
    const last = stretches.at(-1)
    if (last !== undefined && last.product === slice.product && last.idealMs === slice.idealMs) stretches[stretches.length - 1] = { ...last, to: slice.to }
    else stretches.push(slice)
  }
  return stretches
}

/** From when to when, and how fast it could have been made. */
export const idealSpanOf = ({ body }: DraftOf<'ideal_corrected'>): IdealSpan => ({
  from: instantOf(body.from)!, to: instantOf(body.to)!, ...body.product === undefined ? {} : { product: body.product }, idealMs: sameIdeal(body.ideal_cycle_seconds * 1_000), revision: body.revision,
})
