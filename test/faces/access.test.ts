import { spawnSync } from 'node:child_process'
import { chmodSync, chownSync, readFileSync, readdirSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import t from 'tap'
import { manualClock } from '../../src/base/clock.js'
import { limits } from '../../src/base/limits.js'
import { type Fields, silentLog } from '../../src/base/log.js'
import { epoch, instant, later, seq } from '../../src/base/units.js'
import type { Desk } from '../../src/contract/desk.js'
import type { Fact } from '../../src/contract/events/catalogue.js'
import type { Actor } from '../../src/contract/roles.js'
import { openAccess } from '../../src/faces/access/access.js'
import { auditedPeople, auditedTokens } from '../../src/faces/access/audited.js'
import { openBuckets } from '../../src/faces/access/buckets.js'
import { type Person, openPeople } from '../../src/faces/access/people.js'
import { COOKIE, openSessions } from '../../src/faces/access/sessions.js'
import { openTickets } from '../../src/faces/access/tickets.js'
import { firstToken, openTokens } from '../../src/faces/access/tokens.js'
import type { Asking } from '../../src/faces/http.js'
import { openUntold } from '../../src/faces/access/untold.js'
import { startAccessWatch } from '../../src/gateway/access-watch.js'
import { until } from '../support/child.js'
import { tells } from '../support/tells.js'

const start = instant(Date.parse('2026-03-29T06:00:00Z'))
const ana: Actor = { id: 'ana', name: 'ana', role: 'operator', lines: null }
const wish = { name: 'panel', role: 'operator', lines: ['BP01'], expiresAt: null } as const
const asking = (headers: Record<string, string>, address = '10.0.0.7'): Asking => ({ address, header: (name) => headers[name] ?? '' })

t.test('a token is shown once and stored as a hash that only its owner may read', async (t) => {
  const directory = t.testdir()
  const tokens = openTokens(directory, manualClock(start))
  const { token, record } = await tokens.create(wish)
  const file = join(directory, 'tokens.json')
  t.match(token, /^ls_[0-9a-f]{10}_[A-Za-z0-9_-]{43}$/)
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.notOk(readFileSync(file, 'utf8').includes(token.slice(14)), 'the secret is nowhere in the file')
  t.strictSame(readdirSync(directory), ['tokens.json'], 'neither lock nor half-written file is left')
  t.strictSame(tokens.actorOf(token), { id: record.id, name: 'panel', role: 'operator', lines: ['BP01'] })
  t.not((await tokens.create(wish)).token, token)
})

t.test('what root writes for the gateway is the gateway\'s from the first moment, and nothing that lies elsewhere', { skip: process.getuid?.() === 0 ? false : 'only root can give a folder away' }, async (t) => {
  const directory = t.testdir({ theirs: {}, other: 'untouched' })
  const folder = join(directory, 'theirs')
  chownSync(folder, 12_345, 12_346)
  await openTokens(folder, manualClock(start)).create(wish)
  const { uid, gid, mode } = statSync(join(folder, 'tokens.json'))
  t.strictSame([uid, gid, mode & 0o777], [12_345, 12_346, 0o600])
  symlinkSync(join(directory, 'other'), join(folder, 'tokens.json.new'))
  await t.rejects(openTokens(folder, manualClock(start)).create(wish), { code: 'ELOOP' })
  t.equal(readFileSync(join(directory, 'other'), 'utf8'), 'untouched')
  t.equal(statSync(join(directory, 'other')).uid, 0)
})

t.test('one token too many is refused, and those that are there go on opening', async (t) => {
  const directory = t.testdir()
  const tokens = openTokens(directory, manualClock(start))
  const first = await tokens.create(wish)
  const copy = (i: number) => ({ ...first.record, id: i.toString(16).padStart(10, '0') })
  await tokens.mirror(Array.from({ length: limits.tokensMax - 1 }, (_, i) => copy(i)), [])
  await t.rejects(tokens.create(wish), { code: 'ACCESS_FULL' })
  t.equal(openTokens(directory, manualClock(start)).actorOf(first.token)?.id, first.record.id)
  t.ok(await tokens.revoke(copy(7).id))
  t.ok((await tokens.create(wish)).token, 'there is room again')
})

t.test('what is not exactly the token is nobody', async (t) => {
  const tokens = openTokens(t.testdir(), manualClock(start))
  const { token } = await tokens.create(wish)
  const { token: other } = await tokens.create(wish)
  for (const wrong of ['', 'x', token.slice(0, -1), `${token}x`, token.slice(0, 14) + other.slice(14), other.slice(0, 14) + token.slice(14), token.toUpperCase()]) t.equal(tokens.actorOf(wrong), null, wrong)
})

t.test('a running gateway hears of tokens made and revoked by the command line', async (t) => {
  const directory = t.testdir()
  const clock = manualClock(start)
  const gateway = openTokens(directory, clock)
  const commandLine = openTokens(directory, clock)
  const { token, record } = await commandLine.create(wish)
  await clock.advance(1_100)
  t.equal(gateway.actorOf(token)?.id, record.id)
  t.equal(gateway.list().length, 1)
  t.ok(await commandLine.revoke(record.id))
  t.notOk(await commandLine.revoke(record.id), 'once')
  await clock.advance(1_100)
  t.equal(gateway.actorOf(token), null, 'although it was verified before')
  t.notOk(gateway.holds(record.id))
})

t.test('two writers lose nothing', async (t) => {
  const directory = t.testdir()
  const clock = manualClock(start)
  const [one, other] = [openTokens(directory, clock), openTokens(directory, clock)]
  const made = [await one.create(wish), await other.create(wish), await one.create(wish)]
  t.strictSame(openTokens(directory, clock).list().map(({ id }) => id), made.map(({ record }) => record.id))
  writeFileSync(join(directory, 'tokens.lock'), '')
  utimesSync(join(directory, 'tokens.lock'), start / 1_000, start / 1_000)
  await t.rejects(one.create(wish), { code: 'TOKENS_LOCKED' })
  await clock.advance(11_000)
  t.ok(await one.create(wish), 'a lock left by a dead process is broken')
})

t.test('changes asked for at once take place one after the other, in that order', async (t) => {
  const directory = t.testdir()
  const clock = manualClock(start)
  const tokens = openTokens(directory, clock)
  const { record: first } = await tokens.create(wish)
  const [second, once, again, third] = await Promise.all([tokens.create(wish), tokens.revoke(first.id), tokens.revoke(first.id), tokens.create(wish)])
  t.strictSame([once, again], [first, null], 'of two who end the same one, one did')
  t.strictSame(openTokens(directory, clock).list(), [second.record, third.record])
  const people = openPeople(directory, clock)
  const ben = await people.set({ name: 'Ben', role: 'operator', lines: null, pin: '4711' })
  t.strictSame(await Promise.all([people.remove('Ben'), people.remove('Ben')]), [ben, null])
})

t.test('nobody waits for a disk that takes its time, and what is not safe on it is not in force', async (t) => {
  const directory = t.testdir()
  const tokens = openTokens(directory, manualClock(start))
  const { token, record } = await tokens.create(wish)
  // Whoever opens it to write waits until somebody reads, and it cannot be synced: in a turn of this thread nothing would go on.
  const slow = join(directory, 'tokens.json.new')
  t.equal(spawnSync('mkfifo', [slow]).status, 0)
  let isAnswered = false
  const refused = t.rejects(tokens.revoke(record.id).finally(() => { isAnswered = true }), { code: 'EINVAL' }, 'what cannot be synced is said to have failed')
  for (let turn = 0; turn < 100; turn++) await setImmediate()
  t.notOk(isAnswered, 'it is not answered before it is on the disk')
  t.ok(tokens.actorOf(token))
  t.match(await readFile(slow, 'utf8'), '"tokens": []')
  await refused
  t.ok(tokens.actorOf(token), 'a change that could not be made sure did not take place')
  rmSync(slow)
  t.ok(await tokens.revoke(record.id), 'and the next one finds no lock in its way')
  t.notOk(tokens.actorOf(token))
})

t.test('a token ends when it expires, also one that was verified before', async (t) => {
  const clock = manualClock(start)
  const tokens = openTokens(t.testdir(), clock)
  const { token, record } = await tokens.create({ ...wish, expiresAt: later(start, 5_000) })
  t.equal(tokens.actorOf(token)?.id, record.id)
  await clock.advance(5_000)
  t.equal(tokens.actorOf(token), null)
  t.notOk(tokens.holds(record.id))
})

t.test('a file that makes no sense opens nothing, and lets nobody in', async (t) => {
  const directory = t.testdir()
  const clock = manualClock(start)
  const tokens = openTokens(directory, clock)
  const { token } = await tokens.create(wish)
  t.ok(tokens.actorOf(token))
  chmodSync(join(directory, 'tokens.json'), 0o600)
  writeFileSync(join(directory, 'tokens.json'), '{"version":1,')
  await clock.advance(1_100)
  t.equal(tokens.actorOf(token), null)
  t.throws(() => openTokens(directory, clock), { code: 'TOKENS_UNREADABLE' })
})

t.test('the first run makes one administrator', async (t) => {
  const tokens = openTokens(t.testdir(), manualClock(start))
  t.equal(tokens.actorOf((await firstToken(tokens))!)?.role, 'admin')
  t.equal(await firstToken(tokens), null)
})

t.test('a ticket opens one socket, once, within thirty seconds', async (t) => {
  const clock = manualClock(start)
  const tickets = openTickets(clock)
  const { ticket, expiresAt } = tickets.issue(ana)
  t.equal(expiresAt, later(start, 30_000))
  t.equal(tickets.take(ticket), ana)
  t.equal(tickets.take(ticket), null)
  const late = tickets.issue(ana).ticket
  await clock.advance(30_000)
  t.equal(tickets.take(late), null)
  const first = tickets.issue(ana).ticket
  for (let i = 0; i < limits.ticketsMax; i++) tickets.issue(ana)
  t.equal(tickets.take(first), null, 'when there are too many, the oldest makes room')
})

t.test('a bucket lets bursts pass and then the pace', async (t) => {
  const clock = manualClock(start)
  const buckets = openBuckets({ perSecond: 2, burst: 3 }, clock)
  t.strictSame([1, 2, 3, 4].map(() => buckets.take('a')), [0, 0, 0, 500])
  t.equal(buckets.take('b'), 0, 'each has its own')
  await clock.advance(500)
  t.strictSame([buckets.take('a'), buckets.take('a')], [0, 500])
})

t.test('one function knows tokens, tickets and sessions', async (t) => {
  const tokens = openTokens(t.testdir(), manualClock(start))
  const { token, record } = await tokens.create(wish)
  const access = openAccess({ tokens, clock: manualClock(start), sessions: { of: (request) => request.header('cookie') === 's=1' ? ana : null, holds: () => null } })
  t.match(access.authorise(asking({ authorization: `Bearer ${token}` })), { id: record.id })
  t.match(access.authorise(asking({ authorization: `bearer  ${token}` })), { id: record.id })
  t.equal(access.authorise(asking({ cookie: 's=1' })), ana)
  for (const headers of [{}, { authorization: token }, { authorization: `Basic ${token}` }, { authorization: 'Bearer ' }, { cookie: 's=2' }, { authorization: 'Bearer x', cookie: 's=1' }]) {
    t.match(access.authorise(asking(headers)), { refused: 'UNAUTHENTICATED' }, JSON.stringify(headers))
  }
  const { ticket } = access.tickets.issue(ana)
  t.match(access.authorise(asking({ 'sec-websocket-protocol': `lineside.v1, ticket.${ticket}` })), { refused: 'UNAUTHENTICATED' }, 'a ticket is for upgrades')
  const upgrade = asking({ upgrade: 'websocket', 'sec-websocket-protocol': `lineside.v1, ticket.${ticket}` })
  t.equal(access.authorise(upgrade), ana)
  t.match(access.authorise(upgrade), { refused: 'UNAUTHENTICATED' }, 'once')
})

t.test('guessing gets slow, and whoever holds a token is not held up by it', async (t) => {
  const clock = manualClock(start)
  const tokens = openTokens(t.testdir(), clock)
  const { token } = await tokens.create(wish)
  const told: Fields[] = []
  const access = openAccess({ tokens, clock, requests: { perSecond: 1, burst: 2 }, log: { ...silentLog, warn: (_sentence, fields = {}) => { told.push(fields) } } })
  const guesses = Array.from({ length: 25 }, () => access.authorise(asking({ authorization: 'Bearer ls_x' })))
  t.match(guesses[19], { refused: 'UNAUTHENTICATED' })
  t.match(guesses[20], { refused: 'TOO_MANY_REQUESTS', details: [{ path: 'retry_after_seconds', message: '5' }] })
  t.match(access.authorise(asking({ authorization: 'Bearer ls_x' }, '10.0.0.8')), { refused: 'UNAUTHENTICATED' }, 'another address')
  t.match(access.authorise(asking({}, '10.0.0.9')), { refused: 'UNAUTHENTICATED' })
  t.same([told.length, told.at(-1)], [21, { address: '10.0.0.8' }], 'each wrong token is told of, as far as it was looked at, and nobody who showed none')
  const right = asking({ authorization: `Bearer ${token}` })
  t.match([1, 2, 3].map(() => access.authorise(right)), [{ role: 'operator' }, { role: 'operator' }, { refused: 'TOO_MANY_REQUESTS' }])
  await clock.advance(1_000)
  t.match(access.authorise(right), { role: 'operator' })
})

/** The cookie as a browser sends it from a page of this gateway. */
const browsing = (value: string, headers: Record<string, string> = {}): Asking => asking({ host: 'line4:8000', cookie: `other=1; ${COOKIE}=${value}`, ...headers })

t.test('a session stands for the token it was opened with, also after a restart, and nowhere in clear', async (t) => {
  const directory = t.testdir()
  const clock = manualClock(start)
  const tokens = openTokens(directory, clock)
  const { token, record } = await tokens.create(wish)
  const parts = { directory, clock, tokenHolds: (id: string) => tokens.holds(id), personHolds: () => true }
  const before = openSessions(parts)
  const { value, until } = before.open(tokens.actorOf(token)!)
  t.equal(until, later(start, limits.sessionMs))
  const sessions = openSessions(parts)
  const actor = sessions.of(browsing(value))!
  t.match(actor, { id: record.id, name: 'panel', role: 'operator' })
  t.equal(sessions.holds(actor), true)
  t.equal(sessions.holds(tokens.actorOf(token)!), null, 'whoever shows the token itself has no session')
  const file = join(directory, 'sessions.json')
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.notOk(readFileSync(file, 'utf8').includes(value))
  await tokens.revoke(record.id)
  t.equal(sessions.of(browsing(value)), null)
  t.equal(sessions.holds(actor), false, 'an open socket hears of it')
})

t.test('a session ends by signing out or by lying unused, and is renewed by use', async (t) => {
  const clock = manualClock(start)
  const sessions = openSessions({ directory: t.testdir(), clock, tokenHolds: () => true, personHolds: () => true })
  const [used, unused, left] = [sessions.open(ana), sessions.open(ana), sessions.open(ana)].map(({ value }) => value) as [string, string, string]
  sessions.end(browsing(left))
  t.equal(sessions.of(browsing(left)), null)
  t.ok(sessions.of(browsing(used)), 'one that signs out takes no other along')
  await clock.advance(limits.sessionMs / 2)
  t.equal(sessions.renew(browsing(used)), later(clock.now(), limits.sessionMs))
  await clock.advance(limits.sessionMs / 2)
  t.ok(sessions.of(browsing(used)))
  t.equal(sessions.of(browsing(unused)), null)
  t.equal(sessions.renew(browsing(unused)), null)
})

t.test('a cookie counts only from a page of this gateway', async (t) => {
  const sessions = openSessions({ directory: t.testdir(), clock: manualClock(start), tokenHolds: () => true, personHolds: () => true })
  const { value } = sessions.open(ana)
  for (const headers of [{}, { origin: 'http://line4:8000' }, { origin: 'https://line4:8000', 'sec-fetch-site': 'same-origin' }]) t.ok(sessions.of(browsing(value, headers)), JSON.stringify(headers))
  for (const headers of [{ origin: 'http://line4:9000' }, { origin: 'null' }, { 'sec-fetch-site': 'same-site' }, { 'sec-fetch-site': 'cross-site' }]) t.equal(sessions.of(browsing(value, headers)), null, JSON.stringify(headers))
  t.equal(sessions.of(browsing(`${value}x`)), null)
  t.equal(sessions.of(asking({ host: 'line4:8000' })), null)
})

t.test('a damaged file of sessions costs a login and nothing else; the longest unused makes room', async (t) => {
  const directory = t.testdir({ 'sessions.json': '{"version":1,"sess' })
  const sessions = openSessions({ directory, clock: manualClock(start), tokenHolds: () => true, personHolds: () => true })
  const first = sessions.open(ana).value
  let last = first
  for (let i = 0; i < limits.sessionsMax; i++) last = sessions.open({ ...ana }).value
  t.equal(sessions.of(browsing(first)), null)
  t.ok(sessions.of(browsing(last)))
})

t.test('a person acts at a station with their own rights, as long as they touch it', async (t) => {
  const clock = manualClock(start)
  const directory = t.testdir()
  const people = openPeople(directory, clock)
  const parts = { directory, clock, tokenHolds: () => true, personHolds: (id: string) => people.holds(id) }
  const sessions = openSessions(parts)
  const panel = browsing(sessions.open({ ...ana, name: 'panel', role: 'viewer', lines: ['BP01'] }).value)
  const record = await people.set({ name: 'Ana', role: 'operator', lines: ['BP01', 'BP02'], pin: '4711' })
  t.notOk(tells(readFileSync(join(directory, 'people.json'), 'utf8'), '4711'), 'no PIN lies on the disk')
  t.equal(statSync(join(directory, 'people.json')).mode & 0o777, 0o600)
  const proved = await people.prove('Ana', '4711')
  t.match(proved, { id: record.id, role: 'operator' })
  sessions.signOn(panel, proved as Person)
  const actor = sessions.of(panel)!
  t.match(actor, { id: record.id, name: 'Ana', role: 'operator', lines: ['BP01'] }, 'and reaches no line that the station does not')
  t.match(openSessions(parts).of(panel), { name: 'Ana' }, 'also when the gateway starts again in between')

  await clock.advance(limits.personAwayMs - 1)
  sessions.stay(panel)
  await clock.advance(limits.personAwayMs - 1)
  t.equal(sessions.of(panel)?.name, 'Ana')
  await clock.advance(1)
  t.equal(sessions.of(panel)?.name, 'panel', 'who has left acts no more')
  t.equal(sessions.holds(actor), false, 'and what was opened in their name ends')
  t.equal(sessions.stay(panel)?.person, null, 'a touch does not bring them back')

  sessions.signOn(panel, await people.prove('Ana', '4711') as Person)
  await people.set({ name: 'Ana', role: 'quality', lines: null, pin: '4711' })
  t.equal(sessions.of(panel)?.name, 'panel', 'other rights are for who signs on again')
  sessions.signOn(panel, await people.prove('Ana', '4711') as Person)
  sessions.signOff(panel)
  t.equal(sessions.of(panel)?.name, 'panel')
  t.equal(sessions.signOn(browsing('nothing'), proved as Person), null, 'without a station a person is nobody')
})

t.test('what is changed at the box is journalled with who did it, once, gateway or not', async (t) => {
  const clock = manualClock(start)
  const directory = t.testdir()
  const untold = openUntold(directory, clock)
  const telling = { untold, by: { id: 'uid/1000', name: 'ana', role: 'admin', lines: null }, clock } as const
  const tokens = auditedTokens(openTokens(directory, clock), telling)
  const people = auditedPeople(openPeople(directory, clock), telling)
  const { token, record } = await tokens.create({ name: 'board', role: 'viewer', lines: ['BP01'], expiresAt: null })
  await clock.advance(1)
  await people.set({ name: 'Ben', role: 'operator', lines: null, pin: '4711' })
  await clock.advance(1)
  await people.set({ name: 'Ben', role: 'quality', lines: null, pin: '4712' })
  await clock.advance(1)
  t.ok(await people.remove('Ben'))
  t.ok(await tokens.revoke(record.id))
  t.notOk(await tokens.revoke(record.id))
  t.notOk(await people.remove('Eve'), 'what was not done is not told')
  const file = join(directory, 'access-changes.json')
  const waiting = readFileSync(file, 'utf8')
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.notOk(waiting.includes(token.slice(14)), 'a secret is told to nobody')
  for (const pin of ['4711', '4712']) t.notOk(tells(waiting, pin), 'nor is a PIN')

  const journalled: Fact[] = []
  const desk: Pick<Desk, 'facts' | 'record'> = {
    facts: ({ from, to }) => Promise.resolve(journalled.filter(({ at }) => at >= from! && at < to!)),
    record: (draft) => { journalled.push({ ...draft, epoch: epoch('e'), seq: seq(journalled.length + 1), config: 1 }); return Promise.resolve() },
  }
  const isEmpty = (): boolean => !readFileSync(file, 'utf8').includes('"id"')
  const first = startAccessWatch({ directory, desk, clock, log: silentLog })
  await until('everything was journalled', isEmpty)
  first.stop()
  t.match(journalled.map(({ at, body }) => ({ at, body })), [
    { at: start, body: { what: 'token', change: 'created', of: record.id, name: 'board', role: 'viewer', lines: ['BP01'], by: 'ana', by_id: 'uid/1000', by_role: 'admin' } },
    { at: start + 1, body: { what: 'person', change: 'created', of: 'Ben' } }, { at: start + 2, body: { what: 'person', change: 'changed', role: 'quality' } },
    { at: start + 3, body: { what: 'person', change: 'ended' } }, { at: start + 3, body: { what: 'token', change: 'ended', of: record.id } },
  ])
  t.equal(journalled.length, 5)

  // The power failed after the journal had them, and before they were let go.
  writeFileSync(file, waiting)
  const second = startAccessWatch({ directory, desk, clock, log: silentLog })
  await until('they were recognised', isEmpty)
  second.stop()
  t.equal(journalled.length, 5)

  const { changes } = JSON.parse(waiting) as { changes: object[] }
  writeFileSync(file, JSON.stringify({ version: 1, changes: Array.from({ length: limits.accessChangesWaitingMax }, () => changes[0]) }))
  await t.rejects(auditedTokens(openTokens(directory, clock), { ...telling, untold: openUntold(directory, clock) }).create({ name: 'x', role: 'viewer', lines: null, expiresAt: null }), { code: 'AUDIT_FULL' })
  t.strictSame(openTokens(directory, clock).list(), [], 'what cannot be told is not done')
})

t.test('whoever guesses PINs waits, and no longer for a name that does not exist', async (t) => {
  const clock = manualClock(start)
  const people = openPeople(t.testdir(), clock)
  await people.set({ name: 'Ana', role: 'operator', lines: null, pin: '4711' })
  await people.set({ name: 'Ben', role: 'operator', lines: null, pin: '4711' })
  for (const name of ['Ana', 'Nobody']) {
    for (let i = 0; i < limits.wrongPins.burst; i++) t.equal(await people.prove(name, `000${i}`), null)
    t.match(await people.prove(name, '4711'), { waitMs: 30_000 }, `${name}: not even the right one, for now`)
  }
  t.match(await people.prove('Ben', '4711'), { name: 'Ben' }, 'nobody else waits for it')
  await clock.advance(30_000)
  t.match(await people.prove('Ana', '4711'), { name: 'Ana' })
  for (const wrong of ['123', '12345678901234', 'abcd', '']) await t.rejects(people.set({ name: 'Eve', role: 'operator', lines: null, pin: wrong }), wrong)
  t.ok(await people.remove('Ben'))
  t.equal(await people.prove('Ben', '4711'), null)
})
