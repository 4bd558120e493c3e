import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { chartOf, signalsOf } from '../../src/analysis/chart.js'
import { lossTree, whatIf } from '../../src/analysis/losstree.js'
import { growthOf, reliabilityOf } from '../../src/analysis/reliability.js'
import { mean } from '../../src/analysis/statistics.js'
import { taktMs } from '../../src/analysis/target.js'
import { trendOf } from '../../src/analysis/trend.js'
import { instant, rfc3339 } from '../../src/base/units.js'
import { config } from '../../src/contract/config.js'
import type { Oee } from '../../src/contract/oee.js'
import { replayTrace } from '../../src/replay/replay.js'
import { type Report, reportOf } from '../../src/replay/report.js'
import { readTrace } from '../../src/replay/trace.js'

/** Published examples of OEE, counters and statistics: what their sources print, and what follows exactly from the same inputs. */
interface Case {
  readonly id: string
  readonly inputs: Readonly<Record<string, unknown>> & { readonly calc: string }
  readonly expected: { readonly published: Figures; readonly exact: Figures }
  readonly tolerance: number | Readonly<Record<string, number>>
}
type Figures = Readonly<Record<string, unknown>>
const cases = JSON.parse(readFileSync(new URL('../../../test/fixtures/oee-cases.json', import.meta.url), 'utf8')) as readonly Case[]

/* ── a day told as a trace ───────────────────────────────────────────────────────────────────── */

const MONDAY = Date.parse('2026-03-23T06:00:00Z')
const MINUTE = 60_000
const at = (ms: number): string => rfc3339(instant(MONDAY + ms))
const clock = (ms: number): string => new Date(Math.round((MONDAY + ms) / MINUTE) * MINUTE).toISOString().slice(11, 16)

interface Day {
  /** Planned time with its breaks; from 24 hours on, whole days. */
  readonly shiftMs: number
  readonly breaksMs: readonly number[]
  readonly windowMs: number
  readonly idealMs: number
  readonly partsPerIdeal?: number
  readonly stops: readonly { readonly ms: number; readonly signal?: 'changeover' }[]
  readonly total: number
  readonly reject: number
  /** Shorter than the least stop of the day, unless a micro-stop is meant. */
  readonly microMs?: number
}

function reportOfDay(day: Day): Report {
  const wholeDays = day.shiftMs >= 24 * 60 * MINUTE
  const plant = config.parse({
    version: 1, gateway: { id: 'cases', cycle: '10s' }, plcs: [],
    calendars: { day: { day_start: '06:00', shifts: [{
      name: 'day', start: '06:00', end: wholeDays ? '06:00' : clock(day.shiftMs), days: wholeDays ? ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'].slice(0, Math.round(day.shiftMs / (24 * 60 * MINUTE))) : ['mon'],
      breaks: day.breaksMs.map((ms, i) => ({ start: clock((i + 1) * 60 * MINUTE), end: clock((i + 1) * 60 * MINUTE + ms) })),
    }] } },
    lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L', name: 'Line', calendar: 'day', equipment: [{
      code: 'M', name: 'Machine', ideal_cycle: `${day.idealMs}ms`, parts_per_cycle: day.partsPerIdeal ?? 1, micro_stop: `${day.microMs ?? 1_000}ms`, counts: { slack: 1_000 },
    }] }],
  })
  const lines: { readonly ms: number; readonly signals: object }[] = [{ ms: 0, signals: { running: true, changeover: false, total_count: 0, reject_count: 0 } }]
  day.breaksMs.forEach((ms, i) => lines.push({ ms: (i + 1) * 60 * MINUTE, signals: { running: false } }, { ms: (i + 1) * 60 * MINUTE + ms, signals: { running: true } }))
  // The stops stand at the end of the shift, a little apart from each other where there are many.
  const stood = day.stops.reduce((sum, { ms }) => sum + ms, 0)
  const apart = day.stops.length > 1 ? 10_000 : 0
  let from = day.shiftMs - stood - apart * (day.stops.length - 1)
  for (const [i, { ms, signal }] of day.stops.entries()) {
    lines.push({ ms: from, signals: { running: false, ...(signal === undefined ? {} : { [signal]: true }) } })
    from += ms
    if (i < day.stops.length - 1) lines.push({ ms: from, signals: { running: true, changeover: false } })
    from += apart
  }
  // Parts come evenly between the last break and the first stop: none is made when none is planned.
  const busyFrom = day.breaksMs.length === 0 ? 0 : day.breaksMs.length * 60 * MINUTE + day.breaksMs.at(-1)!
  const busy = day.shiftMs - stood - apart * (day.stops.length - 1) - busyFrom
  for (let step = 1; step <= 200; step++) {
    const done = step / 200
    lines.push({ ms: busyFrom + Math.floor(busy * done) - 1, signals: { total_count: Math.round(day.total * done), reject_count: Math.round(day.reject * done) } })
  }
  lines.push({ ms: day.windowMs, signals: day.stops.length > 0 || day.windowMs > day.shiftMs ? { running: false } : {} })
  const text = lines.sort((a, b) => a.ms - b.ms).map(({ ms, signals }) => JSON.stringify({ at: at(ms), equipment: 'M', signals })).join('\n')
  const read = readTrace(text, plant)
  if ('errors' in read) throw new Error(read.errors[0]!.message)
  return reportOf(replayTrace(plant, read.moments))
}

