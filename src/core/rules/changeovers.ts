/** Changeovers: planned stops from the last good part of what was made before to the first good part of what comes (domain note 4.2), said by people, by the PLC's own bit, or by good parts at their rate. */

import { type Instant, type Ms, instant, instantOf, rfc3339, since } from '../../base/units.js'
import type { Command } from '../../contract/commands.js'
import type { Draft } from '../../contract/events/catalogue.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import { configAt, draft, equipmentAt, jobOf, productOf, withEquipment } from '../memory/lookups.js'
import type { Changeover, Equipment, GoodRun, Line, Stop } from '../memory/memory.js'
import { afterPlanned, asWorks, plannedMsBetween, standingCounts } from '../memory/schedule.js'
import { isChanging } from '../time/attribution.js'
import { idealMsPerPart } from '../time/plan.js'
import { standingStart } from '../time/timeline.js'
import type { Counted } from './counts.js'
import { automaticReason } from './reasons.js'
import { classOf, isOn, isTrial, stateChanged } from './state.js'
import { updated } from './stops.js'

export function decideChangeoverCommand(line: Line, i: number, command: Command): Draft[] | Refusal {
  const { changeover } = equipmentAt(line, i)
  switch (command.name) {
    case 'changeover_start': {
      if (changeover !== null) return refuse('CHANGEOVER_RUNNING')
      const { to_product: product, to_job_id: id } = command.body
      if (id !== undefined && line.jobs[id] === undefined) return refuse('JOB_UNKNOWN', { job_id: id })
      if (product !== undefined && line.plan.products.size > 0 && !line.plan.products.has(product)) return refuse('PRODUCT_UNKNOWN', { product })
      return begun(line, i, command.at, command.by.name, product ?? (id === undefined ? null : line.jobs[id]!.order.product), id ?? null)
    }
    case 'changeover_complete': return changeover === null ? refuse('CHANGEOVER_NOT_RUNNING') : ended(line, i, changeover, command.at, command.by.name)
    default: return []
  }
}

/** The PLC's bit. What a person began, a falling bit ends as well. */
export function decideChangeoverBit(line: Line, i: number, on: boolean, at: Instant): Draft[] {
  const { changeover } = equipmentAt(line, i)
  if (on === (changeover !== null)) return []
  return changeover === null ? begun(line, i, at, 'plc', null, null) : ended(line, i, changeover, at, 'plc')
}

/* ── its beginning ───────────────────────────────────────────────────────────────────────────── */

/** Who says that it began is often late: what stood until then for no other reason that anybody knows is of it too. */
function begun(line: Line, i: number, at: Instant, by: string, toProduct: string | null, toJob: string | null): Draft[] {
  const equipment = equipmentAt(line, i)
  const { code, state, stop } = equipment
  const standard = configAt(line, i).changeover_standard
  const from = stoodFrom(equipment, configAt(line, i).changeover_reach, at)
  const started = draft(line, 'changeover_started', at, code, {
    from_product: productOf(line, i), to_product: toProduct, to_job_id: toJob, standard_seconds: standard === undefined ? null : standard / 1_000, by,
    from_job_id: jobOf(line, i)?.order.job_id ?? null, ...from === null ? {} : { from: rfc3339(from) },
  })
  if (from === null) return [started]
  const changed = draft(line, 'state_changed', at, code, { state: 'changeover', state_code: state.code, previous: state.current, previous_seconds: since(at, state.since ?? at) / 1_000 })
  return [started, changed, ...stop === null ? [] : [renamed(line, stop, from, at)]]
}

/** The last good part, or where it stood when that is not known; `null` where something else is known to have stopped it, or it stands for too long. */
function stoodFrom({ state, stop, losses: { timeline: { states } } }: Equipment, reachMs: number, at: Instant): Instant | null {
  if (state.since === null || (state.current !== 'stopped' && state.current !== 'idle')) return null
  if (stop !== null && (stop.reason !== null || (stop.cause?.fault ?? null) !== null)) return null
  // A stop goes on through blindness, in a start for instance, and so does what nobody could see begin.
  const began = stop === null ? states.length - 1 : standingStart(states, states.length - 1)
  const stood = states[began]?.from ?? state.since
  const ranOut = states[began - 1]?.state === 'running' && state.lastGood !== null && state.lastGood >= states[began - 1]!.from
  // Of a stop that people parted, or that began with its shift, only itself.
  const from = stop !== null && (stop.parted || stop.from !== stood) ? stop.from : ranOut ? state.lastGood : state.since
  return since(at, from) <= reachMs ? from : null
}

