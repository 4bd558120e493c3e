/** Tokens of the site's identity provider: what is believed, what is not, and that nobody is answered before it is known which. */

import { readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { type CryptoKey, type JWK, SignJWT, exportJWK, generateKeyPair } from 'jose'
import t from 'tap'
import { manualClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { instant } from '../../src/base/units.js'
import { config } from '../../src/contract/config.js'
import { refuse } from '../../src/contract/refusals.js'
import type { JwtConfig } from '../../src/contract/server.js'
import { unsoundOf } from '../../src/contract/sound.js'
import { openAccess } from '../../src/faces/access/access.js'
import { openIdentity } from '../../src/faces/access/identity.js'
import { HEADERS, introduced } from '../../src/faces/access/introduced.js'
import { openTokens } from '../../src/faces/access/tokens.js'
import { openServer } from '../../src/faces/server.js'
import { folderOf } from '../support/folder.js'

const START = Date.parse('2026-03-29T06:00:00Z')

interface Pair { readonly kid: string; readonly privateKey: CryptoKey; readonly jwk: JWK }
async function pairOf(kid: string, alg = 'ES256'): Promise<Pair> {
  const { publicKey, privateKey } = await generateKeyPair(alg)
  return { kid, privateKey, jwk: { ...await exportJWK(publicKey), kid, alg } }
}

const rules = (keys: Pick<JwtConfig, 'jwks_file'> | Pick<JwtConfig, 'jwks_url'>): JwtConfig =>
  ({ issuer: 'https://idp.plant', audience: 'line4', role_claim: 'realm_access.roles', roles: { 'line-leads': 'supervisor', everybody: 'viewer' }, name_claim: 'name', lines_claim: 'lines', ...keys })
const claims = { sub: '4711', name: 'Ana Berg', realm_access: { roles: ['everybody', 'line-leads'] }, lines: ['BP01'] }

function tokenOf({ kid, privateKey }: Pair, more: object = {}, alg = 'ES256'): Promise<string> {
  const { iss = 'https://idp.plant', aud = 'line4', exp = START / 1_000 + 600, ...rest } = more as Record<string, string>
  return new SignJWT({ ...claims, ...rest }).setProtectedHeader({ alg, kid }).setIssuer(iss).setAudience(aud).setExpirationTime(Number(exp)).sign(privateKey)
}

t.test('a token acts with the role and on the lines that its claims are given here, for as long as it holds', async (t) => {
  const file = join(folderOf(t), 'keys.json')
  const pair = await pairOf('a')
  writeFileSync(file, JSON.stringify({ keys: [pair.jwk] }))
  const clock = manualClock(instant(START))
  const identity = openIdentity(rules({ jwks_file: file }), clock, silentLog)
  const token = await tokenOf(pair)
  t.equal(identity.actorOf(token), null, 'nobody, before it was verified')
  await identity.introduce(token)
  t.strictSame(identity.actorOf(token), { id: 'idp/4711', name: 'Ana Berg', role: 'supervisor', lines: ['BP01'] }, 'the first role of the configuration that fits')
  t.equal(identity.introduce(token), null, 'once')
  t.ok(identity.holds('idp/4711'))
  const silent = await tokenOf(pair, { sub: '4712', lines: undefined, name: undefined, realm_access: { roles: 'everybody' } })
  await identity.introduce(silent)
  t.strictSame(identity.actorOf(silent), { id: 'idp/4712', name: '4712', role: 'viewer', lines: [] }, 'one that says nothing of lines reaches none')
  await clock.advance(600_000)
  t.equal(identity.actorOf(token), null)
  t.notOk(identity.holds('idp/4711'), 'sockets and sessions end with it')
})

t.test('whatever is not signed by the provider, for this gateway and now, is nobody', async (t) => {
  const file = join(folderOf(t), 'keys.json')
  const pair = await pairOf('a')
  const other = await pairOf('a')
  writeFileSync(file, JSON.stringify({ keys: [pair.jwk] }))
  const identity = openIdentity(rules({ jwks_file: file }), manualClock(instant(START)), silentLog)
  const good = await tokenOf(pair)
  const [head = '', body = '', signature = ''] = good.split('.')
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${body}.`
  const shared = await new SignJWT(claims).setProtectedHeader({ alg: 'HS256' }).setIssuer('https://idp.plant').setAudience('line4').setExpirationTime(START / 1_000 + 600).sign(Buffer.from(JSON.stringify(pair.jwk)))
  const forged = {
    'another key': await tokenOf(other), 'another issuer': await tokenOf(pair, { iss: 'https://elsewhere' }), 'another audience': await tokenOf(pair, { aud: 'line5' }), 'too late': await tokenOf(pair, { exp: START / 1_000 - 60 }),
    'no role here': await tokenOf(pair, { realm_access: { roles: ['guests'] } }), 'not signed': none, 'signed with what everybody knows': shared,
    'another content': `${head}.${Buffer.from(JSON.stringify({ ...claims, sub: 'admin' })).toString('base64url')}.${signature}`, 'no token': 'ls_x', 'nothing': '',
  }
  for (const [what, token] of Object.entries(forged)) {
    await identity.introduce(token)
    t.equal(identity.actorOf(token), null, what)
  }
  await identity.introduce(good)
  t.not(identity.actorOf(good), null, 'and the right one is somebody all the same')
})

t.test('keys change while the gateway runs, in their file or at the provider; without them nobody new comes in', async (t) => {
  const file = join(folderOf(t), 'keys.json')
  const [first, second] = [await pairOf('a'), await pairOf('b', 'RS256')]
  writeFileSync(file, JSON.stringify({ keys: [first.jwk] }))
  let served = [first.jwk]
  const provider = createServer((_, response) => { response.setHeader('content-type', 'application/json').end(JSON.stringify({ keys: served })) })
  await new Promise<void>((done) => { provider.listen(0, '127.0.0.1', done) })
  t.teardown(() => { provider.close() })
  const address = `http://127.0.0.1:${(provider.address() as AddressInfo).port}/keys`
  for (const keys of [{ jwks_file: file }, { jwks_url: address }]) {
    const identity = openIdentity(rules(keys), manualClock(instant(START)), silentLog)
    const knows = async (token: string) => { await identity.introduce(token); return identity.actorOf(token) !== null }
    t.ok(await knows(await tokenOf(first)))
    if ('jwks_file' in keys) {
      writeFileSync(file, JSON.stringify({ keys: [second.jwk] }))
      t.ok(await knows(await tokenOf(second, {}, 'RS256')), 'a new key')
      t.notOk(await knows(await tokenOf(first, { sub: 'x' })), 'and no longer the old one')
      writeFileSync(file, '{')
    } else {
      served = []
      provider.close()
      provider.closeAllConnections()
    }
    t.notOk(await knows(await tokenOf(second, { sub: 'y' }, 'RS256')), 'no keys')
  }
})

for (const adapter of ['uws', 'node'] as const) {
  t.test(`over ${adapter}, whoever shows such a token is answered when it is verified, with everything that was asked`, async (t) => {
    const directory = folderOf(t)
    const file = join(directory, 'keys.json')
    const pair = await pairOf('a')
    writeFileSync(file, JSON.stringify({ keys: [pair.jwk] }))
    const clock = manualClock(instant(START))
    const access = openAccess({ tokens: openTokens(directory, clock), clock, identity: openIdentity(rules({ jwks_file: file }), clock, silentLog) })
    const refused = () => ({ status: 401, headers: [], body: '' })
    const server = await openServer({
      adapter, host: '127.0.0.1', port: 0, tls: null, log: silentLog, refused,
      handler: introduced(access, (request) => {
        const actor = access.authorise(request)
        return 'refused' in actor ? refused() : { status: 200, headers: [], body: JSON.stringify([actor.id, request.method, request.path, request.query, request.header('idempotency-key'), request.body.toString()]) }
      }),
      upgrade: () => refused(),
    })
    t.teardown(() => server.stop())
    const ask = async (token: string, init: RequestInit = {}) => {
      const answer = await fetch(`http://127.0.0.1:${server.port}/a/b?c=d`, { ...init, headers: { authorization: `Bearer ${token}`, 'idempotency-key': 'k' } })
      return answer.status === 200 ? await answer.json() : answer.status
    }
    const told = ['GET', '/a/b', 'c=d', 'k', '']
    t.strictSame(await ask(await tokenOf(pair)), ['idp/4711', ...told])
    t.strictSame(await ask(await tokenOf(pair, { sub: 'p' }), { method: 'POST', body: 'text' }), ['idp/p', 'POST', '/a/b', 'c=d', 'k', 'text'])
    const many = await Promise.all(Array.from({ length: 40 }, async (_, i) => ask(await tokenOf(pair, { sub: `s${i}` }))))
    t.strictSame(many, many.map((_, i) => [`idp/s${i}`, ...told]), 'side by side, each as who they are')
    t.equal(await ask(await tokenOf(await pairOf('a'))), 401)
    t.match(access.authorise({ address: '', header: () => '' }), refuse('UNAUTHENTICATED'))
  })
}

t.test('a provider whose keys come from nowhere, from two places or in the clear is a mistake of the configuration', async (t) => {
  const { jwks_file: _, ...without } = rules({ jwks_file: 'keys.json' })
  const site = {
    version: 1, gateway: { id: 'g' }, plcs: [], calendars: { c: {} },
    lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'c', equipment: [{ code: 'BAG', name: 'Bagger' }] }],
  }
  const misfits = (keys: object) => unsoundOf(config.parse({ ...site, server: { jwt: { ...without, ...keys } } })).map(({ path, message }) => `${path.join('.')}: ${message}`)
  t.same(misfits({ jwks_file: 'keys.json' }), [])
  t.same(misfits({ jwks_url: 'http://127.0.0.1:9/keys' }), [], 'on this machine nobody stands between')
  t.match(misfits({}), [/^server\.jwt: .*`jwks_file` or `jwks_url`/])
  t.match(misfits({ jwks_file: 'k', jwks_url: 'https://idp.plant/keys' }), [/^server\.jwt: /])
  t.match(misfits({ jwks_url: 'http://idp.plant/keys' }), [/^server\.jwt\.jwks_url: .*https/])
})

t.test('every header that a face asks for is taken along', async (t) => {
  const faces = new URL('../../../src/faces/', import.meta.url).pathname
  const asked = ['access', 'api', 'live', 'screens'].flatMap((face) => readdirSync(join(faces, face), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts')).map((name) => readFileSync(join(faces, face, name), 'utf8')))
    .flatMap((source) => [...source.matchAll(/\.header\('([^']+)'\)/g)].map(([, name]) => name!))
  t.ok(asked.length > 10)
  t.strictSame([...new Set(asked)].filter((name) => !(HEADERS as readonly string[]).includes(name)), [])
})
