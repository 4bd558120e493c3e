/** The clock of a soak: so many times as fast as ours, and standing still while the machine has no time for those who live by it. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync, readSync } from 'node:fs'
import { join } from 'node:path'
import type { Clock } from '../../src/base/clock.js'
import { type Instant, type Ms, instant, later, mono } from '../../src/base/units.js'

export interface Pace extends Clock {
  /** What `faster.cc` wants to know. */
  readonly env: Readonly<Record<string, string>>
  /** Whose threads time waits for, when the machine keeps them waiting. */
  watch(pid: number): void
  /** Time stands still until it is let go on. */
  hold(): void
  go(): void
  /** Resolves after so long by this clock, or when the signal aborts. */
  sleep(ms: Ms, signal?: AbortSignal): Promise<void>
  stop(): Promise<void>
}

const WORD = 8
const WORDS = 9
const NS_A_MS = 1_000_000
const STEP_MS_MAX = 1_000

/** Its file and its program lie in the folder. `factor` is a whole number: how fast it is at most. */
export async function startPace(folder: string, factor: number, begin: Instant): Promise<Pace> {
  const path = join(folder, 'time')
  const program = join(folder, 'ticker')
  execFileSync('g++', ['-std=c++17', '-O1', '-o', program, new URL('../../../test/chaos/ticker.cc', import.meta.url).pathname])
  const ticker: ChildProcess = spawn(program, [path, String(factor)], { stdio: ['pipe', 'pipe', 'inherit'] })
  const gone = once(ticker, 'exit')
  await once(ticker.stdout!, 'data')
  const file = openSync(path, 'r')
  const words = new BigInt64Array(WORDS)
  const look = (): bigint => { readSync(file, words, 0, WORDS * WORD, 0); return words[0]! }
  const livedMs = (): Ms => {
    for (;;) {
      const version = look()
      const [since, lived, limit, times] = words.slice(1 + 4 * Number(version % 2n)) as unknown as readonly [bigint, bigint, bigint, bigint]
      if (look() !== version) continue
      const now = lived + (process.hrtime.bigint() - since) * times
      return Number(now < limit ? now : limit) / NS_A_MS
    }
  }
  const tell = (line: string): void => { ticker.stdin?.write(`${line}\n`) }
  const wait: Clock['wait'] = async (until, signal) => {
    for (let left = until - livedMs(); left > 0 && signal?.aborted !== true; left = until - livedMs()) {
      await new Promise<void>((resolve) => {
        const wake = (): void => {
          clearTimeout(timer)
          signal?.removeEventListener('abort', wake)
          resolve()
        }
        const timer = setTimeout(wake, Math.min(left / factor, STEP_MS_MAX))
        signal?.addEventListener('abort', wake)
      })
    }
  }
  return {
    env: { FASTER: path, FASTER_WALL: String(BigInt(begin) * BigInt(NS_A_MS)) },
    now: () => instant(Math.floor(later(begin, livedMs()))), mono: () => mono(livedMs()), wait,
    sleep: (ms, signal) => wait(mono(livedMs() + ms), signal),
    watch: (pid) => { tell(`watch ${pid}`) }, hold: () => { tell('hold') }, go: () => { tell('go') },
    async stop() {
      ticker.stdin?.end()
      await gone
      closeSync(file)
    },
  }
}
