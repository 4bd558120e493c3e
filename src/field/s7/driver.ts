/** The S7 family: one address grammar, one planner, one decoder, and two transports beneath them. */

import type { DriverFamily } from '../../contract/driver.js'
import type { PlcOf } from '../../contract/plcs.js'
import { parseAddress } from './address.js'
import { PipelinedDriver } from './pipelined.js'
import { Snap7Driver } from './snap7.js'

export const s7Family: DriverFamily<PlcOf<'s7'>> = {
  name: 's7',
  parse: (text) => parseAddress(text),
  make: (plc, groups, deadlineMs) => plc.transport === 'pipelined' ? new PipelinedDriver(plc, groups, deadlineMs) : new Snap7Driver(plc, groups, deadlineMs),
}
