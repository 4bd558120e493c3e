/** Who asked for what, and what became of it: the commands as the journal keeps them. */

import { rfc3339 } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import { isRefusal } from '../../contract/refusals.js'
import { may } from '../../contract/roles.js'
import type { Handlers } from './ask.js'
import { DAY_MS, periodOf, windowOf } from './history.js'

export function auditHandlers(desk: Desk): Pick<Handlers, 'audit'> {
  return {
    async audit({ query, actor, line }) {
      const period = periodOf(desk, query, line, 31 * DAY_MS)
      if (isRefusal(period)) return period
      const records = await desk.commands({ ...period, limit: query.limit })
      return {
        window: windowOf(period), complete: records.length < query.limit,
        commands: records.filter((record) => (line === null || record.line === line) && may(actor, 'audit', record.line)).map((record) => ({
          at: rfc3339(record.at), command: record.name, line: record.line, equipment_code: record.equipment, by_id: record.byId, by_name: record.byName, role: record.role,
          body: record.body, seqs: [...record.seqs], refused: record.refusal?.refused ?? null,
        })),
      }
    },
  }
}
