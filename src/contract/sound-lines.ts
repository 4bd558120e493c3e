/** What the schema cannot say about lines and their equipment: names that meet nothing, what would feed itself, signals that are not wired. */

import { limits } from '../base/limits.js'
import { type Config, type EquipmentConfig, type LineConfig, latchSignals } from './config.js'
import { constraintsOf, inSeries } from './constraint.js'
import { type Misfit, type Path, circleOf, equipmentCodesOf, quoted, repeated, unknown } from './misfit.js'
import { calendarNameOf } from './whose-calendar.js'

export function lines(config: Config): Misfit[] {
  const equipment = config.lines.flatMap((line, index) => line.equipment.map((one, number) => ({ code: one.code, path: ['lines', index, 'equipment', number, 'code'] })))
  return [
    ...repeated(config.lines, (line) => line.id.toLowerCase(), (index) => ['lines', index, 'id'], 'line'),
    ...repeated(config.lines, (line) => line.code, (index) => ['lines', index, 'code'], 'line'),
    ...repeated(equipment, (one) => one.code, (index) => equipment[index]!.path, 'equipment'),
    // Figures are asked for, and kept, under either.
    ...config.lines.flatMap(({ code }, index) => (equipment.some((one) => one.code === code) ? [{ path: ['lines', index, 'code'], message: `equipment is called ${quoted(code)} too` }] : [])),
    ...fixedPosition(config, equipment.map(({ code }) => code)),
    ...config.lines.flatMap((line, index) => [...aboutLine(config, line, ['lines', index]), ...line.equipment.flatMap((one, number) => aboutEquipment(config, line, one, ['lines', index, 'equipment', number]))]),
  ]
}

function fixedPosition({ andon: { fixed_position: rule }, lines }: Config, equipment: readonly string[]): Misfit[] {
  const known = [...lines.map(({ code }) => code), ...equipment]
  return Object.keys(rule?.zones ?? {}).flatMap((code) => (known.includes(code) ? [] : [{ path: ['andon', 'fixed_position', 'zones', code], message: unknown('line or equipment', code, known) }]))
}

function aboutLine(config: Config, line: LineConfig, path: Path): Misfit[] {
  const found: Misfit[] = []
  const calendarNames = Object.keys(config.calendars)
  if (line.calendar === undefined && config.area.calendar === undefined) found.push({ path, message: 'it works by no calendar: give it one, or give the area one (`area.calendar`)' })
  if (line.calendar !== undefined && !calendarNames.includes(line.calendar)) found.push({ path: [...path, 'calendar'], message: unknown('calendar', line.calendar, calendarNames) })
  const constraints = line.equipment.flatMap((one, index) => (one.constraint ? [index] : []))
  for (const index of constraints.slice(1)) found.push({ path: [...path, 'equipment', index, 'constraint'], message: `${quoted(line.equipment[constraints[0]!]!.code)} is the constraint; a line has one` })
  if (line.method === 'constraint' && constraints.length === 0 && line.equipment.length > 1) found.push({ path: [...path, 'method'], message: 'one equipment must say `constraint: true`' })
  found.push(...stackLights(config, line, path), ...ofProducts(config, line, path))
  const alert = line.oee_alert
  if (alert !== undefined && alert.clear_above < alert.below) found.push({ path: [...path, 'oee_alert', 'clear_above'], message: 'an alert clears at or above the value it rises below' })
  const feeds = new Map(line.equipment.map((one) => [one.code, one.upstream]))
  const circle = feeds.size < line.equipment.length ? null : circleOf([...feeds.keys()], (code) => feeds.get(code) ?? [])
  if (circle !== null) found.push({ path: [...path, 'equipment', [...feeds.keys()].indexOf(circle), 'upstream'], message: `${quoted(circle)} would feed itself` })
  return found
}

/** What limits a line for one product is an equipment of that line which every part passes: parts that went by it would be made by nobody. */
function ofProducts(config: Config, line: LineConfig, path: Path): Misfit[] {
  const inLine = line.equipment.map((one) => one.code)
  const products = config.products.map(({ code }) => code)
  const series = inSeries(line).map((one) => one.code)
  return Object.entries(line.constraints).flatMap(([product, code]): Misfit[] => {
    const here = [...path, 'constraints', product]
    if (line.method !== 'constraint') return [{ path: here, message: `the line goes by \`${line.method}\`: only one with \`method: constraint\` has the time of a constraint`, at: 'key' }]
    if (!products.includes(product)) return [{ path: here, message: unknown('product', product, products), at: 'key' }]
    if (!inLine.includes(code)) return [{ path: here, message: unknown('equipment', code, inLine) + (equipmentCodesOf(config).includes(code) ? ' in this line' : '') }]
    return series.includes(code) ? [] : [{ path: here, message: `${quoted(code)} is not in series: parts go by it, so it cannot limit the line (every part passes ${series.map(quoted).join(', ') || 'none'})` }]
  })
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
  found.push(...ownCalendar(config, line, equipment, [...path, 'calendar']), ...signals(config, line, equipment, path), ...faults(config, equipment, [...path, 'faults']))
  const alert = equipment.quality_alert
  if (alert !== undefined && alert.clear_ratio > alert.reject_ratio) found.push({ path: [...path, 'quality_alert', 'clear_ratio'], message: 'an alert clears at or below the ratio it rises above' })
  return found
}

