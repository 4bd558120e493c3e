/** What a fact makes of a line: believed as it is, without looking at anything else. */

import { type Instant, instant, instantOf } from '../base/units.js'
import type { Draft } from '../contract/events/catalogue.js'
import { awayForUnknown, moveInstants } from './clock.js'
import { applyLosses } from './losses/losses.js'
import { indexOf, withEquipment } from './memory/lookups.js'
import type { Line } from './memory/memory.js'
import { shiftIdOf } from './memory/schedule.js'
import { applyUnderWay } from './memory/underway.js'
import { applyGap } from './past/blindness.js'
import { applyCalendar } from './past/calendar-correction.js'
import { applyAndon } from './rules/andon.js'
import { applyChangeovers } from './rules/changeovers.js'
import { applyCounts } from './rules/counts.js'
import { applyFaults } from './rules/faults.js'
import { applyFound } from './rules/found.js'
import { applyJobs } from './rules/jobs.js'
import { withPace } from './rules/pace.js'
import { applyKnown, applyPeople } from './rules/people.js'
import { applyQuality } from './rules/quality.js'
import { applyAlert, applyRevisions } from './rules/records.js'
import { applyState } from './rules/state.js'
import { applyStops } from './rules/stops.js'
import { applyShifts, shiftsReplanned } from './time/shifts.js'

export function apply(line: Line, fact: Draft): Line {
  const believed = believe(line, fact)
  if (believed === line) return line
  return { ...believed, equipment: believed.equipment.map((one, i) => withPace(one, line.equipment[i]!.losses, fact.at, line.plan)) }
}

/** The same at a start, where facts are of the past: how fast products were made in it the journal says of all of them at once (`withPaces`). */
export function believe(line: Line, fact: Draft): Line {
  if (fact.line !== null && fact.line !== line.plan.line.code) return line
  return applyToLosses(applyUnderWay(applyFound(applyToRungs(line, fact), fact), fact), fact)
}

/** Every equipment's loss tree hears every fact; it knows which concern it. */
function applyToLosses(line: Line, fact: Draft): Line {
  const equipment = line.equipment.map((one) => {
    const losses = applyLosses(one.losses, fact, line.plan)
    return losses === one.losses ? one : { ...one, losses }
  })
  return { ...line, equipment, quietTo: null }
}

function applyToRungs(line: Line, fact: Draft): Line {
  switch (fact.type) {
    case 'gateway_started': return awayUntil(line, fact.body.last_seen === null ? null : instantOf(fact.body.last_seen), fact.at)
    case 'gap_declared': return applyGap(line, fact)
    case 'clock_stepped': return moveInstants(line, fact.body.by_seconds * 1_000, instantOf(fact.body.after)!)
    case 'oee_recorded': return applyRevisions(line, fact)
    case 'calendar_corrected': return applyCalendar(line, fact)
    case 'config_applied': case 'config_rejected': return { ...line, shifts: shiftsReplanned(line.shifts, line.plan, fact.at) }
    case 'operator_created': case 'operator_updated': return applyKnown(line, fact)
    default: return applyEquipment({ ...applyAlert(applyAndon(applyJobs(applyStops(line, fact), fact), fact), fact), shifts: applyShifts(line.shifts, fact) }, fact)
  }
}

function applyEquipment(line: Line, fact: Draft): Line {
  if (fact.equipment === null) return fact.type === 'shift_started' ? { ...line, equipment: line.equipment.map((equipment, i) => applyCounts(equipment, fact, line.rules[i]!)) } : line
  const i = indexOf(line, fact.equipment)
  if (i === -1) return line
  // Of a shift that is over they are not among the parts of this one.
  const counted = fact.type === 'rejects_found' && fact.body.shift !== shiftIdOf(line) ? line.equipment[i]! : applyCounts(line.equipment[i]!, fact, line.rules[i]!)
  const stated = applyChangeovers(applyFaults(applyState(counted, fact), fact), fact)
  return withEquipment(line, i, applyQuality(applyPeople(stated, fact), fact, line.rules[i]!.config.quality_alert?.parts_min))
}

/** Nobody saw the equipment since `seen`; where blind time is time of its own, the next turn says so. */
function awayUntil(line: Line, seen: Instant | null, to: Instant): Line {
  if (seen === null) return line
  // A clock that was set back meanwhile has no time left to be blind in.
  const from = instant(Math.min(seen, to))
  const blind = line.equipment.map((equipment) => ({ ...equipment, state: { ...equipment.state, blindFrom: from } }))
  return { ...line, minute: null, away: { from, to }, equipment: seen > to ? blind.map(awayForUnknown) : blind }
}
