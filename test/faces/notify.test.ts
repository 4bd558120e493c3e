import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { type IncomingHttpHeaders, createServer } from 'node:http'
import { type AddressInfo, createServer as createTcpServer } from 'node:net'
import t, { type Test } from 'tap'
import { seededChance } from '../../src/base/chance.js'
import { type ManualClock, manualClock, systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Epoch, type Seq, instant, seq } from '../../src/base/units.js'
import { config } from '../../src/contract/config.js'
import type { Follower } from '../../src/contract/desk.js'
import type { Draft, Fact } from '../../src/contract/events/catalogue.js'
import { signatureOf } from '../../src/faces/notify/webhook.js'
import { startLink } from '../../src/faces/mqtt/link.js'
import { type NotifyParts, startNotify } from '../../src/faces/notify/notify.js'
import { folderOf } from '../support/folder.js'
import { startMosquitto } from '../support/mosquitto.js'

const START = instant(Date.UTC(2026, 2, 29, 6))
const line = { id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'c', equipment: [{ code: 'M1', name: 'Machine' }] }
const configOf = (channels: readonly object[]) => config.parse({ version: 1, gateway: { id: 'test' }, plcs: [], calendars: { c: {} }, lines: [line], notify: channels })

/** A journal and its readers, as far as channels need them; what they note comes out of `outcome`. */
function house(channels: readonly object[], bookmarks = new Map<string, Seq>()) {
  const facts: Fact[] = []
  const followers = new Set<Follower>()
  const noted: Draft[] = []
  let heard: () => void = () => undefined
  const clock: ManualClock = manualClock(START)
  const parts: NotifyParts = {
    clock, chance: seededChance(1), log: silentLog, note: (draft) => { noted.push(draft); heard() },
    desk: {
      config: configOf(channels),
      head: () => ({ epoch: 'e' as Epoch, seq: seq(facts.length) }),
      facts: ({ after = seq(0), limit, types }) => Promise.resolve(facts.filter((fact) => fact.seq > after && (types === undefined || types.includes(fact.type))).slice(0, limit)),
      follow: (follower) => { followers.add(follower); return () => followers.delete(follower) },
      bookmark: (name, at) => { if (at === null) bookmarks.delete(name); else bookmarks.set(name, at); return Promise.resolve() },
      bookmarks: () => Promise.resolve(bookmarks),
      line: (ref) => (ref === 'L1' ? { id: line.id, code: 'L1' } : null),
    },
  }
  const call = (description: string): Fact => ({
    type: 'andon_event', at: START, line: 'L1', equipment: 'M1', epoch: 'e' as Epoch, seq: seq(facts.length + 1), config: 1,
    body: { andon_id: 'L1-A1', andon_type: 'safety', priority: 'critical', description, source: 'manual', by: 'ana', acknowledge_by: '2026-03-29T06:02:00.000Z', resolve_by: '2026-03-29T06:15:00.000Z', stop_id: null, job_id: null, shift: null },
  })
  return {
    parts, clock, noted, bookmarks,
    raise: (description: string) => { const fact = call(description); facts.push(fact); for (const follower of followers) follower.facts([fact]) },
    /** Time passes until so many messages have come to an end. */
    ended: async (count: number) => {
      while (noted.length < count) {
        await Promise.race([new Promise<void>((done) => { heard = done }), new Promise((done) => setTimeout(done, 20))])
        if (noted.length < count) await clock.advance(5_000)
      }
      return noted.map((draft) => (draft.type === 'notification_sent' ? draft.body : null))
    },
  }
}

