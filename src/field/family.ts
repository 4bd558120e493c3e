/** A driver family alone: a crew loads those of its PLCs, and holds no code of the others. */

import type { DriverFamily } from '../contract/driver.js'
import type { Plc } from '../contract/plcs.js'

/** Of a PLC whose addresses were read, so that its driver is there; with what it stands on, as far as that can be loaded. */
export async function loadFamily(driver: Plc['driver']): Promise<DriverFamily> {
  const family: DriverFamily = await families[driver]()
  // What is missing is missed by the driver that needs it, which says so.
  await family.load?.().catch(() => undefined)
  return family
}

const families = {
  s7: async () => (await import('./s7/driver.js')).s7Family,
  eip: async () => (await import('./eip/driver.js')).eipFamily,
  modbus: async () => (await import('./modbus/driver.js')).modbusFamily,
  opcua: async () => (await import('./opcua/driver.js')).opcuaFamily,
  trace: async () => (await import('./trace/driver.js')).traceFamily,
} satisfies Record<Plc['driver'], () => Promise<unknown>>
