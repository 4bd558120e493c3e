/** What keeps calls worth hearing: faults that chatter are one call, floods are grouped, and what is known may be silenced for a while. */

import { type Instant, type Ms, instantOf, later, rfc3339, since } from '../../base/units.js'
import type { Command } from '../../contract/commands.js'
import type { AndonType } from '../../contract/config.js'
import type { Draft } from '../../contract/events/catalogue.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import { draft, equipmentAt, indexOf } from '../memory/lookups.js'
import type { Andon, Line } from '../memory/memory.js'

export function decideShelfCommand(line: Line, command: Command): Draft[] | Refusal {
  const { at, by } = command
  if (command.name !== 'andon_shelve' && command.name !== 'andon_unshelve') return []
  const equipment = command.equipment ?? ''
  const { event_type: type } = command.body
  const shelf = line.shelves.find((one) => one.equipment === equipment && one.type === type)
  if (command.name === 'andon_unshelve') {
    return shelf === undefined ? refuse('ANDON_NOT_SHELVED', { event_type: type }) : [draft(line, 'andon_unshelved', at, equipment, { andon_type: type, by: by.name })]
  }
  if (shelf !== undefined) return refuse('ANDON_SHELVED', { event_type: type, until: rfc3339(shelf.until) })
  const { minutes, reason } = command.body
  return [draft(line, 'andon_shelved', at, equipment, { andon_type: type, until: rfc3339(later(at, minutes * MINUTE)), reason, by: by.name })]
}

const MINUTE: Ms = 60_000

/** Nothing stays silent longer than somebody wanted. */
export const decideShelvesEnd = (line: Line, at: Instant): Draft[] =>
  line.shelves.filter(({ until }) => until <= at).map(({ equipment, type, until }) => draft(line, 'andon_unshelved', until, equipment, { andon_type: type, by: null }))

export const isShelved = (line: Line, equipment: string | null, type: AndonType): boolean => line.shelves.some((shelf) => shelf.equipment === equipment && shelf.type === type)

export function applyShelves(line: Line, fact: Draft): Line {
  const { equipment } = fact
  switch (fact.type) {
    case 'andon_shelved': return equipment === null ? line : { ...line, shelves: [...line.shelves, { equipment, type: fact.body.andon_type, until: instantOf(fact.body.until)! }] }
    case 'andon_unshelved': return { ...line, shelves: line.shelves.filter((shelf) => shelf.equipment !== equipment || shelf.type !== fact.body.andon_type) }
    default: return line
  }
}

/** Until when faults of these severities came and went too often on the equipment of a call for their absence to mean anything; `null` when they did not. */
export function chattersTo(line: Line, call: Andon, severities: readonly string[]): Instant | null {
  const i = indexOf(line, call.equipment)
  if (i === -1) return null
  const { count, within } = line.plan.andon.chatter
  const entries = line.rules[i]!.faults
  const rises = equipmentAt(line, i).faults.risen.filter((rise) => {
    const entry = entries.get(rise.bit)
    return entry?.kind === 'fault' && severities.includes(entry.severity)
  })
  const last = rises.at(-1)?.at ?? null
  return last !== null && rises.filter((rise) => since(last, rise.at) < within).length >= count ? later(last, within) : null
}

/** The call under which a further one by itself is counted in a flood; `null` while there is none. */
export function floodCall(line: Line, at: Instant): Andon | null {
  const { count, within } = line.plan.andon.flood
  const lately = line.andons.filter((call) => call.source !== 'manual' && since(at, call.raisedAt) < within)
  return lately.length < count ? null : line.andons.find((call) => call.source !== 'manual' && call.resolvedAt === null) ?? null
}
