/** A raw counter of a PLC: by which rule each new reading becomes parts, or waits to be believed (domain note 5.1). */

import { type Instant, type Ms, since } from '../../base/units.js'
import type { countRules } from '../../contract/events/state.js'

export type CountRule = (typeof countRules)[number]

export interface CounterRule {
  /** One more than the largest value; 0 when it never rolls over. */
  readonly modulus: number
  readonly signed: boolean
  readonly resets: 'never' | 'job' | 'shift' | 'any'
  /** The shortest believable time of one count at the ideal rate. */
  readonly idealMsPerCount: Ms
  readonly partsPerCount: number
  readonly safety: number
  readonly slack: number
  readonly confirmReads: number
}

export interface Counter {
  /** The last accepted value, as the PLC gave it. */
  readonly raw: number
  readonly at: Instant
  /** A value that cannot be yet: the first and the last of such readings in a row. */
  readonly doubt: { readonly kind: 'jump' | 'drop'; readonly first: number; readonly firstAt: Instant; readonly cap: number; readonly last: number; readonly lastAt: Instant; readonly reads: number } | null
}

export interface Step { readonly from: number | null; readonly to: number; readonly counts: number; readonly rule: CountRule }

/** The counter after a reading, and the steps it is sure of. An unchanged reading gives the same counter back. */
export interface Read { readonly counter: Counter; readonly steps: readonly Step[] }

const NO_STEPS: readonly Step[] = []

/**
 * What speaks of a reset beside the value itself. `due`: a job or shift with which this counter begins anew has just begun; its fall needs
 * no second look. `shared`: another counter of the equipment fell in the same reading, as after a program download.
 */
export type Witness = 'none' | 'due' | 'shared'

export function readCounter(counter: Counter | null, raw: number, at: Instant, lastReadAt: Instant, rule: CounterRule, witness: Witness): Read {
  if (counter === null) return { counter: { raw, at, doubt: null }, steps: [{ from: null, to: raw, counts: 0, rule: 'base' }] }
  if (counter.doubt === null && raw === counter.raw) return { counter, steps: NO_STEPS }
  const value = valueOf(raw, rule)
  // Outside the range of its type it is no reading of this counter.
  if (value === null) return { counter, steps: NO_STEPS }
  const base = valueOf(counter.raw, rule) ?? 0
  const accept = (counts: number, name: CountRule): Read =>
    ({ counter: { raw, at, doubt: null }, steps: [{ from: counter.raw, to: raw, counts, rule: name }] })

  const dt = since(at, counter.doubt === null ? lastReadAt : counter.at)
  const cap = capOf(dt, rule)
  const step = value - base
  if (step >= 0 && step <= cap) {
    if (counter.doubt !== null) return accept(step, 'glitch')
    // When it may have gone round more than once, the least is credited, and the record says that nobody can be sure.
    return accept(step, rule.modulus > 0 && dt > rule.modulus * rule.idealMsPerCount ? 'gap' : 'advance')
  }
  const round = step + rule.modulus
  // Just below the top a reset looks like a rollover. With a witness it is a reset: the two hardly ever share a reading.
  const witnessed = witness !== 'none' && step < 0 && value <= cap && rule.resets !== 'never'
  if (step < 0 && rule.modulus > 0 && round <= cap && counter.doubt === null && !witnessed) return accept(round, 'rollover')
  const doubted = doubtedFurther(counter, value, at, step, cap, rule)
  if (doubted.reads < rule.confirmReads && !(witnessed && witness === 'due')) return { counter: { ...counter, doubt: doubted }, steps: NO_STEPS }
  return { counter: { raw, at, doubt: null }, steps: believed(counter.raw, base, raw, doubted, rule) }
}

/** A reading cut where the counter stood when a job ended: what is of that job, and what of the next. */
export interface SplitRead { readonly until: Read; readonly since: Read }

/**
 * `null` where the latched value cannot lie between both readings. `anew` is asked first whether the counter began at zero with the new job,
 * and else only after it was asked whether it went on.
 */
