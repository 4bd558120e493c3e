/** What a driver and a real peer say to each other, frame by frame. */

import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import { type Speech, framesIn } from './speech.js'

export interface Overheard { readonly asked: Buffer[]; readonly said: Buffer[] }

/** Holds a conversation with the peer at `to` through `converse`, which is given the port to call and what was heard so far. */
export async function overhear(to: number, frames: Pick<Speech, 'headBytes' | 'frameBytes'>, converse: (port: number, heard: Overheard) => Promise<void>): Promise<Overheard> {
  const heard: Overheard = { asked: [], said: [] }
  const sockets = new Set<Socket>()
  const listen = (from: Socket, to: Socket, into: Buffer[]): void => {
    let rest: Buffer = Buffer.alloc(0)
    sockets.add(from)
    from.on('error', () => undefined).on('close', () => { to.destroy() })
    from.on('data', (bytes: Buffer) => {
      const cut = framesIn(frames, Buffer.concat([rest, bytes]))
      rest = cut.rest
      for (const frame of cut.frames) { into.push(frame); to.write(frame) }
    })
  }
  const wire = createServer({ noDelay: true }, (client) => {
    const peer = connect({ port: to, host: '127.0.0.1', noDelay: true })
    listen(client, peer, heard.asked)
    listen(peer, client, heard.said)
  }).listen(0, '127.0.0.1')
  await once(wire, 'listening')
  try {
    await converse((wire.address() as AddressInfo).port, heard)
  } finally {
    wire.close()
    for (const socket of sockets) socket.destroy()
  }
  return heard
}
