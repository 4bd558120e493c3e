/** The support bundle that a screen asks for: the command of that name, in a process of its own, because it reads the journal from end to end and the cycles go on. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { given } from '../base/assert.js'
import { limits } from '../base/limits.js'
import type { Ms } from '../base/units.js'
import type { Where } from '../faces/cli/verb.js'

export interface BundlerOptions {
  /** Default: this one. */
  readonly program?: readonly string[]
  /** How long who asks is kept waiting; default `limits.bundleWaitMs`. */
  readonly waitMs?: Ms
}

/**
 * Who asks while one is made gets the same: `null` when that takes longer than anybody waits at a door, and the bundle when they ask again; it is kept for them
 * for a while. Rejects with what the command said when there is none.
 */
export function bundler(where: Where, { program = [process.execPath, ...process.execArgv, given(process.argv[1], 'the program')], waitMs = limits.bundleWaitMs }: BundlerOptions = {}): () => Promise<Buffer | null> {
  let underWay: Promise<Buffer> | null = null
  return async () => {
    const asked = underWay ?? made(where, program)
    if (underWay === null) {
      underWay = asked
      const forget = (): void => { if (underWay === asked) underWay = null }
      const forgetLater = (): void => { setTimeout(forget, limits.bundleKeptMs).unref() }
      void asked.then(forgetLater, forgetLater)
    }
    const late = new AbortController()
    let isTaken = true
    try {
      const bundle = await Promise.race([asked, sleep(waitMs, null, { ref: false, signal: late.signal })])
      isTaken = bundle !== null
      return bundle
    } finally {
      late.abort()
      // Who comes next has one made anew.
      if (isTaken && underWay === asked) underWay = null
    }
  }
}

async function made({ config, data }: Where, [command = '', ...first]: readonly string[]): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'lineside-support-'))
  const file = join(directory, 'bundle.json.gz')
  // It finds the gateway where it serves, and has a token of its own: what the environment names may be another one.
  const { LINESIDE_URL: _url, LINESIDE_TOKEN: _token, ...env } = process.env
  const words = [...config === undefined ? [] : ['--config', config], ...data === undefined ? [] : ['--data', data]]
  const child = spawn(command, [...first, 'support-bundle', file, ...words], { env, stdio: ['ignore', 'ignore', 'pipe'], timeout: limits.bundleMs, killSignal: 'SIGKILL' })
  const end = (): void => { child.kill('SIGKILL') }
  process.once('exit', end)
  try {
    const exited = once(child, 'exit')
    // The line comes first. Under a unit that forbids it, the bundle is made like anything else.
    try { if (child.pid !== undefined) setPriority(child.pid, 10) } catch { /* as it is */ }
    const [said, [code]] = await Promise.all([text(child.stderr), exited])
    if (code !== 0) throw new Error(`no support bundle was made: ${said.trim() || 'it took too long'}`)
    return await readFile(file)
  } finally {
    process.off('exit', end)
    await rm(directory, { recursive: true, force: true })
  }
}