/** The planned time of a line is that of its calendar, also where it is one equipment that gives the line its time. */
function ownCalendar(config: Config, line: LineConfig, { code, calendar }: EquipmentConfig, path: Path): Misfit[] {
  if (calendar === undefined) return []
  const known = Object.keys(config.calendars)
  if (!known.includes(calendar)) return [{ path, message: unknown('calendar', calendar, known) }]
  const gives = line.method === 'constraint' ? [...constraintsOf(line).keys()] : line.method === 'line_exit' ? line.equipment.slice(-1).map((one) => one.code) : []
  const ofLine = calendarNameOf(config, line)
  return !gives.includes(code) || calendar === ofLine ? [] : [{ path, message: `its time is that of the line, which works by ${quoted(ofLine ?? 'none')}: give the line this calendar` }]
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

function signals(config: Config, line: LineConfig, equipment: EquipmentConfig, path: Path): Misfit[] {
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
  found.push(...latches(config, equipment, path), ...lateRejects(line, equipment, [...path, 'counters']))
  if (names.length > 0) found.push(...state(equipment, names, path))
  return found
}

/** Rejects that are found late are of a machine that counts its parts, and a line loses none of them by that. */
function lateRejects(line: LineConfig, equipment: EquipmentConfig, path: Path): Misfit[] {
  return Object.entries(equipment.counters).flatMap(([name, { late }]): Misfit[] => {
    if (late === undefined) return []
    const here = [...path, name, 'late']
    if (name !== 'reject_count') return [{ path: here, message: 'only rejects are found late: this is of `reject_count`', at: 'key' }]
    if (late.delay <= 0 || late.delay > limits.transitMsMax) return [{ path: [...here, 'delay'], message: `more than nothing, and at most ${limits.transitMsMax / 3_600_000} hours` }]
    const codes = line.equipment.map(({ code }) => code)
    const made = codes.indexOf(late.of ?? equipment.code)
    const found = codes.indexOf(equipment.code)
    if (made === -1) return [{ path: [...here, 'of'], message: unknown('equipment', late.of!, codes) }]
    if (made > found) return [{ path: [...here, 'of'], message: `${quoted(late.of!)} comes after it in the flow: what it makes is not found before` }]
    const maker = line.equipment[made]!
    if (made !== found && maker.signals['total_count'] === undefined && maker.signals['good_count'] === undefined) return [{ path: [...here, 'of'], message: `${quoted(maker.code)} counts no parts that these could be of` }]
    const limiting = line.method === 'constraint' ? [...constraintsOf(line).keys()].map((code) => codes.indexOf(code)) : [line.method === 'line_exit' ? codes.length - 1 : 0]
    const first = limiting.find((one) => found >= one && made < one)
    return first === undefined ? [] : [{ path: [...here, 'of'], message: `a line by \`${line.method}\` takes the rejects from ${quoted(codes[first]!)} on: made by ${quoted(maker.code)} they would be in none of its figures` }]
  })
}

/** A latched final count belongs to a counter and to jobs that the PLC names, and says something only when all of them are read in one request. */
function latches({ plcs }: Config, { signals, jobs }: EquipmentConfig, path: Path): Misfit[] {
  const readWith = (name: string) => {
    const [plcId = '', tagName = ''] = (signals[name]?.tag ?? '').replace(/\[\d+\]$/, '').split('/')
    const plc = plcs.find((one) => one.id === plcId)
    const tag = plc?.tags[tagName]
    return plc === undefined || tag === undefined ? null : `${plcId} ${tag.class === 'fast' && plc.normal_every === 1 ? 'normal' : tag.class}`
  }
  return Object.entries(latchSignals).flatMap(([counter, name]) => {
    if (signals[name] === undefined) return []
    const here = [...path, 'signals', name]
    if (signals[counter] === undefined) return [{ path: here, message: `there is no \`${counter}\` that it would be the final value of`, at: 'key' as const }]
    if (!jobs.from_plc || signals['job'] === undefined) return [{ path: here, message: 'it tells the parts of two jobs apart that the PLC names: that needs the signal `job` and `jobs.from_plc`', at: 'key' as const }]
    const apart = [counter, 'job'].find((other) => readWith(other) !== null && readWith(name) !== null && readWith(other) !== readWith(name))
    return apart === undefined ? [] : [{ path: [...here, 'tag'], message: `it must be read together with \`${apart}\`: of the same PLC and in the same \`class\`` }]
  })
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
