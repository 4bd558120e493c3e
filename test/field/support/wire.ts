/** The wire between a driver and its peer, to be cut, slowed down and tampered with. */

import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'

export interface Wire {
  readonly port: number
  /** What becomes of bytes on their way from the peer; `null` is nothing. */
  tamper: (reply: Buffer) => Buffer | null
  /** How much later they arrive. */
  delayMs: number
  /** Whatever passes while it is cut is lost, and nobody is told; connections of that time stay dead when it is mended. */
  isCut: boolean
  end(): void
}

export async function layWire(to: number): Promise<Wire> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (client) => {
    const peer = connect({ port: to, host: '127.0.0.1', noDelay: true })
    let isDead = wire.isCut
    const isLost = (): boolean => (isDead ||= wire.isCut)
    for (const [socket, other] of [[client, peer], [peer, client]] as const) {
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => { sockets.delete(socket); if (!isLost()) other.destroy() })
    }
    client.on('data', (bytes) => { if (!isLost()) peer.write(bytes) })
    peer.on('data', (bytes: Buffer) => {
      if (isLost()) return
      const reply = wire.tamper(Buffer.from(bytes))
      const arrive = (): void => { if (reply !== null && !client.destroyed && !isLost()) client.write(reply) }
      if (wire.delayMs === 0) arrive()
      else setTimeout(arrive, wire.delayMs)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const wire: Wire = {
    port: (server.address() as AddressInfo).port, tamper: (reply) => reply, delayMs: 0, isCut: false,
    end() { server.close(); for (const socket of sockets) socket.destroy() },
  }
  return wire
}
