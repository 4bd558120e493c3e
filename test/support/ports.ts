/** Ports for tests: below those that outgoing connections are given, and each asked for by one process at a time. */

import { type Socket, createSocket } from 'node:dgram'
import { once } from 'node:events'
import { type Server, createServer } from 'node:net'

const FIRST = 20_000
const COUNT = 12_000
let asked = 0

/**
 * A port nobody listens on, and nobody on the one above it: the demo puts its levers there. Until this process ends no other one is given it,
 * so a peer can be stopped and come back to it.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + (process.pid * 40 + 2 * asked++) % COUNT
    if (await isOurs(port) && await isFree(port) && await isFree(port + 1)) return port
  }
}

/** The UDP port of the same number is the sign that it is taken: nothing here speaks UDP, and the system takes the sign down when we end. */
function isOurs(port: number): Promise<boolean> {
  const sign = createSocket('udp4').unref()
  const listens = isListening(sign)
  sign.bind({ port, address: '127.0.0.1', exclusive: true })
  return listens
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer()
  const listens = isListening(server)
  server.listen(port, '127.0.0.1')
  if (!await listens) return false
  server.close()
  await once(server, 'close')
  return true
}

const isListening = (one: Socket | Server): Promise<boolean> => new Promise((resolve) => {
  one.once('listening', () => { resolve(true) })
  one.once('error', () => { resolve(false) })
})
