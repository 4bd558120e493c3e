/** Answers of the explain routes: which period is meant and who reaches a tag is told here and now, what a period is made of beside the lines. */

import { given } from '../../base/assert.js'
import { limits } from '../../base/limits.js'
import { instantOf, since } from '../../base/units.js'
import type { Desk, ExplainQuery, PastDesk } from '../../contract/desk.js'
import type { QueryOf } from '../../contract/endpoints/table.js'
import { type Refusal, isRefusal, refuse } from '../../contract/refusals.js'
import { may } from '../../contract/roles.js'
import type { Handlers } from './ask.js'
import { DAY_MS, type Period, windowOf } from './history.js'
import { dataOf } from './production.js'

type Explained = Pick<Handlers, 'explain_equipment' | 'explain_line'>

/** Of a period that has been settled. */
export function explainedHandlers(desk: Pick<PastDesk, 'explainEquipment' | 'explainLine'>): Explained {
  return {
    explain_equipment: async ({ params, query }) => desk.explainEquipment({ of: params.equipment_code, ...settled(query), ...chosen(query) }),
    explain_line: async ({ query, line }) => desk.explainLine({ of: line!, ...settled(query), ...chosen(query) }),
  }
}

export function explainHandlers(desk: Desk, explained: Explained): Explained & Pick<Handlers, 'explain_tag'> {
  return {
    explain_equipment(ask) {
      const period = periodMeant(ask.query, ask.line!)
      return isRefusal(period) ? period : explained.explain_equipment({ ...ask, query: { ...ask.query, ...windowOf(period) } })
    },
    explain_line(ask) {
      const period = periodMeant(ask.query, ask.line!)
      return isRefusal(period) ? period : explained.explain_line({ ...ask, query: { ...ask.query, ...windowOf(period) } })
    },
    explain_tag({ params, actor, language }) {
      const explained = desk.explainTag(`${params.plc}/${params.tag}`, (line) => may(actor, 'view', line), language)
      // A tag that feeds no line in reach is not the actor's, whether or not it is there.
      return actor.lines !== null && (isRefusal(explained) || explained.uses.length === 0) ? refuse('FORBIDDEN', { tag: `${params.plc}/${params.tag}` }) : explained
    },
  }

  function periodMeant({ from, to, shift }: QueryOf<'explain_equipment'>, line: string): Period | Refusal {
    const now = desk.now()
    if (from === undefined || to === undefined) {
      const meant = shift === undefined ? dataOf(desk.view('line', line), 'line').shift : desk.shift(line, shift)
      if (meant === null) return refuse('BODY_MISFIT', [{ path: 'shift', message: shift === undefined ? 'no shift runs now; name one, or from and to' : 'there is no such shift' }])
      return clipped({ from: instantOf(meant.from)!, to: instantOf(meant.to)! })
    }
    const period = { from: instantOf(from)!, to: instantOf(to)! }
    if (since(period.to, period.from) <= 0) return refuse('WINDOW_MEANINGLESS', windowOf(period))
    if (since(period.to, period.from) > limits.explainedDaysMax * DAY_MS) return refuse('WINDOW_TOO_LARGE', { days_max: limits.explainedDaysMax })
    return clipped(period)

    /** Nothing is known of the future. */
    function clipped(whole: Period): Period | Refusal {
      const end = Math.min(whole.to, now) as Period['to']
      return end <= whole.from ? refuse('WINDOW_MEANINGLESS', windowOf({ from: whole.from, to: end })) : { from: whole.from, to: end }
    }
  }
}

/** An address has no word for nothing but nothing. */
const chosen = ({ job, product }: QueryOf<'explain_equipment'>): Pick<ExplainQuery, 'job' | 'product'> =>
  ({ ...job === undefined ? {} : { job: job === '' ? null : job }, ...product === undefined ? {} : { product: product === '' ? null : product } })

/** The window that `explainHandlers` wrote into the question. */
const settled = ({ from, to }: QueryOf<'explain_equipment'>): Period =>
  ({ from: given(instantOf(given(from, 'a settled period')), 'an instant'), to: given(instantOf(given(to, 'a settled period')), 'an instant') })