async function receiver(t: Test, statuses: readonly number[]) {
  const got: { headers: IncomingHttpHeaders; body: string }[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk: Buffer) => { body += chunk.toString() })
    request.on('end', () => {
      got.push({ headers: request.headers, body })
      response.writeHead(statuses[got.length - 1] ?? 204, { location: 'http://127.0.0.1:1/' }).end()
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close(); server.closeAllConnections() })
  // A TCP server's address is text only for pipes.
  return { got, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook` }
}

t.test('a call goes to a web address, signed, and is tried again until it is taken', async (t) => {
  const { got, url } = await receiver(t, [503, 429, 204])
  const secret = `${folderOf(t)}/key`
  writeFileSync(secret, 'open sesame\n')
  const { parts, raise, ended, bookmarks } = house([{ kind: 'webhook', name: 'hook', url, secret_file: secret }])
  const notify = await startNotify(parts)
  t.teardown(() => notify.stop())
  raise('knife')
  t.match(await ended(1), [{ channel: 'hook', about: 'andon_event', about_seq: 1, ok: true, tries: 3, detail: null }])
  t.equal(got.length, 3)
  t.equal(new Set(got.map(({ headers }) => headers['idempotency-key'])).size, 1, 'the receiver can tell that it is the same')
  for (const { headers, body } of got) {
    const signed = String(headers['lineside-signature'])
    t.equal(signed, signatureOf('open sesame', Number(/t=(\d+)/.exec(signed)?.[1]), body))
  }
  t.match(JSON.parse(got[2]!.body), { type: 'andon_event', line_id: line.id, equipment_code: 'M1', seq: 1, data: { description: 'knife' } })
  t.equal(bookmarks.get('notify hook'), 1)
})

t.test('what the receiver refuses is given up at once, what nobody answers after a while, and the next has its turn', async (t) => {
  const { got, url } = await receiver(t, [404, 302, ...Array<number>(6).fill(500), 200])
  const { parts, raise, ended } = house([{ kind: 'webhook', name: 'hook', url, give_up: '20s' }])
  const notify = await startNotify(parts)
  t.teardown(() => notify.stop())
  for (const description of ['one', 'two', 'three']) raise(description)
  const outcomes = await ended(3)
  t.match(outcomes.slice(0, 2), [{ ok: false, tries: 1, detail: /404/ }, { ok: false, tries: 1, detail: /302/ }], 'and nobody is led elsewhere')
  t.match(outcomes[2], { ok: false, detail: /500/ })
  t.equal(got.length, 2 + outcomes[2]!.tries)
})

t.test('a gateway that stops in between hands over what is left when it is back; a new channel begins now', async (t) => {
  const { got, url } = await receiver(t, [])
  const first = house([{ kind: 'webhook', name: 'hook', url: 'http://127.0.0.1:1/' }])
  const before = await startNotify(first.parts)
  first.raise('in vain')
  await first.clock.advance(3_000)
  await before.stop()
  t.equal(first.noted.length, 0, 'neither handed over nor given up')
  const bookmarks = new Map([...first.bookmarks, ['notify gone', seq(1)]])
  const second = house([{ kind: 'webhook', name: 'hook', url }, { kind: 'webhook', name: 'fresh', url }], bookmarks)
  second.raise('in vain')
  const after = await startNotify(second.parts)
  t.teardown(() => after.stop())
  t.match(await second.ended(1), [{ channel: 'hook', about_seq: 1, ok: true }])
  t.equal(got.length, 1)
  t.strictSame([...bookmarks.keys()].sort(), ['notify fresh', 'notify hook'], 'a channel that is gone holds no facts back')
})

t.test('a call goes out by e-mail; line breaks that people type make no headers', async (t) => {
  const { port, mails, refuse } = await relay(t)
  const { parts, raise, ended } = house([{ kind: 'email', name: 'mail', host: '127.0.0.1', port, tls: 'none', from: 'Line <line@plant.example>', to: ['team@plant.example'], lines: ['L1'] }])
  const notify = await startNotify(parts)
  t.teardown(() => notify.stop())
  refuse.push('451 later')
  raise('knife\r\nBcc: everybody@plant.example')
  t.match(await ended(1), [{ ok: true, tries: 2 }])
  const [mail = ''] = mails
  const [head = '', body = ''] = mail.split('\r\n\r\n')
  t.match(head, /^Subject: M1: critical call, safety: knife Bcc: everybody@plant\.example$/m)
  t.notMatch(head, /^Bcc:/m)
  t.match(head, /^Message-ID: <lineside-1@plant\.example>$/m)
  t.match(body, /andon type: safety/)
  refuse.push('550 no such user')
  raise('again')
  t.match((await ended(2))[1], { ok: false, tries: 1, detail: /550/ })
})

/** A mail relay that takes everything, but for what it was told to refuse. */
async function relay(t: Test) {
  const mails: string[] = []
  const refuse: string[] = []
  const server = createTcpServer((socket) => {
    let data: string | null = null
    let rest = ''
    const say = (text: string) => { socket.write(`${text}\r\n`) }
    socket.on('error', () => undefined)
    socket.on('data', (chunk: Buffer) => {
      rest += chunk.toString()
      for (let end = rest.indexOf('\r\n'); end >= 0; end = rest.indexOf('\r\n')) {
        const row = rest.slice(0, end)
        rest = rest.slice(end + 2)
        if (data !== null) {
          if (row !== '.') { data += `${row}\r\n`; continue }
          mails.push(data)
          data = null
          say('250 taken')
        } else if (/^EHLO|^HELO/.test(row)) say('250 relay')
        else if (row.startsWith('RCPT')) say(refuse.shift() ?? '250 ok')
        else if (row === 'DATA') { data = ''; say('354 go on') } else if (row === 'QUIT') socket.end('221 bye\r\n')
        else say('250 ok')
      }
    })
    say('220 relay ready')
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  return { port: (server.address() as AddressInfo).port, mails, refuse }
}

t.test('a call reaches a topic of a real broker, also one that was away', { timeout: 600_000 }, async (t) => {
  const broker = await startMosquitto(folderOf(t))
  const got: { topic: string; text: string }[] = []
  let listening: () => void
  const isListening = new Promise<void>((done) => { listening = done })
  const ear = startLink({
    broker: { url: broker.url, clientId: 'ear', keepaliveMs: 30_000, waitMsMax: 200, sessionSeconds: 60 }, clock: systemClock, chance: seededChance(2), log: silentLog,
    up: (connection) => { void connection.subscribe(['plant/#']).then(listening) }, down: () => undefined,
    message: ({ topic, payload }) => { got.push({ topic, text: payload.toString() }) },
  })
  t.teardown(async () => { await ear.stop(); await broker.stop() })
  await isListening
  const home = house([{ name: 'hall', kind: 'mqtt', url: broker.url, topic: 'plant/{type}/{equipment}', retain: true }])
  const notify = await startNotify(home.parts)
  home.raise('film')
  t.match(await home.ended(1), [{ channel: 'hall', about_seq: 1, ok: true, tries: 1 }])
  await broker.kill()
  home.raise('glue')
  await broker.start()
  const [, second] = await home.ended(2)
  t.match(second, { about_seq: 2, ok: true })
  while (got.length < 2) await new Promise((done) => { setTimeout(done, 20) })
  t.same(got.map(({ topic }) => topic), ['plant/andon_event/M1', 'plant/andon_event/M1'])
  t.match(JSON.parse(got[0]!.text), { type: 'andon_event', equipment_code: 'M1', seq: 1, data: { description: 'film' } })
  await notify.stop()
})
