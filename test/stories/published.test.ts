/** Published examples of OEE, counters and statistics: what their sources print, and what follows exactly from the same inputs, as `lineside replay` and the routes of a gateway say it. */

import { readFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import type { DataOf } from '../../src/contract/endpoints/table.js'
import type { Oee } from '../../src/contract/oee.js'
import { folderOf } from '../support/folder.js'
import { startGateway } from './gateway.js'
import { type Case, type Figures, counted, dayOf, replayedDay, replaysCount, sideBySide } from './published-days.js'
import { type Lived, at, siteThatLived } from './published-site.js'

const cases = JSON.parse(readFileSync(new URL('../../../test/fixtures/oee-cases.json', import.meta.url), 'utf8')) as readonly Case[]
const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
t.setTimeout(300_000)
const folder = folderOf(t)

/** The figures under the names that the cases have for them; times in the case's unit. */
function figuresOf(inputs: Case['inputs'], { oee, availability, performance, quality, utilization, teep, times, counts }: Oee): Figures {
  const unit = inputs['timeUnit'] === 'h' ? 3_600 : 60
  const rejected = times.startup_reject + times.production_reject
  return {
    oee, availability, performance, quality, utilization, teep, goodCount: counts.good,
    plannedTime: times.planned_production / unit, runTime: times.run / unit, uptime: times.run / unit, speedLoss: times.speed_loss / unit,
    rejectTime: rejected / unit, fullyProductive: times.fully_productive / unit, stops: (times.unplanned_stop + times.planned_stop) / unit,
    sumCheck: (times.unplanned_stop + times.planned_stop + times.micro_stop + times.speed_loss + rejected + times.fully_productive) / unit,
  }
}

const number = (inputs: Case['inputs'], name: string): number => inputs[name] as number
const numbers = (inputs: Case['inputs'], name: string): readonly number[] => inputs[name] as readonly number[]
const inputsOf = (calc: string): Case['inputs'] => cases.find(({ inputs }) => inputs.calc === calc)!.inputs

/* ── the statistics, lived by machines ───────────────────────────────────────────────────────── */

/** Published hours last so long where nothing but ratios and sums of them is asked for. */
const SHORT_HOUR = 12_000
const running = { ms: 0, signals: { running: true, total_count: 0, fault_word: 0 } }
const fails = (ms: number, word = 1) => ({ ms, signals: { running: false, fault_word: word } })
const mended = (ms: number) => ({ ms, signals: { running: true, fault_word: 0 } })

/** Runs that long in all, and fails so often, evenly apart; each time it is mended in so long. */
function failing(code: string, runMs: number, failures: number, repairMs: number): Lived {
  const apart = runMs / failures
  const lines = Array.from({ length: failures }, (_, i) => [fails(Math.round((i + 1) * apart) + i * repairMs), mended(Math.round((i + 1) * apart) + (i + 1) * repairMs)]).flat()
  return { code, days: Math.ceil((runMs + failures * repairMs) / DAY), lines: [running, ...lines] }
}

/** A week of breaks, meetings and breakdowns, of which only breakdowns are planned time. How many there were, the source says by their mean times alone. */
function meeting(code: string, inputs: Case['inputs'], failures: number): Lived {
  const { breakdowns, ...planned } = inputs['stops'] as Readonly<Record<string, number>>
  const stops = [...Object.values(planned).map((hours) => ({ hours, fault: 2 })), ...Array.from({ length: failures }, () => ({ hours: breakdowns! / failures, fault: 1 }))]
  const runMs = (number(inputs, 'plannedTime') - stops.reduce((sum, { hours }) => sum + hours, 0)) * SHORT_HOUR / (stops.length + 1)
  const made = { ms: Math.round(runMs) - 1, signals: { total_count: number(inputs, 'totalCount'), reject_count: number(inputs, 'rejectCount') } }
  let now = 0
  const lines = stops.flatMap(({ hours, fault }) => {
    const from = now + runMs
    now = from + hours * SHORT_HOUR
    return [fails(Math.round(from), fault), mended(Math.round(now))]
  })
  return { code, days: 1, equipment: { ideal_cycle: `${number(inputs, 'idealCycleMinutes') / 60 * SHORT_HOUR}ms` }, lines: [{ ...running, signals: { ...running.signals, reject_count: 0 } }, made, ...lines] }
}

/** Published hours of run time between failures. */
const GROWTH_HOUR = 10 * MINUTE
/** Fails at these hours of run time. Reports place a failure within its hour by the share of the clock, so each comes with a full one: until then nobody can see the machine. */
function growing(code: string, hours: readonly number[]): Lived {
  const lines: Lived['lines'][number][] = [running]
  let now = 0
  for (const [i, hour] of hours.entries()) {
    const until = now + Math.round((hour - (hours[i - 1] ?? 0)) * GROWTH_HOUR)
    now = Math.ceil(until / HOUR) * HOUR
    if (until < now) lines.push({ ms: until, signals: { running: null } })
    lines.push(fails(now))
    now += HOUR
    if (i < hours.length - 1) lines.push(mended(now))
  }
  return { code, days: Math.ceil(now / DAY), lines: [...lines, { ms: now, signals: {} }] }
}

/** Days whose OEE, in this unit, are the values. */
const TREND_UNIT = 25
function days(code: string, values: readonly number[]): Lived {
  const steps = 50
  const made = (from: number, to: number) => values.slice(from, to).reduce((sum, value) => sum + Math.round(10 * value), 0)
  const lines = values.flatMap((_, day) => Array.from({ length: steps }, (_, step) =>
    ({ ms: day * DAY + 6 * HOUR + (step + 1) * 5 * MINUTE - 1, signals: { total_count: made(0, day) + Math.round(made(day, day + 1) * (step + 1) / steps) } })))
  return { code, days: values.length, calendar: { day_start: '06:00', shifts: [{ name: 'day', start: '06:00', end: '10:10' }] }, lines: [running, ...lines] }
}

const [ibm, year] = cases.filter(({ inputs }) => inputs.calc === 'reliability').map(({ inputs }) => inputs) as [Case['inputs'], Case['inputs']]
/** The source counts more repairs than failures, so these are another machine's; how long it ran is of no account. */
const MENDED_MS = 12 * HOUR
const policies = cases.find(({ expected }) => 'availabilityPlannedStopsExcluded' in expected.exact)!.inputs
const BEFORE = 6 * HOUR
const measured = (code: string, values: readonly number[]): Lived =>
  ({ code, days: 1, lines: [running], recorded: { ms: BEFORE, values } })

const what = inputsOf('whatIf')
const takt = inputsOf('takt')
const shiftsOf = ({ shiftMinutes, breaksPerShift, shifts }: Readonly<Record<string, unknown>>) => Array.from({ length: Number(shifts) }, (_, i) => {
  const clock = (minutes: number) => `${String(Math.floor(minutes / 60)).padStart(2, '0')}:${String(minutes % 60).padStart(2, '0')}`
  const start = 360 + i * Number(shiftMinutes)
  return { name: `${i + 1}`, start: clock(start), end: clock(start + Number(shiftMinutes)), breaks: (breaksPerShift as number[]).map((minutes, n) => ({ start: clock(start + (n + 1) * 100), end: clock(start + (n + 1) * 100 + minutes) })) }
})

const past: readonly Lived[] = [
  days('TREND', numbers(inputsOf('mannKendall'), 'values')),
  growing('GROWTH', numbers(inputsOf('crowAmsaa'), 'failureTimes')),
  failing('FAILS', number(ibm, 'operatingHours') * SHORT_HOUR, number(ibm, 'failures'), SHORT_HOUR),
  failing('MENDED', MENDED_MS, number(ibm, 'repairs'), number(ibm, 'downtimeHours') / number(ibm, 'repairs') * SHORT_HOUR),
  failing('YEAR', number(year, 'operatingHours') * SHORT_HOUR, number(year, 'failures'), number(year, 'downtimeHours') / number(year, 'failures') * SHORT_HOUR),
  meeting('POLICIES', policies, 4),
  measured('IMR', numbers(inputsOf('individualsChart'), 'values')),
  measured('NELSON', numbers(inputsOf('nelson'), 'values')),
  {
    code: 'WHATIF', days: 1, line: { target_oee: number(what, 'targetOee') }, equipment: { ideal_cycle: `${number(what, 'currentOee') * number(what, 'plannedTime') * SHORT_HOUR / number(what, 'currentGood')}ms` },
    lines: [running, { ms: number(what, 'plannedTime') * SHORT_HOUR - 1, signals: { total_count: number(what, 'currentGood') } }],
  },
  {
    code: 'TAKT', days: 1, calendar: { day_start: '06:00', shifts: shiftsOf(takt) },
    lines: [
      { ms: BEFORE, command: { name: 'job_create', body: { job_id: 'DEMAND', quantity: number(takt, 'dailyDemand'), due: at({ days: 1 }, BEFORE + number(takt, 'shifts') * number(takt, 'shiftMinutes') * MINUTE) } } },
      { ms: BEFORE, command: { name: 'job_start', body: { job_id: 'DEMAND' } } },
    ],
  },
]

const site = await siteThatLived(folder, past)
const gateway = await startGateway(site)
t.teardown(() => gateway.stop())
const enhanced = '/api/v1/enhanced'
let gets = 0
const get = <T>(path: string): Promise<T> => {
  gets++
  return gateway.get<T>(`${enhanced}/${path}`)
}
const livedBy = (code: string): Lived => past.find((lived) => lived.code === code)!
const report = (code: string, ms: number) =>
  get<DataOf<'oee_performance_report'>>(`oee/equipment/${code}.M/oee-performance-report?start_date=${at(livedBy(code), 0)}&end_date=${at(livedBy(code), ms)}&report_type=comprehensive`)
const chart = (code: string, count: number, more = '') => {
  const [from, to] = [at(livedBy(code), BEFORE), at(livedBy(code), BEFORE + count * MINUTE)]
  return get<DataOf<'control_chart'>>(`oee/equipment/${code}.M/control-chart?signal=value&minutes=1&points_min=${count}&baseline_from=${from}&baseline_to=${to}&from=${from}&to=${to}${more}`)
}

const publishedHours = (hours: number | null | undefined): number => hours! * HOUR / SHORT_HOUR

/* ── every kind of calculation ───────────────────────────────────────────────────────────────── */

const day = async ({ inputs }: Case): Promise<Figures> => figuresOf(inputs, await replayedDay(folder, dayOf(inputs)))

const calculations: Readonly<Record<string, (one: Case) => Promise<Figures>>> = {
  availability: day, oeePartial: day, teep: day, lossTree: day,
  async oee(one) {
    if (one.inputs !== policies) return day(one)
    const { totals, reliability } = await report('POLICIES', number(policies, 'plannedTime') * SHORT_HOUR)
    return { ...await day(one), oeePlannedStopsExcluded: totals.oee, availabilityPlannedStopsExcluded: totals.availability, mtbfHours: publishedHours(reliability?.mtbf_hours), mttrHours: publishedHours(reliability?.mttr_hours) }
  },
  utilization: ({ inputs }) => day({ inputs: { ...inputs, totalCount: 0, idealCycle: 1, stopTime: 0 } } as unknown as Case),
  // The one mean of OEEs that is true: of machines that plan the same time and make the same parts.
  simpleMean: async ({ inputs }) => ({ mean: (await sideBySide(folder, numbers(inputs, 'values'))).oee }),
  async counterDelta({ inputs }) {
    // So much time that what may be believed lies between the step and the limit of the case.
    const { window, rules } = await counted(folder, number(inputs, 'modulus'), [[0, number(inputs, 'previous')], [80_000, number(inputs, 'current')]], 1_000)
    return { delta: window.counts.total, event: rules.at(-1)!.toUpperCase() }
  },
  async counterSum({ inputs }) {
    const modulus = number(inputs, 'modulus')
    const readings = Array.from({ length: 2 * modulus }, (_, second) => [(second + 1) * 1_000, second % modulus] as const)
    return { total: (await counted(folder, modulus, [[0, modulus - 1], ...readings], 1_000)).window.counts.total }
  },
  async cycleClassify({ inputs }) {
    const ideal = number(inputs, 'idealCycle')
    const segments = await Promise.all(numbers(inputs, 'gaps').map(async (gap) => {
      // Read every ten seconds: a part after a cycle, and the next one after the gap.
      const readings = Array.from({ length: (ideal + gap) / 10 + 1 }, (_, step) => [step * 10_000, step * 10 < ideal ? 0 : step * 10 < ideal + gap ? 1 : 2] as const)
      const { times } = (await counted(folder, 2 ** 32, readings, ideal * 1_000, { state: { from: 'counts', slow_factor: number(inputs, 'slowFactor'), stop_factor: number(inputs, 'microFactor') } })).window
      const moving = times.run - times.micro_stop
      const parts = [['run', Math.min(ideal, moving)], ['slow', moving - ideal], ['micro', times.micro_stop], ['stop', times.unplanned_stop]] as const
      return parts.filter(([, seconds]) => seconds > 0)
    }))
    return { segments }
  },

  async whatIf({ inputs }) {
    const { totals, at_target: target } = await report('WHATIF', number(inputs, 'plannedTime') * SHORT_HOUR)
    t.strictSame([totals.oee, totals.counts.good], [number(inputs, 'currentOee'), number(inputs, 'currentGood')], 'what it starts from')
    return { goodAtTarget: target?.good, hoursForSameGood: publishedHours(target?.planned_hours_for_same_good) }
  },
  async reliability({ inputs }) {
    const repairMs = number(inputs, 'downtimeHours') / (number(inputs, 'repairs') ?? number(inputs, 'failures')) * SHORT_HOUR
    const runMs = number(inputs, 'operatingHours') * SHORT_HOUR
    const one = await (inputs === ibm ? report('FAILS', runMs + number(inputs, 'failures') * SHORT_HOUR) : report('YEAR', runMs + number(inputs, 'failures') * repairMs))
    const other = inputs === ibm ? await report('MENDED', MENDED_MS + number(inputs, 'repairs') * repairMs) : one
    return { mtbf: publishedHours(one.reliability?.mtbf_hours), mttr: publishedHours(other.reliability?.mttr_hours), inherentAvailability: one.reliability?.inherent_availability }
  },
  async takt({ inputs }) {
    const { pace } = await get<{ readonly pace: { readonly takt_seconds: number } }>('equipment/TAKT.M/job-progress')
    return { netMinutes: pace.takt_seconds * number(inputs, 'dailyDemand') / 60, taktMinutes: pace.takt_seconds / 60 }
  },
  async mannKendall({ inputs }) {
    const { s, variance, z, p, slope } = (await report('TREND', numbers(inputs, 'values').length * DAY)).trend!
    return { s, variance, z, pOneSided: p / 2, senSlopePerStep: slope * TREND_UNIT }
  },
  async crowAmsaa({ inputs }) {
    const { lines } = livedBy('GROWTH')
    const { run_hours, growth } = (await report('GROWTH', lines.at(-1)!.ms)).reliability!
    const hours = (real: number): number => real * HOUR / GROWTH_HOUR
    const end = hours(run_hours)
    t.ok(Math.abs(end - number(inputs, 'T')) < 1e-9, 'observed until the last failure')
    const { n, beta_likeliest: beta, lambda, mtbf_now_hours } = growth!
    return { sumLn: n * Math.log(end) - n / beta, beta, lambda: lambda / hours(1) ** beta, intensityAtT: 1 / hours(mtbf_now_hours), instantaneousMtbf: hours(mtbf_now_hours) }
  },
  async individualsChart({ inputs }) {
    const limits = (await chart('IMR', numbers(inputs, 'values').length)).limits!
    return { mean: limits.mean, mrBar: limits.range_mean, ucl: limits.high, lcl: limits.low, mrUcl: limits.range_high, sigma: limits.sigma }
  },
  async nelson({ inputs }) {
    const { limits, points } = await chart('NELSON', numbers(inputs, 'values').length, '&rules=nine_on_one_side')
    return { positions: points.flatMap(({ rules }, place) => (rules.length > 0 ? [place] : [])), mean: limits!.mean }
  },
}

/** Cases whose figures came from the command line or from a route. */
const asked = new Set<string>()

function holds(t: Test, found: unknown, wanted: unknown, tolerance: number, what: string): void {
  if (typeof wanted !== 'number') t.strictSame(found, wanted, what)
  else t.ok(typeof found === 'number' && Math.abs(found - wanted) <= tolerance * Math.max(1, tolerance < 1e-8 ? Math.abs(wanted) : 1), `${what}: ${String(found)} is ${wanted} ± ${tolerance}`)
}

for (const one of cases) {
  t.test(one.id, async (t) => {
    const calculate = calculations[one.inputs.calc]
    t.ok(calculate, `${one.inputs.calc} is calculated`)
    const before = replaysCount() + gets
    const found = await calculate?.(one) ?? {}
    if (replaysCount() + gets > before) asked.add(one.id)
    for (const kind of ['published', 'exact'] as const) {
      for (const [name, wanted] of Object.entries(one.expected[kind])) {
        const tolerance = typeof one.tolerance === 'number' ? one.tolerance : one.tolerance[name] ?? one.tolerance[kind] ?? 0
        holds(t, found[name], wanted, tolerance, `${kind} ${name}`)
      }
    }
  })
}

t.test('every case was asked of the command line or of a route', async (t) => {
  t.ok(cases.length >= 27, 'the file is there')
  t.strictSame(cases.map(({ id }) => id).filter((id) => !asked.has(id)), [])
})

t.test('negative knowledge: what a source prints and its own inputs do not give', async (t) => {
  const caseOf = (id: string): Promise<Figures> => day(cases.find((one) => one.id === id)!)
  t.ok(Math.abs(((await caseOf('oee-waycalculator-480'))['oee'] as number) - 0.791) > 0.0005, 'rounded factors multiplied give 79.1 %, the totals 79.2 %')
  t.ok(Math.abs(((await caseOf('oee-wikipedia-shift-450'))['oee'] as number) - 0.736) > 0.0005, '73.6 % is a product of truncated factors')
  t.ok(((await caseOf('loss-ge-proficy-125'))['speedLoss'] as number) < 0, 'the waterfall counts 15 minutes twice; the residual below zero says so')
})
