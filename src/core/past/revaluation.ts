/** The past valued anew after a correction: what its facts come to as it was known, and as it is known now. What is not the same is told again. */

import type { Portions } from '../../base/portions.js'
import { type Instant, instantOf, later } from '../../base/units.js'
import type { Draft, DraftOf } from '../../contract/events/catalogue.js'
import type { LossRow, ProductSums, TimeLeaves } from '../../contract/losses.js'
import type { Edited, Past } from '../../contract/past.js'
import { LossBook, byHour } from '../losses/lossbook.js'
import { type Revalued, figuresRevalued, isJudged } from '../losses/oee.js'
import { RowDraft } from '../losses/rowdraft.js'
import { noTime } from '../losses/sums.js'
import { draft, equipmentAt, indexOf } from '../memory/lookups.js'
import type { Line } from '../memory/memory.js'
import { decideCorrections, revisionOf } from '../rules/records.js'
import type { Period } from '../time/calendar.js'
import type { IdealSpan } from '../time/ideals.js'
import { type LinePlan, isMoving } from '../time/plan.js'
import { type Account, type Made, accountsOf, inWindow, movedTimeOf, overlap, productsOf } from './accounts.js'
import type { Again, Recorded } from './again.js'
import { intervalsAgain, stopsAgain } from './calendar-figures.js'
import { stopsFound } from './found-stops.js'
import { idealSpanOf } from './ideal-correction.js'
import { jobsAgain } from './job-figures.js'
import { lineChange, lineMade } from './line-made.js'
import { minuteAfter, newestOf, plansOf } from './past.js'
import { madeBy, movesOf, rowsMoved } from './rowmoves.js'

/** What people say of a past period that values all of it anew. */
export type CorrectionFact = DraftOf<'ideal_corrected'> | DraftOf<'calendar_corrected'>
export const isCorrection = (fact: Draft): fact is CorrectionFact => fact.type === 'ideal_corrected' || fact.type === 'calendar_corrected'

/**
 * What a correction leads to beside its own fact, out of facts alone: figures that were told are told again, and rows that the line has forgotten, or that only facts
 * can tell apart, are written again. `before` is the line that had not heard of it.
 */
export function* revaluedPast(before: Line, line: Line, past: Past, fact: CorrectionFact): Portions<Edited> {
  const was = yield* accountsOf(before, past)
  const is = yield* accountsOf(line, past, fact.type === 'ideal_corrected' ? [fact] : [])
  const period = { from: instantOf(fact.body.from)!, to: instantOf(fact.body.to)! }
  const again: Again = { line, past, was, is, period, planOf: plansOf(line, past), known: newestOf(past.facts.filter((one) => one.type === 'oee_recorded')) }
  const edited = yield* fact.type === 'ideal_corrected' ? idealRevalued(again, fact) : calendarRevalued(before, again, fact)
  const to = minuteAfter(fact.at)
  // How long a machine ran for a job whose clock had not begun is told up to now.
  const isOfNow = fact.type === 'calendar_corrected' && fact.body.jobs?.some(({ previous }) => previous === null) === true
  return { ...edited, goodTo: isOfNow || [...was, ...is].some((account) => grows(account, fact.at, to)) ? later(fact.at, 1) : to }
}

/** Whether a standstill without an end is another kind of loss by then. */
function grows({ timeline: { states }, slices }: Account, at: Instant, by: Instant): boolean {
  const ran = states.findLastIndex(({ state }) => state === 'running')
  const from = states[ran + 1]?.from
  return from !== undefined && from < at && JSON.stringify(slices({ from, to: at }, at)) !== JSON.stringify(slices({ from, to: at }, by))
}

/** Rows of the equipment that its loss book reaches back to follow from the fact. */
function* idealRevalued(again: Again, fact: DraftOf<'ideal_corrected'>): Portions<Omit<Edited, 'goodTo'>> {
  const { line, past, known } = again
  const rows = [...yield* rowsBeforeBook(line, past, idealSpanOf(fact)), ...yield* lineRows(again)]
  return { drafts: yield* figuresAgain(again, known, fact), rows, told: known.map(nameOf) }
}

