/** What the schema cannot say about a configuration: that names meet, that each is given once, and that numbers agree. */

import { matcher } from '../base/glob.js'
import { limits } from '../base/limits.js'
import { nearest } from '../base/near.js'
import { instantOf, rfc3339 } from '../base/units.js'
import type { Calendar, Config, EquipmentConfig, LineConfig } from './config.js'
import { constraintOf } from './constraint.js'
import type { PlcOf } from './plcs.js'
import { periodOf, worksOn } from './rota.js'
import { levelOf } from './uns.js'

export type Path = readonly (string | number)[]
/** What is wrong, and where in the configuration; `at` says that it is the name there and not its value. */
export interface Misfit { readonly path: Path; readonly message: string; readonly at?: 'key' }

/** Every unsound place, in the order of the file's sections. Empty: the daemon may start with it. */
export function unsoundOf(config: Config): Misfit[] {
  return [...gateway(config), ...standby(config), ...upstreams(config), ...plcs(config), ...calendars(config), ...reasons(config), ...rejectReasons(config), ...products(config), ...channels(config), ...grades(config), ...lines(config)]
}

/** “there is no …”, with the near miss. */
export function unknown(kind: string, name: string, known: Iterable<string>): string {
  const near = nearest(name, known)
  return `there is no ${kind} ${quoted(name)}${near === null ? '' : `; did you mean ${quoted(near)}?`}`
}

const quoted = (text: string): string => JSON.stringify(text)

/** Names that must differ: one misfit for each that came before. */
function repeated<T>(items: readonly T[], nameOf: (item: T) => string | number, pathOf: (index: number) => Path, kind: string): Misfit[] {
  const seen = new Set<string | number>()
  return items.flatMap((item, index) => {
    const name = nameOf(item)
    if (!seen.has(name)) { seen.add(name); return [] }
    return [{ path: pathOf(index), message: `${kind} ${typeof name === 'number' ? name : quoted(name)} is given twice` }]
  })
}

