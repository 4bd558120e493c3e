/** Parts: what the counters prove, to which job and product they belong, and when they are written down. */

import { type Instant, instant, instantOf, later, rfc3339 } from '../../base/units.js'
import type { Draft, DraftOf } from '../../contract/events/catalogue.js'
import type { EquipmentConfig } from '../../contract/config.js'
import type { Sample } from '../../contract/inputs.js'
import { MINUTE, minuteOf } from '../losses/lossbook.js'
import { maskAt } from '../losses/losses.js'
import { type Counter, type CounterRule, type Read, type Witness, doubtedRaw, readCounter } from '../memory/counter.js'
import { configAt, draft, equipmentAt, jobOf, productOf } from '../memory/lookups.js'
import { type CounterName, type Counts, type Equipment, type EquipmentRules, type JobChange, type Line, type Pending, type Startup, counterNames } from '../memory/memory.js'
import { shiftIdOf } from '../memory/schedule.js'
import { withMade } from '../memory/underway.js'
import { idealMsPerPart } from '../time/plan.js'
import { withLate } from './late.js'
import { afterParts, awaited, closedBy, isInside, noStartup } from './startup.js'
import { isTrial } from './state.js'

export const initialCounts: Counts = { bases: {}, recordedTo: null, good: 0, reject: 0, startups: [], ...noStartup }

/** What one sample proves. */
export interface Counted {
  readonly counters: Equipment['seen']['counters']
  readonly total: number
  readonly good: number
  readonly reject: number
  readonly imbalance: number
  /** Rejects that were made a while before, by this equipment or another; not among `reject`. */
  readonly late: number
  readonly steps: Pending['steps']
  readonly jobChange?: JobChange
}

/** Reads the counters of a sample: those that moved. */
export function readCounters(equipment: Equipment, rules: EquipmentRules, sample: Sample, resetDue: (rule: CounterRule) => boolean): CounterRead[] {
  let reads = readEach('none')
  if (reads.some(({ after }) => rolledOver(after)) && reads.some(({ before, after }) => fell(before, after))) reads = readEach('shared')
  return reads

  function readEach(witness: Witness): CounterRead[] {
    const read: CounterRead[] = []
    for (const name of counterNames) {
      const rule = rules.counters[name]
      if (rule === undefined) continue
      const before = counterBefore(equipment, name)
      const raw = rawOf(sample, name, before, rule)
      if (raw === null) continue
      const isDue = raw < (before?.raw ?? raw) && resetDue(rule)
      const after = readCounter(before, raw, sample.at, readBefore(equipment, before, sample), rule, isDue ? 'due' : witness)
      if (after.counter !== before) read.push({ name, rule, before, after })
    }
    return read
  }
}

/** A counter that is not mentioned was read and stands still, which is what a doubt waits to see; `null` when it was not read. */
export function rawOf(sample: Sample, name: CounterName, before: Counter | null, rule: CounterRule): number | null {
  const raw = sample.signals[name] ?? (name in sample.signals ? null : doubtedRaw(before, rule))
  return typeof raw === 'number' ? raw : null
}

export const counterBefore = (equipment: Equipment, name: CounterName): Counter | null => equipment.seen.counters[name] ?? baseOf(equipment, name)

/** What counters that moved come to. */
export function countedOf(equipment: Equipment, rules: EquipmentRules, reads: readonly CounterRead[]): Counted {
  const moved: Partial<Record<CounterName, Counter>> = {}
  const steps: Pending['steps'] = []
  const parts = { total_count: 0, good_count: 0, reject_count: 0 }
  const blind = equipment.state.current === 'unknown'
  for (const { name, rule, after } of reads) {
    moved[name] = after.counter
    for (const step of after.steps) {
      const made = step.counts * rule.partsPerCount
      parts[name] += made
      steps.push({ signal: name, from: step.from, to: step.to, parts: made, rule: blind && step.rule === 'advance' ? 'gap' : step.rule })
    }
  }
  return { counters: { ...equipment.seen.counters, ...moved }, ...ownOf(partsOf(parts, rules), rules), steps }
}

export interface CounterRead { readonly name: CounterName; readonly rule: CounterRule; readonly before: Counter | null; readonly after: Read }

const rolledOver = ({ steps }: Read): boolean => steps.some(({ rule }) => rule === 'rollover')
/** It is lower than it was, and not by going round. */
const fell = (before: Counter | null, { counter, steps }: Read): boolean =>
  steps.some(({ rule }) => rule === 'reset') || (before?.doubt === null && counter.doubt?.kind === 'drop')

/**
 * Since when parts may have been made that this reading tells of: what was last read and believed may be as old as its asking.
 * After blindness that is when the counter last moved.
 */
export function readBefore(equipment: Equipment, before: Counter | null, { at, since, askedAfter }: Sample): Instant {
  const moved = before?.at ?? at
  const read = since ?? equipment.seen.at
  return read === null || equipment.state.current === 'unknown' || read < moved ? moved : askedAfter ?? read
}

