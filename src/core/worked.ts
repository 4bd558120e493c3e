/** What a command comes to, and whether that still holds when a turn tells it: what is about a long past is worked out elsewhere, of the line as it was, while the line goes on. */

import { isDeepStrictEqual } from 'node:util'
import type { Portions } from '../base/portions.js'
import { type Instant, instant, instantOf } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import type { Draft } from '../contract/events/catalogue.js'
import type { Worked } from '../contract/past.js'
import { type Refusal, isRefusal, refuse } from '../contract/refusals.js'
import { apply } from './apply.js'
import { MINUTE, sameRows } from './losses/lossbook.js'
import { indexOf } from './memory/lookups.js'
import type { Line } from './memory/memory.js'
import { decideAndonCommand } from './rules/andon.js'
import { decideChangeoverCommand } from './rules/changeovers.js'
import { decideJobCommand } from './rules/jobs.js'
import { decidePeopleCommand } from './rules/people.js'
import { decideStartupCommand } from './rules/startup.js'
import { decideStopCommand, openStops } from './rules/stops.js'
import type { Period } from './time/calendar.js'
import { decideGapCommand } from './past/blindness.js'
import { decideCalendarCommand } from './past/calendar-correction.js'
import { lineAgainOf } from './past/declared.js'
import { decideIdealCommand } from './past/ideal-correction.js'
import { NOTHING_EDITED, editedPast, minuteAfter, recalledOf, withPast } from './past/past.js'
import { isCorrection, revaluedPast } from './past/revaluation.js'

/** The facts of a command, or the no to it; and what they lead to in the time that the line has forgotten. */
export function* workedOut(line: Line, command: Command): Portions<Worked> {
  const { at, past: read } = command
  const i = command.equipment === null ? line.plan.constraint : indexOf(line, command.equipment)
  const nothing = { at, edited: { ...NOTHING_EDITED, goodTo: minuteAfter(at) } }
  const past = read === undefined ? null : yield* recalledOf(line, read)
  const answer = i === -1 ? refuse('EQUIPMENT_UNKNOWN', { equipment: command.equipment }) : decideCommand(past === null ? line : withPast(line, past), i, command)
  if (isRefusal(answer)) return { ...nothing, refusal: answer, said: [] }
  const done = { at, refusal: null, said: answer }
  if (past === null || read === undefined) return { ...nothing, ...done }
  const after = answer.reduce<Line>(apply, line)
  const correction = answer.find(isCorrection)
  if (correction !== undefined) return { ...done, edited: yield* revaluedPast(line, after, read, correction) }
  const declared = answer.find((fact) => fact.type === 'gap_declared')
  return { ...done, edited: editedPast(after, past, answer, at, declared === undefined ? null : yield* lineAgainOf(line, read, declared)) }
}

function decideCommand(line: Line, i: number, command: Command): Draft[] | Refusal {
  for (const decide of [decideJobCommand, decideChangeoverCommand, decidePeopleCommand, decideStartupCommand, decideGapCommand, decideIdealCommand, decideCalendarCommand]) {
    const answer = decide(line, i, command)
    if (isRefusal(answer) || answer.length > 0) return answer
  }
  const onCall = decideAndonCommand(line, command)
  return isRefusal(onCall) || onCall.length > 0 ? onCall : decideStopCommand(line, command)
}

/* ── told later ──────────────────────────────────────────────────────────────────────────────── */

/** Worked out of the line as it `was`. */
export interface WorkedOf { readonly was: Line; readonly worked: Worked }

/** What it was told at is when it is told; what it tells of the past stays where it is. */
export function asToldAt({ at: was, refusal, said, edited }: Worked, at: Instant): Worked {
  const dated = (drafts: readonly Draft[]): readonly Draft[] => drafts.map((draft) => (draft.at === was ? { ...draft, at } : draft))
  return { at, refusal, said: dated(said), edited: { ...edited, drafts: dated(edited.drafts) } }
}

/**
 * Whether the line as it is `now` would come to the same: nothing that bears on the past has changed since, and no hour, shift or standstill has become another
 * with time. What the facts say that were read is the same, for they are those up to one number.
 */
export function stillHolds({ was, worked }: WorkedOf, now: Line, at: Instant): boolean {
  const { said, edited: { drafts, goodTo } } = worked
  if (at < worked.at || at >= goodTo || now.plan !== was.plan || !isDeepStrictEqual(now.underWay.steps, was.underWay.steps)) return false
  if (worked.refusal !== null) return closedTo(was) === closedTo(now)
  if (was.stopsCount !== now.stopsCount && [...said, ...drafts].some(namesStop)) return false
  if (!isDeepStrictEqual(now.revisions, was.revisions) || !isDeepStrictEqual(now.foundIn, was.foundIn) || (said.some(({ type }) => type === 'gap_declared') && keptFrom(now) !== keptFrom(was))) return false
  const { from, to } = hullOf(worked)
  if (!isDeepStrictEqual(stopsBefore(was, to), stopsBefore(now, to)) || !isDeepStrictEqual(jobsBefore(was, to), jobsBefore(now, to))) return false
  return was.equipment.every(({ losses }, i) => sameRows(losses.book, now.equipment[i]!.losses.book, from, to)) && sameRows(was.underWay.book, now.underWay.book, from, to)
}

/** All of the time that is told anew. */
function hullOf({ at, said, edited: { rows } }: Worked): Period {
  let [from, to]: [number, number] = [at, 0]
  const see = (start: number, end: number): void => { [from, to] = [Math.min(from, start), Math.max(to, end)] }
  for (const fact of said) if (fact.type === 'calendar_corrected' || fact.type === 'ideal_corrected' || fact.type === 'gap_declared') see(instantOf(fact.body.from)!, instantOf(fact.body.to)!)
  for (const { minute } of rows) see(minute, minute + MINUTE)
  return { from: instant(from), to: instant(to) }
}

/** A stop that the next number was given to. */
const namesStop = (fact: Draft): boolean => (fact.type === 'downtime_resolved' && fact.body.found === true) || (fact.type === 'gap_declared' && fact.body.stop_id !== null)

const closedTo = (line: Line): number => Math.min(...line.equipment.map(({ losses }) => losses.closedTo ?? Infinity))
const keptFrom = (line: Line): string => line.equipment.map(({ losses }) => losses.timeline.keptFrom).join()
const stopsBefore = (line: Line, to: Instant): readonly unknown[] => [...line.stops, ...openStops(line)].filter(({ from }) => from < to)
/** What they make goes on. */
const jobsBefore = (line: Line, to: Instant): readonly unknown[] => Object.values(line.jobs).filter(({ startedAt }) => startedAt !== null && startedAt < to).map(({ good: _good, reject: _reject, reworkedGood: _rework, ...job }) => job)