/** The first of `names`, which must differ, that is reached again by following `next` from itself. */
function circleOf(names: readonly string[], next: (name: string) => readonly string[]): string | null {
  const reaches = (from: string, wanted: string, seen: Set<string>): boolean =>
    next(from).some((name) => name === wanted || (!seen.has(name) && reaches(name, wanted, seen.add(name))))
  return names.find((name) => reaches(name, name, new Set())) ?? null
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

/* ── time ────────────────────────────────────────────────────────────────────────────────────── */

function calendars({ calendars: all }: Config): Misfit[] {
  return Object.entries(all).flatMap(([name, calendar]) => [...shifts(calendar, ['calendars', name]), ...exceptions(calendar, ['calendars', name, 'exceptions'])])
}

const DAY = 24 * 60
const minutesOf = (local: string): number => Number(local.slice(0, 2)) * 60 + Number(local.slice(3))
/** From a local time until the next time it is `end`, in minutes; a whole day when they are equal. */
const minutesFrom = (start: string, end: string): number => (minutesOf(end) - minutesOf(start) + DAY) % DAY || DAY

function shifts({ shifts: patterns, day_start }: Calendar, path: Path): Misfit[] {
  return patterns.flatMap((shift, index) => {
    const found: Misfit[] = []
    const here = [...path, 'shifts', index]
    for (const [number, pause] of shift.breaks.entries()) {
      const until = minutesFrom(shift.start, pause.start) % DAY + minutesFrom(pause.start, pause.end)
      if (until > minutesFrom(shift.start, shift.end)) found.push({ path: [...here, 'breaks', number], message: `a break lies inside its shift, ${shift.start} to ${shift.end}` })
    }
    for (const key of ['from', 'until'] as const) {
      const date = shift[key]
      if (date !== undefined && !isDate(date)) found.push({ path: [...here, key], message: `there is no day ${date}` })
    }
    if (shift.from !== undefined && shift.until !== undefined && shift.from > shift.until) found.push({ path: [...here, 'until'], message: 'the last day comes before the first' })
    if (shift.rota !== undefined && !isDate(shift.rota.from)) found.push({ path: [...here, 'rota', 'from'], message: `there is no day ${shift.rota.from}` })
    if (shift.rota !== undefined && shift.crew !== undefined) found.push({ path: [...here, 'crew'], message: 'a rota says who works: leave `crew` out' })
    // A shift is named by its day and name, so two of a name on one day would be one to everybody who asks.
    const namesake = patterns.slice(0, index).find((earlier) => earlier.name === shift.name && meet(earlier, shift))
    if (namesake !== undefined) found.push({ path: [...here, 'name'], message: `two shifts of one day are called ${quoted(shift.name)}` })
    const other = patterns.slice(0, index).find((earlier) => overlap(earlier, shift, day_start))
    if (other !== undefined) found.push({ path: here, message: `shift ${quoted(shift.name)} overlaps shift ${quoted(other.name)}` })
    return found
  })
}

type Shift = Calendar['shifts'][number]

/** Two patterns hold at a common time of the year. */
const hold = (one: Shift, other: Shift): boolean => (one.until ?? '9') >= (other.from ?? '0') && (other.until ?? '9') >= (one.from ?? '0')
const meet = (one: Shift, other: Shift): boolean =>
  hold(one, other) && daysOf(periodOf(one, other)).some((day) => worksOn(one, day) && worksOn(other, day))

/** Two patterns hold on common days and cover a common minute of the days after which both begin again. */
function overlap(one: Shift, other: Shift, dayStart: string): boolean {
  if (!hold(one, other)) return false
  const days = periodOf(one, other)
  const first = minutesFrom(dayStart, one.start) % DAY
  const second = minutesFrom(dayStart, other.start) % DAY
  const covers = (from: number, shift: Shift, at: number) => from <= at && at < from + minutesFrom(shift.start, shift.end)
  // A shift lasts a day at most, so only those of the days before and after can reach it.
  return daysOf(days).some((day) => worksOn(one, day) && [-1, 0, 1].some((away) => {
    const at = away * DAY + second
    return (covers(first, one, at) || covers(at, other, first)) && worksOn(other, day + away)
  }))
}

const daysOf = (count: number): readonly number[] => Array.from({ length: count }, (_, day) => day)

function exceptions({ exceptions: all, shifts: patterns }: Calendar, path: Path): Misfit[] {
  return all.flatMap((exception, index) => {
    const found: Misfit[] = []
    if (!isDate(exception.date)) found.push({ path: [...path, index, 'date'], message: `there is no day ${exception.date}` })
    if (exception.shift !== undefined && !patterns.some((shift) => shift.name === exception.shift)) {
      found.push({ path: [...path, index, 'shift'], message: unknown('shift', exception.shift, patterns.map((shift) => shift.name)) })
    }
    if ((exception.start === undefined) !== (exception.end === undefined)) found.push({ path: [...path, index], message: 'other times need both `start` and `end`' })
    return found
  })
}

/** A day of the calendar: the thirtieth of February would come back as another. */
function isDate(text: string): boolean {
  const at = instantOf(`${text}T00:00:00Z`)
  return at !== null && rfc3339(at).startsWith(text)
}

/* ── reasons and products ────────────────────────────────────────────────────────────────────── */

const equipmentCodesOf = (config: Config): string[] => config.lines.flatMap((line) => line.equipment.map((equipment) => equipment.code))

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

/* ── lines ───────────────────────────────────────────────────────────────────────────────────── */

function lines(config: Config): Misfit[] {
  const equipment = config.lines.flatMap((line, index) => line.equipment.map((one, number) => ({ code: one.code, path: ['lines', index, 'equipment', number, 'code'] })))
  return [
    ...repeated(config.lines, (line) => line.id.toLowerCase(), (index) => ['lines', index, 'id'], 'line'),
    ...repeated(config.lines, (line) => line.code, (index) => ['lines', index, 'code'], 'line'),
    ...repeated(equipment, (one) => one.code, (index) => equipment[index]!.path, 'equipment'),
    // Figures are asked for, and kept, under either.
    ...config.lines.flatMap(({ code }, index) => (equipment.some((one) => one.code === code) ? [{ path: ['lines', index, 'code'], message: `equipment is called ${quoted(code)} too` }] : [])),
    ...config.lines.flatMap((line, index) => [...aboutLine(config, line, ['lines', index]), ...line.equipment.flatMap((one, number) => aboutEquipment(config, line, one, ['lines', index, 'equipment', number]))]),
  ]
}

function aboutLine(config: Config, line: LineConfig, path: Path): Misfit[] {
  const found: Misfit[] = []
  const calendarNames = Object.keys(config.calendars)
  if (!calendarNames.includes(line.calendar)) found.push({ path: [...path, 'calendar'], message: unknown('calendar', line.calendar, calendarNames) })
  const constraints = line.equipment.flatMap((one, index) => (one.constraint ? [index] : []))
  for (const index of constraints.slice(1)) found.push({ path: [...path, 'equipment', index, 'constraint'], message: `${quoted(line.equipment[constraints[0]!]!.code)} is the constraint; a line has one` })
  if (line.method === 'constraint' && constraints.length === 0 && line.equipment.length > 1) found.push({ path: [...path, 'method'], message: 'one equipment must say `constraint: true`' })
  found.push(...stackLights(config, line, path))
  const alert = line.oee_alert
  if (alert !== undefined && alert.clear_above < alert.below) found.push({ path: [...path, 'oee_alert', 'clear_above'], message: 'an alert clears at or above the value it rises below' })
  const feeds = new Map(line.equipment.map((one) => [one.code, one.upstream]))
  const circle = feeds.size < line.equipment.length ? null : circleOf([...feeds.keys()], (code) => feeds.get(code) ?? [])
  if (circle !== null) found.push({ path: [...path, 'equipment', [...feeds.keys()].indexOf(circle), 'upstream'], message: `${quoted(circle)} would feed itself` })
  return found
}

/** A light is written to one tag that exists and that its PLC allows to be written; no two of a line to the same. */
function stackLights(config: Config, line: LineConfig, path: Path): Misfit[] {
  const here = (index: number): Path => [...path, 'stack_lights', index]
  const inLine = line.equipment.map((one) => one.code)
  return [
    ...repeated(line.stack_lights, ({ name }) => name, (index) => [...here(index), 'name'], 'light'),
    ...repeated(line.stack_lights, ({ tag }) => tag, (index) => [...here(index), 'tag'], 'tag'),
    ...line.stack_lights.flatMap((light, index) => {
      const [plcId = '', tagName = ''] = light.tag.split('/')
      const plc = config.plcs.find(({ id }) => id === plcId)
      const tag = plc?.tags[tagName]
      const wrong = plc === undefined ? unknown('PLC', plcId, config.plcs.map(({ id }) => id))
        : tag === undefined ? `${unknown('tag', tagName, Object.keys(plc.tags))} (PLC ${quoted(plcId)})` : tag.writable ? null : `${quoted(light.tag)} must say \`writable: true\``
      return [
        ...wrong === null ? [] : [{ path: [...here(index), 'tag'], message: wrong }],
        ...(light.equipment ?? []).flatMap((code, n) => (inLine.includes(code) ? [] : [{ path: [...here(index), 'equipment', n], message: unknown('equipment', code, inLine) }])),
      ]
    }),
  ]
}

function aboutEquipment(config: Config, line: LineConfig, equipment: EquipmentConfig, path: Path): Misfit[] {
  const found: Misfit[] = []
  const inLine = line.equipment.map((one) => one.code)
  for (const [index, code] of equipment.upstream.entries()) {
    if (!inLine.includes(code)) found.push({ path: [...path, 'upstream', index], message: unknown('equipment', code, inLine) + (equipmentCodesOf(config).includes(code) ? ' in this line' : '') })
  }
  for (const [code, ms] of Object.entries(equipment.transit)) {
    if (ms > limits.transitMsMax) found.push({ path: [...path, 'transit', code], message: `at most ${limits.transitMsMax / 3_600_000} hours` })
    if (!equipment.upstream.includes(code)) found.push({ path: [...path, 'transit', code], message: `${quoted(code)} is not in \`upstream\``, at: 'key' })
  }
  found.push(...ownCalendar(config, line, equipment, [...path, 'calendar']), ...signals(config, equipment, path), ...faults(config, equipment, [...path, 'faults']))
  const alert = equipment.quality_alert
  if (alert !== undefined && alert.clear_ratio > alert.reject_ratio) found.push({ path: [...path, 'quality_alert', 'clear_ratio'], message: 'an alert clears at or below the ratio it rises above' })
  return found
}

/** The planned time of a line is that of its calendar, also where it is one equipment that gives the line its time. */
function ownCalendar(config: Config, line: LineConfig, { code, calendar }: EquipmentConfig, path: Path): Misfit[] {
  if (calendar === undefined) return []
  const known = Object.keys(config.calendars)
  if (!known.includes(calendar)) return [{ path, message: unknown('calendar', calendar, known) }]
  const gives = line.method === 'constraint' ? constraintOf(line) : line.method === 'line_exit' ? line.equipment.at(-1) : undefined
  return gives?.code !== code || calendar === line.calendar ? [] : [{ path, message: `its time is that of the line, which works by ${quoted(line.calendar)}: give the line this calendar` }]
}

function faults(config: Config, equipment: EquipmentConfig, path: Path): Misfit[] {
  const codes = config.reasons.map((reason) => reason.code)
  return [
    ...repeated(equipment.faults, (fault) => fault.code, (index) => [...path, index, 'code'], 'fault'),
    ...repeated(equipment.faults, (fault) => fault.bit, (index) => [...path, index, 'bit'], 'bit'),
    ...equipment.faults.flatMap((fault, index) =>
      fault.reason === undefined || codes.includes(fault.reason) ? [] : [{ path: [...path, index, 'reason'], message: unknown('reason', fault.reason, codes) }]),
  ]
}

function signals(config: Config, equipment: EquipmentConfig, path: Path): Misfit[] {
  const found: Misfit[] = []
  const names = Object.keys(equipment.signals)
  if (names.length > limits.signalsPerEquipmentMax) found.push({ path: [...path, 'signals'], message: `${names.length} signals; at most ${limits.signalsPerEquipmentMax} on one equipment` })
  for (const [name, { tag }] of Object.entries(equipment.signals)) {
    const [plcId = '', tagName = ''] = tag.replace(/\[\d+\]$/, '').split('/')
    const plc = config.plcs.find((one) => one.id === plcId)
    const here = [...path, 'signals', name, 'tag']
    if (plc === undefined) found.push({ path: here, message: unknown('PLC', plcId, config.plcs.map((one) => one.id)) })
    else if (plc.tags[tagName] === undefined) found.push({ path: here, message: `${unknown('tag', tagName, Object.keys(plc.tags))} (PLC ${quoted(plcId)})` })
  }
  for (const name of Object.keys(equipment.counters)) {
    if (!names.includes(name)) found.push({ path: [...path, 'counters', name], message: unknown('signal', name, names), at: 'key' })
  }
  if (names.length > 0) found.push(...state(equipment, names, path))
  return found
}

/** Where the state is to come from must be wired. Equipment without any signal is kept by hand. */
function state(equipment: EquipmentConfig, names: readonly string[], path: Path): Misfit[] {
  const { from, map } = equipment.state
  const needs = { running: ['running'], packml: ['state'], map: ['state'], counts: ['total_count', 'good_count'] }[from]
  const found: Misfit[] = []
  if (!needs.some((name) => names.includes(name))) found.push({ path: [...path, 'state', 'from'], message: `a state from \`${from}\` needs the signal ${needs.map((name) => `\`${name}\``).join(' or ')}` })
  if (from === 'map' && Object.keys(map).length === 0) found.push({ path: [...path, 'state', 'map'], message: 'which number is which class of state?' })
  return found
}
