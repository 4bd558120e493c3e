/** Explains a figure out of its facts: the same rules over the same facts again, and this time nothing is thrown away. */

import { setImmediate as nextTurn } from 'node:timers/promises'
import { isoOf } from '../analysis/iso.js'
import { stopsOf } from '../analysis/stops.js'
import { given } from '../base/assert.js'
import { limits } from '../base/limits.js'
import { type Instant, type Ms, instant, instantOf, later, rfc3339, since } from '../base/units.js'
import type { EquipmentConfig } from '../contract/config.js'
import type { ExplainQuery } from '../contract/desk.js'
import type { Fact, FactName } from '../contract/events/catalogue.js'
import type { Explained, ExplainedLine } from '../contract/explained.js'
import { Fault } from '../contract/faults.js'
import type { FactQuery, Journal } from '../contract/journal.js'
import { type LossSums, type PartLeaves, type ProductSums, partLeaves, timeLeaves } from '../contract/losses.js'
import type { Oee } from '../contract/oee.js'
import type { Period } from '../core/time/calendar.js'
import { lineOee, lineSums, oeeOf, standaloneAvailability } from '../core/losses/oee.js'
import { oteOf } from '../core/losses/ote.js'
import { type Which, matches, minuteOf } from '../core/losses/lossbook.js'
import { type LineSlice, lineSlices, movedTime } from '../core/losses/limiting.js'
import type { PartBooking } from '../core/losses/parts.js'
import { type LinePlan, isMoving, lateMsOf } from '../core/time/plan.js'
import { type Booked, type CountFact, Retelling } from '../core/losses/retelling.js'
import { type Slice, slicesOf } from '../core/losses/slices.js'
import { Tally, addSums, noParts, noSums } from '../core/losses/sums.js'
import type { Timeline } from '../core/time/timeline.js'
import { type Known, isMoved, limitingOf, putInBy, takenOut } from '../core/memory/underway.js'
import { awaited } from '../core/rules/startup.js'

type Facts = Pick<Journal, 'facts'>

/** Until when the time of each equipment has been told, by its code: so long an open stop has lasted. */
export type ToldUntil = ReadonlyMap<string, Instant>

/** Everything behind the OEE of one equipment over a period. Throws READ_DEADLINE when the period holds more facts than one answer may. */
export async function explainEquipment(plan: LinePlan, query: ExplainQuery, until: ToldUntil, journal: Facts): Promise<Explained> {
  return (await openedUp(plan, query, until, journal)).explained
}

/** With the counts inside the period, and the time around it. */
interface OpenedUp { readonly explained: Explained; readonly sums: LossSums; readonly inside: readonly Booked[]; readonly timeline: Timeline }

async function openedUp(plan: LinePlan, { of, from, to, ...which }: ExplainQuery, until: ToldUntil, journal: Facts): Promise<OpenedUp> {
  const config = given(plan.equipment.get(of), `equipment ${of}`)
  const told = until.get(of) ?? to
  const story = await storyOf(plan, of, { from, to }, journal)
  const { timeline, booked } = await retold(story, plan, config)
  const slices = slicesOf(timeline, from, to, instant(Math.max(told, to)), plan, config).filter((slice) => matches(slice, which))
  const inside = booked.filter(({ booking }) => isIn(booking, { from, to }, which))
  const sums = sumsOf(slices, inside.map(({ booking }) => booking))
  const oee = oeeOf(sums, { from, to }, plan, config, which)
  const withoutJob = sumsOf(slices.filter(({ job }) => job === null), [])
  const explained: Explained = {
    of, window: { from: rfc3339(from), to: rfc3339(to) }, oee, factors: factorsOf(sums, oee),
    leaves: timeLeaves.map((leaf) => ({ leaf, ms: sums.ms[leaf], slices: slices.filter((slice) => slice.leaf === leaf).length })),
    parts: partsOf(sums, (product) => new Set(inside.filter(({ fact, booking }) => fact.type !== 'parts_reworked' && booking.product === product.product && booking.idealMs === product.idealMs).map(({ fact }) => fact.seq)).size),
    reworked: inside.flatMap(({ fact }) => (fact.type === 'parts_reworked' ? [{ fact: fact.seq, at: rfc3339(fact.at), job: fact.body.job_id, good: fact.body.good }] : [])),
    ideal_corrections: story.flatMap((fact) => (fact.type === 'ideal_corrected' && instantOf(fact.body.from)! < to && instantOf(fact.body.to)! > from ? [{ fact: fact.seq, at: rfc3339(fact.at), ...fact.body }] : [])),
    calendar_corrections: await calendarCorrections(plan, { from, to }, journal),
    ...startupsAsCounted(story, config, { from, to }),
    slices: explainedSlices(slices, story, of, plan), counts: explainedCounts(inside, plan, config),
    iso_22400: isoOf(sums, withoutJob),
    configs: [...new Set(story.filter(({ at }) => at >= from && at < to).map((fact) => fact.config))].sort((one, other) => one - other),
  }
  return { explained, sums, inside, timeline }
}