/** The inputs of a published day; times in its own unit. */
function dayOf(inputs: Case['inputs']): Day {
  const number = (name: string): number => Number(inputs[name] ?? 0)
  const unit = inputs['timeUnit'] === 'h' ? 60 * MINUTE : MINUTE
  const breaks = (inputs['breaks'] as number[] | undefined ?? []).map((length) => length * unit)
  const named = inputs['stops'] as Readonly<Record<string, number>> | readonly (readonly [string, number])[] | undefined
  const stops = named === undefined ? [] : (Array.isArray(named) ? named as readonly (readonly [string, number])[] : Object.entries(named)).map(([name, length]) => ({ ms: Math.round(length * unit), ...(name === 'changeover' ? { signal: 'changeover' as const } : {}) }))
  const single = ['stopTime', 'unplannedStops', 'plannedStops'].map((name) => Math.round(number(name) * unit)).reduce((sum, ms) => sum + ms, 0)
  const micro = Array.from({ length: number('microStops') }, () => ({ ms: MINUTE }))
  const shiftMs = (number('plannedTime') || number('shiftLength') || number('allTime') - number('idleTime')) * unit
  const ideal = inputs['idealCycle'] !== undefined ? number('idealCycle') * unit : inputs['idealCycleMinutes'] !== undefined ? number('idealCycleMinutes') * MINUTE : inputs['idealRatePerMin'] !== undefined ? MINUTE / number('idealRatePerMin') : null
  const total = number('totalCount') || number('goodCount') + number('rejectCount')
  return {
    shiftMs, breaksMs: breaks, windowMs: Math.max(shiftMs, number('allTime') * unit), stops: [...micro, ...single > 0 ? [{ ms: single }] : [], ...stops],
    // A theoretical count for the whole run stands for an ideal time that no whole number of milliseconds is.
    ...(ideal === null ? { idealMs: shiftMs - single, partsPerIdeal: number('idealCount') || 1 } : { idealMs: ideal }),
    total, reject: inputs['rejectCount'] !== undefined ? number('rejectCount') : inputs['goodCount'] !== undefined ? total - number('goodCount') : 0,
    ...(micro.length > 0 ? { microMs: 2 * MINUTE } : {}),
  }
}

/** The figures under the names that the cases have for them; times in the case's unit. */
function figuresOf(inputs: Case['inputs'], { oee, availability, performance, quality, utilization, teep, times, counts }: Oee): Figures {
  const unit = inputs['timeUnit'] === 'h' ? 3_600 : 60
  const stops = times.unplanned_stop + times.planned_stop
  const leaves = lossTree({ oee, availability, performance, quality, times, counts } as Oee) ?? []
  return {
    oee, availability, performance, quality, utilization, teep, goodCount: counts.good,
    plannedTime: times.planned_production / unit, runTime: times.run / unit, uptime: times.run / unit, speedLoss: times.speed_loss / unit,
    rejectTime: (times.startup_reject + times.production_reject) / unit, fullyProductive: times.fully_productive / unit,
    sumCheck: (leaves.reduce((sum, leaf) => sum + leaf.seconds, 0) + times.fully_productive) / unit, stops: stops / unit,
  }
}