const renamed = (line: Line, stop: Stop, from: Instant, at: Instant): Draft =>
  updated(line, { ...stop, from }, at, { change: 'cause', cause: null, reason: automaticReason(line.plan, stop.equipment, 'changeover', null, undefined) })

/* ── its end ─────────────────────────────────────────────────────────────────────────────────── */

/** Somebody says that it is over. So it is with the first good part of those that are coming, and if none does, with the next. */
function ended(line: Line, i: number, changeover: Changeover, at: Instant, by: string): Draft[] {
  if (!isTrial(equipmentAt(line, i))) return [completed(line, i, changeover, at, at, by)]
  const { run } = equipmentAt(line, i).seen
  const comes = run !== null && since(at, run.lastAt) <= RATE * idealMs(line, i, changeover) + equipmentAt(line, i).seen.pollMs
  if (!comes) return [completed(line, i, changeover, at, at, by, true)]
  const from = producesFrom(line, i, run, at)
  return [produces(line, i, from), completed(line, i, changeover, at, from, by, true), measured(line, i, changeover, at, from)]
}

/** Good parts come again. That ends what was said to be over at once, and what nobody ended when enough of them came at their rate; unless they are of the job before, or the PLC knows better. */
export function decideFirstGood(line: Line, i: number, at: Instant): Draft[] {
  const equipment = equipmentAt(line, i)
  const { changeover, awaited, seen: { run, signals } } = equipment
  if (run === null || !isTrial(equipment)) return []
  const from = producesFrom(line, i, run, at)
  if (awaited !== null) return [produces(line, i, from), measured(line, i, awaited, at, from)]
  const needed = configAt(line, i).changeover_good_parts
  if (changeover === null || needed === 0 || run.good < needed || isOn(signals.changeover)) return []
  const goesOn = changeover.fromJob !== null && changeover.fromJob === jobOf(line, i)?.order.job_id
  return goesOn ? [produces(line, i, from)] : [produces(line, i, from), completed(line, i, changeover, at, from, 'auto', true), measured(line, i, changeover, at, from)]
}

/** No good part came for so long that the changeover is no reason any more: what stands from there on is a stop of its own, and says its cause itself. */
export function decideWaitOver(line: Line, i: number, at: Instant): Draft[] {
  const { awaited, state } = equipmentAt(line, i)
  // While nobody sees it, that part may come.
  if (awaited === null || awaited.waitsTo === null || at < awaited.waitsTo || state.current === 'unknown') return []
  const over = measured(line, i, awaited, at, awaited.waitsTo, true)
  if (state.current !== 'changeover') return [over]
  const without = withEquipment(line, i, { ...equipmentAt(line, i), awaited: null })
  const now = configAt(line, i).state.from === 'counts' ? 'stopped' : classOf(without, i)
  return now === null || now === state.current ? [over] : [over, stateChanged(line, i, now, state.code, awaited.waitsTo)]
}

/** When a wait for a first good part is over. */
export const waitDue = (line: Line, i: number): number => equipmentAt(line, i).awaited?.waitsTo ?? Infinity

/** So long a first good part is awaited where neither a wait nor a standard is configured. */
const WAIT_MS: Ms = 15 * 60_000

function waitsUntil(line: Line, i: number, at: Instant): { readonly waits_until?: string } {
  const { changeover_wait: wait, changeover_standard: standard } = configAt(line, i)
  const until = afterPlanned(asWorks(line, equipmentAt(line, i).code), at, wait ?? standard ?? WAIT_MS)
  return until === null ? {} : { waits_until: rfc3339(until) }
}

const produces = (line: Line, i: number, from: Instant): Draft => stateChanged(line, i, 'running', null, from)

/** Parts that were told to be made in a break, because it stood, stay so: there it produces only from now on. */
function producesFrom(line: Line, i: number, { from }: GoodRun, at: Instant): Instant {
  const works = asWorks(line, equipmentAt(line, i).code)
  return standingCounts(works, from) && plannedMsBetween(works, from, at) === since(at, from) ? from : at
}

