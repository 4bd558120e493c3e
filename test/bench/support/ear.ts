/** Sockets in a process of their own that note when they heard of each value. Forked: where, how many, what to say first. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { WebSocket } from 'ws'
import { machineMs } from '../../../src/field/parcel.js'

export interface EarWish {
  readonly url: string
  readonly token: string | null
  readonly count: number
  /** The first thing each says. */
  readonly hello: string | null
  /** The value is the first group of this pattern. */
  readonly pattern: string
}

/** A value, and when one socket heard of it, by the machine's clock. */
export type Heard = readonly [value: number, atMs: number]

export interface Ear {
  /** What was heard since the last time. */
  heard(): Promise<readonly Heard[]>
  stop(): void
}

/** Resolves when all sockets are open. */
export async function startEar(wish: EarWish): Promise<Ear> {
  const child: ChildProcess = fork(fileURLToPath(import.meta.url), [JSON.stringify(wish)], { execArgv: [], serialization: 'advanced' })
  await once(child, 'message')
  return {
    async heard() {
      const answered = once(child, 'message')
      child.send('report')
      return (await answered as [Heard[]])[0]
    },
    stop() { child.kill('SIGKILL') },
  }
}

async function listen({ url, token, count, hello, pattern }: EarWish): Promise<void> {
  const value = new RegExp(pattern)
  let heard: Heard[] = []
  for (let i = 0; i < count; i++) {
    const socket = new WebSocket(url, { perMessageDeflate: false, headers: token === null ? {} : { authorization: `Bearer ${token}` } })
    socket.on('message', (data: Buffer) => {
      const at = machineMs()
      const found = value.exec(data.toString())?.[1]
      if (found !== undefined) heard.push([Number(found), at])
    })
    await once(socket, 'open')
    if (hello !== null) socket.send(hello)
  }
  process.on('message', () => {
    process.send?.(heard)
    heard = []
  })
  process.on('disconnect', () => { process.exit() })
  process.send?.('open')
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await listen(JSON.parse(process.argv[2]!) as EarWish)