export function splitCounter(counter: Counter, latched: number, raw: number, at: Instant, lastReadAt: Instant, rule: CounterRule, anew: boolean): SplitRead | null {
  const [base, end, value] = [valueOf(counter.raw, rule), valueOf(latched, rule), valueOf(raw, rule)]
  if (counter.doubt !== null || base === null || end === null || value === null) return null
  const dt = since(at, lastReadAt)
  const cap = capOf(dt, rule)
  const until = distance(base, end, rule)
  if (until === null) return null
  const read = (from: number, to: number, counts: number, name: CountRule): Read => ({ counter: { raw: to, at, doubt: null }, steps: from === to && counts === 0 ? NO_STEPS : [{ from, to, counts, rule: name }] })
  const nameOf = (step: number): CountRule => step < 0 ? 'rollover' : rule.modulus > 0 && dt > rule.modulus * rule.idealMsPerCount ? 'gap' : 'advance'
  const first = read(counter.raw, latched, until, nameOf(end - base))

  const onward = (): SplitRead | null => {
    const more = distance(end, value, rule)
    // Beyond a whole round the latched value would lie outside of what is between both.
    if (more === null || until + more > cap || (rule.modulus > 0 && until + more >= rule.modulus)) return null
    return { until: first, since: read(latched, raw, more, nameOf(value - end)) }
  }
  const fromZero = (): SplitRead | null =>
    (rule.resets === 'job' || rule.resets === 'any') && until + value <= cap ? { until: first, since: read(latched, raw, value, 'reset') } : null
  return anew ? fromZero() ?? onward() : onward() ?? fromZero()
}

/** How far a counter goes from one value to another; `null` when it cannot get there without a reset. */
const distance = (from: number, to: number, { modulus }: CounterRule): number | null => to >= from ? to - from : modulus > 0 ? to - from + modulus : null

/** How many counts are believable in a time: the fastest ideal rate, a safety factor and some slack. */
export function capOf(dt: Ms, rule: CounterRule): number {
  return Math.ceil((dt / rule.idealMsPerCount) * rule.safety) + rule.slack
}

/** The value on the circle of its modulus; `null` when it lies outside. A signed counter wraps to the smallest negative value. */
function valueOf(raw: number, rule: CounterRule): number | null {
  if (rule.modulus === 0) return raw
  const value = rule.signed && raw < 0 ? raw + rule.modulus : raw
  return value < 0 || value >= rule.modulus ? null : value
}

/** The reading that is in doubt, as the PLC gave it; `null` when none is. */
export function doubtedRaw(counter: Counter | null, rule: CounterRule): number | null {
  if (counter === null || counter.doubt === null) return null
  const { last } = counter.doubt
  return rule.signed && last >= rule.modulus / 2 ? last - rule.modulus : last
}

type Doubt = NonNullable<Counter['doubt']>

/** The doubt goes on while the readings follow each other as a counter's would; else it begins again. */
function doubtedFurther(counter: Counter, value: number, at: Instant, step: number, cap: number, rule: CounterRule): Doubt {
  const before = counter.doubt
  const follows = before !== null && value >= before.last && value - before.last <= capOf(since(at, before.lastAt), rule)
  if (follows) return { ...before, last: value, lastAt: at, reads: before.reads + 1 }
  return { kind: step > 0 ? 'jump' : 'drop', first: value, firstAt: at, cap, last: value, lastAt: at, reads: 1 }
}

/** What a doubted value was, now that it has lasted. Parts counted since it appeared are real in every case. */
function believed(fromRaw: number, base: number, raw: number, doubt: Doubt, rule: CounterRule): Step[] {
  const grown = doubt.last - doubt.first
  if (doubt.kind === 'drop' && rule.resets !== 'never' && doubt.first <= doubt.cap) return [{ from: fromRaw, to: raw, counts: doubt.last, rule: 'reset' }]
  const name = doubt.kind === 'jump' ? 'jump' : base - doubt.first <= doubt.cap ? 'correction' : 'resync'
  return [{ from: fromRaw, to: raw, counts: grown, rule: name }]
}