/** What people said of the calendar of the line, whenever that was. */
export async function calendarCorrections(plan: LinePlan, { from, to }: Period, journal: Facts): Promise<Explained['calendar_corrections']> {
  const said = await allFacts(journal, { line: plan.line.code, types: ['calendar_corrected'], from })
  return said.flatMap((fact) => (fact.type === 'calendar_corrected' && instantOf(fact.body.from)! < to && instantOf(fact.body.to)! > from ? [{ fact: fact.seq, at: rfc3339(fact.at), ...fact.body }] : []))
}

/** Where the corrected calendar would have opened another start-up window than was open when the parts were counted. */
function startupsAsCounted(story: readonly Fact[], config: EquipmentConfig, { from, to }: Period): Pick<Explained, 'startups_as_counted'> {
  const isCold = (lostSeconds: number): boolean => lostSeconds * 1_000 > config.cold_after
  const ended = new Map<string, { readonly at: Instant; readonly opened: boolean; readonly lostSeconds: number }>()
  for (const fact of awaited(config) === null ? [] : story) {
    if (fact.type === 'downtime_resolved') ended.set(fact.body.stop_id, { at: fact.at, opened: fact.body.found !== true && isCold(fact.body.lost_seconds), lostSeconds: fact.body.lost_seconds })
    const stop = fact.type === 'downtime_updated' && fact.body.change === 'calendar' ? ended.get(fact.body.stop_id) : undefined
    if (stop !== undefined && fact.type === 'downtime_updated') ended.set(fact.body.stop_id, { ...stop, lostSeconds: fact.body.lost_seconds ?? stop.lostSeconds })
  }
  const moved = [...ended].filter(([, { at, opened, lostSeconds }]) => at >= from && at < to && opened !== isCold(lostSeconds))
  return moved.length === 0 ? {} : { startups_as_counted: moved.map(([stop_id, { at, opened, lostSeconds }]) => ({ stop_id, at: rfc3339(at), lost_seconds: lostSeconds, opened })) }
}

/** Who gives what to the OEE of a line, by its method (domain note 3). */
export async function explainLine(plan: LinePlan, { of: _line, from, to, ...which }: ExplainQuery, until: ToldUntil, journal: Facts): Promise<ExplainedLine> {
  const members: { readonly config: EquipmentConfig; readonly sums: LossSums; readonly moved: LossSums | null }[] = []
  const opened = new Map<string, OpenedUp>()
  for (const { code } of plan.line.equipment) opened.set(code, await openedUp(plan, { of: code, from, to, ...which }, until, journal))
  const knownOf = (code: string): Known => ({ config: given(plan.equipment.get(code), `equipment ${code}`), timeline: opened.get(code)!.timeline })
  const limiting = limitingOf(plan, knownOf)
  for (const [i, config] of plan.line.equipment.entries()) {
    const own = opened.get(config.code)!
    members.push({ config, sums: own.sums, moved: await movedOf(plan, i, { from, to }, which, own, limiting, journal) })
  }
  const { method } = plan.line
  const asOf = instant(Math.max(to, ...until.values()))
  const slices = method !== 'constraint' || !isMoving(plan) ? [] : lineSlices(plan, (code) => opened.get(code)?.timeline ?? null, from, to, asOf).filter((slice) => matches(slice, which))
  const all = new Map([...members.map(({ config, sums }) => [config.code, sums] as const), [plan.line.code, addSums([movedSums(slices), ...members.map(({ moved }) => moved ?? noSums)])]])
  const oee = lineOee(all, { from, to }, plan, method, which)
  const figures = new Map(members.map(({ config, sums }) => [config.code, oeeOf(sums, { from, to }, plan, config, which)]))
  return {
    of: plan.line.code, window: { from: rfc3339(from), to: rfc3339(to) }, method, oee, ote: oteOf(plan, all, figures), from_before: lineSums(all, plan, method).fromBefore,
    made_of: members.map(({ config, sums, moved }, i) => ({
      ...memberOf(plan, config, sums, figures.get(config.code)!, oee),
      ...moved === null ? {} : { under_way: { seconds: wayTo(plan, i) / 1_000, ...movedParts(moved) } },
    })),
    ...slices.length === 0 ? {} : { slices: slices.map(({ from, to, leaf, by, shift, job, product }) => ({ from: rfc3339(from), to: rfc3339(to), ms: since(to, from), leaf, equipment_code: by, shift, job, product })) },
  }
}

