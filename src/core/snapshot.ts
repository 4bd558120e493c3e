/** What a line keeps over a restart: facts made it, and the snapshot saves applying all of them again. */

import type { CalendarSpan } from '../contract/calendar-span.js'
import type { Draft } from '../contract/events/catalogue.js'
import type { LossRow } from '../contract/losses.js'
import { apply } from './apply.js'
import { type Losses, initialLosses, replayed } from './losses/losses.js'
import type { Andon, Changeover, Equipment, Job, Line, Stop, UnderWay } from './memory/memory.js'
import { initialSeen } from './memory/seen.js'
import { initialUnderWay } from './memory/underway.js'
import { initialCounts } from './rules/counts.js'
import { initialFaults } from './rules/faults.js'
import { initialQuality } from './rules/quality.js'
import { initialAlert } from './rules/records.js'
import { rulesOf } from './rules/rules.js'
import { initialState } from './rules/state.js'
import type { LinePlan } from './time/plan.js'
import { initialShifts } from './time/shifts.js'
import { spansOf, withSpans } from './time/worked.js'

/** A line as its last snapshot left it, and then the facts that the journal has beyond it; `rows` are those that the journal had written by the last of them. */
export function openLine(plan: LinePlan, snapshot: string | null, rows: readonly LossRow[], facts: readonly Draft[] = []): Line {
  return allTold(facts.reduce<Line>(apply, lineBefore(plan, snapshot, rows)))
}

/** The same before any of these facts, for whoever has more of them than memory holds: `apply` them in their order, and then say that they are all told. */
export const allTold = (line: Line): Line => ({ ...line, equipment: line.equipment.map((one) => ({ ...one, losses: replayed(one.losses) })) })

export function lineBefore(configured: LinePlan, snapshot: string | null, rows: readonly LossRow[]): Line {
  // Written by `snapshotOf`, of this version or an older one; what is new since then begins empty.
  const kept = snapshot === null ? null : JSON.parse(snapshot) as Partial<Kept>
  const { calendarSpans, ...known } = kept ?? {}
  const plan = calendarSpans === undefined ? configured : withSpans(configured, calendarSpans)
  const equipment = equipmentOf(plan, kept, rows)
  return {
    scheduleRevision: 0, people: {}, stopsCount: 0, andonsCount: 0, shelves: [], revisions: {}, foundIn: [], away: null,
    ...known,
    alert: { ...initialAlert, ...kept?.alert },
    shifts: { ...initialShifts, ...kept?.shifts },
    plan, rules: rulesOf(plan), minute: null, advancedTo: null, quietTo: null,
    jobs: Object.fromEntries(Object.entries(kept?.jobs ?? {}).map(([id, job]) => [id, withLater(job)])),
    stops: (kept?.stops ?? []).map(withBlind),
    andons: (kept?.andons ?? []).map(withNew),
    equipment, underWay: initialUnderWay(plan, rows, kept?.underWay ?? null, equipment),
  }
}

function equipmentOf(plan: LinePlan, kept: Partial<Kept> | null, rows: readonly LossRow[]): Equipment[] {
  return plan.line.equipment.map((config) => {
    const known = kept?.equipment?.find((one) => one.code === config.code)
    return { ...initialEquipment(config.code), ...known, state: { ...initialState, ...known?.state }, counts: { ...initialCounts, ...known?.counts }, changeover: withStood(known?.changeover ?? null), awaited: withStood(known?.awaited ?? null), stop: known?.stop === undefined || known.stop === null ? null : withBlind(known.stop), losses: initialLosses(plan, config, rows, known?.losses ?? null), seen: initialSeen }
  })
}

/** What facts made of the line, and nothing else: samples after the last fact will be solved again. */
export function snapshotOf(line: Line): string {
  const { plan, rules: _rules, minute: _minute, advancedTo: _advancedTo, quietTo: _quietTo, underWay: { book: _book, ...underWay }, equipment, ...rest } = line
  const kept: Kept = { ...rest, calendarSpans: spansOf(plan.calendar), underWay, alert: { ...rest.alert, belowSince: null }, equipment: equipment.map(({ seen: _seen, losses: { book: _book, ...losses }, ...durable }) => ({ ...durable, losses })) }
  return JSON.stringify(kept)
}

const initialEquipment = (code: string): Omit<Equipment, 'losses'> => ({
  code, job: null, state: initialState, counts: initialCounts, faults: initialFaults, stop: null, changeover: null, awaited: null, operators: [],
  quality: initialQuality, seen: initialSeen,
})

type Kept = Omit<Line, 'plan' | 'rules' | 'equipment' | 'underWay' | 'minute' | 'advancedTo' | 'quietTo'> & { readonly calendarSpans: readonly CalendarSpan[]; readonly equipment: readonly KeptEquipment[]; readonly underWay: Omit<UnderWay, 'book'> }
type KeptEquipment = Omit<Equipment, 'seen' | 'losses'> & { readonly losses: Omit<Losses, 'book'> }

/** A stop of a version that did not keep what was blind in it. */
const withBlind = (stop: Omit<Stop, 'blind'> & Partial<Pick<Stop, 'blind'>>): Stop => ({ ...stop, blind: stop.blind ?? [] })

/** A changeover of a version that went by its taps alone, or waited for its first good part however long. */
const withStood = (changeover: Omit<Changeover, 'saidAt' | 'stood' | 'fromJob' | 'waitsTo'> & Partial<Changeover> | null): Changeover | null => changeover === null ? null : { ...changeover, saidAt: changeover.saidAt ?? changeover.since, stood: changeover.stood ?? false, fromJob: changeover.fromJob ?? null, waitsTo: changeover.waitsTo ?? null }

/** A call of a version that did not keep which stops counted under it, who saw it after its end, or of a fixed position. */
const withNew = (call: Omit<Andon, NewOfAndon> & Partial<Pick<Andon, NewOfAndon>>): Andon => ({ ...call, stopsUnder: call.stopsUnder ?? [], seenAt: call.seenAt ?? null, seenBy: call.seenBy ?? null, fixedPosition: call.fixedPosition ?? null })
type NewOfAndon = 'stopsUnder' | 'seenAt' | 'seenBy' | 'fixedPosition'

/** A job of a version whose clock ran from its start, and that knew of no rework and no reasons. */
const withLater = (job: Omit<Job, NewOfJob> & Partial<Pick<Job, NewOfJob>>): Job =>
  ({ ...job, clockFrom: job.clockFrom === undefined ? job.startedAt : job.clockFrom, reworkedGood: job.reworkedGood ?? 0, reason: job.reason ?? null })
type NewOfJob = 'clockFrom' | 'reworkedGood' | 'reason'
