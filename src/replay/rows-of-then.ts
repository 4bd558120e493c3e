/** Loss rows as they stood before a turn, made of the facts until then: the archive keeps them as they stand now, after whatever was counted, said and corrected since. */

import { limits } from '../base/limits.js'
import { atOnce } from '../base/portions.js'
import { type Instant, instant, later } from '../base/units.js'
import type { Config } from '../contract/config.js'
import type { Fact, FactName } from '../contract/events/catalogue.js'
import type { LossRow } from '../contract/losses.js'
import type { Past } from '../contract/past.js'
import { LossBook, minuteOf } from '../core/losses/lossbook.js'
import { RowDraft } from '../core/losses/rowdraft.js'
import type { Line } from '../core/memory/memory.js'
import { accountsOf, inWindow, movedTimeOf } from '../core/past/accounts.js'
import type { ConfigOf } from '../turn/recollect.js'

/** Of the minutes before `closedTo` that a line remembers; `facts` are all until then, in the order of their numbers, and the line is as they left it. */
export function rowsOfThen(line: Line, facts: readonly Fact[], configOf: ConfigOf, closedTo: Instant): LossRow[] {
  const { plan } = line
  const from = instant(minuteOf(closedTo) - limits.lossRowsPerEquipmentMax * MINUTE)
  const meant = bearingOn(facts.filter((fact) => fact.line === null || fact.line === plan.line.code), from, plan.line.equipment.map(({ code }) => code))
  const configs = new Map([...new Set(meant.map(({ config }) => config))].flatMap((version): [number, Config][] => {
    const config = configOf(version)
    return config === null ? [] : [[version, config]]
  }))
  const past: Past = { equipment: plan.line.equipment[plan.constraint]!.code, facts: meant, lineFacts: [], configs, factsTo: null, statesFrom: null, blindFrom: null, rows: [] }
  const accounts = atOnce(accountsOf(line, past))
  const own = new RowDraft(LossBook.empty, plan.line.code, plan.line.code)
  const rows: LossRow[] = []
  let begun = closedTo
  for (const { code, made, moved, timeline, slices } of accounts) {
    const first = Math.min(...timeline.states.slice(0, 1).map((state) => minuteOf(state.from)), ...made.map(({ booking }) => booking.minute))
    const period = { from: instant(Math.max(from, first)), to: closedTo }
    if (period.from >= period.to) continue
    begun = instant(Math.min(begun, period.from))
    const draft = new RowDraft(LossBook.empty, plan.line.code, code)
    draft.recut(period, slices(period, closedTo))
    for (const { booking } of inWindow(made, period)) draft.book(booking)
    for (const { booking } of inWindow(moved, { from, to: closedTo })) own.book(booking)
    rows.push(...draft.rows())
  }
  own.recut({ from: begun, to: closedTo }, movedTimeOf(line, accounts, { from: begun, to: closedTo }, closedTo))
  return [...rows, ...own.rows()]
}

const MINUTE = 60_000

/** What makes time, and says how it was when the rows began. */
const standing = [['state_changed'], ['job_started', 'job_paused', 'job_resumed', 'job_completed', 'job_cancelled', 'product_changed'], ['changeover_started', 'changeover_completed', 'changeover_measured'], ['downtime_event']] as const satisfies readonly (readonly FactName[])[]
const LAST = 4

/** Facts of the time since then, as far back as a stop may reach, and the last words before it. */
function bearingOn(facts: readonly Fact[], from: Instant, codes: readonly string[]): readonly Fact[] {
  const begin = later(from, -limits.timelineMsMax)
  const first = facts.findIndex(({ at }) => at >= begin)
  if (first <= 0) return first === 0 ? facts : []
  const before = facts.slice(0, first)
  const last = codes.flatMap((code) => standing.flatMap((types) => before.filter(({ equipment, type }) => equipment === code && (types as readonly FactName[]).includes(type)).slice(-LAST)))
  return [...last.sort((one, other) => one.seq - other.seq), ...facts.slice(first)]
}