/** What an equipment is in itself, and what it gives to its line. */
export function memberOf({ line: { method, equipment } }: LinePlan, config: EquipmentConfig, sums: LossSums, own: Oee, { constraint, constraints }: Oee): ExplainedLine['made_of'][number] {
  const exit = equipment.at(-1)!
  const limiting = constraints?.map(({ equipment_code: code }) => code) ?? [constraint]
  const limited = constraints?.find(({ equipment_code: code }) => code === config.code)
  const isAfter = equipment.indexOf(config) >= equipment.findIndex(({ code }) => limiting.includes(code))
  return {
    equipment_code: config.code, planned_production: own.times.planned_production, run: own.times.run, good: own.counts.good,
    rejects: own.counts.startup_reject + own.counts.production_reject, explain: own.explain,
    standalone_availability: standaloneAvailability(sums), ...limited === undefined ? {} : { limited: limited.planned_production },
    gives: [
      ...method === 'ratio_of_sums' || (method === 'constraint' ? limiting.includes(config.code) : config === exit) ? ['time'] as const : [],
      ...method === 'ratio_of_sums' || config === exit ? ['good'] as const : [],
      ...method === 'ratio_of_sums' || (method === 'line_exit' ? config === exit : isAfter) ? ['rejects'] as const : [],
    ],
  }
}

/** What the line counts in this period and its equipment does not, less what is the other way round; `null` where no parts are under way from the constraint. */
async function movedOf(plan: LinePlan, i: number, { from, to }: Period, which: Which, { inside, timeline }: OpenedUp, limiting: (at: Instant) => Known, journal: Facts): Promise<LossSums | null> {
  const out = inside.filter((one) => isMoved(one.fact))
  // The way may have been another when they were counted.
  const lagMs = Math.max(wayTo(plan, i), ...out.flatMap(({ fact }) => (isMoved(fact) ? fact.body.made ?? [] : []).map((made) => since(fact.at, instantOf(made.at)!))))
  if (lagMs === 0) return null
  const config = plan.line.equipment[i]!
  const facts = await allFacts(journal, { line: plan.line.code, equipment: config.code, types: ['count_recorded', 'rejects_found'], from, to: later(to, lagMs + lateMsOf(plan) + MINUTE_MS) })
  const into = facts.flatMap((fact) => (isMoved(fact) ? putInBy(fact, plan, { timeline, config }, limiting) : [])).filter((booking) => isIn(booking, { from, to }, which))
  return sumsOf([], [...into, ...out.map(({ booking, counted }) => takenOut(plan, i, { ...booking, parts: counted.parts }))])
}

/** The longest that parts may be under way to an equipment. */
const wayTo = ({ transits }: LinePlan, i: number): Ms => Math.max(...[...transits.values()].map((ways) => ways[i]!))

/** What stands in place of the time of the constraint. */
function movedSums(slices: readonly LineSlice[]): LossSums {
  const tally = new Tally()
  for (const { leaf, instead, from, to, product } of movedTime(slices)) {
    tally.addTime(leaf, since(to, from), product)
    tally.addTime(instead, since(from, to), product)
  }
  return tally.sums()
}

/** Parts stand in whole minutes. What a job made in the minute in which it began is in the window that begins with it. */
const isIn = (booking: PartBooking, { from, to }: Period, which: Which): boolean =>
  booking.minute >= (which.job === undefined ? from : minuteOf(from)) && booking.minute < to && matches(booking, which)

const MINUTE_MS = 60_000

function movedParts({ products }: LossSums): { readonly good: number; readonly rejects: number } {
  const sum = (parts: (product: LossSums['products'][number]) => number) => products.reduce((all, product) => all + parts(product), 0)
  return { good: sum(({ good }) => good), rejects: sum(({ startup_reject, production_reject }) => startup_reject + production_reject) }
}

/* ── the story ───────────────────────────────────────────────────────────────────────────────── */

