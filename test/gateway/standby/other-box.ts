/** The other one of two boxes, over real HTTP: says what a test lets it say. */

import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type ServerResponse, createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { json } from 'node:stream/consumers'
import { standby } from '../../../src/contract/endpoints/standby.js'
import { type Beat, type BeatAnswer, beat } from '../../../src/contract/standby.js'

type Said<T> = T | number | Promise<T | number>

export interface OtherBox {
  readonly url: string
  readonly tokenFile: string
  /** How often it was told that the box is there. */
  readonly heardCount: number
  readonly heard: readonly Beat[]
  /** To a beat. A number is the status of a refusal. */
  answer: (beat: Beat) => Said<BeatAnswer>
  /** To any other question: what stands in the body. */
  tells: (path: string, query: URLSearchParams) => Said<unknown>
  stop(): Promise<void>
}

export async function otherBox(directory: string, answer: OtherBox['answer']): Promise<OtherBox> {
  const heard: Beat[] = []
  const server = createServer((request, response) => { void reply(new URL(request.url!, 'http://x'), json(request).catch(() => ({})), response) })
  async function reply(url: URL, body: Promise<unknown>, response: ServerResponse): Promise<void> {
    const isBeat = url.pathname === standby.standby_beat.path
    const said = isBeat ? await box.answer(beat.parse(await body)) : await box.tells(url.pathname, url.searchParams)
    const status = typeof said === 'number' ? said : 200
    if (isBeat) heard.push(beat.parse(await body))
    response.writeHead(status, { 'content-type': 'application/json' })
    response.end(JSON.stringify(status !== 200 ? { error: { code: 'TOKEN_UNKNOWN' } } : isBeat ? { data: said } : said))
  }
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const tokenFile = join(directory, 'token')
  writeFileSync(tokenFile, 'x')
  const box: OtherBox = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tokenFile, heard, answer, tells: () => 404,
    get heardCount() { return heard.length },
    async stop() {
      server.closeAllConnections()
      if (server.listening) await new Promise((resolve) => server.close(resolve))
    },
  }
  return box
}
