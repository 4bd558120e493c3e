/** Why a port could not be bound, in the words of our faults. */

import { createServer } from 'node:net'
import { Fault } from '../../contract/faults.js'

export function bindFault(host: string, port: number, cause: unknown): Fault {
  const inUse = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE'
  return new Fault(inUse ? 'PORT_IN_USE' : 'ADDRESS_UNUSABLE', { host, port }, cause)
}

/** uWebSockets.js only says that it failed; a socket of Node's says why. */
export function whyNotListening(host: string, port: number): Promise<Fault> {
  return new Promise((resolve) => {
    const probe = createServer()
    probe.once('error', (error) => { resolve(bindFault(host, port, error)) })
    probe.listen({ host, port, exclusive: true }, () => {
      probe.close(() => { resolve(new Fault('PORT_IN_USE', { host, port, why: 'it was in use a moment ago' })) })
    })
  })
}
