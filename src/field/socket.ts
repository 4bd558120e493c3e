/** What an error or the silence of a socket means to a person who looks for a PLC. */

import type { Ms } from '../base/units.js'
import { Fault } from '../contract/faults.js'

const refusals = new Set(['ECONNREFUSED', 'EACCES', 'EPERM'])

/** Before the PLC was reached an error of the socket says where to look; afterwards the link is simply lost. */
export function faultOfSocket(plc: string, reached: boolean, cause: NodeJS.ErrnoException): Fault {
  const code = reached ? 'PLC_LINK_LOST' : refusals.has(cause.code ?? '') ? 'PLC_REFUSED' : 'PLC_UNREACHABLE'
  return new Fault(code, { plc, detail: cause.message }, cause)
}

/** Who takes a connection and never says a byte may be no PLC of that kind at all. */
export function faultOfSilence(plc: string, reached: boolean, bytesRead: number, waitedMs: Ms): Fault {
  if (!reached) return new Fault('PLC_UNREACHABLE', { plc, waitedMs })
  return new Fault('PLC_TIMEOUT', { plc, waitedMs, ...(bytesRead === 0 ? { detail: 'it took the connection and said nothing' } : {}) })
}
