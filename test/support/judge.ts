/** Holds what a gateway said of a day against what truly happened: parts exactly, states within a poll, figures within what that allows. */

import { given } from '../../src/base/assert.js'
import { type Instant, type Ms, instant, instantOf } from '../../src/base/units.js'
import type { StateClass } from '../../src/contract/config.js'
import { timeLeaves } from '../../src/contract/losses.js'
import { oeeOf } from '../../src/core/losses/oee.js'
import { shiftsBetween } from '../../src/core/time/shifts.js'
import { sumRows } from '../../src/core/losses/sums.js'
import { without } from '../../src/core/time/worked.js'
import { makesParts } from '../../src/plant/packml.js'
import type { DayStory } from './day.js'

/** Whoever lived the day, the house in memory or one with a journal on a disk: this is what it is held against. */
export type Judged = Omit<DayStory, 'line'>

interface Span { readonly from: Instant; readonly to: Instant }
interface Stretch extends Span { readonly state: StateClass }

const MINUTE = 60_000
/** The shortest `changeover_wait` of a day's machines, which are those of the example. */
const WAIT_MS = 10 * MINUTE

/** Sentences about what is wrong; none when the gateway told the truth. */
export function wrongsOf(day: Judged): string[] {
  return day.recipe.equipment.flatMap(({ code }) => [...partsWrong(day, code), ...timesWrong(day, code), ...rowsWrong(day, code), ...figuresWrong(day, code)].map((wrong) => `seed ${day.seed}, ${code}: ${wrong}`))
}

function partsWrong(day: Judged, code: string): string[] {
  const told = { total: 0, reject: 0 }
  for (const fact of day.facts) {
    if (fact.type !== 'count_recorded' || fact.equipment !== code) continue
    told.total += fact.body.total
    told.reject += fact.body.reject
  }
  const made = given(day.made.get(code), 'equipment')
  return told.total === made.total && told.reject === made.reject ? [] : [`${made.total} parts and ${made.reject} rejects were made, ${told.total} and ${told.reject} were told`]
}

/** What lies between the last good part before each changeover and the first after it: planned, whatever runs in it. What a fault stopped in between is no part of it. */
function changeoversOf(day: Judged, code: string): Span[] {
  const own = day.happenings.filter(({ equipment }) => equipment === code)
  const good = own.flatMap((happening) => (happening.what === 'part' && happening.result === 'good' ? [happening.at] : []))
  const waits = day.facts.flatMap((fact) => (fact.type === 'changeover_measured' && fact.equipment === code && fact.body.waited_out === true ? [instantOf(fact.body.to)!] : []))
  return own.flatMap((began, n) => {
    if (began.what !== 'changeover_began') return []
    const ended = own.slice(n).find(({ what }) => what === 'changeover_ended')?.at ?? day.to
    // So long a first good part is waited for in planned time that somebody sees, which nobody but the gateway has added up here; never shorter.
    const waited = waits.find((to) => to >= ended + WAIT_MS) ?? day.to
    const ranAgain = own.slice(0, n).findLast((one) => one.what === 'state' && one.to === 'execute')?.at ?? day.from
    return [{ from: instant(Math.max(good.findLast((at) => at <= began.at) ?? began.at, ranAgain)), to: instant(Math.min(good.find((at) => at >= ended) ?? day.to, waited)) }]
  })
}

/** When the machine truly made parts, and not only tried to. */
function runsOf(day: Judged, code: string): Span[] {
  const runs: Span[] = []
  let from: Instant | null = null
  for (const happening of day.happenings) {
    if (happening.equipment !== code || happening.what !== 'state') continue
    if (makesParts(happening.to)) from ??= happening.at
    else if (from !== null) { runs.push({ from, to: happening.at }); from = null }
  }
  if (from !== null) runs.push({ from, to: day.to })
  return without(runs, changeoversOf(day, code)).flatMap((run) => (run.to <= day.from ? [] : [{ from: instant(Math.max(run.from, day.from)), to: run.to }]))
}

