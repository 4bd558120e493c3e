/** Has the garbage of a gateway collected, of its main thread and of the others: what is left is what somebody still holds. */

import { readFileSync } from 'node:fs'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { WebSocket } from 'ws'
import type { Gateway } from '../bench/support/gateway.js'

export interface Collector {
  /** Resolves when the main thread has collected; the others have been asked before it. */
  collect(): Promise<void>
  close(): void
}

/** With this option the inspector of a process takes any port that is free. */
export const inspected = '--inspect-port=127.0.0.1:0'
const WITHIN_MS = 60_000
const POLL_MS = 100

interface Said {
  readonly id?: number
  readonly method?: string
  readonly params?: { readonly sessionId?: string }
}

export async function openCollector({ pid, log }: Gateway): Promise<Collector> {
  // Node's own way in, for whoever may send signals to it.
  process.kill(pid, 'SIGUSR1')
  const ws = new WebSocket(await addressIn(log))
  await once(ws, 'open')
  const threads = new Set<string>()
  const waiting = new Map<number, () => void>()
  let last = 0
  ws.on('message', (data: Buffer) => {
    const { id, method, params } = JSON.parse(data.toString()) as Said
    if (id !== undefined) waiting.get(id)?.()
    if (params?.sessionId === undefined) return
    if (method === 'NodeWorker.attachedToWorker') threads.add(params.sessionId)
    if (method === 'NodeWorker.detachedFromWorker') threads.delete(params.sessionId)
  })
  const say = (method: string, params: object = {}): Promise<void> => new Promise((resolve, reject) => {
    const id = ++last
    const late = setTimeout(() => { reject(new Error(`${method} was not answered`)) }, WITHIN_MS)
    waiting.set(id, () => {
      clearTimeout(late)
      waiting.delete(id)
      resolve()
    })
    ws.send(JSON.stringify({ id, method, params }))
  })
  await say('NodeWorker.enable', { waitForDebuggerOnStart: false })
  return {
    async collect() {
      // A thread that ends meanwhile need not.
      await Promise.all([...threads].map((sessionId) => say('NodeWorker.sendMessageToWorker', { sessionId, message: JSON.stringify({ id: 1, method: 'HeapProfiler.collectGarbage' }) })))
      await say('HeapProfiler.collectGarbage')
    },
    close() { ws.close() },
  }
}

async function addressIn(log: string): Promise<string> {
  for (let left = WITHIN_MS; left > 0; left -= POLL_MS) {
    const address = /Debugger listening on (ws:\S+)/.exec(readFileSync(log, 'utf8'))?.[1]
    if (address !== undefined) return address
    await sleep(POLL_MS)
  }
  throw new Error('the inspector did not open')
}
