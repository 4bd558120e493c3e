/** What an error of a socket means to a person who looks for a PLC. */

import { Fault } from '../contract/faults.js'

const refusals = new Set(['ECONNREFUSED', 'EACCES', 'EPERM'])

/** Before the PLC was reached an error of the socket says where to look; afterwards the link is simply lost. */
export function faultOfSocket(plc: string, reached: boolean, cause: NodeJS.ErrnoException): Fault {
  const code = reached ? 'PLC_LINK_LOST' : refusals.has(cause.code ?? '') ? 'PLC_REFUSED' : 'PLC_UNREACHABLE'
  return new Fault(code, { plc, detail: cause.message }, cause)
}
