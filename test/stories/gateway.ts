/** A gateway under test: the real command in a process of its own, with a configuration of its own, to ask and to kill. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { loadConfig } from '../../src/configuration/configure.js'
import type { Config, config } from '../../src/contract/config.js'
import type { z } from '../../src/contract/schema.js'
import { freePort } from '../support/ports.js'

export interface Gateway {
  readonly port: number
  /** SIGKILL: no goodbye, nothing flushed. */
  kill(): Promise<void>
  /** SIGTERM; resolves when it has ended orderly. */
  stop(): Promise<void>
  /** The `data` of a GET. Throws when the answer is no success. */
  readonly get: <T>(path: string) => Promise<T>
}

/** A configuration as it stands in a file. */
export type Written = z.input<typeof config>

export interface Site {
  readonly configFile: string
  readonly dataDir: string
  readonly port: number
  token: string | null
}

/** The annotated example, changed by `change`, in a directory of the test. */
export async function siteOf(directory: string, change: (config: Written) => void): Promise<Site> {
  const example = readFileSync(new URL('../../../config/lineside.yaml', import.meta.url), 'utf8')
  // The example is our own and its shape is checked by the gateway that reads it; here it is only text to change.
  const written = parse(example, { merge: true }) as Written
  change(written)
  const configFile = join(directory, 'lineside.yaml')
  writeFileSync(configFile, stringify(written, { aliasDuplicateObjects: false }))
  return { configFile, dataDir: join(directory, 'data'), port: await freePort(), token: null }
}

/** The configuration as the gateway reads it. */
export function configOf(site: Site): Config {
  const loaded = loadConfig(site.configFile)
  if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors))
  return loaded.config
}

const LINESIDE = [new URL('../../../bin/lineside', import.meta.url).pathname] as const

/** Resolves when the gateway is ready. `env` is added to what this process has. */
export async function startGateway(site: Site, env: Readonly<Record<string, string>> = {}, [command, ...words]: readonly [string, ...string[]] = LINESIDE): Promise<Gateway> {
  const child = spawn(command, [...words, 'run', '--config', site.configFile, '--data', site.dataDir, '--port', String(site.port)], { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => { said += chunk.toString() })
  child.stderr.on('data', (chunk: Buffer) => { said += chunk.toString() })
  const base = `http://127.0.0.1:${site.port}`
  while (!(await isReady(base))) {
    if (child.exitCode !== null || child.signalCode !== null) throw new Error(`the gateway ended: ${said}`)
    await sleep(20)
  }
  site.token ??= /^token (\S+)$/m.exec(said)?.[1] ?? null
  return {
    port: site.port,
    kill: () => ended(child, 'SIGKILL'),
    stop: () => ended(child, 'SIGTERM'),
    async get<T>(path: string): Promise<T> {
      const answer = await fetch(`${base}${path}`, { headers: { authorization: `Bearer ${site.token}` } })
      const body = await answer.json() as { success: boolean; data: T; error?: unknown }
      if (!body.success) throw new Error(`${path}: ${answer.status} ${JSON.stringify(body.error)}`)
      return body.data
    },
  }
}

async function ended(child: ChildProcess, signal: 'SIGKILL' | 'SIGTERM'): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill(signal)
  await exited
}

const isReady = (base: string): Promise<boolean> => fetch(`${base}/healthz`).then((answer) => answer.ok, () => false)
