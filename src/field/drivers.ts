/** The driver families of this build, by the name that a PLC's `driver` gives. */

import type { DriverFamily } from '../contract/driver.js'
import type { Plc } from '../contract/plcs.js'
import { eipFamily } from './eip/driver.js'
import { modbusFamily } from './modbus/driver.js'
import { opcuaFamily } from './opcua/driver.js'
import { s7Family } from './s7/driver.js'
import { traceFamily } from './trace/driver.js'

/** The family of a PLC; a string is what this build lacks for it. */
export function familyOf(plc: Plc): DriverFamily | string {
  const family = families[plc.driver]
  if (family === undefined) return `this build has no driver "${plc.driver}" (it has: ${Object.keys(families).join(', ')})`
  return family
}

const families: { readonly [D in Plc['driver']]?: DriverFamily } = { s7: s7Family, eip: eipFamily, modbus: modbusFamily, opcua: opcuaFamily, trace: traceFamily }
