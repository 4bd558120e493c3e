/** A line: the fold of all its rules over what comes in. */

import { limits } from '../base/limits.js'
import { type Portions, atOnce } from '../base/portions.js'
import { type Instant, type Ms, instant, later, rfc3339, since } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import type { Draft } from '../contract/events/catalogue.js'
import type { Input, Sample } from '../contract/inputs.js'
import type { LossRow } from '../contract/losses.js'
import type { Edited, Worked } from '../contract/past.js'
import type { Refusal } from '../contract/refusals.js'
import { apply } from './apply.js'
import { MINUTE, minuteOf } from './losses/lossbook.js'
import { advanceLosses } from './losses/losses.js'
import type { CounterRule } from './memory/counter.js'
import { configAt, draft, equipmentAt, indexOf, jobOf, productOf, withEquipment } from './memory/lookups.js'
import type { Equipment, Line, Seen } from './memory/memory.js'
import { advanceMovedTime } from './memory/moved-time.js'
import { slotOf } from './memory/schedule.js'
import { isTold, pollMsOf, signalsAfter } from './memory/seen.js'
import { advanceUnderWay } from './memory/underway.js'
import { withOldRows } from './past/past.js'
import { toldSince } from './past/revaluation.js'
import { type WorkedOf, asToldAt, stillHolds, workedOut } from './worked.js'
import { isQuiet, quietUntil } from './quiet.js'
import { decideBlindCall, decideCallsEnd, decideEscalations, decideFaultCall, decideOeeCall, decideQualityCall, decideQuiet, decideSight, decideStopCall } from './rules/andon.js'
import { decideChangeoverBit, decideFirstGood, decideWaitOver, runAfter } from './rules/changeovers.js'
import { type Counted, countedOf, credit, decideRecord, isUnusual, readCounters } from './rules/counts.js'
import { decideFaults } from './rules/faults.js'
import { decideGap } from './rules/gaps.js'
import { decideFirstPart, decidePlcJob, decideQuantity, opensClock } from './rules/jobs.js'
import { splitAtJob } from './rules/latched.js'
import { decideProduct } from './rules/products.js'
import { decideQuality } from './rules/quality.js'
import { decideCorrections, decideFound, decideHandedOver, decideHours, decideJobRecord, decideLateCount, decideSettled, decideShiftRecord, lookAtAlert } from './rules/records.js'
import { candidateOf, decideBlindness, decideState, isOn, stands } from './rules/state.js'
import { decideStop } from './rules/stops.js'
import { decideShifts } from './time/shifts.js'

/** What one input leads to. */
export interface Solved {
  readonly line: Line
  readonly drafts: readonly Draft[]
  /** Loss rows to write with the facts of this turn. */
  readonly rows: readonly LossRow[]
  /** A command was told no. */
  readonly refusal: Refusal | null
}

/** Looks at one input: each rung decides, and each of its facts is applied before the next rung looks. Pure. */
export function solve(line: Line, input: Input): Solved {
  const turn = new Turn(line)
  switch (input.kind) {
    case 'sample': turn.sample(input); break
    case 'beat': turn.beat(input.at); break
    case 'command': return atOnce(obey(line, input.command))
    case 'clock': turn.step(input.at, input.byMs); break
    // What a lost link means for the signals it feeds, the samples say.
    case 'link': break
  }
  return turn.solved(input.at)
}

/** Looks at a command, which may be about a long past. */
export function* obey(line: Line, command: Command): Portions<Solved> {
  const turn = new Turn(line)
  turn.beat(command.at)
  yield* turn.command(command, null)
  return yield* turn.solving(command.at)
}

/** The same where what the command comes to was worked out before; `null` when that does not hold any more. */
export function* obeyWorked(line: Line, command: Command, of: WorkedOf): Portions<Solved | null> {
  const turn = new Turn(line)
  turn.beat(command.at)
  if (!turn.holds(of, command.at)) return null
  yield* turn.command(command, asToldAt(of.worked, command.at))
  return yield* turn.solving(command.at)
}

/** Writes down what is pending: before an orderly stop, and at a start after the samples since the last fact were solved again. */
export function flush(line: Line, at: Instant): Solved {
  const turn = new Turn(line)
  turn.record(at)
  return turn.solved(at)
}

const NOTHING: readonly never[] = []

/** When it was read, and how long after the reading before. */
interface Reading { readonly at: Instant; readonly pollMs: Ms }

/** One input on its way through the rungs. Lives as long as `solve`. */
class Turn {
  #line: Line
  #drafts: Draft[] | null = null
  /** Of time that the loss trees no longer hold. */
  #rows: readonly LossRow[] = NOTHING
  #refusal: Refusal | null = null

