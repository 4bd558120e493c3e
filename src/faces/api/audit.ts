/** Who asked for what, and what became of it: the commands as the journal keeps them, and the changes made beside the lines. */

import { rfc3339 } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import type { DataOf } from '../../contract/endpoints/table.js'
import type { Fact } from '../../contract/events/catalogue.js'
import type { CommandRecord } from '../../contract/journal.js'
import { isRefusal } from '../../contract/refusals.js'
import { may } from '../../contract/roles.js'
import type { Handlers } from './ask.js'
import { DAY_MS, periodOf, windowOf } from './history.js'

type Entry = DataOf<'audit'>['commands'][number]

export function auditHandlers(desk: Desk): Pick<Handlers, 'audit'> {
  return {
    async audit({ query, actor, line }) {
      const period = periodOf(desk, query, line, 31 * DAY_MS)
      if (isRefusal(period)) return period
      const { limit } = query
      // What concerns the gateway as a whole concerns no one line.
      const changes = line === null ? await desk.facts({ ...period, types: ['access_changed', 'config_applied'], limit }) : []
      const records = await desk.commands({ ...period, limit })
      const asked = records.filter((record) => (line === null || record.line === line) && may(actor, 'audit', record.line)).map(entryOfCommand)
      const all = [...asked, ...changes.flatMap(entryOfFact)].sort((one, other) => Date.parse(one.at) - Date.parse(other.at))
      // Both lists were read up to a limit of their own: up to the earlier of the two ends nothing is missing.
      return { window: windowOf(period), complete: records.length < limit && changes.length < limit, commands: all.slice(0, limit) }
    },
  }
}

const entryOfCommand = ({ at, name, line, equipment, byId, byName, role, body, seqs, refusal }: CommandRecord): Entry =>
  ({ at: rfc3339(at), command: name, line, equipment_code: equipment, by_id: byId, by_name: byName, role, body, seqs: [...seqs], refused: refusal?.refused ?? null })

function entryOfFact({ type, at, seq, body }: Fact): Entry[] {
  const about = { at: rfc3339(at), command: type, line: null, equipment_code: null, seqs: [seq], refused: null }
  switch (type) {
    case 'access_changed': {
      const { by, by_id, by_role, ...what } = body
      return [{ ...about, by_id, by_name: by, role: by_role, body: what }]
    }
    case 'config_applied': {
      const { by, ...what } = body
      // The first one of all was changed by nobody.
      return what.previous === null ? [] : [{ ...about, by_id: null, by_name: by, role: null, body: what }]
    }
    default: return []
  }
}
