/** The lines and what stands in them, as an MES is told: by presence, and when it asks for the configuration. */

import type { Config } from '../../contract/config.js'
import { constraintOf, constraintsOf } from '../../contract/constraint.js'
import type { Presence } from '../../contract/upstream.js'

export function lineUpOf(config: Config): NonNullable<Presence['lines']> {
  return config.lines.map((line) => {
    const { id, code, name, method, equipment } = line
    const constraint = constraintOf(line)
    const limits = constraintsOf(line)
    return { id, code, name, method, equipment: equipment.map((one) => ({ code: one.code, name: one.name, constraint: one === constraint, ...(limits.get(one.code) ?? []).length === 0 ? {} : { limits: [...limits.get(one.code)!] } })) }
  })
}
