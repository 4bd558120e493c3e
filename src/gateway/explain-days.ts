/** Explains a figure over more days than can be opened at once: out of the loss rows, folded by production day, each of which opens by itself. */

import { isoOf } from '../analysis/iso.js'
import { given } from '../base/assert.js'
import { limits } from '../base/limits.js'
import { instantOf, later, rfc3339, since } from '../base/units.js'
import type { ExplainQuery } from '../contract/desk.js'
import type { Explained, ExplainedLine } from '../contract/explained.js'
import type { Journal } from '../contract/journal.js'
import { type LossSums, timeLeaves } from '../contract/losses.js'
import type { Oee } from '../contract/oee.js'
import { lineOee, lineSums, oeeOf } from '../core/losses/oee.js'
import { oteOf } from '../core/losses/ote.js'
import { addSums, noSums } from '../core/losses/sums.js'
import type { Line } from '../core/memory/memory.js'
import type { Period } from '../core/time/calendar.js'
import { allFacts, calendarCorrections, factorsOf, memberOf, partsOf } from './explain.js'
import { type DaySums, daysOf } from './figures.js'

type Archive = Pick<Journal, 'facts' | 'sums'>

/** Whether a period holds more than one answer can open. */
export const isFolded = ({ from, to }: Period): boolean => since(to, from) > limits.openedDaysMax * DAY_MS
const DAY_MS = 86_400_000

export async function explainEquipmentByDay(line: Line, query: ExplainQuery, journal: Archive): Promise<Explained> {
  const { of, from, to, ...which } = query
  const { plan } = line
  const config = given(plan.equipment.get(of), `equipment ${of}`)
  const days = await daysOf(line, query, journal)
  const sums = sumsOver(days, of)
  const oee = oeeOf(sums, { from, to }, plan, config, which)
  const own = { line: plan.line.code, equipment: of }
  const reworked = await allFacts(journal, { ...own, types: ['parts_reworked'], from, to })
  const ideals = await allFacts(journal, { ...own, types: ['ideal_corrected'], from })
  return {
    of, window: { from: rfc3339(from), to: rfc3339(to) }, oee, factors: factorsOf(sums, oee),
    leaves: timeLeaves.map((leaf) => ({ leaf, ms: sums.ms[leaf], slices: 0 })), slices: [],
    parts: partsOf(sums, () => 0), counts: [],
    reworked: reworked.flatMap((fact) => (fact.type === 'parts_reworked' && (which.job === undefined || fact.body.job_id === which.job) ? [{ fact: fact.seq, at: rfc3339(fact.at), job: fact.body.job_id, good: fact.body.good }] : [])),
    ideal_corrections: ideals.flatMap((fact) => (fact.type === 'ideal_corrected' && instantOf(fact.body.from)! < to ? [{ fact: fact.seq, at: rfc3339(fact.at), ...fact.body }] : []))
      .filter((said) => instantOf(said.to)! > from),
    calendar_corrections: await calendarCorrections(plan, { from, to }, journal),
    iso_22400: isoOf(sums, addSums(days.map(({ withoutJob }) => withoutJob.get(of) ?? noSums))),
    configs: await configsIn({ from, to }, journal),
    days: days.map(({ day, window, sums: all }) => dayOf(day, oeeOf(all.get(of) ?? noSums, window, plan, config, which))),
  }
}

export async function explainLineByDay(line: Line, query: ExplainQuery, journal: Archive): Promise<ExplainedLine> {
  const { from, to, of: _line, ...which } = query
  const { plan } = line
  const { code, method, equipment } = plan.line
  const days = await daysOf(line, query, journal)
  const all = new Map([code, ...equipment.map((one) => one.code)].map((one) => [one, sumsOver(days, one)] as const))
  const figures = new Map(equipment.map((config) => [config.code, oeeOf(all.get(config.code)!, { from, to }, plan, config, which)]))
  const oee = lineOee(all, { from, to }, plan, method, which)
  return {
    of: code, window: { from: rfc3339(from), to: rfc3339(to) }, method, oee, ote: oteOf(plan, all, figures), from_before: lineSums(all, plan, method).fromBefore,
    made_of: equipment.map((config) => memberOf(plan, config, all.get(config.code)!, figures.get(config.code)!, oee)),
    days: days.map(({ day, window, sums }) => dayOf(day, lineOee(sums, window, plan, method, which))),
  }
}

const sumsOver = (days: readonly DaySums[], of: string): LossSums => addSums(days.map(({ sums }) => sums.get(of) ?? noSums))

const dayOf = (day: string, { window, oee, counts, explain }: Oee): NonNullable<Explained['days']>[number] =>
  ({ day, window: { from: window.from, to: window.to }, oee, good: counts.good, rejects: counts.startup_reject + counts.production_reject, explain })

/** Those in force when the period began, and that came into force in it. */
async function configsIn({ from, to }: Period, journal: Archive): Promise<number[]> {
  const before = await journal.facts({ to: later(from, 1), newestFirst: true, limit: 1 })
  const applied = await allFacts(journal, { types: ['config_applied', 'gateway_started'], from, to })
  return [...new Set([...before, ...applied].map(({ config }) => config))].sort((one, other) => one - other)
}
