/** Who asks: as fast as answers come with wrk, or at a steady pace from a process of its own. */

import { execFile, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type Socket, connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface Questions { readonly address: string; readonly path: string; /** Used in turn. */ readonly tokens: readonly string[] }

/** Asks for so many seconds; the number of good answers. Throws when one was not. */
export async function flood({ address, path, tokens }: Questions, seconds: number): Promise<number> {
  const directory = mkdtempSync(join(tmpdir(), 'lineside-wrk-'))
  try {
    const script = join(directory, 'ask.lua')
    writeFileSync(script, [
      `local tokens = { ${tokens.map((token) => `"${token}"`).join(', ')} }`,
      'local asked, last = {}, 0',
      `init = function() for i, token in ipairs(tokens) do asked[i] = wrk.format("GET", "${path}", { Authorization = "Bearer " .. token }) end end`,
      'request = function() last = last % #asked + 1; return asked[last] end',
    ].join('\n'))
    const { stdout } = await promisify(execFile)('wrk', ['-t1', '-c32', `-d${seconds}s`, '-s', script, address])
    const bad = /Non-2xx or 3xx responses: (\d+)|Socket errors: (.*)/.exec(stdout)
    if (bad !== null) throw new Error(`${address}${path}: ${bad[0]}`)
    return Number(/(\d+) requests in/.exec(stdout)?.[1])
  } finally {
    rmSync(directory, { recursive: true })
  }
}

/** Asks so often a second, whether or not answers come; milliseconds from each question to its answer. */
export async function ask(questions: Questions, perSecond: number, seconds: number): Promise<readonly number[]> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify({ ...questions, perSecond, seconds })], { execArgv: [], serialization: 'advanced' })
  const [latencies] = await once(child, 'message') as [number[]]
  return latencies
}

const CONNECTIONS = 16

/** One connection; answers come in the order of the questions. */
class Asker {
  readonly #socket: Socket
  readonly #asked: number[] = []
  #rest: Buffer = Buffer.alloc(0)

  constructor(socket: Socket, heard: (ms: number) => void) {
    this.#socket = socket
    socket.on('data', (bytes: Buffer) => {
      this.#rest = this.#rest.length === 0 ? bytes : Buffer.concat([this.#rest, bytes])
      for (let end = this.#replyEnd(); end !== null; end = this.#replyEnd()) {
        if (this.#rest.toString('latin1', 9, 12) !== '200') throw new Error(this.#rest.toString('latin1', 0, end))
        this.#rest = this.#rest.subarray(end)
        heard(performance.now() - this.#asked.shift()!)
      }
    })
  }

  ask(question: string): void {
    this.#asked.push(performance.now())
    this.#socket.write(question)
  }

  #replyEnd(): number | null {
    const head = this.#rest.indexOf('\r\n\r\n')
    if (head === -1) return null
    const end = head + 4 + Number(/content-length: (\d+)/i.exec(this.#rest.toString('latin1', 0, head))?.[1])
    return this.#rest.length < end ? null : end
  }
}

async function run({ address, path, tokens, perSecond, seconds }: Questions & { perSecond: number; seconds: number }): Promise<number[]> {
  const { hostname, port } = new URL(address)
  const latencies: number[] = []
  const askers = await Promise.all(Array.from({ length: CONNECTIONS }, async () => {
    const socket = connect({ host: hostname, port: Number(port), noDelay: true })
    await once(socket, 'connect')
    return new Asker(socket, (ms) => { latencies.push(ms) })
  }))
  const questions = tokens.map((token) => `GET ${path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer ${token}\r\n\r\n`)
  const from = performance.now()
  const all = perSecond * seconds
  let asked = 0
  while (latencies.length < all) {
    for (const due = Math.min(all, (performance.now() - from) / 1_000 * perSecond); asked < due; asked++) askers[asked % CONNECTIONS]!.ask(questions[asked % questions.length]!)
    await new Promise((resolve) => { setTimeout(resolve, 1) })
  }
  return latencies
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.send?.(await run(JSON.parse(process.argv[2]!) as Parameters<typeof run>[0]), undefined, undefined, () => { process.exit() })
}