  constructor(line: Line) { this.#line = line }

  /** The turn has come to `at`: minutes that closed, and those that its facts changed, become rows. */
  solved(at: Instant): Solved { return atOnce(this.solving(at)) }

  * solving(at: Instant): Portions<Solved> {
    const rows = this.#drafts !== null || at >= (this.#line.advancedTo ?? at) ? yield* this.#advance(at) : NOTHING
    return { line: this.#line, drafts: this.#drafts ?? NOTHING, rows: this.#rows.length === 0 ? rows : [...this.#rows, ...rows], refusal: this.#refusal }
  }

  * #advance(at: Instant): Portions<LossRow[]> {
    const rows: LossRow[] = []
    const equipment: Equipment[] = []
    for (const one of this.#line.equipment) {
      const advanced = advanceLosses(one.losses, at, this.#line.plan)
      rows.push(...advanced.rows)
      equipment.push({ ...one, losses: advanced.losses })
      yield
    }
    const next = later(minuteOf(at), limits.lossRowSettleMs)
    const time = advanceMovedTime(this.#line, equipment, at)
    rows.push(...time.rows)
    this.#line = { ...this.#line, equipment, underWay: { ...this.#line.underWay, book: time.book }, advancedTo: next > at ? next : later(next, MINUTE) }
    const moved = advanceUnderWay(this.#line)
    if (moved.rows.length === 0) return rows
    this.#line = { ...this.#line, underWay: moved.underWay }
    return [...rows, ...moved.rows]
  }

  /** Applies what a rung decided, one by one; parts are written down before what they must not cross. */
  tell(drafts: readonly Draft[]): void {
    for (const fact of drafts) {
      this.#recordBefore(fact)
      this.#line = apply(this.#line, fact)
      this.#drafts ??= []
      this.#drafts.push(fact)
      this.tell(this.#consequences(fact))
    }
  }

  /** What follows from a fact at once, at its own instant. */
  #consequences(fact: Draft): readonly Draft[] {
    switch (fact.type) {
      case 'state_changed': return [...decideStop(this.#line, indexOf(this.#line, fact.equipment), fact.at), ...decideSight(this.#line, fact)]
      case 'count_recorded': return [...decideLateCount(this.#line, fact), ...decideQuality(this.#line, fact)]
      case 'rejects_found': return decideQuality(this.#line, fact)
      case 'plc_fault': return decideFaultCall(this.#line, fact)
      case 'quality_alert': return decideQualityCall(this.#line, fact)
      case 'oee_alert': case 'oee_alert_cleared': return decideOeeCall(this.#line, fact)
      case 'shift_ended': return decideShiftRecord(this.#line, fact)
      case 'job_completed': return [...decideJobRecord(this.#line, fact), ...this.#products(fact.at)]
      case 'job_started': return [...decideHandedOver(this.#line, fact), ...this.#products(fact.at)]
      case 'job_paused': case 'job_resumed': case 'job_cancelled': return this.#products(fact.at)
      case 'parts_reworked': return decideQuantity(this.#line, indexOf(this.#line, fact.equipment), fact.at)
      case 'downtime_resolved': case 'plc_fault_cleared': return decideCallsEnd(this.#line, fact)
      case 'downtime_updated': case 'gap_declared': case 'counts_corrected': return decideCorrections(this.#line, fact)
      default: return NOTHING
    }
  }

  /** A job that begins or ends is that of the machines that follow it, too. */
  #products(at: Instant): Draft[] { return this.#line.equipment.flatMap((_, i) => decideProduct(this.#line, i, at)) }

  /** Parts made before these belong to another shift, job, product or kind of knowing than those made after. */
  #recordBefore(fact: Draft): void {
    switch (fact.type) {
      case 'shift_started': case 'shift_ended': case 'clock_stepped':
      case 'job_started': case 'job_paused': case 'job_resumed': case 'job_completed': case 'job_cancelled': this.record(fact.at); break
      case 'downtime_resolved': if (fact.body.found !== true) this.#recordOf(indexOf(this.#line, fact.equipment), fact.at); break
      case 'changeover_started': case 'changeover_completed': case 'startup_released': this.#recordOf(indexOf(this.#line, fact.equipment), fact.at); break
      case 'state_changed': {
        if (fact.body.state === 'unknown' || fact.body.previous === 'unknown') this.#recordOf(indexOf(this.#line, fact.equipment), fact.at)
        break
      }
      default: break
    }
  }

  record(at: Instant): void {
    for (let i = 0; i < this.#line.equipment.length; i++) this.#recordOf(i, at)
  }

  #recordOf(i: number, at: Instant): void {
    if (this.#seen(i).pending === null) return
    this.tell(decideRecord(this.#line, i, at))
  }

  #see(i: number, seen: Seen): void {
    this.#note(i, seen)
    this.#line = { ...this.#line, quietTo: null }
  }

  /** The same for what no rule looks at that waits for time: the line stays as quiet as it was. */
  #note(i: number, seen: Seen): void { this.#line = withEquipment(this.#line, i, { ...equipmentAt(this.#line, i), seen }) }

  #seen(i: number): Seen { return equipmentAt(this.#line, i).seen }

  sample(sample: Sample): void {
    const i = indexOf(this.#line, sample.equipment)
    if (i === -1) return
    // What is read on the stroke of a minute was made in the one that ends with it, and what it says else holds from there on.
    this.#time(this.#line.minute === null ? sample.at : later(sample.at, -1))
    const seen = this.#seen(i)
    const pollMs = pollMsOf(seen, sample)
    const rules = this.#line.rules[i]!
    const reads = readCounters(equipmentAt(this.#line, i), rules, sample, (rule) => resetDue(this.#line, i, rule, sample.at))
    const signals = signalsAfter(seen.signals, sample)
    const isNews = isTold(this.#line, i, { pollMs, signals })
    const split = isNews ? splitAtJob(this.#line, i, sample, signals, reads) : null
    const counted = split !== null ? split.until : reads.length === 0 ? null : countedOf(equipmentAt(this.#line, i), rules, reads)
    // Most samples are no news: what they say is noted once, with what they count.
    const read = isNews ? { at: sample.at, pollMs } : { at: sample.at, pollMs, signals }
    if (counted !== null) this.#count(i, counted, sample.since ?? null, read)
    else if (!isNews) this.#note(i, { ...this.#seen(i), ...read })
    const word = sample.signals['fault_word']
    const isWord = typeof word === 'bigint' || typeof word === 'number'
    if (isNews || isWord) this.#time(sample.at)
    if (isNews) this.#signals(i, { at: sample.at, pollMs, signals })
    if (split !== null && split.since !== null) this.#count(i, split.since, sample.since ?? null, { at: sample.at, pollMs })
    if (isWord) this.tell(decideFaults(this.#line, i, word, sample.at))
    if (!isQuiet(this.#line, sample.at) && !this.#isOver(sample.at)) this.#state(i, sample.at)
  }

  #count(i: number, counted: Counted, since: Instant | null, read: Reading & Partial<Pick<Seen, 'signals'>>): void {
    const { at, pollMs } = read
    if (counted.total > 0) this.tell(decideFirstPart(this.#line, i, at))
    const run = runAfter(this.#line, i, counted, read)
    const goodAt = counted.good > 0 ? at : this.#seen(i).goodAt
    this.#note(i, { ...this.#seen(i), ...read, counters: counted.counters, pending: credit(this.#line, i, counted, since, at), goodAt, run })
    if (configAt(this.#line, i).state.from === 'counts') this.#gap(i, counted.total, since === null && counted.total <= 1 ? at : instant(at - pollMs), at)
    if (run !== null) this.tell(decideFirstGood(this.#line, i, at))
    this.tell(decideQuantity(this.#line, i, at))
    const { pending } = this.#seen(i)
    if (pending !== null && (isUnusual(pending) || opensClock(this.#line, i) || this.#isPast(at))) this.#recordOf(i, at)
  }

  /** A short stop that parts ended is two changes, the second known only after the first. */
  #gap(i: number, parts: number, from: Instant, at: Instant): void {
    const ran = equipmentAt(this.#line, i).state.current === 'running'
    this.tell(decideGap(this.#line, i, parts, from, at))
    if (parts <= 0) return
    const stood = ran && equipmentAt(this.#line, i).state.current !== 'running'
    if (stood) this.tell(decideGap(this.#line, i, parts, from, at))
    this.#see(i, { ...this.#seen(i), partAt: at })
  }

  /** Parts between two readings belong to what the earlier one said: job and product change after them. */
  #signals(i: number, news: Pick<Seen, 'at' | 'pollMs' | 'signals'>): void {
    const { at, signals } = news
    const before = this.#seen(i).signals
    // Others may make what this one says.
    const isLeading = i === this.#line.plan.constraint && this.#line.plan.constraints.size > 0
    if (signals.product !== before.product && productOf(this.#line, i) !== null) {
      if (isLeading) this.record(at!)
      else this.#recordOf(i, at!)
    }
    this.#see(i, { ...this.#seen(i), ...news })
    if (signals.product !== before.product && signals.product !== null) this.tell(isLeading ? this.#products(at!) : decideProduct(this.#line, i, at!))
    if (signals.job !== before.job && signals.job !== null) this.tell(decidePlcJob(this.#line, i, String(signals.job), at!))
    if (signals.changeover !== before.changeover && signals.changeover !== null) this.tell(decideChangeoverBit(this.#line, i, isOn(signals.changeover), at!))
  }

  #state(i: number, at: Instant): void {
    const candidate = candidateOf(this.#line, i, at)
    if (candidate !== this.#seen(i).candidate) this.#see(i, { ...this.#seen(i), candidate })
    if (candidate !== null) this.tell(decideState(this.#line, i, at))
    this.#stop(i, at)
  }

  #stop(i: number, at: Instant): void {
    const { stop, state } = equipmentAt(this.#line, i)
    if (stop !== null || stands(state.current)) this.tell(decideStop(this.#line, i, at))
  }

  /** Between what a line is told, its rules only wait. Once all have looked and said nothing, none needs to before the first of them is due. */
  beat(at: Instant): void {
    if (isQuiet(this.#line, at)) return
    this.#time(at)
    const looked = this.#line
    for (let i = 0; i < this.#line.equipment.length; i++) {
      if (configAt(this.#line, i).state.from === 'counts') this.#gap(i, 0, at, at)
      this.tell(decideWaitOver(this.#line, i, at))
      this.#state(i, at)
      if (equipmentAt(this.#line, i).stop !== null) this.tell(decideStopCall(this.#line, i, at))
      this.tell(decideBlindCall(this.#line, i, at))
    }
    this.tell(decideQuiet(this.#line, at))
    this.tell(decideEscalations(this.#line, at))
    if (this.#line === looked) this.#line = { ...looked, quietTo: quietUntil(looked, at) }
  }

  /** The minute that the line stands in is over by then, and the next beat says so. */
  #isOver(at: Instant): boolean { return this.#line.minute !== null && at >= this.#line.minute + MINUTE }
  /** What was read then was made in a minute that has been written down. */
  #isPast(at: Instant): boolean { return this.#line.minute !== null && at <= this.#line.minute }

  /** What the passing of time alone brings: the end of a minute, shifts that change, blindness that is over. */
  #time(at: Instant): void {
    const { minute } = this.#line
    if (minute !== null && at < minute + MINUTE) return
    if (minute !== null) this.record(later(minute, MINUTE))
    for (let i = 0; i < this.#line.equipment.length; i++) this.tell(decideBlindness(this.#line, i))
    // Hours that ended while the gateway was away are told when it is back.
    const toldTo = minute ?? this.#line.away?.from ?? null
    if (toldTo !== null) {
      this.tell(decideHours(this.#line, minuteOf(toldTo), minuteOf(at)))
      this.tell(decideSettled(this.#line, minuteOf(toldTo), minuteOf(at)))
    }
    this.tell(decideFound(this.#line, minuteOf(at)))
    this.#line = { ...this.#line, minute: minuteOf(at) }
    this.tell(decideShifts(this.#line.shifts, this.#line.plan, at))
    const { belowSince, drafts } = lookAtAlert(this.#line, at)
    if (belowSince !== this.#line.alert.belowSince) this.#line = { ...this.#line, alert: { ...this.#line.alert, belowSince } }
    this.tell(drafts)
  }

  /** What was due before the clock was set is told under the old time. */
  step(at: Instant, byMs: Ms): void {
    const toldTo = this.#line.minute ?? this.#line.away?.from ?? null
    if (toldTo !== null) {
      this.record(at)
      this.tell(decideSettled(this.#line, minuteOf(toldTo), at))
    }
    this.tell([draft(this.#line, 'clock_stepped', at, null, { by_seconds: byMs / 1_000, before: rfc3339(at), after: rfc3339(later(at, byMs)) })])
  }

  * command(command: Command, worked: Worked | null): Portions<void> {
    const { refusal, said, edited } = worked ?? (yield* workedOut(this.#line, command))
    this.#refusal = refusal
    if (refusal !== null) return
    this.tell(said)
    yield* this.#edit(said, edited)
  }

  /** What an edit makes of the time that the line has forgotten. */
  * #edit(said: readonly Draft[], edited: Edited): Portions<void> {
    this.#rows = edited.rows
    this.#line = yield* withOldRows(this.#line, edited.rows)
    for (const fact of [...edited.drafts, ...toldSince(this.#line, said, edited)]) {
      this.tell([fact])
      yield
    }
  }

  holds(of: WorkedOf, at: Instant): boolean { return stillHolds(of, this.#line, at) }
}

/** A fall to zero so soon after a job or a shift began is what many PLCs do then, and needs no second look. */
const RESET_DUE_MS = 60_000

function resetDue(line: Line, i: number, rule: CounterRule, at: Instant): boolean {
  const startedAt = rule.resets === 'job' ? jobOf(line, i)?.startedAt ?? null : rule.resets === 'shift' ? slotOf(line, at).shift?.from ?? null : null
  return startedAt !== null && since(at, startedAt) < RESET_DUE_MS
}