/** The states that were told, each until the next. What is dated back replaces what was said of the time after it. */
function toldOf(day: Judged, code: string): Stretch[] {
  const told: { from: Instant; state: StateClass }[] = []
  for (const fact of day.facts) {
    if (fact.type !== 'state_changed' || fact.equipment !== code) continue
    while (told.length > 0 && told.at(-1)!.from >= fact.at) told.pop()
    told.push({ from: fact.at, state: fact.body.state })
  }
  return told.map((one, index) => ({ ...one, to: told[index + 1]?.from ?? day.to }))
}

const overlapMs = (a: Span, b: Span): Ms => Math.max(0, Math.min(a.to, b.to) - Math.max(a.from, b.from))

/** Running is told from standing within one poll of each change, outside blind time; and blind time is just what nobody could see. */
function timesWrong(day: Judged, code: string): string[] {
  const told = toldOf(day, code)
  const runs = runsOf(day, code)
  const wrong: string[] = []
  const sight = told.filter(({ state }) => state !== 'unknown')
  const trulyRan = (span: Span) => runs.reduce((ms, run) => ms + overlapMs(run, span), 0)
  let amissMs = 0
  for (const stretch of sight) amissMs += stretch.state === 'running' ? stretch.to - stretch.from - trulyRan(stretch) : trulyRan(stretch)
  const bridgedMs = day.blind.length * 4 * day.pollMs
  const allowedMs = 2 * runs.length * day.pollMs + bridgedMs
  if (amissMs > allowedMs) wrong.push(`running and standing disagree for ${amissMs} ms; ${runs.length} runs at polls of ${day.pollMs} ms allow ${allowedMs}`)
  for (const run of runs) {
    const dull = run.to - run.from <= 2 * day.pollMs || day.blind.some((blind) => blind.from <= run.to + 2 * day.pollMs && blind.to + 6 * day.pollMs >= run.from) || run.to >= day.to - day.pollMs
    if (dull) continue
    if (run.from > day.from && !told.some(({ state, from }) => state === 'running' && from >= run.from && from - run.from <= day.pollMs)) wrong.push(`the start at ${new Date(run.from).toISOString()} was not told within a poll`)
    if (!told.some(({ state, from }) => state !== 'running' && from >= run.to && from - run.to <= day.pollMs)) wrong.push(`the stop at ${new Date(run.to).toISOString()} was not told within a poll`)
  }
  const unknownMs = told.reduce((ms, stretch) => ms + (stretch.state === 'unknown' && stretch.from > day.from ? stretch.to - stretch.from : 0), 0)
  const cut = day.blind.filter(({ why }) => why !== 'tag')
  const blindMs = cut.reduce((ms, blind) => ms + (blind.why === 'power' || blind.to - blind.from > 4 * day.pollMs ? blind.to - blind.from : 0), 0)
  if (unknownMs < blindMs - cut.length * 4 * day.pollMs) wrong.push(`${unknownMs} ms were told to be blind, ${blindMs} were`)
  const tagsMs = day.blind.reduce((ms, blind) => ms + (blind.why === 'tag' ? blind.to - blind.from : 0), 0)
  if (unknownMs > blindMs + tagsMs + 4 * day.blind.length * day.pollMs + 2 * day.pollMs) wrong.push(`${unknownMs} ms were told to be blind, only ${blindMs + tagsMs} were`)
  return wrong
}

/** Every minute between the first row and the last is whole, and all parts that were told stand in the rows. */
function rowsWrong(day: Judged, code: string): string[] {
  const rows = day.rows.filter((row) => row.equipment === code)
  const minutes = new Map<Instant, Ms>()
  for (const row of rows) minutes.set(row.minute, (minutes.get(row.minute) ?? 0) + timeLeaves.reduce((ms, leaf) => ms + row.ms[leaf], 0))
  const first = Math.min(...minutes.keys())
  const last = Math.max(...minutes.keys())
  const wrong: string[] = []
  if (minutes.size !== (last - first) / MINUTE + 1) wrong.push(`${(last - first) / MINUTE + 1 - minutes.size} minutes have no row`)
  for (const [minute, ms] of minutes) if (ms !== MINUTE) wrong.push(`the minute of ${new Date(minute).toISOString()} has ${ms} ms`)
  const end = last + MINUTE
  const told = day.facts.reduce((parts, fact) => parts + (fact.type === 'count_recorded' && fact.equipment === code && fact.at <= end ? fact.body.total : 0), 0)
  const { products } = sumRows(rows)
  const stand = products.reduce((parts, one) => parts + one.good + one.startup_reject + one.production_reject + one.off_schedule + one.recovered, 0)
  if (stand !== told) wrong.push(`${told} parts were told and ${stand} stand in the rows`)
  return wrong
}