const nameOf = ({ equipment, body: { interval, key } }: { readonly equipment: string | null; readonly body: { readonly interval: string; readonly key: string } }): string => `${equipment ?? ''} ${interval} ${key}`

/** What was told since the facts of a correction were read, perhaps in this very turn, the line itself knows. It has the rows of the correction. */
export function toldSince(line: Line, said: readonly Draft[], { told }: Edited): Draft[] {
  const fact = said.find((one) => one.type === 'ideal_corrected')
  if (fact === undefined || told === null) return []
  const names = new Set(told)
  return decideCorrections(line, fact, (interval, key) => names.has(`${fact.equipment} ${interval} ${key}`) && (interval === 'job' || names.has(` ${interval} ${key}`)))
    .filter((one) => one.type !== 'oee_recorded' || !names.has(nameOf(one)))
}

/** A calendar makes the time itself another, and with it which hours and shifts there are: those are told out of their facts, whole. Of a job that is longer than these facts go, what is not the same. */
function* calendarRevalued(before: Line, again: Again, fact: DraftOf<'calendar_corrected'>): Portions<Omit<Edited, 'goodTo'>> {
  const jobs = again.known.filter(({ body }) => body.interval === 'job' && fact.body.jobs?.some(({ job_id }) => job_id === body.key) !== true)
  return {
    drafts: [...yield* stopsAgain(before, again, fact), ...yield* stopsFound(again, fact), ...yield* intervalsAgain(before, again, fact), ...yield* figuresAgain(again, jobs, fact), ...yield* jobsAgain(again, fact)],
    rows: yield* calendarRows(again, fact.at), told: null,
  }
}

/* ── figures ─────────────────────────────────────────────────────────────────────────────────── */

/** Figures that were told, less what was and with what is. What else there is to know of their windows stays as it was told. */
function* figuresAgain({ line, was, is, period, planOf, known }: Again, meant: readonly Recorded[], { at }: CorrectionFact): Portions<Draft[]> {
  const revisions = new Map<string, number>()
  for (const { body: { interval, key, revision } } of known) revisions.set(`${interval} ${key}`, Math.max(revision, revisions.get(`${interval} ${key}`) ?? revisionOf(line, interval, key)))
  const drafts: Draft[] = []
  for (const fact of meant) {
    yield
    const { interval, key, figures } = fact.body
    const window = { from: instantOf(figures.window.from)!, to: instantOf(figures.window.to)! }
    const inside = overlap(window, period)
    if (inside === null) continue
    const { line: { equipment } } = planOf(fact)
    const products = fact.equipment === null ? lineProducts(was, is, window, planOf(fact), fact) : equipmentProducts(was, is, window, fact)
    const times = fact.equipment === null ? noTime : timesMoved(was, is, inside, fact)
    const judged = equipment.some((one) => (fact.equipment === null || one.code === fact.equipment) && isJudged(line.plan, one))
    if (JSON.stringify(products.was) === JSON.stringify(products.is) && JSON.stringify(times) === JSON.stringify(noTime)) continue
    drafts.push(draft(line, 'oee_recorded', at, fact.equipment, { interval, key, revision: revisions.get(`${interval} ${key}`)! + 1, figures: figuresRevalued(figures, { was: products.told, is: products.is, times, line: products.line }, judged, line.plan.grades) }))
  }
  return drafts
}

/** What was made in a window: as it was known when that was told, as it is known now, and as it is worth from now on. A part that was counted when an hour was over is in its rows, and in what is told of it again. */
interface Products { readonly told: readonly ProductSums[]; readonly was: readonly ProductSums[]; readonly is: readonly ProductSums[]; readonly line: Revalued['line'] }

