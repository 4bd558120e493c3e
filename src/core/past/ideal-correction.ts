/** An ideal time that was wrong, corrected over a past period: what was made then is worth another time (domain note 4.9). */

import { limits } from '../../base/limits.js'
import { instantOf, rfc3339 } from '../../base/units.js'
import type { Command } from '../../contract/commands.js'
import type { Draft, DraftOf } from '../../contract/events/catalogue.js'
import type { LossRow } from '../../contract/losses.js'
import { type Refusal, isRefusal, refuse } from '../../contract/refusals.js'
import { MINUTE, keyOf } from '../losses/lossbook.js'
import { sumOfParts } from '../losses/rowdraft.js'
import { type Slice, slicesOf } from '../losses/slices.js'
import { sumRows } from '../losses/sums.js'
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

/** Rows of the journal as they were before these corrections were told, in the order of their numbers. */
export function rowsBeforeCorrections(rows: readonly LossRow[], told: readonly Draft[]): readonly LossRow[] {
  const corrections = told.filter((fact) => fact.type === 'ideal_corrected').toReversed()
  if (corrections.length === 0) return rows
  const before = new Map<string, LossRow>()
  for (const row of rows) {
    const idealMs = corrections.reduce((ideal, fact) => idealBefore(fact, row, ideal), row.idealMs)
    const name = `${row.equipment} ${keyOf({ ...row, idealMs })}`
    const known = before.get(name)
    before.set(name, known === undefined ? { ...row, idealMs } : { ...known, ms: sumRows([known, row]).ms, parts: sumOfParts(known.parts, row.parts) })
  }
  return [...before.values()]
}

/** What was under way stands in rows of the line, which has no ideal time but those of its equipment. */
function idealBefore({ line, equipment, body }: DraftOf<'ideal_corrected'>, row: LossRow, idealMs: number): number {
  if (row.equipment !== equipment && row.equipment !== line) return idealMs
  if (idealMs !== sameIdeal(body.ideal_cycle_seconds * 1_000) || row.minute < instantOf(body.from)! || row.minute >= instantOf(body.to)!) return idealMs
  const was = body.previous.find(({ product, from, to }) => product === row.product && instantOf(from)! < row.minute + MINUTE && instantOf(to)! > row.minute)
  return was === undefined ? idealMs : sameIdeal(was.ideal_cycle_seconds * 1_000)
}

/** From when to when, and how fast it could have been made. */
export const idealSpanOf = ({ body }: DraftOf<'ideal_corrected'>): IdealSpan => ({
  from: instantOf(body.from)!, to: instantOf(body.to)!, ...body.product === undefined ? {} : { product: body.product }, idealMs: sameIdeal(body.ideal_cycle_seconds * 1_000), revision: body.revision,
})
