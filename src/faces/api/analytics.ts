/** What the OEE of a line is made of now, and how it has moved in the last day. */

import { type LossLeaf, lossTree } from '../../analysis/losstree.js'
import type { AnalysisWords } from '../../analysis/words/en.js'
import { spoken } from '../../analysis/words/spoken.js'
import type { Desk, SeriesItem } from '../../contract/desk.js'
import type { DataOf } from '../../contract/endpoints/table.js'
import type { Oee } from '../../contract/oee.js'
import type { Handlers } from './ask.js'
import type { Period } from './history.js'
import { dataOf } from './production.js'
import { largest, lastDays, trendFigures } from './reports.js'

const HOUR_MS = 3_600_000

export function analyticsHandlers(desk: Desk): Pick<Handlers, 'oee_analytics'> {
  return {
    async oee_analytics({ query, line, language }) {
      const live = dataOf(desk.view('real_time_oee', line!, { window: query.window }), 'real_time_oee')
      const day = lastDays(desk, 1)
      const trends = await Promise.all([line!, ...Object.keys(live.equipment_oee)].map(async (of) => [of, trendFigures(hourly(await desk.series({ of, ...day, by: 'hour' }), day))] as const))
      const trendBy = new Map(trends)
      const blockOf = (of: string, oee: Oee) => {
        const tree = lossTree(oee)
        return { oee, loss_tree: tree, current_losses: largest(tree).map(({ loss }) => loss), trend: trendBy.get(of) ?? null }
      }
      const equipment = Object.fromEntries(Object.entries(live.equipment_oee).map(([code, oee]) => [code, blockOf(code, oee)]))
      return { line: blockOf(line!, live.line_oee), equipment, insights: [...Object.entries(equipment), [line!, blockOf(line!, live.line_oee)] as const].flatMap(([of, block]) => insightsOf(of, block, spoken[language])) }
    },
  }
}

/** One value for every hour of the period, so that a missing one keeps its place. */
function hourly(items: readonly SeriesItem[], { from, to }: Period): (number | null)[] {
  const known = new Map(items.map(({ key, oee }) => [Date.parse(key!), oee.oee]))
  const values: (number | null)[] = []
  for (let at = Math.ceil(from / HOUR_MS) * HOUR_MS; at + HOUR_MS <= to; at += HOUR_MS) values.push(known.get(at) ?? null)
  return values
}

const POINT = 0.01

function insightsOf(of: string, { oee, loss_tree, trend }: { readonly oee: Oee; readonly loss_tree: readonly LossLeaf[] | null; readonly trend: DataOf<'oee_analytics'>['line']['trend'] }, { insights: said, losses, number }: AnalysisWords): DataOf<'oee_analytics'>['insights'] {
  const found: DataOf<'oee_analytics'>['insights'] = []
  const [first] = largest(loss_tree)
  if (first !== undefined && first.points >= POINT) found.push({ of, loss: first.loss, points: first.points, sentence: said.takes(losses[first.loss], number(first.points * 100, 1)) })
  if (trend !== null && trend.significant) found.push({ of, loss: null, points: trend.slope, sentence: said[trend.slope < 0 ? 'falls' : 'rises'](number(Math.abs(trend.slope * 100), 1)) })
  if (oee.warnings.includes('performance_above_1')) found.push({ of, loss: 'speed_loss', points: null, sentence: said.tooFast })
  if (oee.partial) found.push({ of, loss: null, points: null, sentence: said.blind })
  return found
}