/** Availability and performance of the day against those of a clerk who saw everything but the blind time. */
function figuresWrong(day: Judged, code: string): string[] {
  const rows = day.rows.filter((row) => row.equipment === code)
  const window = { from: instant(Math.min(...rows.map((row) => row.minute))), to: instant(Math.max(...rows.map((row) => row.minute)) + MINUTE) }
  const equipment = given(day.plan.equipment.get(code), 'equipment')
  const oee = oeeOf(sumRows(rows), window, day.plan, equipment)
  const sight = toldOf(day, code).filter(({ state }) => state !== 'unknown').map((span) => ({ from: instant(Math.max(span.from, window.from)), to: instant(Math.min(span.to, window.to)) })).filter(({ from, to }) => from < to)
  const runs = runsOf(day, code)
  const shifts = shiftsBetween(day.plan.calendar, day.plan.timeZone, window.from, window.to)
  const within = (spans: readonly Span[], seen: Span): Ms => spans.reduce((ms, span) => ms + overlapMs(span, seen), 0)
  let runMs = 0
  let plannedMs = 0
  for (const seen of sight) {
    for (const run of runs) {
      const both = { from: instant(Math.max(run.from, seen.from)), to: instant(Math.min(run.to, seen.to)) }
      if (both.from < both.to) runMs += within(shifts, both)
    }
    plannedMs += within(shifts, seen)
    // A break is planned time only as far as the machine runs through it.
    for (const pause of shifts.flatMap(({ breaks }) => breaks)) {
      const rest = { from: instant(Math.max(pause.from, seen.from)), to: instant(Math.min(pause.to, seen.to)) }
      if (rest.from < rest.to) plannedMs -= rest.to - rest.from - runs.reduce((ms, run) => ms + overlapMs(run, rest), 0)
    }
  }
  // What is too short to be a stop runs: performance pays for it.
  const microMs = oee.times.micro_stop * 1_000
  const allowed = (2 * runs.length * day.pollMs + day.blind.length * 4 * day.pollMs) / Math.max(1, plannedMs)
  const truth = runMs / plannedMs
  const told = ((oee.times.run * 1_000) - microMs) / (oee.times.planned_production * 1_000)
  const wrong: string[] = []
  if (Math.abs(told - truth) > allowed) wrong.push(`ran ${told} of planned time; truly ${truth}, and polls allow ${allowed}`)
  if (oee.performance !== null && oee.performance > 1 + allowed) wrong.push(`a performance of ${oee.performance} of machines that never beat their ideal time`)
  return wrong
}

/** The latched first-out of a true stop, by when it began; `null` for those that no fault explains. */
export function firstOutsOf(day: Judged, code: string): { readonly from: Instant; readonly bit: number; readonly told: string | null }[] {
  const found: { from: Instant; bit: number; told: string | null }[] = []
  let ran = false
  let latched: number | null = null
  for (const happening of day.happenings) {
    if (happening.equipment !== code) continue
    if (happening.what === 'fault_rose' && happening.first) latched = happening.bit
    if (happening.what === 'fault_fell' && happening.bit === latched) latched = null
    if (happening.what !== 'state') continue
    const runs = makesParts(happening.to)
    if (ran && !runs && latched !== null && happening.at > day.from) found.push({ from: happening.at, bit: latched, told: null })
    ran = runs
  }
  const opened = day.facts.flatMap((fact) => (fact.type === 'downtime_event' && fact.equipment === code ? [fact] : []))
  return found.flatMap((stop) => {
    const match = opened.find((fact) => fact.at >= stop.from && fact.at - stop.from <= day.pollMs)
    if (match === undefined) return []
    const last = day.facts.findLast((fact) => (fact.type === 'downtime_event' || fact.type === 'downtime_updated' || fact.type === 'downtime_resolved') && fact.body.stop_id === match.body.stop_id)
    const cause = last !== undefined && 'cause' in last.body ? last.body.cause : null
    return [{ ...stop, told: cause === null ? null : cause.fault }]
  })
}

