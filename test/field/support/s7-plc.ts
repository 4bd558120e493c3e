/** A PLC for tests: snap7's own server in its own process, with blocks to fill, lock, freeze and kill. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import snap7 from 'node-snap7'
import { freeze } from '../../support/child.js'
import { freePort } from '../../support/ports.js'
import { never } from '../../../src/base/assert.js'

export type AreaName = 'DB' | 'M' | 'I' | 'Q' | 'T' | 'C'
export interface Block { readonly area: AreaName; readonly db: number; readonly bytes: Uint8Array }

export interface S7Plc {
  readonly port: number
  set(block: Block): Promise<void>
  /** Reads of the block hang until it is unlocked. */
  lock(area: AreaName, db: number): Promise<void>
  unlock(area: AreaName, db: number): Promise<void>
  /** The process stands still: connections stay, answers do not come. */
  freeze(): Promise<void>
  thaw(): void
  /** Power off. */
  kill(): Promise<void>
}

export async function startS7Plc(blocks: readonly Block[], options: { readonly pdu?: number; readonly port?: number } = {}): Promise<S7Plc> {
  const port = options.port ?? await freePort()
  const child = fork(new URL(import.meta.url), [String(port), String(options.pdu ?? 960)], {
    // Without the test runner's own hooks, which take longer to load than the server.
    serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [], env: { PATH: process.env['PATH'] },
  })
  await once(child, 'message')
  for (const block of blocks) await tell(child, { what: 'register', ...block })
  return {
    port,
    set: (block) => tell(child, { what: 'set', ...block }),
    lock: (area, db) => tell(child, { what: 'lock', area, db }),
    unlock: (area, db) => tell(child, { what: 'unlock', area, db }),
    freeze: () => freeze(child),
    thaw: () => { child.kill('SIGCONT') },
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

type Order = { readonly what: 'register' | 'set'; readonly area: AreaName; readonly db: number; readonly bytes: Uint8Array } | { readonly what: 'lock' | 'unlock'; readonly area: AreaName; readonly db: number }

async function tell(child: ChildProcess, order: Order): Promise<void> {
  const answered = once(child, 'message')
  child.send(order)
  const [done] = await answered as [boolean]
  if (!done) throw new Error(`the PLC could not ${order.what} ${order.area} ${order.db}`)
}

/** The server's side: this file, forked. */
function serve(port: number, pdu: number): void {
  const server = new snap7.S7Server()
  const areas: Record<AreaName, number> = { DB: server.srvAreaDB, M: server.srvAreaMK, I: server.srvAreaPE, Q: server.srvAreaPA, T: server.srvAreaTM, C: server.srvAreaCT }
  server.SetParam(server.LocalPort, port)
  server.SetParam(server.PDURequest, pdu)
  server.SetEventMask(0)
  process.on('message', (message) => {
    const order = message as Order
    const area = areas[order.area]
    const isBlock = order.area === 'DB'
    const act = (): boolean => {
      switch (order.what) {
        case 'register': return isBlock ? server.RegisterArea(area, order.db, Buffer.from(order.bytes)) : server.RegisterArea(area, Buffer.from(order.bytes))
        case 'set': return isBlock ? server.SetArea(area, order.db, Buffer.from(order.bytes)) : server.SetArea(area, Buffer.from(order.bytes))
        case 'lock': return isBlock ? server.LockArea(area, order.db) : server.LockArea(area)
        case 'unlock': return isBlock ? server.UnlockArea(area, order.db) : server.UnlockArea(area)
        default: return never(order)
      }
    }
    process.send?.(act())
  })
  process.on('disconnect', () => { process.kill(process.pid, 'SIGKILL') })
  if (server.StartTo('127.0.0.1') === false) throw new Error(server.ErrorText(server.LastError()))
  process.send?.(true)
}

if (process.argv[1] === new URL(import.meta.url).pathname && process.send !== undefined && process.argv.length === 4) serve(Number(process.argv[2]), Number(process.argv[3]))
