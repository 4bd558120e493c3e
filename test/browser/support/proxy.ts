/** A network between browser and gateway that can be cut, or made silent without a word. */

import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'

export interface Proxy {
  readonly port: number
  /** Connections break; new ones are refused at once. */
  cut(): void
  /** Connections stay open and carry nothing; new ones are accepted and get no answer. */
  hush(): void
  /** As it should be again. What was silent stays so, as behind a switch that has forgotten its connections. */
  mend(): void
  close(): Promise<void>
}

export async function openProxy(target: number): Promise<Proxy> {
  let state: 'whole' | 'cut' | 'silent' = 'whole'
  const sockets = new Set<Socket>()
  const drop = () => { for (const socket of sockets) socket.destroy() }
  const server = createServer((near) => {
    if (state === 'cut') { near.destroy(); return }
    sockets.add(near)
    near.on('error', () => undefined).on('close', () => { sockets.delete(near) })
    if (state === 'silent') return
    const far = connect(target, '127.0.0.1')
    sockets.add(far)
    far.on('error', () => undefined).on('close', () => { sockets.delete(far); near.destroy() })
    near.on('close', () => { far.destroy() })
    near.pipe(far).pipe(near)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    cut() { state = 'cut'; drop() },
    hush() {
      state = 'silent'
      for (const socket of sockets) { socket.unpipe(); socket.pause() }
    },
    mend() { state = 'whole' },
    async close() {
      drop()
      server.close()
      await once(server, 'close')
    },
  }
}