/** At its rate is a part that takes no longer than so many ideal times (domain note 10.4). */
const RATE = 1.2

/** The good parts in a row after a reading, in a changeover that waits for them. Several in one reading are spread evenly over it. */
export function runAfter(line: Line, i: number, { good, reject }: Pick<Counted, 'good' | 'reject'>, { at, pollMs }: { readonly at: Instant; readonly pollMs: number }): GoodRun | null {
  const equipment = equipmentAt(line, i)
  const { changeover, awaited, seen: { run }, state } = equipment
  const waiting = changeover ?? awaited
  if (waiting === null || !isTrial(equipment) || (reject > 0 && awaited === null)) return null
  if (good <= 0) return run
  const reachMs = RATE * idealMs(line, i, waiting) * good + pollMs
  if (run !== null && since(at, run.lastAt) <= reachMs) return { ...run, good: run.good + good, lastAt: at }
  // When parts were made that nobody saw is not known.
  const first = state.current === 'unknown' ? at : instant(Math.max(waiting.saidAt, Math.round(at - pollMs + pollMs / good)))
  return { from: first, lastAt: at, good: pollMs <= reachMs - pollMs ? good : 1 }
}

const idealMs = (line: Line, i: number, { toProduct }: Changeover): number => idealMsPerPart(line.plan, configAt(line, i), toProduct ?? productOf(line, i))

function completed(line: Line, i: number, { fromProduct, toProduct, standardMs, since: from }: Changeover, at: Instant, to: Instant, by: string, isMeasured = false): Draft {
  const lasted = Math.max(0, since(to, from))
  return draft(line, 'changeover_completed', at, equipmentAt(line, i).code, {
    from_product: fromProduct, to_product: toProduct ?? productOf(line, i), lasted_seconds: lasted / 1_000, excess_seconds: excessMs(lasted, standardMs) / 1_000, by,
    ...isMeasured ? { measured: true, ...waitsUntil(line, i, at) } : {},
  })
}

function measured(line: Line, i: number, { fromProduct, toProduct, standardMs, since: from }: Changeover, at: Instant, to: Instant, isWaitedOut = false): Draft {
  const lasted = Math.max(0, since(to, from))
  return draft(line, 'changeover_measured', at, equipmentAt(line, i).code, {
    from_product: fromProduct, to_product: toProduct ?? productOf(line, i), from: rfc3339(from), to: rfc3339(to), lasted_seconds: lasted / 1_000,
    standard_seconds: standardMs === null ? null : standardMs / 1_000, excess_seconds: excessMs(lasted, standardMs) / 1_000, ...isWaitedOut ? { waited_out: true } : {},
  })
}

const excessMs = (lastedMs: number, standardMs: number | null): number => standardMs === null ? 0 : Math.max(0, lastedMs - standardMs)

/* ── memory ──────────────────────────────────────────────────────────────────────────────────── */

export function applyChangeovers(equipment: Equipment, fact: Draft): Equipment {
  const { changeover } = equipment
  switch (fact.type) {
    case 'changeover_started': {
      const { from_product, to_product, to_job_id, standard_seconds, from, from_job_id } = fact.body
      return { ...equipment, awaited: null, changeover: {
        since: from === undefined ? fact.at : instantOf(from)!, saidAt: fact.at, stood: from !== undefined, fromJob: from_job_id ?? null,
        fromProduct: from_product, toProduct: to_product, toJob: to_job_id, standardMs: standard_seconds === null ? null : standard_seconds * 1_000, waitsTo: null,
      } }
    }
    case 'state_changed': {
      if (changeover === null || (changeover.stood ? fact.body.state !== 'running' : !isChanging(fact.body.state))) return equipment
      return { ...equipment, changeover: changeover.stood ? { ...changeover, stood: false } : { ...changeover, since: fact.at, stood: true } }
    }
    case 'changeover_completed': return { ...equipment, changeover: null, awaited: fact.body.measured === true && changeover !== null ? { ...changeover, waitsTo: fact.body.waits_until === undefined ? null : instantOf(fact.body.waits_until) } : null }
    case 'changeover_measured': return { ...equipment, awaited: null }
    default: return equipment
  }
}