/** Two of total, good and reject are measured; the third follows. When all three are, what they disagree by is kept. */
function partsOf(parts: Readonly<Record<CounterName, number>>, rules: EquipmentRules): Pick<Counted, 'total' | 'good' | 'reject' | 'imbalance'> {
  const { total_count: total, good_count: good, reject_count: reject } = parts
  const measures = rules.counters
  if (measures.good_count === undefined) return { total, good: total - reject, reject, imbalance: 0 }
  if (measures.total_count === undefined) return { total: good + reject, good, reject, imbalance: 0 }
  if (measures.reject_count === undefined) return { total, good, reject: total - good, imbalance: 0 }
  return { total: good + reject, good, reject, imbalance: total - good - reject }
}

/** Rejects of before leave this reading. What is left of it are parts that passed as good here, or passed at all where the maker is the same. */
function ownOf({ total, good, reject, imbalance }: ReturnType<typeof partsOf>, { late, counters, config }: EquipmentRules): Pick<Counted, 'total' | 'good' | 'reject' | 'imbalance' | 'late'> {
  if (late === null) return { total, good, reject, imbalance, late: 0 }
  const isOwn = config.counters['reject_count']?.late?.of === undefined || config.counters['reject_count'].late.of === config.code
  const passed = counters.good_count !== undefined || counters.total_count === undefined ? (counters.good_count === undefined ? 0 : good) : isOwn ? total : good
  return { total: passed, good: passed, reject: 0, imbalance, late: reject }
}

function baseOf(equipment: Equipment, name: CounterName): Counter | null {
  const base = equipment.counts.bases[name]
  return base === undefined ? null : { raw: base.raw, at: base.at, doubt: null }
}

/** Adds what a sample proved to the parts that wait to be written down. */
export function credit(line: Line, i: number, counted: Counted, since: Instant | null, at: Instant): Pending {
  const equipment = equipmentAt(line, i)
  const pending = equipment.seen.pending ?? emptyPending(beginOf(equipment, since, at), equipment.counts)
  // What a reading tells was made before it: at the very end of a break, still in it.
  const mask = maskAt(equipment.losses, later(at, -1), line.plan)
  const startupReject = isInside(pending, at) || isSettingUp(equipment, configAt(line, i)) ? counted.reject : 0
  return {
    from: pending.from,
    total: pending.total + counted.total,
    good: pending.good + counted.good,
    reject: pending.reject + counted.reject,
    startupReject: pending.startupReject + startupReject,
    offSchedule: pending.offSchedule + (mask === 'off_schedule' ? counted.total : 0),
    recovered: pending.recovered + (mask === 'recovered' ? counted.total : 0),
    imbalance: pending.imbalance + counted.imbalance,
    steps: counted.steps.reduce(withStep, pending.steps),
    made: mask === 'recovered' ? pending.made : withMade(line, i, pending.made, { ...counted, startupReject }, beginOf(equipment, since, at), at),
    ...afterParts(pending, counted, at, configAt(line, i)),
    startupClosed: pending.startupClosed ?? closedBy(pending, afterParts(pending, counted, at, configAt(line, i)), at),
    late: withLate(line, i, pending.late, counted, beginOf(equipment, since, at), at),
    ...counted.jobChange === undefined ? {} : { jobChange: counted.jobChange },
  }
}

/** What is rejected while a changeover is tried is of the start-up that follows, where the plant has one. */
const isSettingUp = (equipment: Equipment, config: EquipmentConfig): boolean => isTrial(equipment) && awaited(config) !== null

/** These parts were made after the reading before, and after the last record. */
function beginOf({ seen, counts }: Equipment, since: Instant | null, at: Instant): Instant {
  const bases = Object.values(counts.bases).map((base) => base.at)
  const before = since ?? seen.at ?? (bases.length === 0 ? at : instant(Math.min(...bases)))
  return instant(Math.min(at, Math.max(before, counts.recordedTo ?? before)))
}

const emptyPending = (from: Instant, { startupLeft, startupTo }: Startup): Pending =>
  ({ from, total: 0, good: 0, reject: 0, startupReject: 0, offSchedule: 0, recovered: 0, imbalance: 0, steps: [], made: [], late: [], startupClosed: null, startupLeft, startupTo })

/** Equal rules of one counter in a row are one step. */
function withStep(steps: Pending['steps'], step: Pending['steps'][number]): Pending['steps'] {
  let last = steps.length - 1
  while (last >= 0 && steps[last]!.signal !== step.signal) last--
  const earlier = steps[last]
  if (earlier === undefined || earlier.rule !== step.rule) return [...steps, step]
  return steps.with(last, { ...earlier, to: step.to, parts: earlier.parts + step.parts })
}

/** Anything but a plain advance is evidence that someone may look for now, so it is written at once. */
export const isUnusual = (pending: Pending): boolean => pending.jobChange !== undefined || pending.steps.some((step) => step.rule !== 'advance')

