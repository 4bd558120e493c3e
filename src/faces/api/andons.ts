/** Answers about calls for help. */

import { andonFacts, andonsOf } from '../../analysis/andons.js'
import { later } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import { isRefusal, refuse } from '../../contract/refusals.js'
import { type Actor, may } from '../../contract/roles.js'
import type { AndonView } from '../../contract/views.js'
import type { Handlers } from './ask.js'
import { DAY_MS, allFacts, pageOf, periodOf, reachedFacts, windowOf } from './history.js'
import { dataOf } from './production.js'

const LOOK_BACK_MS = 90 * DAY_MS

export function andonHandlers(desk: Desk): Pick<Handlers, 'andons' | 'andon'> {
  /** The open calls, however long ago they were raised. */
  function open(actor: Actor, line: string | null): AndonView[] {
    return desk.config.lines.map(({ code }) => code)
      .filter((code) => (line === null || line === code) && may(actor, 'view', code))
      .flatMap((code) => dataOf(desk.view('andon_now', code), 'andon_now').active_events)
  }

  return {
    async andons({ query, actor, line }) {
      const period = periodOf(desk, query, line, 31 * DAY_MS)
      if (isRefusal(period)) return period
      const facts = await reachedFacts(desk, actor, { types: andonFacts, line, from: period.from, equipment: query.equipment_code })
      if (!Array.isArray(facts)) return facts
      const calls = new Map([...open(actor, line), ...andonsOf(facts)].map((call) => [call.andon_id, call]))
      const wanted = (call: AndonView): boolean =>
        (call.status !== 'resolved' || Date.parse(call.raised_at) >= period.from) && Date.parse(call.raised_at) < period.to
        && (query.open === undefined || query.open === (call.status !== 'resolved'))
        && (query.unseen === undefined || query.unseen === call.unseen)
        && (query.event_type === undefined || query.event_type === call.andon_type)
        && (query.equipment_code === undefined || query.equipment_code === call.equipment_code)
      const newestFirst = [...calls.values()].sort((one, other) => Date.parse(other.raised_at) - Date.parse(one.raised_at))
      const page = pageOf(newestFirst, (call) => call.andon_id, wanted, query)
      return isRefusal(page) ? page : { window: windowOf(period), andons: page.items, next_cursor: page.next_cursor }
    },

    async andon({ params, actor, line }) {
      const now = open(actor, line).find(({ andon_id }) => andon_id === params.andon_id)
      if (now !== undefined) return { andon: now }
      const facts = await allFacts(desk, { types: andonFacts, line: line!, from: later(desk.now(), -LOOK_BACK_MS) })
      if (!Array.isArray(facts)) return facts
      const andon = andonsOf(facts).find(({ andon_id }) => andon_id === params.andon_id)
      return andon === undefined ? refuse('ANDON_UNKNOWN', params) : { andon }
    },
  }
}
