/** What the schema cannot say about a configuration: that names meet, that each is given once, and that numbers agree. */

import { matcher } from '../base/glob.js'
import { limits } from '../base/limits.js'
import type { Config } from './config.js'
import { type Misfit, type Path, circleOf, equipmentCodesOf, quoted, repeated, unknown } from './misfit.js'
import type { PlcOf } from './plcs.js'
import { calendars } from './sound-calendars.js'
import { lines } from './sound-lines.js'
import { levelOf } from './uns.js'

/** Every unsound place, in the order of the file's sections. Empty: the daemon may start with it. */
export function unsoundOf(config: Config): Misfit[] {
  return [...gateway(config), ...standby(config), ...upstreams(config), ...plcs(config), ...calendars(config), ...reasons(config), ...rejectReasons(config), ...products(config), ...channels(config), ...grades(config), ...lines(config)]
}

/* ── the box ─────────────────────────────────────────────────────────────────────────────────── */

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/

function gateway({ gateway: box, server, storage }: Config): Misfit[] {
  const found: Misfit[] = []
  if (!isZone(box.time_zone)) found.push({ path: ['gateway', 'time_zone'], message: unknown('time zone', box.time_zone, Intl.supportedValuesOf('timeZone')) })
  if (box.cycle < limits.cycleMsMin || box.cycle > limits.cycleMsMax) found.push({ path: ['gateway', 'cycle'], message: cycleBounds })
  if (storage.samples.commit > limits.samplesCommitMsMax) found.push({ path: ['storage', 'samples', 'commit'], message: `readings wait for the disk for at most ${limits.samplesCommitMsMax / 1_000}s` })
  if (!LOOPBACK.test(server.host) && server.tls === undefined && !server.trusted_segment) {
    found.push({ path: ['server', 'host'], message: `${quoted(server.host)} is reached from the network: give \`tls\`, or say \`trusted_segment: true\`` })
  }
  const { jwt } = server
  if (jwt !== undefined && (jwt.jwks_file === undefined) === (jwt.jwks_url === undefined)) found.push({ path: ['server', 'jwt'], message: 'the keys come from one place: give `jwks_file` or `jwks_url`' })
  if (jwt?.jwks_url !== undefined && jwt.jwks_url.startsWith('http:') && !LOOPBACK.test(new URL(jwt.jwks_url).hostname)) {
    found.push({ path: ['server', 'jwt', 'jwks_url'], message: 'whoever stands between could give keys of their own: give an address with https://, or a `jwks_file`' })
  }
  return found
}

function standby({ standby: pair, server }: Config): Misfit[] {
  if (pair === undefined) return []
  const found: Misfit[] = []
  const { hostname, protocol, pathname } = new URL(pair.peer)
  if (pathname !== '/') found.push({ path: ['standby', 'peer'], message: 'an address without a path, like https://10.0.0.2:8000' })
  if (protocol === 'http:' && !LOOPBACK.test(hostname) && !server.trusted_segment) found.push({ path: ['standby', 'peer'], message: 'the token would travel in the clear: give an address with https://, or say `trusted_segment: true`' })
  if (protocol === 'http:' && pair.ca_file !== undefined) found.push({ path: ['standby', 'ca_file'], message: 'TLS needs a `peer` that begins with https://' })
  if (pair.silence < limits.silenceMsMin || pair.silence > limits.silenceMsMax) found.push({ path: ['standby', 'silence'], message: `the other box is silent for ${limits.silenceMsMin / 1_000}s to ${limits.silenceMsMax / 60_000}m before it is taken over from` })
  return found
}

function channels({ notify: all, lines }: Config): Misfit[] {
  const codes = lines.map(({ code }) => code)
  return [
    ...repeated(all, ({ name }) => name, (index) => ['notify', index, 'name'], 'channel'),
    ...all.flatMap((channel, index) => (channel.lines ?? []).flatMap((code, position) =>
      (codes.includes(code) ? [] : [{ path: ['notify', index, 'lines', position], message: unknown('line', code, codes) }]))),
  ]
}