const lasting = [
  'state_changed', 'downtime_event', 'downtime_updated', 'downtime_resolved', 'job_started', 'job_resumed', 'job_paused', 'job_completed', 'job_cancelled', 'product_changed',
  'changeover_started', 'changeover_completed', 'changeover_measured', 'gap_declared',
] as const satisfies readonly FactName[]

const edits = ['downtime_updated', 'gap_declared', 'counts_corrected', 'ideal_corrected'] as const satisfies readonly FactName[]

/**
 * All that says how the time and parts of a period are booked: what happened around it, what held when that began, what was said of it later,
 * and the counts up to the first that reaches beyond it, for each begins where the one before ended.
 */
async function storyOf(plan: LinePlan, of: string, { from, to }: Period, journal: Facts): Promise<Fact[]> {
  const start = later(from, -limits.timelineMsMax)
  const own = { line: plan.line.code, equipment: of }
  const facts = [
    ...(await Promise.all(lasting.map((type) => journal.facts({ ...own, types: [type], to: start, newestFirst: true, limit: 1 })))).flat(),
    ...await allFacts(journal, { ...own, types: lasting, from: start, to: later(to, limits.timelineMsMax) }),
    ...await allFacts(journal, { ...own, types: edits, from: start }),
    // A reading on the stroke of the last minute may be a record of its own.
    ...await allFacts(journal, { ...own, types: ['count_recorded', 'parts_reworked'], from, to: later(to, 1) }),
    ...await allFacts(journal, { ...own, types: ['rejects_found'], from, to: later(to, limits.transitMsMax + MINUTE_MS) }),
    ...await journal.facts({ ...own, types: ['count_recorded'], from: later(to, 1), limit: 1 }),
    ...await allFacts(journal, { types: ['config_applied', 'clock_stepped'], from: start, to: later(to, limits.timelineMsMax) }),
  ].filter((fact) => fact.line === null || fact.line === plan.line.code)
  return [...new Map(facts.map((fact) => [fact.seq, fact])).values()].sort((one, other) => one.seq - other.seq)
}

export async function allFacts(journal: Facts, query: Omit<FactQuery, 'limit'>): Promise<Fact[]> {
  const facts: Fact[] = []
  for (let page = 0; page < limits.factPagesMax; page++) {
    const last = facts.at(-1)
    const found = await journal.facts({ ...query, limit: limits.factsPerReadMax, ...(last === undefined ? {} : { after: last.seq }) })
    facts.push(...found)
    if (found.length < limits.factsPerReadMax) return facts
  }
  throw new Fault('READ_DEADLINE', { facts_max: limits.factPagesMax * limits.factsPerReadMax })
}

/** A long story must not keep the line waiting. */
async function retold(story: readonly Fact[], plan: LinePlan, config: EquipmentConfig): Promise<Retelling> {
  const retelling = new Retelling(plan, config)
  for (const [i, fact] of story.entries()) {
    retelling.tell(fact, plan)
    if (i % FACTS_AT_ONCE === FACTS_AT_ONCE - 1) await nextTurn()
  }
  return retelling
}

const FACTS_AT_ONCE = 20

/* ── adding up ───────────────────────────────────────────────────────────────────────────────── */

function sumsOf(slices: readonly Slice[], bookings: readonly PartBooking[]): LossSums {
  const tally = new Tally()
  for (const { leaf, from, to, product } of slices) tally.addTime(leaf, since(to, from), product)
  for (const { product, idealMs, parts } of bookings) tally.addParts(product, idealMs, parts)
  return tally.sums()
}

/** What was made of each product, and out of how many counts. */
export const partsOf = ({ products }: LossSums, countsOf: (product: ProductSums) => number): Explained['parts'] => products.map((product) => ({
  ...leavesOf(product), product: product.product, ideal_ms: product.idealMs, net_run_ms: product.idealMs * (product.good + product.startup_reject + product.production_reject),
  fully_productive_ms: product.idealMs * product.good, reworked: product.reworked, counts: countsOf(product),
}))

const leavesOf = (parts: PartLeaves): PartLeaves =>
  ({ good: parts.good, startup_reject: parts.startup_reject, production_reject: parts.production_reject, off_schedule: parts.off_schedule, recovered: parts.recovered })

