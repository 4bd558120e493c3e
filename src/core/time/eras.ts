/** What held before: a configuration that takes effect leaves the past to the one that was in force then. */

import { limits } from '../../base/limits.js'
import { type Instant, instant } from '../../base/units.js'
import type { Calendar, EquipmentConfig } from '../../contract/config.js'
import { type CalendarVersion, datedCalendar, newestOf } from './dated.js'
import type { Era, LinePlan } from './plan.js'
import { configuredOf, spansOf, withSpans } from './worked.js'

/** The next plan of a line, which holds from `at` on; what people said of the calendar of the past stays said. */
export function planAfter(before: LinePlan, next: LinePlan, at: Instant): LinePlan {
  return withSpans(underEras(next, [...before.eras.map((era) => ({ ...era, to: instant(Math.min(era.to, at)) })), { to: at, plan: bareOf(before) }]), spansOf(before.calendar))
}

/** A plan with those that were in force before it, oldest first. Of neighbours that cut time alike only the change between them is forgotten. */
export function underEras(plan: LinePlan, eras: readonly Era[]): LinePlan {
  const bare = bareOf(plan)
  const told = distinct(eras, bare).slice(-limits.erasMax)
  const corrected = spansOf(plan.calendar)
  if (told.length === 0) return withSpans(bare, corrected)
  const versionsOf = (calendarIn: (plan: LinePlan) => Calendar) => datedCalendar(versions([...told, { to: FOREVER, plan: bare }], calendarIn))
  const calendar = versionsOf((one) => one.calendar)
  const own = [...bare.equipment.keys()].flatMap((code): [string, Calendar][] => {
    // An equipment that was not of the line then has no time to cut.
    if ([...told.map((era) => era.plan), bare].every(({ ownCalendars }) => !ownCalendars.has(code))) return []
    return [[code, versionsOf(({ ownCalendars, calendar: ofLine }) => ownCalendars.get(code) ?? ofLine)]]
  })
  return withSpans({ ...bare, eras: told, calendar, ownCalendars: new Map(own) }, corrected)
}

/** The clock was set back: what comes again comes under the plan in force. */
export const erasBefore = (plan: LinePlan, at: Instant): LinePlan =>
  plan.eras.every(({ to }) => to <= at) ? plan : underEras(plan, plan.eras.map((era) => ({ ...era, to: instant(Math.min(era.to, at)) })))

/** The plan that was in force at an instant, without what was before it and what people said of it since; the oldest that is known, before that. */
export const planAt = (plan: LinePlan, at: Instant): LinePlan => plan.eras.find(({ to }) => at < to)?.plan ?? plan

/** The rules that a moment is cut by, and until when. They change with a minute: the one in which a configuration took effect is still cut as it began. */
export function rulesAt(plan: LinePlan, equipment: EquipmentConfig, at: Instant): { readonly plan: LinePlan; readonly equipment: EquipmentConfig; readonly until: number } {
  // Nearly always nothing was changed for a long time.
  if (plan.eras.length === 0) return { plan, equipment, until: Infinity }
  const era = plan.eras.find(({ to }) => at < cutFrom(to))
  if (era === undefined) return { plan, equipment, until: Infinity }
  return { plan: era.plan, equipment: era.plan.equipment.get(equipment.code) ?? equipment, until: cutFrom(era.to) }
}

/** The first whole minute under a configuration that took effect then. */
export const cutFrom = (at: Instant): Instant => instant(Math.ceil(at / MINUTE) * MINUTE)

const MINUTE = 60_000
const FOREVER = instant(8_640_000_000_000_000)
const SINCE_EVER = instant(-8_640_000_000_000_000)

/** As the configuration says it. */
function bareOf(plan: LinePlan): LinePlan {
  const calendar = newestOf(configuredOf(plan.calendar))
  const own = [...plan.ownCalendars].map(([code, one]) => [code, newestOf(one)] as const).filter(([, one]) => one !== calendar)
  return { ...plan, eras: [], calendar, ownCalendars: new Map(own) }
}

/** Without eras in which no minute passed, and without changes that are none to time. */
function distinct(eras: readonly Era[], now: LinePlan): readonly Era[] {
  const lasted = eras.filter(({ to }, i) => eras.slice(0, i).every((before) => cutFrom(before.to) < cutFrom(to)))
  return lasted.filter(({ plan }, i) => sayOf(plan) !== sayOf(lasted[i + 1]?.plan ?? now))
}

/** All of a plan that time is cut and valued by. */
const sayOf = ({ timeZone, line, calendar, ownCalendars, products, grades }: LinePlan): string => JSON.stringify([timeZone, line, calendar, [...ownCalendars], [...products], grades])

function versions(eras: readonly Era[], calendarIn: (plan: LinePlan) => Calendar): readonly CalendarVersion[] {
  const found: CalendarVersion[] = []
  for (const { to, plan } of eras) {
    const last = found.at(-1)
    const [calendar, { timeZone }] = [calendarIn(plan), plan]
    const until = to === FOREVER ? FOREVER : cutFrom(to)
    if (last !== undefined && last.timeZone === timeZone && JSON.stringify(last.calendar) === JSON.stringify(calendar)) found[found.length - 1] = { calendar, timeZone, from: last.from, to: until }
    else found.push({ calendar, timeZone, from: last?.to ?? SINCE_EVER, to: until })
  }
  return found
}
