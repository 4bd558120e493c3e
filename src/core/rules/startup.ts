/** The start-up window: rejects inside it are start-up rejects. Good parts in a row, time or a person's word close it. */

import { type Instant, later } from '../../base/units.js'
import type { Command } from '../../contract/commands.js'
import type { EquipmentConfig } from '../../contract/config.js'
import type { Draft } from '../../contract/events/catalogue.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import { draft, equipmentAt } from '../memory/lookups.js'
import type { Line, Startup } from '../memory/memory.js'

type Rules = Pick<EquipmentConfig, 'startup_good_parts' | 'startup_max'>

export const noStartup: Startup = { startupLeft: null, startupTo: null }

/** It waits for its first part, which starts its time. Without anything that closes it there is none. */
export const awaited = (rules: Rules): Startup | null => (hasWindow(rules) ? { startupLeft: rules.startup_good_parts, startupTo: null } : null)

/** Parts counted at this instant were made inside it. */
export const isInside = ({ startupLeft, startupTo }: Startup, at: Instant): boolean => startupLeft !== null && (startupTo === null || at < startupTo)

/** What parts that were counted make of it. */
export function afterParts(startup: Startup, { good, reject }: { readonly good: number; readonly reject: number }, at: Instant, rules: Rules): Startup {
  if (!isInside(startup, at) || !hasWindow(rules)) return noStartup
  const needed = rules.startup_good_parts
  const left = reject > 0 ? needed : Math.min(needed, startup.startupLeft! - good)
  if (needed > 0 && left <= 0) return noStartup
  const begins = startup.startupTo === null && rules.startup_max > 0 && good + reject > 0
  return { startupLeft: needed === 0 ? 0 : left, startupTo: begins ? later(at, rules.startup_max) : startup.startupTo }
}

/** When parts, or time before them, closed it; `null` when they did not. What is read at the very instant was made inside. */
export function closedBy(before: Startup, after: Startup, at: Instant): Instant | null {
  if (before.startupLeft === null || after.startupLeft !== null) return null
  return before.startupTo !== null && at >= before.startupTo ? before.startupTo : later(at, 1)
}

const hasWindow = (rules: Rules): boolean => rules.startup_good_parts > 0 || rules.startup_max > 0

/** The operator says that it is warm: what is rejected from here on is production. */
export function decideStartupCommand(line: Line, i: number, command: Command): Draft[] | Refusal {
  if (command.name !== 'startup_release') return []
  const { code, counts, seen } = equipmentAt(line, i)
  if (!isInside(seen.pending ?? counts, command.at)) return refuse('STARTUP_NOT_OPEN')
  return [draft(line, 'startup_released', command.at, code, { by: command.by.name })]
}
