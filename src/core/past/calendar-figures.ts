/** What is told again when the calendar of a past period is corrected: what stops cost, and the figures of hours and shifts, also of those that there were not. */

import type { Portions } from '../../base/portions.js'
import { type Instant, instantOf, later, rfc3339 } from '../../base/units.js'
import type { Draft, DraftOf, FactOf } from '../../contract/events/catalogue.js'
import type { LossSums } from '../../contract/losses.js'
import { lineOee, oeeOf } from '../losses/oee.js'
import { configAt, draft, indexOf } from '../memory/lookups.js'
import type { Line } from '../memory/memory.js'
import { settledAt } from '../memory/oee-now.js'
import { revisionOf } from '../rules/records.js'
import { lostMsAt, stopOf, updated } from '../rules/stops.js'
import type { Period } from '../time/calendar.js'
import type { LinePlan } from '../time/plan.js'
import { hoursOf, shiftsBetween } from '../time/shifts.js'
import type { Again } from './again.js'
import { overlap, sumsOf, sumsUnderWay } from './accounts.js'
import { plansOf, stopsTold } from './past.js'

/** A stop that has ended was told with what it cost; one that stands tells it when it ends. */
export function* stopsAgain(before: Line, { line, past, period, is, planOf }: Again, { at, body: { by } }: DraftOf<'calendar_corrected'>): Portions<Draft[]> {
  const planBefore = plansOf(before, past)
  const drafts: Draft[] = []
  for (const { code } of is) {
    for (const { stop: told, fact } of yield* stopsTold(line, past, code)) {
      const stop = stopOf(line, told.id) ?? told
      if (stop.to === null || overlap({ from: stop.from, to: stop.to }, period) === null) continue
      const [was, now] = [{ ...line, plan: planBefore(fact) }, { ...line, plan: planOf(fact) }]
      if (lostMsAt(was, stop, at) !== lostMsAt(now, stop, at)) drafts.push(updated(now, stop, at, { change: 'calendar', by }))
      yield
    }
  }
  return drafts
}

/** An hour or a shift that was told, or that there is now. */
interface Interval { readonly name: 'hour' | 'shift'; readonly key: string; readonly window: Period }

/** A shift that is longer or shorter now is told so; one of which nothing is left, as no planned time. Hours that were told keep their windows, and where there were none there are new ones. */
export function* intervalsAgain(before: Line, again: Again, fact: DraftOf<'calendar_corrected'>): Portions<Draft[]> {
  const { line, period, known } = again
  const { timeZone } = line.plan
  const told = known.filter(({ body: { interval, figures: { window } } }) => interval === 'hour' && overlap(windowOf(window), period) !== null || interval === 'shift')
  const near = (calendar: LinePlan['calendar']) => shiftsBetween(calendar, timeZone, later(period.from, -1), later(period.to, 1))
  const [were, are] = [near(before.plan.calendar), near(line.plan.calendar)]
  const touched = new Set([...fact.body.shifts.map(({ shift }) => shift), ...fact.body.cancelled])
  const toldBefore = were.flatMap((shift): Interval[] => [...hoursOf(shift).map(hourOf), { name: 'shift', key: shift.id, window: shift }])
  const isTold = ({ name, key }: Interval) => told.some(({ body }) => body.interval === name && body.key === key) || toldBefore.some((one) => one.name === name && one.key === key)

  const shifts = [
    ...are.filter(({ id }) => touched.has(id)).map((shift): Interval => ({ name: 'shift', key: shift.id, window: { from: shift.from, to: shift.to } })),
    ...told.flatMap(({ body }) => (body.interval === 'shift' && fact.body.cancelled.includes(body.key) ? [{ name: 'shift' as const, key: body.key, window: windowOf(body.figures.window) }] : [])),
  ]
  const hoursTold = [...told.flatMap(({ body }) => (body.interval === 'hour' ? [hourOf(windowOf(body.figures.window))] : [])), ...were.flatMap(hoursOf).map(hourOf)]
  const hoursNew = are.flatMap(hoursOf).filter((hour) => !hoursTold.some(({ window }) => overlap(window, hour) !== null)).map(hourOf)
  const all = new Map([...hoursTold, ...hoursNew, ...shifts].filter(({ name, window }) => window.to <= fact.at && (name === 'shift' || overlap(window, period) !== null)).map((one) => [`${one.name} ${one.key}`, one]))
  const drafts: Draft[] = []
  for (const one of [...all.values()].sort((a, b) => a.window.to - b.window.to || (a.name < b.name ? -1 : 1))) drafts.push(...yield* intervalAgain(again, one, isTold(one), fact.at))
  return drafts
}

const hourOf = (window: Period): Interval => ({ name: 'hour', key: rfc3339(window.from), window })
const windowOf = (window: { readonly from: string; readonly to: string }): Period => ({ from: instantOf(window.from)!, to: instantOf(window.to)! })

function* intervalAgain({ line, is, known }: Again, { name, key, window }: Interval, wasTold: boolean, at: Instant): Portions<Draft[]> {
  const { plan } = line
  const revisions = known.flatMap(({ body }) => (body.interval === name && body.key === key ? [body.revision] : []))
  const revision = wasTold ? 1 + Math.max(revisionOf(line, name, key), ...revisions) : 0
  const sums = new Map<string, LossSums>()
  for (const account of is) {
    sums.set(account.code, sumsOf(account, window, at))
    yield
  }
  const told = (equipment: string | null, figures: FactOf<'oee_recorded'>['body']['figures']) => draft(line, 'oee_recorded', at, equipment, { interval: name, key, revision, figures })
  const equipment = is.map(({ code }) => told(code, oeeOf(sums.get(code)!, window, plan, configAt(line, indexOf(line, code)))))
  // Where parts are under way, the line is told of it when they have left.
  if (settledAt(line, at) < window.to) return equipment
  return [...equipment, told(null, lineOee(new Map([...sums, [plan.line.code, sumsUnderWay(line, is, window, at)]]), window, plan))]
}
