/** The gateway as it ships, started from a configuration into a directory of its own. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { given } from '../../../src/base/assert.js'
import { systemClock } from '../../../src/base/clock.js'
import { openTokens } from '../../../src/faces/access/tokens.js'

export interface Gateway {
  readonly pid: number
  readonly address: string
  /** Its data directory. */
  readonly data: string
  /** The file it writes its log into. */
  readonly log: string
  /** Administrators, several: each may ask only so often in a second. */
  readonly tokens: readonly string[]
  /** From the start of the process until it said where it serves. */
  readonly readyMs: number
  /** Ends it orderly. */
  stop(): Promise<void>
  /** As a power cut would. */
  kill(): Promise<void>
}

const LINESIDE = fileURLToPath(new URL('../../../../bin/lineside', import.meta.url))

export interface GatewayWish {
  readonly args?: readonly string[]
  readonly tokensCount?: number
  /** A directory of the caller's, to start again in; else it has one that goes with it. */
  readonly kept?: string | null
  /** Added to what this process has. */
  readonly env?: Readonly<Record<string, string>>
}

/** JSON is YAML, so a configuration is an object here. */
export async function startGateway(config: object | string, { args = [], tokensCount = 1, kept = null, env = {} }: GatewayWish = {}): Promise<Gateway> {
  const directory = kept ?? mkdtempSync(join(tmpdir(), 'lineside-bench-'))
  const file = typeof config === 'string' ? config : join(directory, 'lineside.yaml')
  if (typeof config !== 'string') writeFileSync(file, JSON.stringify(config))
  const data = join(directory, 'data')
  const access = openTokens(data, systemClock)
  const tokens = (await Promise.all(Array.from({ length: tokensCount }, (_, i) => access.create({ name: `bench ${i}`, role: 'admin', lines: null, expiresAt: null })))).map(({ token }) => token)
  const log = join(directory, 'log')
  const from = performance.now()
  const child = spawn(LINESIDE, ['run', '--config', file, '--data', data, '--port', '0', ...args], { stdio: ['ignore', 'pipe', openSync(log, 'w')], env: { ...process.env, ...env } })
  const exited = once(child, 'exit')
  const address = await Promise.race([addressIn(given(child.stdout, 'what the gateway prints')), exited.then(() => null)])
  if (address === null || child.pid === undefined) throw new Error(`the gateway did not start: ${readFileSync(log, 'utf8')}`)
  const end = async (signal: 'SIGTERM' | 'SIGKILL'): Promise<void> => {
    child.kill(signal)
    await exited
    if (kept === null) rmSync(directory, { recursive: true })
  }
  return {
    pid: child.pid, address, data, log, tokens, readyMs: performance.now() - from,
    stop: () => end('SIGTERM'),
    kill: () => end('SIGKILL'),
  }
}

async function addressIn(output: NodeJS.ReadableStream): Promise<string | null> {
  for await (const line of createInterface({ input: output })) {
    const address = / at (http:\S+)/.exec(line)?.[1]
    if (address !== undefined) { output.resume(); return address }
  }
  return null
}
