/** How long parts are under way from what limits a line to the equipment behind it. */

import type { Ms } from '../../base/units.js'
import type { LineConfig } from '../../contract/config.js'
import { constraintOf } from '../../contract/constraint.js'

/**
 * For each equipment, in flow order: the sum of `transit` along the declared topology from `constraint`, by the longest way where several lead there.
 * 0 for the constraint, for what no way leads to, and where the line's OEE does not go by its constraint.
 */
export function transitsOf(line: Pick<LineConfig, 'method' | 'equipment'>, constraint: string = constraintOf(line).code): Ms[] {
  const ways = new Map<string, Ms | null>([[constraint, 0]])
  return line.equipment.map(({ code }) => line.method === 'constraint' ? longestTo(code) ?? 0 : 0)

  function longestTo(code: string): Ms | null {
    const known = ways.get(code)
    if (known !== undefined) return known
    ways.set(code, null)
    const config = line.equipment.find((one) => one.code === code)
    const here = (config?.upstream ?? []).flatMap((from) => {
      const way = longestTo(from)
      return way === null ? [] : [way + (config?.transit[from] ?? 0)]
    })
    const longest = here.length === 0 ? null : Math.max(...here)
    ways.set(code, longest)
    return longest
  }
}
