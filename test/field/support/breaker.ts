/** A wire to a peer on which replies go wrong in every way that chance finds. */

import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import type { Chance } from '../../../src/base/chance.js'

/** One thing that goes wrong with a reply. */
export const breakages: readonly ((reply: Buffer, chance: Chance) => Buffer)[] = [
  (reply, chance) => { const at = chance.whole(0, reply.length - 1); reply[at] = reply[at]! ^ (1 << chance.whole(0, 7)); return reply },
  (reply, chance) => { reply[chance.whole(0, reply.length - 1)] = chance.pick([0, 1, 0x7f, 0x80, 0xff]); return reply },
  // Heads and lengths are where it hurts, and they are in front.
  (reply, chance) => { reply[chance.whole(0, Math.min(60, reply.length - 1))] = chance.whole(0, 255); return reply },
  (reply, chance) => { reply.writeUInt16LE(chance.whole(0, 0xffff), chance.whole(0, reply.length - 2)); return reply },
  (reply, chance) => reply.subarray(0, chance.whole(0, reply.length - 1)),
  (reply, chance) => { const at = chance.whole(0, reply.length); return Buffer.concat([reply.subarray(0, at), Buffer.alloc(chance.whole(1, 8), chance.whole(0, 255)), reply.subarray(at)]) },
  (reply, chance) => { const at = chance.whole(0, reply.length - 1); return Buffer.concat([reply.subarray(0, at), reply.subarray(Math.min(reply.length, at + chance.whole(1, 8)))]) },
  (reply) => Buffer.concat([reply, reply]),
  (_, chance) => Buffer.from(Array.from({ length: chance.whole(1, 200) }, () => chance.whole(0, 255))),
]

export interface Breaker {
  readonly port: number
  /** What becomes of a reply; `null` leaves it as it is. */
  breakage: ((reply: Buffer) => Buffer) | null
  /** Who has nothing more to say after so long hangs up; `null` says nothing and stays. */
  hangsUpMs: number | null
  /** What arrived at the driver, as it arrived. */
  sent: Buffer
  end(): void
}

export async function startBreaker(to: number): Promise<Breaker> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (client) => {
    const plc = connect({ port: to, host: '127.0.0.1', noDelay: true })
    const hangUp = (): void => { client.destroy(); plc.destroy(); clearTimeout(patience) }
    let patience: NodeJS.Timeout | undefined
    for (const socket of [client, plc]) {
      sockets.add(socket)
      socket.on('error', () => undefined).on('close', () => { sockets.delete(socket); hangUp() })
    }
    client.on('data', (bytes) => { clearTimeout(patience); plc.write(bytes) })
    plc.on('data', (bytes: Buffer) => {
      const { breakage, hangsUpMs } = breaker
      const reply = breakage === null ? bytes : breakage(Buffer.from(bytes))
      breaker.sent = Buffer.concat([breaker.sent, reply])
      client.write(reply)
      clearTimeout(patience)
      if (breakage !== null && hangsUpMs !== null) patience = setTimeout(hangUp, hangsUpMs)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const breaker: Breaker = {
    port: (server.address() as AddressInfo).port, breakage: null, hangsUpMs: null, sent: Buffer.alloc(0),
    end() { server.close(); for (const socket of sockets) socket.destroy() },
  }
  return breaker
}
