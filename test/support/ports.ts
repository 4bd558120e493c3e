/** Ports for tests: below those that outgoing connections are given, so that none of them takes one between two starts. */

import { once } from 'node:events'
import { createServer } from 'node:net'

const FIRST = 20_000
const COUNT = 12_000
let asked = 0

/** A port nobody listens on, and nobody on the one above it: the demo puts its levers there. Each process begins elsewhere. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST + (process.pid * 40 + 2 * asked++) % COUNT
    if (await isFree(port) && await isFree(port + 1)) return port
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  const heard = await Promise.race([once(server, 'listening').then(() => true), once(server, 'error').then(() => false)])
  if (heard) {
    server.close()
    await once(server, 'close')
  }
  return heard
}
