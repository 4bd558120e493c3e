/** Periods and pages: what handlers need to ask the journal about the past. */

import { breather } from '../../base/breath.js'
import { limits } from '../../base/limits.js'
import { type Instant, type Ms, instantOf, later, rfc3339, since } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import type { Fact, FactName } from '../../contract/events/catalogue.js'
import type { FactQuery } from '../../contract/journal.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import { type Actor, may } from '../../contract/roles.js'

export interface Period { readonly from: Instant; readonly to: Instant }

const HOUR_MS = 3_600_000
export const DAY_MS = 24 * HOUR_MS

const LAST_HOURS_MAX = 168

export const lastHours = (desk: Desk, hours: number): Period | Refusal => {
  if (hours > LAST_HOURS_MAX) return refuse('WINDOW_TOO_LARGE', { hours_max: LAST_HOURS_MAX })
  const to = desk.now()
  return { from: later(to, -hours * HOUR_MS), to }
}

export const windowOf = ({ from, to }: Period): { from: string; to: string } => ({ from: rfc3339(from), to: rfc3339(to) })

/** The period a question means. A day is a production day of the line; without a line, of the first one. Nothing is known of the future, so it ends now. */
export function periodOf(desk: Pick<Desk, 'config' | 'now' | 'day'>, asked: { readonly from?: string | undefined; readonly to?: string | undefined }, line: string | null, msMax: Ms): Period | Refusal {
  const calendarLine = line ?? desk.config.lines[0]?.code ?? ''
  const now = desk.now()
  const end = asked.to === undefined ? now : instantOf(asked.to) ?? desk.day(calendarLine, asked.to)?.to
  if (end === undefined) return refuse('BODY_MISFIT', [{ path: 'to', message: 'there is no such day' }])
  const from = asked.from === undefined ? later(end, -DAY_MS) : instantOf(asked.from) ?? desk.day(calendarLine, asked.from)?.from
  if (from === undefined) return refuse('BODY_MISFIT', [{ path: 'from', message: 'there is no such day' }])
  const to = Math.min(end, now) as Instant
  if (since(to, from) <= 0) return refuse('WINDOW_MEANINGLESS', windowOf({ from, to }))
  if (since(to, from) > msMax) return refuse('WINDOW_TOO_LARGE', { days_max: msMax / DAY_MS })
  return { from, to }
}

/** A question that may take several pages. */
export type Asked = Omit<FactQuery, 'limit' | 'after' | 'newestFirst'>

/** Hears all facts a question means, in order of their numbers, a page at a time, so that no more than one is ever held. A period that holds too many is refused. */
export async function hearFacts(desk: Pick<Desk, 'facts'>, query: Asked, hear: (fact: Fact) => void, page: number = PAGE): Promise<Refusal | null> {
  const max = limits.factPagesMax * limits.factsPerReadMax
  const breathe = breather()
  let last: Fact | undefined
  for (let heard = 0; heard < max;) {
    const found: readonly Fact[] = await desk.facts({ ...query, ...(last === undefined ? {} : { after: last.seq }), limit: page })
    for (const fact of found) {
      hear(fact)
      await breathe()
    }
    if (found.length < page) return null
    heard += found.length
    last = found.at(-1)
  }
  return refuse('WINDOW_TOO_LARGE', { facts_max: max })
}

/** The same facts in a list. */
export async function allFacts(desk: Pick<Desk, 'facts'>, query: Asked): Promise<Fact[] | Refusal> {
  const facts: Fact[] = []
  return await hearFacts(desk, query, (fact) => { facts.push(fact) }) ?? facts
}

/** Facts of a page: they are unpacked on the thread that everybody waits for. */
const PAGE = 250

/** The facts of some types since a time, up to now, of one line or of all that the actor reaches. */
export async function reachedFacts(desk: Desk, actor: Actor, about: { readonly types: readonly FactName[]; readonly line: string | null; readonly from: Instant; readonly equipment?: string | undefined }): Promise<Fact[] | Refusal> {
  const { types, line, from, equipment } = about
  const facts = await allFacts(desk, { types, from, ...(line === null ? {} : { line }), ...(equipment === undefined ? {} : { equipment }) })
  return Array.isArray(facts) ? facts.filter((fact) => fact.line === null || may(actor, 'view', fact.line)) : facts
}

/**
 * One page of those items of a list that are wanted; the cursor is the name of the last one shown. It is looked for among all items,
 * because what becomes of that one between two pages may leave it in the list and no longer among the wanted.
 */
export function pageOf<T>(items: readonly T[], nameOf: (item: T) => string, wanted: (item: T) => boolean, { limit, cursor }: { readonly limit: number; readonly cursor?: string | undefined }): { readonly items: T[]; readonly next_cursor: string | null } | Refusal {
  const start = cursor === undefined ? 0 : items.findIndex((item) => nameOf(item) === cursor) + 1
  if (cursor !== undefined && start === 0) return refuse('BODY_MISFIT', [{ path: 'cursor', message: 'no item of this list' }])
  const rest = items.slice(start).filter(wanted)
  const shown = rest.slice(0, limit)
  return { items: shown, next_cursor: rest.length > limit ? nameOf(shown.at(-1)!) : null }
}