function upstreams({ upstreams: all, lines, plcs: read }: Config): Misfit[] {
  const codes = lines.map(({ code }) => code)
  const tags = read.flatMap((plc) => Object.keys(plc.tags).map((tag) => `${plc.id}/${tag}`))
  return [
    ...repeated(all, ({ name }) => name, (index) => ['upstreams', index, 'name'], 'upstream'),
    ...all.flatMap(({ url, tls }, index): Misfit[] => {
      const path = ['upstreams', index, 'tls']
      if ((tls.cert_file === undefined) !== (tls.key_file === undefined)) return [{ path, message: 'a certificate and its key come together: give `cert_file` and `key_file`' }]
      return url.startsWith('mqtt:') && (tls.ca_file ?? tls.cert_file) !== undefined ? [{ path, message: 'TLS needs a `url` that begins with mqtts://' }] : []
    }),
    ...all.flatMap(({ lanes, samples, uns, sparkplug }, index) => (lanes.length === 0 && samples === undefined && uns === undefined && sparkplug === undefined ? [{ path: ['upstreams', index, 'lanes'], message: 'an upstream without lanes, `samples`, `uns` and `sparkplug` gets nothing' }] : [])),
    ...all.flatMap(({ samples }, index) => (samples?.tags ?? []).flatMap((pattern, position) =>
      (tags.some(matcher([pattern])) ? [] : [{ path: ['upstreams', index, 'samples', 'tags', position], message: pattern.includes('*') ? `no tag is like ${quoted(pattern)}` : unknown('tag', pattern, tags) }]))),
    ...all.some(({ uns }) => uns !== undefined) ? lines.flatMap(({ equipment }, index) =>
      repeated(equipment, ({ code }) => levelOf(code), (number) => ['lines', index, 'equipment', number, 'code'], 'in the namespace, equipment')) : [],
    ...all.flatMap(({ pull }, index) => (pull?.lines ?? []).flatMap((code, position) =>
      (codes.includes(code) ? [] : [{ path: ['upstreams', index, 'pull', 'lines', position], message: unknown('line', code, codes) }]))),
  ]
}

const cycleBounds = `a cycle lasts from ${limits.cycleMsMin}ms to ${limits.cycleMsMax / 1_000}s`

function isZone(name: string): boolean {
  try {
    return Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '' && !/^[+-]/.test(name)
  } catch {
    return false
  }
}

function grades({ grades: grade }: Config): Misfit[] {
  return grade.world_class > grade.good && grade.good > grade.average ? [] : [{ path: ['grades'], message: 'grades fall from `world_class` over `good` to `average`' }]
}

/* ── PLCs ────────────────────────────────────────────────────────────────────────────────────── */

function plcs({ plcs: all }: Config): Misfit[] {
  return [
    ...repeated(all, (plc) => plc.id, (index) => ['plcs', index, 'id'], 'PLC'),
    ...all.flatMap((plc, index) => {
      const found: Misfit[] = []
      if (plc.cycle < limits.cycleMsMin || plc.cycle > limits.cycleMsMax) found.push({ path: ['plcs', index, 'cycle'], message: cycleBounds })
      const tagsCount = Object.keys(plc.tags).length
      if (tagsCount > limits.tagsPerPlcMax) found.push({ path: ['plcs', index, 'tags'], message: `${tagsCount} tags; at most ${limits.tagsPerPlcMax} on one PLC` })
      if (plc.driver === 'opcua') found.push(...login(plc, ['plcs', index]))
      return found
    }),
  ]
}

function login({ user, password_file: file, security }: PlcOf<'opcua'>, path: Path): Misfit[] {
  if ((user === undefined) !== (file === undefined)) return [{ path: [...path, user === undefined ? 'password_file' : 'user'], message: 'a user and a password come together: give `user` and `password_file`' }]
  return user === undefined || security !== 'none' ? [] : [{ path: [...path, 'security'], message: 'with `none` everybody on the network reads the password: choose `sign_and_encrypt`, or leave `user` out' }]
}

/* ── reasons and products ────────────────────────────────────────────────────────────────────── */

function reasons(config: Config): Misfit[] {
  const codes = config.reasons.map((reason) => reason.code)
  const parentOf = new Map(config.reasons.map((reason) => [reason.code, reason.parent]))
  const found = repeated(codes, (code) => code, (index) => ['reasons', index, 'code'], 'reason')
  const circle = found.length > 0 ? null : circleOf(codes, (code) => [parentOf.get(code) ?? []].flat())
  if (circle !== null) found.push({ path: ['reasons', codes.indexOf(circle), 'parent'], message: `reason ${quoted(circle)} is above itself` })
  for (const [index, reason] of config.reasons.entries()) {
    if (reason.parent !== undefined && !codes.includes(reason.parent)) found.push({ path: ['reasons', index, 'parent'], message: unknown('reason', reason.parent, codes) })
    found.push(...(reason.equipment ?? []).flatMap((code, number) => unknownEquipment(config, code, ['reasons', index, 'equipment', number])))
  }
  return found
}

function rejectReasons(config: Config): Misfit[] {
  const { reject_reasons: reasons } = config
  return [
    ...repeated(reasons.map(({ code }) => code), (code) => code, (index) => ['reject_reasons', index, 'code'], 'reject reason'),
    ...reasons.flatMap(({ equipment = [] }, index) => equipment.flatMap((code, number) => unknownEquipment(config, code, ['reject_reasons', index, 'equipment', number]))),
  ]
}

function products(config: Config): Misfit[] {
  return [
    ...repeated(config.products, (product) => product.code, (index) => ['products', index, 'code'], 'product'),
    ...config.products.flatMap((product, index) => Object.keys(product.ideal_cycle).flatMap((code) => unknownEquipment(config, code, ['products', index, 'ideal_cycle', code], { at: 'key' }))),
  ]
}

function unknownEquipment(config: Config, code: string, path: Path, at: { at?: 'key' } = {}): Misfit[] {
  const known = equipmentCodesOf(config)
  return known.includes(code) ? [] : [{ path, message: unknown('equipment', code, known), ...at }]
}