const machineOf = (report: Report): Oee => report.equipment['M']!.window
const number = (inputs: Case['inputs'], name: string): number => inputs[name] as number
const numbers = (inputs: Case['inputs'], name: string): readonly number[] => inputs[name] as readonly number[]

/* ── counters and cycles ─────────────────────────────────────────────────────────────────────── */

function counted(modulus: number, readings: readonly (readonly [ms: number, raw: number])[], idealMs: number, more: object = {}): { readonly window: Oee; readonly rules: readonly string[] } {
  const plant = config.parse({
    version: 1, gateway: { id: 'cases', cycle: '10s' }, plcs: [],
    calendars: { day: { shifts: [{ name: 'day', start: '06:00', end: '14:00' }] } },
    lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L', name: 'Line', calendar: 'day', equipment: [{
      code: 'M', name: 'Machine', ideal_cycle: `${idealMs}ms`, counters: { total_count: { modulus } }, ...more,
    }] }],
  })
  const text = readings.map(([ms, raw]) => JSON.stringify({ at: at(ms), equipment: 'M', signals: { running: true, total_count: raw } })).join('\n')
  const read = readTrace(text, plant)
  if ('errors' in read) throw new Error(read.errors[0]!.message)
  const replayed = replayTrace(plant, read.moments)
  return { window: machineOf(reportOf(replayed)), rules: replayed.facts.flatMap((fact) => (fact.type === 'count_recorded' ? fact.body.steps.map(({ rule }) => rule) : [])) }
}

/* ── every kind of calculation ───────────────────────────────────────────────────────────────── */

const day = ({ inputs }: Case): Figures => figuresOf(inputs, machineOf(reportOfDay(dayOf(inputs))))

const calculations: Readonly<Record<string, (one: Case) => Figures>> = {
  oee: day, availability: day, oeePartial: day, teep: day, lossTree: day,
  utilization({ inputs }) {
    return day({ inputs: { ...inputs, totalCount: 0, idealCycle: 1, stopTime: 0 } } as unknown as Case)
  },
  whatIf({ inputs }) {
    const { good, hoursForSameGood } = whatIf({ oee: number(inputs, 'currentOee'), good: number(inputs, 'currentGood'), plannedHours: number(inputs, 'plannedTime') }, number(inputs, 'targetOee'))
    return { goodAtTarget: good, hoursForSameGood }
  },
  simpleMean: ({ inputs }) => ({ mean: mean(numbers(inputs, 'values')) }),
  reliability({ inputs }) {
    const repairs = number(inputs, 'repairs') ?? number(inputs, 'failures')
    const { mtbfHours, mttrHours, inherentAvailability } = reliabilityOf(number(inputs, 'operatingHours'), number(inputs, 'failures'), Array.from({ length: repairs }, () => number(inputs, 'downtimeHours') / repairs))
    return { mtbf: mtbfHours, mttr: mttrHours, inherentAvailability }
  },
  counterDelta({ inputs }) {
    // So much time that what may be believed lies between the step and the limit of the case.
    const { window, rules } = counted(number(inputs, 'modulus'), [[0, number(inputs, 'previous')], [80_000, number(inputs, 'current')]], 1_000)
    return { delta: window.counts.total, event: rules.at(-1)!.toUpperCase() }
  },
  counterSum({ inputs }) {
    const modulus = number(inputs, 'modulus')
    const readings = Array.from({ length: 2 * modulus }, (_, second) => [(second + 1) * 1_000, second % modulus] as const)
    return { total: counted(modulus, [[0, modulus - 1], ...readings], 1_000).window.counts.total }
  },
  cycleClassify({ inputs }) {
    const ideal = number(inputs, 'idealCycle')
    const segments = numbers(inputs, 'gaps').map((gap) => {
      // Read every ten seconds: a part after a cycle, and the next one after the gap.
      const readings = Array.from({ length: (ideal + gap) / 10 + 1 }, (_, step) => [step * 10_000, step * 10 < ideal ? 0 : step * 10 < ideal + gap ? 1 : 2] as const)
      const { times } = counted(2 ** 32, readings, ideal * 1_000, { state: { from: 'counts', slow_factor: number(inputs, 'slowFactor'), stop_factor: number(inputs, 'microFactor') } }).window
      const moving = times.run - times.micro_stop
      const parts = [['run', Math.min(ideal, moving)], ['slow', moving - ideal], ['micro', times.micro_stop], ['stop', times.unplanned_stop]] as const
      return parts.filter(([, seconds]) => seconds > 0)
    })
    return { segments }
  },
  takt({ inputs }) {
    const netMinutes = number(inputs, 'shifts') * (number(inputs, 'shiftMinutes') - numbers(inputs, 'breaksPerShift').reduce((sum, one) => sum + one, 0))
    return { netMinutes, taktMinutes: taktMs(netMinutes * MINUTE, number(inputs, 'dailyDemand'))! / MINUTE }
  },
  mannKendall({ inputs }) {
    const { s, variance, z, p, slope } = trendOf(numbers(inputs, 'values'))!
    return { s, variance, z, pOneSided: p / 2, senSlopePerStep: slope }
  },
  crowAmsaa({ inputs }) {
    const growth = growthOf(numbers(inputs, 'failureTimes'), number(inputs, 'T'), 'failure')!
    return { sumLn: growth.sumLn, beta: growth.beta, lambda: growth.lambda, intensityAtT: growth.intensity, instantaneousMtbf: growth.mtbfNow }
  },
  individualsChart({ inputs }) {
    const chart = chartOf(numbers(inputs, 'values'))!
    return { mean: chart.mean, mrBar: chart.rangeMean, ucl: chart.high, lcl: chart.low, mrUcl: chart.rangeHigh, sigma: chart.sigma }
  },
  nelson({ inputs }) {
    const values = numbers(inputs, 'values')
    return { positions: signalsOf('nine_on_one_side', values, mean(values), 1), mean: mean(values) }
  },
}

