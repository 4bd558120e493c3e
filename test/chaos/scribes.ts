/** Processes that write a journal on a disk that fails, each round with the folder that the rounds before have left. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { databasePath } from '../../src/journal/keeping/gate.js'
import { preload } from './preload.js'
import type { GoesOn } from './trial.js'

export interface Scribe {
  readonly child: ChildProcess
  /** The last number that was answered. */
  answered(): number
  refusedCount(): number
  failed(): string | null
  readonly gone: Promise<number | null>
}

/** Starts one on such a disk, and waits until it writes or has ended. `asked` hears whatever else it says. */
export async function startScribe(program: 'scribe' | 'copyist', folder: string, data: string, disk: Readonly<Record<string, string>>, asked: (child: ChildProcess, message: object) => void = () => undefined): Promise<Scribe> {
  let [answered, refused] = [0, 0]
  let failed: string | null = null
  const child = fork(new URL(`./${program}.js`, import.meta.url), [data], { env: { PATH: process.env['PATH'], LD_PRELOAD: preload('disk', folder), DISK_UNDER: databasePath(data), ...disk }, execArgv: [], stdio: ['ignore', 'ignore', 'ignore', 'ipc'] })
  child.on('message', (message: { answered?: number; refused?: string; failed?: string }) => {
    if (message.answered !== undefined) answered = message.answered
    if (message.refused !== undefined) refused++
    if (message.failed !== undefined) failed = message.failed
    asked(child, message)
  })
  const gone = once(child, 'exit').then(([code]) => code as number | null)
  await Promise.race([once(child, 'message'), gone])
  return { child, answered: () => answered, refusedCount: () => refused, failed: () => failed, gone }
}

export const wait = (ms: number): Promise<void> => new Promise((resolve) => { setTimeout(resolve, ms) })
/** Longer than any sound run needs; nobody waits for the rest of it. */
export const patient = (): Promise<'goes on'> => new Promise((resolve) => { setTimeout(resolve, 60_000, 'goes on').unref() })

/** Each trial has a folder of its own, and each round goes on with the journal of the round before. How many there were. */
export async function rounds(count: number, goesOn: GoesOn, round: (folder: string, data: string, number: number) => Promise<void>): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'lineside-disk-'))
  const data = join(folder, 'data')
  mkdirSync(data)
  try {
    let number = 0
    for (; number < count && goesOn(number); number++) await round(folder, data, number)
    return number
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
