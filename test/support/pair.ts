/** Two boxes that are one gateway, as processes over the plant's PLC, with a cable between them that can be cut. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse, stringify } from 'yaml'
import { systemClock } from '../../src/base/clock.js'
import type { config } from '../../src/contract/config.js'
import type { Message } from '../../src/contract/events/message.js'
import type { z } from '../../src/contract/schema.js'
import type { StandbyState } from '../../src/contract/standby.js'
import { openTokens } from '../../src/faces/access/tokens.js'
import type { Authority, Papers } from './authority.js'
import { freePort } from './ports.js'

export type Written = z.input<typeof config>

export interface Answer { readonly status: number; readonly data: unknown; readonly code: string | null }

export interface TestBox {
  readonly name: string
  readonly url: string
  readonly dataDir: string
  readonly configFile: string
  /** Of the role `admin`. */
  readonly token: string
  pid(): number | null
  /** Everything that it has said. */
  said(): string
  start(): Promise<void>
  ask(method: string, path: string, body?: object): Promise<Answer>
  state(): Promise<StandbyState>
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<void>
}

export interface TestPair {
  readonly a: TestBox
  readonly b: TestBox
  /** Between the boxes, both ways; PLC and people are not behind it. */
  cut(isCut: boolean): void
  stop(): Promise<void>
}

/** The annotated example, changed by `change`, on two boxes; `a` is the active one. With an authority they serve over TLS, and trust who has a certificate of it. */
export async function pairOf(directory: string, standby: Partial<NonNullable<Written['standby']>>, change: (config: Written) => void, site: Authority | null = null): Promise<TestPair> {
  const scheme = site === null ? 'http' : 'https'
  const ports = { a: await freePort(), b: await freePort() }
  const cables = { a: await cableTo(ports.a), b: await cableTo(ports.b) }
  const box = async (name: 'a' | 'b', other: 'a' | 'b'): Promise<TestBox> => {
    const home = join(directory, name)
    mkdirSync(join(home, 'data'), { recursive: true })
    const written = parse(readFileSync(new URL('../../../config/lineside.yaml', import.meta.url), 'utf8'), { merge: true }) as Written
    change(written)
    written.standby = { box: name, role: name === 'a' ? 'active' : 'standby', peer: `${scheme}://127.0.0.1:${cables[other].port}`, token_file: 'peer.token', ...(site === null ? {} : { ca_file: site.caFile }), ...standby }
    if (site !== null) written.server = { ...written.server, tls: tlsOf(site.issue(`box-${name}`)) }
    const configFile = join(home, 'lineside.yaml')
    writeFileSync(configFile, stringify(written, { aliasDuplicateObjects: false }))
    const { token } = await openTokens(join(home, 'data'), systemClock).create({ name: `of ${other}`, role: 'admin', lines: null, expiresAt: null })
    writeFileSync(join(directory, other, 'peer.token'), token)
    return testBox({ name, url: `${scheme}://127.0.0.1:${ports[name]}`, configFile, dataDir: join(home, 'data'), token }, site === null ? null : readFileSync(site.caFile))
  }
  for (const name of ['a', 'b']) mkdirSync(join(directory, name), { recursive: true })
  const [a, b] = [await box('a', 'b'), await box('b', 'a')]
  return {
    a, b,
    cut(isCut) { for (const cable of [cables.a, cables.b]) cable.cut(isCut) },
    async stop() {
      await Promise.all([a, b].map((one) => one.end('SIGKILL')))
      await Promise.all([cables.a, cables.b].map((cable) => cable.stop()))
    },
  }
}

const tlsOf = ({ certFile, keyFile }: Papers) => ({ cert_file: certFile, key_file: keyFile })

function testBox({ name, url, configFile, dataDir, token }: Pick<TestBox, 'name' | 'url' | 'configFile' | 'dataDir' | 'token'>, ca: Buffer | null): TestBox {
  const bin = new URL('../../../bin/lineside', import.meta.url).pathname
  let child: ChildProcess | null = null
  let said = ''
  const isOver = () => child === null || child.exitCode !== null || child.signalCode !== null

  async function ask(method: string, path: string, body?: object): Promise<Answer> {
    const headers = { authorization: `Bearer ${token}`, ...(body === undefined ? {} : { 'content-type': 'application/json' }) }
    const asked = (ca === null ? httpRequest : httpsRequest)(new URL(path, url), { method, headers, ...(ca === null ? {} : { ca }) })
    asked.end(body === undefined ? undefined : JSON.stringify(body))
    const [response] = await once(asked, 'response') as [IncomingMessage]
    const answer = JSON.parse(await text(response)) as { readonly data?: unknown; readonly error?: { readonly code: string } }
    return { status: response.statusCode ?? 0, data: answer.data ?? answer, code: answer.error?.code ?? null }
  }

  return {
    name, url, configFile, dataDir, token, ask,
    pid: () => (isOver() ? null : child?.pid ?? null),
    said: () => said,
    async start() {
      child = spawn(bin, ['run', '--config', configFile, '--data', dataDir, '--port', new URL(url).port], { stdio: ['ignore', 'pipe', 'pipe'] })
      for (const stream of [child.stdout, child.stderr]) stream?.on('data', (chunk: Buffer) => { said += chunk.toString() })
      while (!(await ask('GET', '/healthz').then(({ status }) => status === 200, () => false))) {
        if (isOver()) throw new Error(`${name} ended: ${said}`)
        await sleep(20)
      }
    },
    // While roles change nobody answers for a moment.
    async state() {
      for (;;) {
        try {
          const { status, data } = await ask('GET', '/api/v1/standby')
          if (status === 200) return data as StandbyState
        } catch (thrown) {
          if (isOver()) throw thrown
        }
        await sleep(20)
      }
    },
    signal(signal) { child?.kill(signal) },
    async end(signal) {
      if (child === null || isOver()) return
      const exited = once(child, 'exit')
      child.kill(signal)
      if (signal === 'SIGKILL') child.kill('SIGCONT')
      await exited
    },
  }
}

/** Every fact that a box has, in order. */
export async function factsOf(box: TestBox): Promise<(Message & { readonly seq: number })[]> {
  const facts: (Message & { readonly seq: number })[] = []
  for (let after = 0; ;) {
    const { data } = await box.ask('GET', `/api/v1/enhanced/journal?after=${after}&limit=1000`)
    const { events, next_after: next } = data as { readonly events: (Message & { readonly seq: number })[]; readonly next_after: number }
    if (events.length === 0) return facts
    facts.push(...events)
    after = next
  }
}

interface Cable { readonly port: number; cut(isCut: boolean): void; stop(): Promise<void> }

/** A cut cable is silent: who is connected hears nothing more, and who connects gets no answer. */
async function cableTo(port: number): Promise<Cable> {
  const sockets = new Set<Socket>()
  let isCut = false
  const server = createServer((near) => {
    const far = connect(port, '127.0.0.1')
    for (const [one, other] of [[near, far], [far, near]] as const) {
      sockets.add(one)
      one.on('data', (bytes: Buffer) => { if (!isCut) other.write(bytes) })
      one.on('error', () => undefined)
      one.on('close', () => { sockets.delete(one); if (!isCut) other.destroy() })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    cut(now) {
      isCut = now
      // What was lost on the way does not come later: who went on waiting begins anew.
      if (!now) for (const socket of sockets) socket.destroy()
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
