/** A slow link: what goes up shares so many bytes a second and arrives later; nothing is dropped, so what is sent too early queues here. */

import { connect, createServer, type Socket } from 'node:net'

export interface NarrowLink {
  readonly port: number
  /** Bytes that went up. */
  sentBytes(): number
  stop(): Promise<void>
}

export async function startNarrowLink(to: number, { bytesPerSecond, delayMs }: { readonly bytesPerSecond: number; readonly delayMs: number }): Promise<NarrowLink> {
  const sockets = new Set<Socket>()
  let sentBytes = 0
  // All connections share the one pipe.
  let freeAt = 0
  const server = createServer((near) => {
    const far = connect(to, '127.0.0.1')
    for (const socket of [near, far]) {
      socket.setNoDelay(true)
      sockets.add(socket)
      socket.on('error', () => undefined)
      socket.on('close', () => { sockets.delete(socket); near.destroy(); far.destroy() })
    }
    near.on('data', (data) => {
      const now = performance.now()
      freeAt = Math.max(now, freeAt) + 1_000 * data.length / bytesPerSecond
      sentBytes += data.length
      setTimeout(() => { if (!far.destroyed) far.write(data) }, freeAt - now + delayMs)
    })
    far.on('data', (data) => { setTimeout(() => { if (!near.destroyed) near.write(data) }, delayMs) })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as { readonly port: number }
  return {
    port, sentBytes: () => sentBytes,
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => { server.close(resolve) })
    },
  }
}
