/** A step of the wall clock: open instants move with it, so that no duration is longer or shorter than it was. */

import { limits } from '../base/limits.js'
import { type Instant, type Ms, instant, later } from '../base/units.js'
import type { Equipment, Line } from './memory/memory.js'
import { erasBefore } from './time/eras.js'

export function moveInstants(line: Line, byMs: Ms, to: Instant): Line {
  const moved = <T extends Instant | null>(at: T): T => (at === null ? at : later(at, byMs)) as T
  const moveEquipment = (equipment: Equipment): Equipment => {
    const { state, faults, stop, changeover, awaited, counts, seen, operators } = equipment
    return {
      ...equipment,
      state: { ...state, since: moved(state.since), blindFrom: moved(state.blindFrom), lastGood: moved(state.lastGood) },
      faults: { active: faults.active.map((on) => ({ ...on, since: moved(on.since) })), risen: faults.risen.map((rise) => ({ ...rise, at: moved(rise.at) })) },
      stop: stop === null ? null : { ...stop, from: moved(stop.from), blind: stop.blind.map(({ from, to }) => ({ from: moved(from), to: moved(to) })) },
      changeover: changeover === null ? null : { ...changeover, since: moved(changeover.since), saidAt: moved(changeover.saidAt) },
      awaited: awaited === null ? null : { ...awaited, since: moved(awaited.since), saidAt: moved(awaited.saidAt), waitsTo: moved(awaited.waitsTo) },
      operators: operators.map((operator) => ({ ...operator, since: moved(operator.since) })),
      counts: { ...counts, startupTo: moved(counts.startupTo), startups: counts.startups.map((span) => span.to === null && byMs < 0 ? { ...span, from: instant(Math.min(span.from, to)) } : span), bases: Object.fromEntries(Object.entries(counts.bases).map(([name, base]) => [name, { ...base, at: moved(base.at) }])) },
      seen: {
        ...seen, at: moved(seen.at), partAt: moved(seen.partAt), goodAt: moved(seen.goodAt),
        run: seen.run === null ? null : { ...seen.run, from: moved(seen.run.from), lastAt: moved(seen.run.lastAt) },
        candidate: seen.candidate === null ? null : { ...seen.candidate, since: moved(seen.candidate.since) },
        pending: seen.pending === null ? null : { ...seen.pending, from: moved(seen.pending.from), startupTo: moved(seen.pending.startupTo), startupClosed: moved(seen.pending.startupClosed) },
        counters: Object.fromEntries(Object.entries(seen.counters).map(([name, counter]) => [name, {
          ...counter, at: moved(counter.at),
          doubt: counter.doubt === null ? null : { ...counter.doubt, firstAt: moved(counter.doubt.firstAt), lastAt: moved(counter.doubt.lastAt) },
        }])),
      },
    }
  }
  return {
    // What the clock jumped over has ended, and its hours are still to be told; what it jumped back to comes again.
    ...line, plan: byMs < 0 ? erasBefore(line.plan, to) : line.plan, minute: byMs > 0 ? line.minute : null,
    equipment: line.equipment.map(moveEquipment),
    jobs: Object.fromEntries(Object.entries(line.jobs).map(([id, job]) => [id, job.endedAt !== null ? job
      : { ...job, assignedAt: moved(job.assignedAt), startedAt: moved(job.startedAt), clockFrom: moved(job.clockFrom), pausedAt: moved(job.pausedAt) }])),
    shelves: line.shelves.map((shelf) => ({ ...shelf, until: moved(shelf.until) })),
    andons: line.andons.map((andon) => andon.resolvedAt !== null ? andon : {
      ...andon, raisedAt: moved(andon.raisedAt), acknowledgedAt: moved(andon.acknowledgedAt), attendedAt: moved(andon.attendedAt),
      acknowledgeBy: moved(andon.acknowledgeBy), resolveBy: moved(andon.resolveBy),
      fixedPosition: andon.fixedPosition === null ? null : { graceTo: moved(andon.fixedPosition.graceTo), stoppedAt: moved(andon.fixedPosition.stoppedAt) },
    }),
  }
}

/** The clock was set back while nobody looked, so how long that was nobody knows: what the counters have gained is believed as after a long time. */
export function awayForUnknown(equipment: Equipment): Equipment {
  const longAgo = <T extends { readonly at: Instant }>(counter: T): T => ({ ...counter, at: later(counter.at, -limits.awayMsBelieved) })
  const all = <T extends { readonly at: Instant }>(counters: Readonly<Record<string, T>>): Record<string, T> => Object.fromEntries(Object.entries(counters).map(([name, counter]) => [name, longAgo(counter)]))
  return { ...equipment, counts: { ...equipment.counts, bases: all(equipment.counts.bases) }, seen: { ...equipment.seen, at: null, counters: all(equipment.seen.counters) } }
}