function equipmentProducts(was: readonly Account[], is: readonly Account[], window: Period, { seq, equipment, body: { interval, key } }: Recorded): Products {
  const madeIn = (accounts: readonly Account[]) => inWindow(accounts.find(({ code }) => code === equipment)?.made ?? [], window).filter(({ booking: { job } }) => interval !== 'job' || job === key)
  const before = madeIn(was)
  return { told: productsOf(before.filter(({ fact }) => fact.seq < seq)), was: productsOf(before), is: productsOf(madeIn(is)), line: null }
}

/** By the method of then; what was blind stays so. */
function lineProducts(was: readonly Account[], is: readonly Account[], window: Period, plan: LinePlan, { seq, body: { figures } }: Recorded): Products {
  const of = (accounts: readonly Account[], isKnown?: (one: Made) => boolean) => lineMade(accounts, window, plan, figures.method, Math.round(figures.times.no_data * 1_000), isKnown)
  const [told, before, now] = [of(was, ({ fact }) => fact.seq < seq), of(was), of(is)]
  return { told: told.sums.products, was: before.sums.products, is: now.sums.products, line: lineChange(told, now) }
}

/** What of the time of a job, or of all, is in another leaf. */
function timesMoved(was: readonly Account[], is: readonly Account[], inside: Period, { at, equipment, body: { interval, key } }: Recorded): TimeLeaves {
  const times = { ...noTime }
  const add = (accounts: readonly Account[], sign: 1 | -1) => {
    for (const { leaf, job, from, to } of accounts.find(({ code }) => code === equipment)?.slices(inside, at) ?? []) if (interval !== 'job' || job === key) times[leaf] += sign * (to - from)
  }
  add(was, -1)
  add(is, 1)
  return times
}

/* ── rows ────────────────────────────────────────────────────────────────────────────────────── */

/** All of the period, time and parts. */
function* calendarRows(again: Pick<Again, 'line' | 'past' | 'was' | 'is' | 'period'>, asOf: Instant): Portions<LossRow[]> {
  const { line, past, was, is, period } = again
  const rows: LossRow[] = []
  for (const [i, account] of is.entries()) {
    const { code } = account
    const { book } = equipmentAt(line, indexOf(line, code)).losses
    const time = { period, slicesOf: (minutes: Period) => account.slices(minutes, asOf) }
    for (const row of yield* rowsMoved(line.plan.line.code, code, past.rows.filter((row) => row.equipment === code), book, yield* movesOf(was[i]!.made, account.made), time)) rows.push(row)
  }
  for (const row of yield* lineRows(again, { period, slicesOf: (minutes) => movedTimeOf(line, is, minutes, asOf) })) rows.push(row)
  return rows
}

/** Those of the equipment that its loss book does not reach back to; the others follow from the fact. */
function* rowsBeforeBook(line: Line, past: Past, span: IdealSpan): Portions<LossRow[]> {
  const { code, losses: { book } } = equipmentAt(line, indexOf(line, past.equipment))
  const old = past.rows.filter((row) => row.equipment === code && row.minute < (book.from ?? Infinity))
  const changed: LossRow[] = []
  for (const rows of byHour(old).values()) {
    const draft = new RowDraft(LossBook.of(rows), line.plan.line.code, code)
    draft.revalue(span, [span])
    changed.push(...draft.rows())
    yield
  }
  return changed
}

/** Those of what was under way: which of their parts which equipment counted, only facts say. */
function* lineRows({ line, past, was, is }: Pick<Again, 'line' | 'past' | 'was' | 'is'>, time: Parameters<typeof rowsMoved>[5] = null): Portions<LossRow[]> {
  const { code } = line.plan.line
  return yield* rowsMoved(code, code, past.rows.filter((row) => row.equipment === code), line.underWay.book, yield* movesOf(madeBy(was, 'moved'), madeBy(is, 'moved')), isMoving(line.plan) ? time : null)
}
