/** Child processes of the tests: told apart by what they print, and ended for certain. */

import { type ChildProcess, spawn, type SpawnOptions } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'

export interface Child {
  readonly process: ChildProcess
  /** What it printed so far. */
  text(): string
  /** Ends it and waits until it is gone. */
  end(signal?: NodeJS.Signals): Promise<void>
}

export function start(command: string, args: readonly string[], options: SpawnOptions = {}): Child {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options })
  const parts: string[] = []
  child.stdout?.on('data', (part: Buffer) => { parts.push(part.toString()) })
  child.stderr?.on('data', (part: Buffer) => { parts.push(part.toString()) })
  const gone = new Promise<void>((resolve) => {
    child.once('exit', () => { resolve() })
    child.once('error', (error) => { parts.push(String(error)); resolve() })
  })
  const lastResort = () => { child.kill('SIGKILL') }
  process.once('exit', lastResort)
  return {
    process: child,
    text: () => parts.join(''),
    async end(signal = 'SIGTERM') {
      child.kill(signal)
      await gone
      process.off('exit', lastResort)
    },
  }
}

/** Resolves when it stands still: a signal takes a moment, and every thread must have heard it. */
export async function freeze(child: ChildProcess): Promise<void> {
  child.kill('SIGSTOP')
  const threads = `/proc/${child.pid}/task`
  await until('it stands still', () => readdirSync(threads).every((thread) => {
    const stat = read(`${threads}/${thread}/stat`)
    return stat === null || /\) T /.test(stat)
  }))
}

/** The processes that one has begun, in whichever of its threads. */
export const childrenOf = (pid: number | 'self'): number[] =>
  readdirSync(`/proc/${pid}/task`).flatMap((thread) => (read(`/proc/${pid}/task/${thread}/children`) ?? '').split(' ').filter(Boolean).map(Number))

/** `null` when the thread has ended since it was listed. */
function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return null
  }
}

/** Asks again and again until it is so; rejects with what was asked for after a time that no sound run needs. */
export async function until(what: string, isSo: () => boolean | Promise<boolean>, withinMs = 60_000): Promise<void> {
  const end = performance.now() + withinMs
  while (!await isSo()) {
    if (performance.now() > end) throw new Error(`it never came to this: ${what}`)
    await new Promise((resolve) => { setTimeout(resolve, 20) })
  }
}
