/** Sockets against both servers: every reader sees every number of its scope once, in order, whatever happens around it. */

import t, { type Test } from 'tap'
import { WebSocket } from 'ws'
import { seededChance } from '../../src/base/chance.js'
import { manualClock } from '../../src/base/clock.js'
import { limits } from '../../src/base/limits.js'
import { silentLog } from '../../src/base/log.js'
import { instant } from '../../src/base/units.js'
import { type Reading, catalogue } from '../../src/contract/events/catalogue.js'
import { refusals } from '../../src/contract/refusals.js'
import type { Actor } from '../../src/contract/roles.js'
import { type Access, openAccess } from '../../src/faces/access/access.js'
import { openTokens } from '../../src/faces/access/tokens.js'
import type { AdapterName, HttpReply } from '../../src/faces/http.js'
import { startLive } from '../../src/faces/live/live.js'
import { openServer } from '../../src/faces/server.js'
import { announcing } from './support/announcing.js'
import { openMemoryDesk, twoLines } from './support/desk.js'
import { folderOf } from '../support/folder.js'

t.setTimeout(600_000)
const BAG1 = 'BP01.PACK.BAG1'
const PAL1 = 'BP01.PACK.PAL1'
const OTHER = 'BP02.PACK.BAG1'
const LINE = '12345678-1234-5678-9abc-123456789012'
const PRODUCTION = '/api/v1/ws/production'

interface Said { type: string; timestamp: string; line_id?: string; equipment_code?: string; seq?: number; prev_seq?: number; data: Record<string, never> & { seq?: number; code?: string } }

/** A reader that keeps everything it was told. */
class Reader {
  readonly got: Said[] = []
  readonly closed: Promise<readonly [number, string]>
  readonly ws: WebSocket
  readonly #wake: (() => void)[] = []

