/** The support bundle that a screen asks for: the command of that name, in a process of its own, because it reads the journal from end to end and the cycles go on. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { setPriority, tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { given } from '../base/assert.js'
import { limits } from '../base/limits.js'
import type { Where } from '../faces/cli/verb.js'

/** Who asks while one is made gets the same. Rejects with what the command said when there is none. `program`: this one, by default. */
export function bundler(where: Where, program: readonly string[] = [process.execPath, ...process.execArgv, given(process.argv[1], 'the program')]): () => Promise<Buffer> {
  let underWay: Promise<Buffer> | null = null
  return () => {
    underWay ??= made(where, program).finally(() => { underWay = null })
    return underWay
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