export function factorsOf({ ms, products }: LossSums, { oee, availability, performance, quality }: Explained['oee']): Explained['factors'] {
  const run = ms.micro_stop + ms.running
  const planned = run + ms.unplanned + ms.external + ms.planned + ms.changeover
  const good = products.reduce((sum, product) => sum + product.idealMs * product.good, 0)
  const net = products.reduce((sum, product) => sum + product.idealMs * (product.good + product.startup_reject + product.production_reject), 0)
  const factor = (name: Explained['factors'][number]['name'], value: number | null, part: readonly [string, number], whole: readonly [string, number]): Explained['factors'][number] =>
    ({ name, value, part: { name: part[0], ms: part[1] }, whole: { name: whole[0], ms: whole[1] } })
  return [
    factor('oee', oee, ['fully_productive', good], ['planned_production', planned]),
    factor('availability', availability, ['run', run], ['planned_production', planned]),
    factor('performance', performance, ['net_run', net], ['run', run]),
    factor('quality', quality, ['fully_productive', good], ['net_run', net]),
  ]
}

/* ── what stands behind ──────────────────────────────────────────────────────────────────────── */

function explainedSlices(slices: readonly Slice[], story: readonly Fact[], of: string, plan: LinePlan): Explained['slices'] {
  const states = story.flatMap((fact) => (fact.type === 'state_changed' ? [fact] : [])).sort((one, other) => one.at - other.at)
  const stops = stopsOf(story, instant(Math.max(...slices.map(({ to }) => to), 0)), () => plan.equipment.get(of)?.micro_stop ?? 0)
  return slices.map(({ from, to, leaf, shift, job, product }) => {
    const state = states.findLast((fact) => fact.at <= from)
    const stop = leaf === 'running' ? undefined : stops.find((one) => instantOf(one.from)! <= from && (one.to === null || from < instantOf(one.to)!))
    return {
      from: rfc3339(from), to: rfc3339(to), ms: since(to, from), leaf, state: state?.body.state ?? 'unknown', shift, job, product, stop_id: stop?.stop_id ?? null, fact: state?.seq ?? null,
    }
  })
}

/** One entry for each fact that has parts in the period; a fact across its border gives only the parts inside. */
function explainedCounts(inside: readonly Booked[], plan: LinePlan, config: EquipmentConfig): Explained['counts'] {
  const byFact = new Map<number, { fact: Exclude<CountFact, { type: 'parts_reworked' }>; booking: PartBooking; parts: PartLeaves }>()
  for (const { fact, booking } of inside) {
    // Rework stands in a list of its own.
    if (fact.type === 'parts_reworked') continue
    const parts = byFact.get(fact.seq)?.parts ?? noParts
    byFact.set(fact.seq, { fact, booking, parts: Object.fromEntries(partLeaves.map((leaf) => [leaf, parts[leaf] + booking.parts[leaf]])) as unknown as PartLeaves })
  }
  return [...byFact.values()].map(({ fact, booking, parts }) => ({
    fact: fact.seq, type: fact.type, at: rfc3339(fact.at), config: fact.config,
    from: fact.type === 'count_recorded' ? fact.body.from : fact.type === 'rejects_found' ? fact.body.made_at : rfc3339(fact.at),
    job: booking.job, product: booking.product, ideal_ms: booking.idealMs, parts: leavesOf(parts),
    ...evidenceOf(fact, plan, config),
  }))
}

/** The steps behind a count, and how their parts came to stand where they do. */
function evidenceOf(fact: Exclude<CountFact, { type: 'parts_reworked' }>, plan: LinePlan, config: EquipmentConfig): Pick<Explained['counts'][number], 'steps' | 'job_change' | 'late' | 'found'> {
  switch (fact.type) {
    case 'counts_corrected': return { steps: [] }
    case 'count_recorded': {
      const { steps, from, job_change, late } = fact.body
      return {
        steps: steps.map((step) => ({ ...step, samples: samplesOf(config, step.signal, { from: instantOf(from)!, to: fact.at }) })),
        ...job_change === undefined ? {} : { job_change }, ...late === undefined ? {} : { late },
      }
    }
    case 'rejects_found': {
      const { steps, found_by, found_at, made_at, delay_seconds } = fact.body
      const finder = plan.equipment.get(found_by)
      const around = { from: later(minuteOf(instantOf(found_at)!), -MINUTE_MS), to: fact.at }
      return { steps: steps.map((step) => ({ ...step, samples: finder === undefined ? null : samplesOf(finder, step.signal, around) })), found: { found_by, found_at, made_at, delay_seconds } }
    }
  }
}

const samplesOf = (config: EquipmentConfig, signal: string, { from, to }: Period): string | null =>
  signal in config.signals ? `/api/v1/enhanced/equipment/${config.code}/signals/${signal}/history?from=${rfc3339(from)}&to=${rfc3339(later(to, 1))}` : null
