/** The stage of a browser test: the demo as people start it, a network that can be cut, and a real Chromium. */

import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium } from 'playwright-core'
import { type Child, start, until } from '../../support/child.js'
import { freePort } from '../../support/ports.js'
import { type Proxy, openProxy } from './proxy.js'

export interface Stage {
  readonly browser: Browser
  readonly proxy: Proxy
  /** What browsers open. */
  readonly url: string
  readonly token: string
  /** Of the gateway itself, for a network of one's own. */
  readonly port: number
  /** Where the virtual plant's S7 PLC answers, for whoever else wants to read it. */
  readonly s7Port: number
  /** The clock of the gateway, in milliseconds. */
  now(): Promise<number>
  /** Another token, of a role. */
  makeToken(role: string): Promise<{ readonly token: string; readonly id: string }>
  revoke(id: string): Promise<void>
  /** A person who signs on by PIN. */
  person(name: string, role: string, pin: string): Promise<void>
  /** A browser window that is signed in; `baseURL` and `token` of another gateway sign in there. */
  window(options?: BrowserContextOptions & { readonly token?: string }): Promise<BrowserContext>
  /** `data` of an answer of the interface, asked beside the browser. */
  ask(path: string): Promise<unknown>
  tell(path: string, body?: object): Promise<number>
  /** Pulls a lever of the virtual plant. */
  pull(lever: string): Promise<void>
  /** The process of the gateway. */
  pid(): number
  /** Kills the gateway as a power cut would, and starts it again. */
  restart(): Promise<void>
  close(): Promise<void>
}

/** No sound run waits so long for anything, not even beside twenty others. */
const PATIENCE_MS = 120_000

const root = new URL('../../../../', import.meta.url).pathname
export const pictures = join(root, 'pictures')
const FLAGS = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync']

/** `change` makes another plant of the example's configuration. */
export async function openStage(change: (config: string) => string = (config) => config): Promise<Stage> {
  const directory = mkdtempSync(join(tmpdir(), 'lineside-screens-'))
  mkdirSync(pictures, { recursive: true })
  const [port, s7Port, logixPort] = [await freePort(), await freePort(), await freePort()]
  const file = join(directory, 'plant.yaml')
  const data = join(directory, 'data')
  // Short stops ask for their reason after two seconds here, so that a test need not stand about for two minutes; and nobody is at lunch, whatever the hour, for then nothing is a stop.
  writeFileSync(file, change(readFileSync(join(root, 'config/lineside.yaml'), 'utf8')).replaceAll(/, breaks: \[.*?\]/g, '').replace('port: 10102', `port: ${s7Port}`).replace('port: 10144', `port: ${logixPort}`).replaceAll('        state: { from: packml }', '        state: { from: packml }\n        micro_stop: 2s'))
  const cli = (...args: string[]) => [join(root, 'dist/src/cli.js'), ...args, '--config', file, '--data', data]
  const run = async (): Promise<Child> => {
    const child = start(process.execPath, cli('run', '--demo', '--port', String(port)), { env: { PATH: process.env['PATH'] } })
    await until('the demo runs', () => /is watching/.test(child.text()))
    return child
  }
  const executablePath = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find((path) => existsSync(path))
  const [started, browser] = await Promise.all([run(), chromium.launch({ args: FLAGS, ...(executablePath === undefined ? {} : { executablePath }) })])
  let gateway = started
  const token = /^token (\S+)$/m.exec(gateway.text())![1]!
  const proxy = await openProxy(port)
  const url = `http://127.0.0.1:${proxy.port}`
  const direct = `http://127.0.0.1:${port}`
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const post = async (path: string, body: object): Promise<unknown> => {
    const answer = await fetch(direct + path, { method: 'POST', headers, body: JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${path} was answered with ${answer.status}`)
    return (await answer.json() as { data: unknown }).data
  }

  return {
    browser, proxy, url, token, port, s7Port,
    now: async () => Date.parse(((await (await fetch(`${direct}/api/v1/session`, { headers })).json()) as { data: { now: string } }).data.now),
    async makeToken(role) {
      const { token: made, record } = await post('/api/v1/access/tokens', { name: role, role }) as { token: string; record: { id: string } }
      return { token: made, id: record.id }
    },
    async revoke(id) {
      const answer = await fetch(`${direct}/api/v1/access/tokens/${id}`, { method: 'DELETE', headers })
      if (!answer.ok) throw new Error(`revoking a token was answered with ${answer.status}`)
    },
    async person(name, role, pin) { await post('/api/v1/access/people', { name, role, pin }) },
    async window({ token: own = token, ...options } = {}) {
      const context = await browser.newContext({ baseURL: url, locale: 'en-GB', ...options })
      context.setDefaultTimeout(PATIENCE_MS)
      const answer = await context.request.post('/api/v1/session', { headers: { authorization: `Bearer ${own}` } })
      if (!answer.ok()) throw new Error(`signing in was answered with ${answer.status()}`)
      return context
    },
    async ask(path) {
      const answer = await fetch(direct + path, { headers })
      return (await answer.json() as { data: unknown }).data
    },
    tell: async (path, body = {}) => (await fetch(direct + path, { method: 'POST', headers, body: JSON.stringify(body) })).status,
    async pull(lever) {
      const answer = await fetch(`http://127.0.0.1:${s7Port + 1}/${lever}`, { method: 'POST' })
      if (!answer.ok) throw new Error(`the lever ${lever} was answered with ${answer.status}`)
    },
    pid: () => gateway.process.pid!,
    async restart() {
      await gateway.end('SIGKILL')
      gateway = await run()
    },
    async close() {
      await browser.close()
      await proxy.close()
      await gateway.end()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
