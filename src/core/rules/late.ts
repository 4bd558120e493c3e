/** Rejects that are found later, and often elsewhere, than they were made: each is of the machine and the instant that made it (domain note 2.3). */

import { type Instant, instantOf, later, rfc3339 } from '../../base/units.js'
import type { BodyOf } from '../../contract/events/catalogue.js'
import { maskAt } from '../losses/losses.js'
import { minuteOf } from '../losses/lossbook.js'
import { configAt, equipmentAt } from '../memory/lookups.js'
import type { Equipment, Late, Line, Pending } from '../memory/memory.js'
import { slotOf } from '../memory/schedule.js'
import { piecesOf, withMade } from '../memory/underway.js'
import { shownAt } from '../time/clock-steps.js'
import { idealMsPerPart } from '../time/plan.js'
import { indexAt } from '../time/timeline.js'
import type { Counted } from './counts.js'
import { awaited } from './startup.js'

/** What was found between `from` and `at`, beside what was found before and is not yet recorded. */
export function withLate(line: Line, i: number, late: readonly Late[], counted: Pick<Counted, 'late' | 'steps'>, from: Instant, at: Instant): readonly Late[] {
  if (counted.late === 0 || line.rules[i]!.late === null) return late
  const steps = counted.steps.filter(({ signal }) => signal === 'reject_count')
  return piecesOf({ good: 0, reject: counted.late, startupReject: 0 }, from, at)
    .filter(({ reject }) => reject !== 0)
    .reduce((all, piece) => joined(all, placed(line, i, piece.reject, piece.at, steps)), late)
}

/** Job, product, shift, mask and start-up are those of the time before the reading in which they were made, as with any reading. */
function placed(line: Line, i: number, reject: number, foundAt: Instant, steps: Pending['steps']): Late {
  const { of, delayMs } = line.rules[i]!.late!
  const maker = equipmentAt(line, of)
  const madeAt = shownAt(line.underWay.steps, later(foundAt, -delayMs))
  const at = later(madeAt, -1)
  const { works } = maker.losses.timeline
  const work = works[indexAt(works, at)]
  const product = work?.product ?? null
  const startupReject = wasStartingUp(line, of, at) ? reject : 0
  // Its own good counter passed them by; any other count took them for good.
  const good = of === i && (line.rules[i]!.counters.good_count !== undefined || line.rules[i]!.counters.total_count === undefined) ? 0 : -reject
  const mask = maskAt(maker.losses, at, line.plan)
  const made = mask === 'recovered' ? [] : withMade(line, of, [], { good, reject, startupReject }, madeAt, madeAt)
  return {
    equipment: maker.code,
    body: {
      found_by: equipmentAt(line, i).code, found_at: rfc3339(foundAt), made_at: rfc3339(madeAt), delay_seconds: delayMs / 1_000,
      good, reject, startup_reject: startupReject, mask,
      job_id: work?.job ?? null, product, shift: slotOf(line, at).shift?.id ?? null,
      ideal_cycle_seconds: (work?.idealMs ?? idealMsPerPart(line.plan, configAt(line, of), product)) / 1_000,
      steps, ...made.length === 0 ? {} : { made: [...made] },
    },
  }
}

function wasStartingUp(line: Line, i: number, at: Instant): boolean {
  const { counts, losses, seen } = equipmentAt(line, i)
  if (awaited(configAt(line, i)) === null) return false
  // While a changeover is tried, rejects are of the start-up that follows.
  if (losses.timeline.changeovers.some(({ from, to, stood }) => stood === true && from <= at && (to === null || at < to))) return true
  return startupsOf(counts, seen.pending).some(({ from, to }) => from <= at && (to === null || at < to))
}

/** With what has closed the last of them and is not yet recorded. */
function startupsOf({ startups, startupTo }: Equipment['counts'], pending: Pending | null): Equipment['counts']['startups'] {
  const last = startups.at(-1)
  if (last?.to !== null) return startups
  const to = pending?.startupClosed ?? pending?.startupTo ?? startupTo
  return [...startups.slice(0, -1), { ...last, to }]
}

/** Those of one minute and one place are one entry. */
function joined(late: readonly Late[], own: Late): readonly Late[] {
  const last = late.at(-1)
  if (last === undefined || placeOf(last) !== placeOf(own)) return [...late, own]
  const { body } = last
  const steps = own.body.steps.reduce(withStep, body.steps)
  const made = [...body.made ?? [], ...own.body.made ?? []]
  const sum = (of: 'good' | 'reject' | 'startup_reject') => body[of] + own.body[of]
  return [...late.slice(0, -1), { ...own, body: { ...own.body, good: sum('good'), reject: sum('reject'), startup_reject: sum('startup_reject'), steps, ...made.length === 0 ? {} : { made } } }]
}

/** A step goes on where the one before ended; one that is known already, of which this is another share, stays. */
function withStep(steps: Steps, step: Steps[number]): Steps {
  const before = steps.at(-1)
  if (before?.from === step.from && before.to === step.to) return steps
  if (before?.rule !== step.rule || before.to !== step.from) return [...steps, step]
  return steps.with(steps.length - 1, { ...before, to: step.to, parts: before.parts + step.parts })
}
type Steps = BodyOf<'rejects_found'>['steps']

const placeOf = ({ equipment, body: { made_at, mask, job_id, product, shift, ideal_cycle_seconds } }: Late): string =>
  [equipment, minuteOf(later(instantOf(made_at)!, -1)), mask, job_id, product, shift, ideal_cycle_seconds].join('\0')