/** Writes the pending parts down as of `at`: at the end of a minute, and before anything that parts must not cross. */
export function decideRecord(line: Line, i: number, at: Instant): Draft[] {
  const pending = equipmentAt(line, i).seen.pending
  if (pending === null || (pending.steps.length === 0 && pending.jobChange === undefined)) return []
  const job = jobOf(line, i)
  const product = productOf(line, i)
  const { late, lateMs } = line.rules[i]!
  const readAt = Math.max(...Object.values(equipmentAt(line, i).seen.counters).map((counter) => counter.at))
  const recordedAt = inMinuteOf(instant(readAt), at < pending.from ? pending.from : at)
  const found = pending.late.reduce((sum, { body }) => sum + body.reject, 0)
  return [draft(line, 'count_recorded', recordedAt, equipmentAt(line, i).code, {
    from: rfc3339(pending.from),
    total: pending.total, good: pending.good, reject: pending.reject, startup_reject: pending.startupReject,
    off_schedule: pending.offSchedule, recovered: pending.recovered, count_imbalance: pending.imbalance,
    job_id: job?.order.job_id ?? null, product, shift: shiftIdOf(line),
    ideal_cycle_seconds: idealMsPerPart(line.plan, configAt(line, i), product) / 1_000,
    steps: pending.steps, ...pending.made.length === 0 ? {} : { made: [...pending.made] }, ...pending.jobChange === undefined ? {} : { job_change: pending.jobChange }, startup_left: pending.startupLeft, startup_until: pending.startupTo === null ? null : rfc3339(pending.startupTo),
    ...late === null || found === 0 ? {} : { late: { of: equipmentAt(line, late.of).code, reject: found } },
    ...lateMs === 0 || pending.startupClosed === null ? {} : { startup_closed: rfc3339(pending.startupClosed) },
  }), ...pending.late.map(({ equipment, body }) => draft(line, 'rejects_found', recordedAt, equipment, body))]
}

/** Parts are recorded in the minute in which they were read, however far back that is dated which they must not cross: by it they are told from others when the calendar of then is corrected. */
function inMinuteOf(readAt: Instant, at: Instant): Instant {
  const minute = minuteOf(later(readAt, -1))
  return instant(Math.min(Math.max(at, minute + 1), minute + MINUTE))
}

/** What records, corrections, shifts and whatever starts an equipment anew do to its counts. */
export function applyCounts(equipment: Equipment, fact: Draft, rules: EquipmentRules): Equipment {
  const { counts, seen } = equipment
  switch (fact.type) {
    case 'count_recorded': return { ...equipment, counts: recorded(counts, fact), seen: { ...seen, pending: null } }
    case 'counts_corrected': case 'rejects_found': return { ...equipment, counts: { ...counts, good: counts.good + fact.body.good, reject: counts.reject + fact.body.reject } }
    case 'shift_started': return { ...equipment, counts: { ...counts, good: 0, reject: 0 } }
    case 'job_started':
    case 'changeover_completed': return withStartup(equipment, rules, fact.at)
    case 'startup_released': return { ...equipment, counts: { ...counts, ...noStartup, startups: closedAt(counts.startups, later(fact.at, 1)) } }
    case 'downtime_resolved': return fact.body.found !== true && fact.body.lost_seconds * 1_000 > rules.config.cold_after ? withStartup(equipment, rules, fact.at) : equipment
    default: return equipment
  }
}

function recorded(counts: Counts, fact: DraftOf<'count_recorded'>): Counts {
  const { steps, good, reject, startup_left: startupLeft, startup_until: until } = fact.body
  const bases = { ...counts.bases }
  for (const step of steps) bases[step.signal as CounterName] = { raw: step.to, at: fact.at }
  const { startup_closed: closed } = fact.body
  const startups = startupLeft !== null ? counts.startups : closedAt(counts.startups, closed === undefined ? fact.at : instantOf(closed)!)
  return { bases, recordedTo: fact.at, good: counts.good + good, reject: counts.reject + reject, startups, startupLeft, startupTo: until === null ? null : instantOf(until) }
}

const closedAt = (startups: Counts['startups'], at: Instant): Counts['startups'] => startups.at(-1)?.to === null ? [...startups.slice(0, -1), { ...startups.at(-1)!, to: at }] : startups

/** After a changeover, a cold stop or at the start of a job the first rejects are start-up rejects. */
function withStartup(equipment: Equipment, { config, lateMs }: EquipmentRules, at: Instant): Equipment {
  const startup = awaited(config)
  if (startup === null) return equipment
  const { startups } = equipment.counts
  const opened = lateMs === 0 ? [] : startups.at(-1)?.to === null ? startups : [...startups.filter(({ to }) => to === null || to > later(at, -lateMs)), { from: at, to: null }]
  return { ...equipment, counts: { ...equipment.counts, ...startup, startups: opened } }
}

/** What stands on the screen: recorded and pending. */
export function countsNow(equipment: Equipment): { readonly good: number; readonly reject: number; readonly total: number } {
  const good = equipment.counts.good + (equipment.seen.pending?.good ?? 0)
  const reject = equipment.counts.reject + (equipment.seen.pending?.reject ?? 0)
  return { good, reject, total: good + reject }
}
