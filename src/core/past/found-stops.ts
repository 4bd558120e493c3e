/** Standing in time that counts only since the calendar was corrected: it is a stop like any other, though nobody was asked for its reason when it stood. */

import type { Portions } from '../../base/portions.js'
import { type Instant, instant, rfc3339, since } from '../../base/units.js'
import type { TimeLeaf } from '../../contract/losses.js'
import type { Draft, DraftOf } from '../../contract/events/catalogue.js'
import type { Slice } from '../losses/slices.js'
import { configAt, draft, indexOf } from '../memory/lookups.js'
import type { Line } from '../memory/memory.js'
import { costBetween, openStops, stopOf } from '../rules/stops.js'
import { stands, standsPlanned } from '../rules/state.js'
import { microMsOf } from '../time/attribution.js'
import type { Period } from '../time/calendar.js'
import { rulesAt } from '../time/eras.js'
import { type StateSpan, indexAt, standingStart } from '../time/timeline.js'
import { without } from '../time/worked.js'
import type { Again } from './again.js'
import { type Account, overlap } from './accounts.js'
import { stopsTold } from './past.js'

/** Each told in one fact with its end; in the order of time, machine by machine. What a stop covers already is told again with what it costs (`calendar-figures`). */
export function* stopsFound({ line, past, was, is, period }: Again, { at }: DraftOf<'calendar_corrected'>): Portions<Draft[]> {
  const drafts: Draft[] = []
  for (const [i, account] of is.entries()) {
    yield
    const covered = [...(yield* stopsTold(line, past, account.code)).map(({ stop }) => stopOf(line, stop.id) ?? stop), ...line.stops, ...openStops(line)]
      .filter(({ equipment }) => equipment === account.code).map(({ from, to }): Period => ({ from, to: to ?? instant(Math.max(at, from)) }))
    const [counted, counts] = [was[i]!, account].map((one) => one.slices(period, at).filter(({ leaf }) => isPlanned(leaf))) as [Slice[], Slice[]]
    const pieces = standstills(account, period)
      .flatMap((standing) => counts.flatMap((slice) => { const common = overlap(standing, slice); return common === null ? [] : [common] }))
      .reduce(joined, [])
      .flatMap((piece) => without([piece], [...counted, ...covered]))
    for (const piece of pieces) drafts.push(told(line, account, piece, counts, at, `${line.plan.line.code}-S${line.stopsCount + drafts.length + 1}`))
  }
  return drafts
}

/** Time that counts, and in which a machine that stands has a stop. */
const isPlanned = (leaf: TimeLeaf): boolean => leaf !== 'schedule_loss' && leaf !== 'no_data'

/** From the end of one run, or of blindness, to the beginning of the next; what is planned apart from what is not. */
function standstills({ timeline: { states } }: Account, { from, to }: Period): readonly Period[] {
  const found: (Period & { readonly planned: boolean })[] = []
  for (let index = Math.max(0, indexAt(states, from)); index < states.length && states[index]!.from < to; index++) {
    const { state } = states[index]!
    if (!stands(state)) continue
    const [begin, end, planned] = [states[index]!.from, states[index + 1]?.from ?? to, standsPlanned(state)]
    const last = found.at(-1)
    if (last !== undefined && last.to === begin && last.planned === planned) found[found.length - 1] = { ...last, to: end }
    else found.push({ from: begin, to: end, planned })
  }
  return found
}

const joined = (pieces: readonly Period[], piece: Period): readonly Period[] => {
  const last = pieces.at(-1)
  return last?.to === piece.from ? [...pieces.slice(0, -1), { from: last.from, to: piece.to }] : [...pieces, piece]
}

function told(line: Line, { code, timeline: { states } }: Account, { from, to }: Period, counts: readonly Slice[], at: Instant, id: string): Draft {
  const { job, product, shift, idealMs } = counts.find((slice) => slice.from <= from && from < slice.to)!
  const { state } = states[indexAt(states, from)]!
  const whole = standstillAround(states, from, at)
  const { equipment } = rulesAt(line.plan, configAt(line, indexOf(line, code)), whole.to)
  return draft(line, 'downtime_resolved', to, code, {
    stop_id: id, state, reason: null, cause: null, job_id: job, product, shift, from: rfc3339(from), lost_seconds: costBetween(line, code, from, to) / 1_000,
    // By the length of the whole standstill, as its time is.
    micro: !standsPlanned(state) && since(whole.to, whole.from) < microMsOf(equipment, idealMs), found: true,
  })
}

function standstillAround(states: readonly StateSpan[], at: Instant, now: Instant): Period {
  const index = indexAt(states, at)
  const next = states.findIndex(({ state }, i) => i > index && !stands(state))
  let first = standingStart(states, index)
  // Blindness before it is no standing.
  for (let i = first; i < index; i++) if (!stands(states[i]!.state)) first = i + 1
  return { from: states[first]!.from, to: states[next]?.from ?? now }
}
