/** The gateway as it ships, under a trial that comes in by the network, and how it is asked. */

import { rmSync } from 'node:fs'
import { type Agent, request } from 'node:http'
import { fileURLToPath } from 'node:url'
import { startPlant } from '../../src/plant/plant.js'
import { type Gateway, startGateway } from '../bench/support/gateway.js'
import { siteOf } from '../stories/gateway.js'
import { folderInMemory } from './memory.js'

const EXAMPLE = fileURLToPath(new URL('../../../config/lineside.yaml', import.meta.url))

/** The gateway as it ships, with nobody at the other end of its PLCs; several tokens, because each may ask only so often. */
export async function withGateway<T>(run: (gateway: Gateway) => Promise<T>): Promise<T> {
  const gateway = await startGateway(EXAMPLE, { tokensCount: 20 })
  try {
    return await run(gateway)
  } finally {
    await gateway.stop()
  }
}

/** The same on a line that produces, ten times as fast as one does: then there are stops, counts and readings to ask for. */
export async function withLine<T>(seed: number, run: (gateway: Gateway) => Promise<T>): Promise<T> {
  const directory = folderInMemory('door')
  const plant = await startPlant({ seed, factor: 10, s7Port: 0, logixPort: 0, controlPort: null })
  try {
    const { configFile } = await siteOf(directory, ({ plcs }) => { for (const plc of plcs) Object.assign(plc, { port: plc.driver === 's7' ? plant.s7Port : plant.logixPort }) })
    const gateway = await startGateway(configFile, { tokensCount: 20, kept: directory })
    try {
      return await run(gateway)
    } finally {
      await gateway.stop()
    }
  } finally {
    await plant.stop()
    rmSync(directory, { recursive: true, force: true })
  }
}

export interface Answer { readonly status: number; readonly type: string; readonly text: string }

/** A connection that was kept may end in the very moment in which it is used again; then, and only then, it is asked once more. */
export async function ask(gateway: Gateway, agent: Agent, method: string, target: string, token: string, body?: string, more: Readonly<Record<string, string>> = {}): Promise<Answer> {
  try {
    return await askOnce(gateway, agent, method, target, token, body, more)
  } catch (error) {
    if (!(error instanceof KeptTooLong)) throw error
    return askOnce(gateway, agent, method, target, token, body, more)
  }
}

class KeptTooLong extends Error {}

function askOnce(gateway: Gateway, agent: Agent, method: string, target: string, token: string, body: string | undefined, more: Readonly<Record<string, string>>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) }), ...more }
    const asked = request(`${gateway.address}${target}`, { method, headers, agent, timeout: 120_000 }, (response) => {
      const parts: Buffer[] = []
      response.on('data', (part: Buffer) => { parts.push(part) })
      response.on('end', () => { resolve({ status: response.statusCode ?? 0, type: response.headers['content-type'] ?? '', text: Buffer.concat(parts).toString() }) })
      response.on('error', reject)
    })
    asked.on('error', (error: NodeJS.ErrnoException) => { reject(asked.reusedSocket && error.code === 'ECONNRESET' ? new KeptTooLong(error.message) : error) })
    asked.on('timeout', () => { asked.destroy(new Error('no answer')) })
    asked.end(body)
  })
}