/** Derived figures that the cases name and no product shows: they follow from what it does show. */
const beyond: ReadonlySet<string> = new Set(['oeePlannedStopsExcluded', 'availabilityPlannedStopsExcluded', 'mtbfHours', 'mttrHours'])

function holds(t: Test, found: unknown, wanted: unknown, tolerance: number, what: string): void {
  if (typeof wanted !== 'number') t.strictSame(found, wanted, what)
  else t.ok(typeof found === 'number' && Math.abs(found - wanted) <= tolerance * Math.max(1, tolerance < 1e-8 ? Math.abs(wanted) : 1), `${what}: ${String(found)} is ${wanted} ± ${tolerance}`)
}

for (const one of cases) {
  t.test(one.id, async (t) => {
    const calculate = calculations[one.inputs.calc]
    t.ok(calculate, `${one.inputs.calc} is calculated`)
    const found = calculate?.(one) ?? {}
    for (const kind of ['published', 'exact'] as const) {
      for (const [name, wanted] of Object.entries(one.expected[kind])) {
        if (beyond.has(name)) continue
        const tolerance = typeof one.tolerance === 'number' ? one.tolerance : one.tolerance[name] ?? one.tolerance[kind] ?? 0
        holds(t, found[name], wanted, tolerance, `${kind} ${name}`)
      }
    }
  })
}

t.test('negative knowledge: what a source prints and its own inputs do not give', async (t) => {
  const caseOf = (id: string): Figures => day(cases.find((one) => one.id === id)!)
  t.ok(Math.abs((caseOf('oee-waycalculator-480')['oee'] as number) - 0.791) > 0.0005, 'rounded factors multiplied give 79.1 %, the totals 79.2 %')
  t.ok(Math.abs((caseOf('oee-wikipedia-shift-450')['oee'] as number) - 0.736) > 0.0005, '73.6 % is a product of truncated factors')
  t.ok((caseOf('loss-ge-proficy-125')['speedLoss'] as number) < 0, 'the waterfall counts 15 minutes twice; the residual below zero says so')
})