  constructor(ws: WebSocket) {
    this.ws = ws
    ws.on('message', (data: Buffer) => {
      this.got.push(JSON.parse(data.toString()) as Said)
      for (const wake of this.#wake.splice(0)) wake()
    })
    this.closed = new Promise((resolve) => {
      ws.on('close', (code, reason) => {
        resolve([code, reason.toString()])
        for (const wake of this.#wake.splice(0)) wake()
      })
    })
  }

  /** The first message that fits, of those there are or of those to come. */
  async hears(fits: (said: Said) => boolean): Promise<Said> {
    for (;;) {
      const found = this.got.find(fits)
      if (found !== undefined) return found
      if (this.ws.readyState === WebSocket.CLOSED) throw new Error('closed before it was heard')
      await new Promise<void>((resolve) => { this.#wake.push(resolve) })
    }
  }

  say(message: unknown): void { this.ws.send(typeof message === 'string' ? message : JSON.stringify(message)) }
  /** Asks and waits, so that everything said before has been obeyed. */
  async settled(): Promise<void> {
    const before = this.got.filter(({ type }) => type === 'pong').length
    this.say({ type: 'ping' })
    await this.hears(({ type }) => type === 'pong' && this.got.filter((said) => said.type === 'pong').length > before)
  }

  get facts(): Said[] { return this.got.filter(({ prev_seq }) => prev_seq !== undefined) }
  get numbers(): number[] { return this.facts.map(({ seq }) => seq!) }
}

async function open(t: Test, adapter: AdapterName, { backlog = 256 * 1024 } = {}) {
  const clock = manualClock(instant(Date.parse('2026-03-29T06:00:00Z')))
  const tokens = openTokens(folderOf(t), clock)
  const config = twoLines()
  const desk = announcing(openMemoryDesk({ ...config, server: { ...config.server, allowed_origins: ['https://screens.example'] } }, clock))
  const person: Actor = { id: 'session', name: 'ana', role: 'operator', lines: null }
  const access: Access = openAccess({ tokens, clock, requests: { perSecond: 1e6, burst: 1e6 }, sessions: { of: (request) => request.header('cookie') === 'session=1' ? person : null, holds: () => null } })
  const revoked = new Set<string>()
  const refused = (refusal: { refused: keyof typeof refusals }): HttpReply => ({ status: refusals[refusal.refused][0], headers: [], body: refusal.refused })
  const live = startLive({ desk, clock, refused, access: { authorise: (request) => access.authorise(request), holds: ({ name }) => !revoked.has(name) } })
  const server = await openServer({
    adapter, host: '127.0.0.1', port: 0, tls: null, log: silentLog, refused, upgrade: live.upgrade,
    // Whoever begins to read again does so in time, on any machine.
    limits: { socketBacklogBytesMax: backlog, slowMs: 120_000 }, handler: () => ({ status: 404, headers: [], body: '' }),
  })
  live.attach(server)
  const tokenOf = async (name: string, lines: readonly string[] | null = null): Promise<string> => (await tokens.create({ name, role: 'viewer', lines, expiresAt: null })).token
  const all = await tokenOf('all')
  const readers: Reader[] = []

  /** A reader; or the status that it was refused with. */
  function connect(path = PRODUCTION, { as = all, protocols = [], headers = {} }: { as?: string; protocols?: string[]; headers?: Record<string, string> } = {}): Promise<Reader | number> {
    const ws = new WebSocket(`ws://127.0.0.1:${server.port}${path}`, protocols, { headers: { ...(as === '' ? {} : { authorization: `Bearer ${as}` }), ...headers } })
    const reader = new Reader(ws)
    return new Promise((resolve, reject) => {
      ws.on('open', () => { readers.push(reader); resolve(reader) })
      ws.on('unexpected-response', (_req, res) => { res.resume(); resolve(res.statusCode ?? 0) })
      ws.on('error', reject)
    })
  }
  async function reader(path?: string, options?: Parameters<typeof connect>[1]): Promise<Reader> {
    const one = await connect(path, options)
    if (typeof one === 'number') throw new Error(`refused with ${one}`)
    await one.hears(({ type }) => type === 'initial_status')
    return one
  }
  t.teardown(async () => {
    for (const { ws } of readers) ws.terminate()
    live.stop()
    await server.stop()
  })
  return { clock, desk, live, server, access, tokenOf, revoked, connect, reader }
}

/** Nothing missing, nothing twice, and each fact names a number the reader was complete up to. */
function isComplete(t: Test, reader: Reader, upTo: number, from = reader.got[0]!.seq!): void {
  t.strictSame(reader.numbers, Array.from({ length: upTo - from }, (_, i) => from + i + 1))
  let heard = 0
  const gap = reader.got.find(({ type, seq = 0, prev_seq: previous }) => {
    const isGap = previous !== undefined && previous > heard
    if (type !== 'snapshot_required') heard = Math.max(heard, seq)
    return isGap
  })
  t.equal(gap, undefined, 'no fact follows a number that was not reached')
}

for (const adapter of ['uws', 'node'] as const) {
  t.test(`${adapter}: a snapshot and what follows it have neither hole nor overlap, however turns and connections fall`, async (t) => {
    const { desk, reader } = await open(t, adapter)
    const chance = seededChance(11)
    desk.write(5, BAG1)
    desk.announce()
    const joining: Promise<Reader>[] = []
    for (let turn = 0; turn < 120; turn++) {
      desk.write(chance.whole(0, 3), chance.pick([BAG1, PAL1, null]))
      if (chance.happens(0.3)) joining.push(reader())
      // Written, but not yet announced: a view can be ahead of the announcements.
      if (chance.happens(0.5)) await new Promise((resolve) => { setImmediate(resolve) })
      desk.announce()
      if (chance.happens(0.7)) await new Promise((resolve) => { setImmediate(resolve) })
    }
    const readers = await Promise.all(joining)
    const { seq } = desk.head()
    t.ok(readers.length > 20)
    for (const one of readers) {
      await one.settled()
      t.strictSame(one.got.slice(0, 2).map(({ type }) => type), ['connection_established', 'initial_status'])
      t.equal(one.got[0]!.seq, one.got[1]!.seq)
      isComplete(t, one, seq)
    }
  })

  t.test(`${adapter}: a reader that was cut resumes at its number, from memory or from the journal, while the plant goes on`, async (t) => {
    const { desk, live, reader } = await open(t, adapter)
    desk.write(10, BAG1)
    desk.announce()
    const resumed = async (after: number): Promise<Reader> => {
      const one = await reader()
      const from = one.got[0]!.seq!
      one.say({ type: 'resume', epoch: 'e1', after_seq: after })
      for (let turn = 0; turn < 20; turn++) {
        desk.write(2, BAG1)
        await new Promise((resolve) => { setImmediate(resolve) })
        desk.announce()
      }
      await one.hears(({ type, seq = 0 }) => type === 'ping' && seq >= from)
      await one.settled()
      while (one.numbers.at(-1) !== desk.head().seq) await one.settled()
      return one
    }
    /** Those that came before the resume was obeyed come again with it; from then on each once. */
    const after = (numbers: readonly number[], first: number): number[] => numbers.slice(numbers.indexOf(first))

    const short = await resumed(7)
    t.strictSame(after(short.numbers, 8), Array.from({ length: desk.head().seq - 7 }, (_, i) => i + 8))
    t.equal(desk.asked.count, 0, 'a short cut needs no journal')

    desk.write(2 * limits.factsRecentMax + 500, BAG1)
    desk.announce()
    const long = await resumed(3)
    t.strictSame(after(long.numbers, 4), Array.from({ length: desk.head().seq - 3 }, (_, i) => i + 4))
    t.ok(desk.asked.count > 0, 'a long one does')
    t.equal(live.stats().resumed, 2)

    desk.trim(1_000)
    const late = await reader()
    late.say({ type: 'resume', epoch: 'e1', after_seq: 3 })
    t.match((await late.hears(({ type }) => type === 'snapshot_required')).data, { epoch: 'e1', first_seq: 1_001 })
    desk.write(1, BAG1)
    desk.announce()
    await late.settled()
    t.strictSame(late.numbers, [desk.head().seq], 'and hears what follows')

    const stranger = await reader()
    stranger.say({ type: 'resume', epoch: 'another', after_seq: 3 })
    t.match((await stranger.hears(({ type }) => type === 'snapshot_required')).data, { epoch: 'e1' })
    const early = await reader()
    early.say({ type: 'resume', epoch: 'e1', after_seq: 1e9 })
    await early.hears(({ type }) => type === 'snapshot_required')
    t.pass('a number that was never reached is none to resume from')
  })

  t.test(`${adapter}: the last known values are conflated to one a second, and the newest always arrives`, async (t) => {
    const { clock, desk, live, reader } = await open(t, adapter)
    const update = (equipment: string, good: number): Reading =>
      ({ type: 'production_update', at: clock.now(), line: 'BP01', equipment, body: { ...catalogue.production_update.example, good } })
    const one = await reader()
    const two = await reader(`/api/v1/ws/equipment/${PAL1}`)
    for (let good = 1; good <= 25; good++) {
      desk.read([update(BAG1, good), update(PAL1, 100 + good)])
      await clock.advance(100)
    }
    await clock.advance(1_000)
    await one.settled()
    await two.settled()
    const goods = (reader: Reader, equipment: string) => reader.got.filter((said) => said.type === 'production_update' && said.equipment_code === equipment).map(({ data }) => data['good'])
    t.strictSame(goods(one, BAG1), [1, 10, 20, 25])
    t.strictSame(goods(two, PAL1), [101, 110, 120, 125])
    t.strictSame(goods(two, BAG1), [], 'an equipment socket hears its own equipment')
    t.equal(live.stats().sent['production_update'], 12)
  })

  t.test(`${adapter}: a reader hears its scope and its subscriptions, and learns what is refused`, async (t) => {
    const { desk, live, reader, connect, tokenOf } = await open(t, adapter)
    const first = await tokenOf('first', ['BP01'])
    t.equal(await connect(PRODUCTION, { as: '' }), 401)
    t.equal(await connect(PRODUCTION, { as: 'wrong' }), 401)
    t.equal(await connect(`${PRODUCTION}?token=${first}`, { as: '' }), 400, 'a token has no place in an address')
    t.equal(await connect(`${PRODUCTION}/BP02`, { as: first }), 403)
    t.equal(await connect(`/api/v1/ws/equipment/${OTHER}`, { as: first }), 403)
    t.equal(await connect(`${PRODUCTION}/BP99`), 404)
    t.equal(await connect(`${PRODUCTION}?line_id=BP99`), 404)
    t.equal(await connect('/api/v1/ws/equipment/BP99.X'), 404)
    t.equal(await connect('/api/v1/ws/elsewhere'), 404)

    const everything = await reader()
    const restricted = await reader(PRODUCTION, { as: first })
    const byQuery = await reader(`${PRODUCTION}?line_id=${LINE}`)
    const line = await reader(`${PRODUCTION}/BP02`)
    const bagger = await reader(`/api/v1/ws/equipment/${BAG1}`)
    t.match(restricted.got[0]!.data, { scope: { lines: ['BP01'], equipment: null }, heartbeat_seconds: 5, gateway: 'demo' })
    t.match(bagger.got[0]!.data, { scope: { lines: ['BP01'], equipment: [BAG1] } })
    t.match(everything.got[1]!.data, { lines: [{ code: 'BP01' }, { code: 'BP02' }], equipment: [] })
    t.match(bagger.got[1]!.data, { lines: [], equipment: [{ equipment_code: BAG1 }] })
    desk.write(1, BAG1)
    desk.write(1, PAL1)
    desk.write(1, OTHER)
    desk.write(1, null, 'BP01')
    desk.announce()
    for (const one of [everything, restricted, byQuery, line, bagger]) await one.settled()
    t.strictSame([everything, restricted, byQuery, line, bagger].map(({ numbers }) => numbers), [[1, 2, 3, 4], [1, 2, 4], [1, 2, 4], [3], [1, 4]])
    t.strictSame(restricted.facts.map(({ prev_seq }) => prev_seq), [0, 1, 2], 'what lies outside the scope is no gap')
    t.match(everything.facts[0], { type: 'state_changed', line_id: LINE, equipment_code: BAG1, data: { state: 'stopped' } })

    everything.say({ type: 'subscribe', event_type: 'state_changed', equipment_code: BAG1 })
    everything.say({ type: 'subscribe', event_types: ['andon_event'], line_id: LINE })
    await everything.settled()
    t.match(everything.got.findLast(({ type }) => type === 'subscription_updated')!.data, { subscriptions: [
      { event_types: ['state_changed'], line_id: null, equipment_code: BAG1 }, { event_types: ['andon_event'], line_id: LINE, equipment_code: null },
    ] })
    desk.write(1, BAG1)
    desk.write(1, PAL1)
    desk.announce()
    everything.say({ type: 'unsubscribe', event_type: 'state_changed', equipment_code: BAG1 })
    await everything.settled()
    desk.write(1, BAG1)
    desk.announce()
    await everything.settled()
    t.strictSame(everything.numbers, [1, 2, 3, 4, 5])
    restricted.say({ type: 'unsubscribe', event_type: 'state_changed' })
    await restricted.settled()
    desk.write(1, BAG1)
    desk.announce()
    await restricted.settled()
    t.strictSame(restricted.numbers, [1, 2, 4, 5, 6, 7], 'who never subscribed and takes one type away keeps the others')

    for (const [wish, code] of [
      [{ type: 'subscribe', event_type: 'nonsense' }, 'EVENT_UNKNOWN'], [{ type: 'subscribe', event_type: 'ping' }, 'EVENT_UNKNOWN'],
      [{ type: 'subscribe', line_id: 'BP99' }, 'LINE_UNKNOWN'], [{ type: 'subscribe', line_id: 'BP02' }, 'FORBIDDEN'],
      [{ type: 'subscribe', equipment_code: OTHER }, 'FORBIDDEN'], [{ type: 'subscribe', equipment_code: 'BP99.X' }, 'EQUIPMENT_UNKNOWN'],
      [{ type: 'subscribe', event_typ: 'state_changed' }, 'MESSAGE_MISFIT'], [{ type: 'hello' }, 'UNKNOWN_MESSAGE'], ['not json', 'MALFORMED'],
    ] as const) {
      restricted.say(wish)
      await restricted.settled()
      t.equal(restricted.got.findLast(({ type }) => type === 'error')!.data.code, code)
    }
    restricted.say({ type: 'get_status' })
    t.match((await restricted.hears(({ type }) => type === 'status')), { seq: 8, data: { lines: [{ code: 'BP01' }] } })

    t.equal(live.connections({ id: 'x', name: 'x', role: 'admin', lines: null }).length, 5)
    t.strictSame(live.connections({ id: 'x', name: 'x', role: 'viewer', lines: ['BP02'] }).map(({ lines }) => lines), [['BP02']])
    t.match(live.stats(), { connections: 5, sent: { state_changed: 24, initial_status: 5, connection_established: 5 }, queued_bytes: 0, closed_too_slow: 0 })
  })

  t.test(`${adapter}: a ticket opens one socket, once and soon; a cookie only from a page we know`, async (t) => {
    const { access, clock, connect } = await open(t, adapter)
    const viewer: Actor = { id: 'x', name: 'x', role: 'viewer', lines: null }
    const with_ = (ticket: string) => connect(PRODUCTION, { as: '', protocols: ['lineside.v1', `ticket.${ticket}`] })
    const { ticket } = access.tickets.issue(viewer)
    const one = await with_(ticket)
    t.equal(typeof one === 'number' ? one : one.ws.protocol, 'lineside.v1')
    t.equal(await with_(ticket), 401, 'a second time it is nothing')
    const old = access.tickets.issue(viewer).ticket
    await clock.advance(limits.ticketMs + 1)
    t.equal(await with_(old), 401, 'after half a minute it is nothing')

    const cookie = (origin?: string) => connect(PRODUCTION, { as: '', headers: { cookie: 'session=1', ...(origin === undefined ? {} : { origin }) } })
    t.equal(await cookie(), 403)
    t.equal(await cookie('https://evil.example'), 403)
    t.equal(await cookie('https://screens.example.evil.example'), 403)
    t.ok(await cookie('https://screens.example') instanceof Reader)
  })

  t.test(`${adapter}: heartbeats carry the number; a token that ends ends its sockets; sense is expected`, async (t) => {
    const { clock, desk, reader, revoked, tokenOf, server } = await open(t, adapter)
    const one = await reader()
    const leaving = await reader(PRODUCTION, { as: await tokenOf('leaving') })
    desk.write(3, BAG1)
    desk.announce()
    await clock.advance(5_000)
    t.match(await one.hears(({ type }) => type === 'ping'), { seq: 3, data: { seq: 3 } })
    await leaving.hears(({ type }) => type === 'ping')
    revoked.add('leaving')
    await clock.advance(5_000)
    t.strictSame((await leaving.closed)[0], 4401)

    for (let i = 0; i < limits.malformedInRowMax - 1; i++) one.say('{')
    one.say({ type: 'ping' })
    for (let i = 0; i < limits.malformedInRowMax - 1; i++) one.say('[]')
    await one.settled()
    t.equal(one.ws.readyState, WebSocket.OPEN, 'a good message in between forgives')
    for (let i = 0; i < limits.malformedInRowMax; i++) one.ws.send(Buffer.from([1]))
    t.strictSame((await one.closed)[0], 4000)

    const hasty = await reader()
    for (let i = 0; i < limits.socketWishesPerSecond + 5; i++) hasty.say({ type: 'ping' })
    t.match(await hasty.hears(({ type }) => type === 'error'), { data: { code: 'TOO_MANY_REQUESTS' } })
    await server.stop()
    t.strictSame((await hasty.closed)[0], 1012)
  })

  t.test(`${adapter}: a reader that does not read is closed, loses nothing by it, and costs the others nothing`, async (t) => {
    const { desk, live, reader } = await open(t, adapter, { backlog: 64 * 1024 })
    const stalled = await reader()
    const steady = await reader()
    stalled.ws.pause()
    while (live.stats().closed_too_slow === 0) {
      desk.write(50, BAG1)
      desk.announce()
      await new Promise((resolve) => { setImmediate(resolve) })
    }
    t.ok(live.stats().queued_bytes <= 4 * 64 * 1024 + 16_384)
    stalled.ws.resume()
    const [code] = await stalled.closed
    t.equal(code, 4008)
    const had = stalled.numbers.at(-1) ?? 0
    isComplete(t, stalled, had)
    desk.write(100, BAG1)
    desk.announce()
    const again = await reader()
    again.say({ type: 'resume', epoch: 'e1', after_seq: had })
    await again.hears(({ type, seq = 0 }) => type === 'ping' && seq >= desk.head().seq)
    t.strictSame(again.numbers, Array.from({ length: desk.head().seq - had }, (_, i) => had + i + 1), 'it goes on where it was cut')
    await steady.settled()
    isComplete(t, steady, desk.head().seq)
  })
}
