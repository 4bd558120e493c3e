/** An ideal time that was wrong, corrected over a past period: what was made then is worth another time (domain note 4.9). */

import { limits } from '../base/limits.js'
import { type Instant, instant, instantOf, later, rfc3339, since } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import type { Draft, DraftOf, Fact, FactOf } from '../contract/events/catalogue.js'
import type { LossRow, ProductSums } from '../contract/losses.js'
import type { Past } from '../contract/past.js'
import { type Refusal, refuse } from '../contract/refusals.js'
import type { Period } from './calendar.js'
import { type IdealSpan, isAbout, nextRevision, withIdeals } from './ideals.js'
import { configAt, draft, equipmentAt, indexOf } from './lookups.js'
import { lockOf } from './locks.js'
import { LossBook, MINUTE, keyOf, minuteOf } from './lossbook.js'
import type { Line } from './memory.js'
import { figuresRevalued, judgesParts, lineSums } from './oee.js'
import type { PartBooking } from './parts.js'
import { type Edited, newestOf, plansOf, withOldRows } from './past.js'
import type { LinePlan } from './plan.js'
import { decideCorrections, revisionOf } from './records.js'
import { type Booked, type CountFact, Retelling } from './retelling.js'
import { RowDraft, sumOfParts } from './rowdraft.js'
import { type Slice, slicesOf } from './slices.js'
import { Tally, noTime, sumRows } from './sums.js'
import { sameIdeal } from './timeline.js'
import { isExit, putInBy, takenOut } from './underway.js'

/** So long a minute is left alone after its end: what the last turns counted in it may not be written down yet. */
const SETTLED_MS = 2 * MINUTE

/** Assumes a line with the past of the period (`withPast`). */
export function decideIdealCommand(line: Line, i: number, command: Command): Draft[] | Refusal {
  if (command.name !== 'ideal_correct') return []
  const { product, ideal_cycle_seconds: seconds, reason } = command.body
  const { code, losses: { timeline, closedTo } } = equipmentAt(line, i)
  const period = { from: instantOf(command.body.from)!, to: instantOf(command.body.to)! }
  const toAtMost = minuteOf(instant(Math.min(closedTo ?? 0, command.at - SETTLED_MS)))
  if (period.from >= period.to) return refuse('WINDOW_MEANINGLESS', { from: command.body.from, to: command.body.to })
  if (since(period.to, period.from) > limits.correctedMsMax) return refuse('WINDOW_TOO_LARGE', { hours_max: limits.correctedMsMax / 3_600_000 })
  if (period.to > toAtMost) return refuse('PERIOD_NOT_OVER', { to_at_most: rfc3339(toAtMost) })
  const knownFrom = command.past === undefined ? null : timeline.states[0]?.from ?? null
  if (command.past === undefined || knownFrom === null || period.from < minuteOf(knownFrom)) return refuse('PAST_FORGOTTEN', { equipment: code, known_from: knownFrom === null ? 'never' : rfc3339(later(minuteOf(knownFrom), MINUTE)) })
  const locked = lockOf(line, period, command)
  if (locked !== null) return locked
  const wish = product === undefined ? {} : { product }
  const idealMs = sameIdeal(seconds * 1_000)
  const slices = slicesOf(timeline, period.from, period.to, period.to, line.plan, configAt(line, i))
  const previous = joined(slices.filter((slice) => isAbout(wish, slice.product)))
  if (previous.every((slice) => slice.idealMs === idealMs)) {
    return refuse('NOTHING_TO_CORRECT', { product: product ?? 'any', made: [...new Set(slices.map((slice) => slice.product ?? 'none'))].join(', '), ideal_cycle_seconds: seconds })
  }
  return [draft(line, 'ideal_corrected', command.at, code, {
    from: rfc3339(period.from), to: rfc3339(period.to), ...wish, ideal_cycle_seconds: idealMs / 1_000,
    previous: previous.slice(0, limits.correctedFromMax).map((slice) => ({ product: slice.product, ideal_cycle_seconds: slice.idealMs / 1_000, from: rfc3339(slice.from), to: rfc3339(slice.to) })),
    revision: nextRevision(timeline.ideals, period), facts_to: command.past.factsTo ?? 0, reason, by: command.by.name,
  })]
}

/** One for each stretch in which nothing else was made under another ideal time, stops between or not. */
function joined(slices: readonly Slice[]): readonly Slice[] {
  const stretches: Slice[] = []
  for (const slice of slices) {
    const last = stretches.at(-1)
    if (last !== undefined && last.product === slice.product && last.idealMs === slice.idealMs) stretches[stretches.length - 1] = { ...last, to: slice.to }
    else stretches.push(slice)
  }
  return stretches
}

/** Rows of the journal as they were before these corrections were told, in the order of their numbers. */
export function rowsBeforeCorrections(rows: readonly LossRow[], told: readonly Draft[]): readonly LossRow[] {
  const corrections = told.filter((fact) => fact.type === 'ideal_corrected').toReversed()
  if (corrections.length === 0) return rows
  const before = new Map<string, LossRow>()
  for (const row of rows) {
    const idealMs = corrections.reduce((ideal, fact) => idealBefore(fact, row, ideal), row.idealMs)
    const name = `${row.equipment} ${keyOf({ ...row, idealMs })}`
    const known = before.get(name)
    before.set(name, known === undefined ? { ...row, idealMs } : { ...known, ms: sumRows([known, row]).ms, parts: sumOfParts(known.parts, row.parts) })
  }
  return [...before.values()]
}

/** What was under way stands in rows of the line, which has no ideal time but those of its equipment. */
function idealBefore({ line, equipment, body }: DraftOf<'ideal_corrected'>, row: LossRow, idealMs: number): number {
  if (row.equipment !== equipment && row.equipment !== line) return idealMs
  if (idealMs !== sameIdeal(body.ideal_cycle_seconds * 1_000) || row.minute < instantOf(body.from)! || row.minute >= instantOf(body.to)!) return idealMs
  const was = body.previous.find(({ product, from, to }) => product === row.product && instantOf(from)! < row.minute + MINUTE && instantOf(to)! > row.minute)
  return was === undefined ? idealMs : sameIdeal(was.ideal_cycle_seconds * 1_000)
}

/** What a correction leads to beside its own fact, out of facts alone: figures that were told are told again, and rows that the line has forgotten, or that only facts can tell apart, are written again. */
export function revaluedPast(line: Line, past: Past, fact: DraftOf<'ideal_corrected'>): Edited {
  const planOf = plansOf(line, past)
  const { body } = fact
  const span: IdealSpan = {
    from: instantOf(body.from)!, to: instantOf(body.to)!, ...body.product === undefined ? {} : { product: body.product }, idealMs: sameIdeal(body.ideal_cycle_seconds * 1_000), revision: body.revision,
  }
  const told = line.plan.line.equipment.map(({ code }): Told => {
    const { booked, timeline } = retold(line, past, code, planOf)
    const ideals = code === past.equipment ? [...timeline.ideals, span] : timeline.ideals
    const made = valued(booked.map(({ fact, booking }) => ({ fact, booking })), ideals)
    return { code, made, moved: movedOf(booked, timeline.ideals, ideals, (of) => isExit(planOf(of), indexOf(line, code))) }
  })
  const rows = [...rowsOf(line, past, span), ...lineRowsOf(line, past, told)]
  const known = newestOf(past.facts.filter((one) => one.type === 'oee_recorded'))
  // What was told since these facts were read, perhaps in this very turn, the line itself knows.
  const names = new Set(known.map(({ equipment, body }) => `${equipment ?? ''} ${body.interval} ${body.key}`))
  const late = decideCorrections(withOldRows(line, past.equipment, rows), fact, (interval, key) => names.has(`${past.equipment} ${interval} ${key}`) && (interval === 'job' || names.has(` ${interval} ${key}`)))
    .filter((one) => one.type !== 'oee_recorded' || !names.has(`${one.equipment ?? ''} ${one.body.interval} ${one.body.key}`))
  return { drafts: [...corrections(line, known, told, span, fact.at, planOf), ...late], rows }
}

/** Parts by their minutes, under the ideal times until now and from now on. */
interface Valued { readonly fact: CountFact; readonly was: PartBooking; readonly is: PartBooking }

interface Told {
  readonly code: string
  readonly made: readonly Valued[]
  /** What was under way: out of the minutes in which it was counted, and into those in which the constraint made it. */
  readonly moved: readonly Valued[]
}

function retold(line: Line, past: Past, code: string, planOf: (fact: Fact) => LinePlan): Retelling {
  const retelling = new Retelling(line.plan, configAt(line, indexOf(line, code)))
  for (const fact of past.facts) {
    if (fact.equipment !== null && fact.equipment !== code) continue
    const plan = planOf(fact)
    retelling.tell(fact, plan.equipment.has(code) ? plan : line.plan)
  }
  return retelling
}

const valued = (booked: readonly Pick<Booked, 'fact' | 'booking'>[], ideals: readonly IdealSpan[]): Valued[] => {
  const is = withIdeals(ideals, booked.map(({ booking }) => booking))
  return booked.map(({ fact, booking }, i) => ({ fact, was: booking, is: is[i]! }))
}

/** What is valued by the ideal time of who counted it, goes by when that was. */
function movedOf(booked: readonly Booked[], idealsWas: readonly IdealSpan[], idealsIs: readonly IdealSpan[], isOfExit: (fact: Fact) => boolean): Valued[] {
  const counted = booked.filter(({ fact }) => fact.type === 'count_recorded' && fact.body.made !== undefined)
  const taken = counted.map(({ fact, booking, counted: { parts } }) => ({ fact, booking: { ...booking, parts: takenOut(parts, isOfExit(fact)) } }))
  const put = [...new Set(counted.map(({ fact }) => fact))].flatMap((fact) => {
    if (fact.type !== 'count_recorded') return []
    const is = putInBy(fact, idealsIs)
    return putInBy(fact, idealsWas).map((was, i) => ({ fact, was, is: is[i]! }))
  })
  return [...valued(taken, idealsIs), ...put]
}

/* ── figures ─────────────────────────────────────────────────────────────────────────────────── */

function corrections(line: Line, newest: readonly Recorded[], told: readonly Told[], span: Period, at: Instant, planOf: (fact: Fact) => LinePlan): Draft[] {
  const revisions = new Map<string, number>()
  for (const { body: { interval, key, revision } } of newest) revisions.set(`${interval} ${key}`, Math.max(revision, revisions.get(`${interval} ${key}`) ?? revisionOf(line, interval, key)))
  return newest.flatMap((fact) => {
    const { interval, key, figures } = fact.body
    const window = { from: instantOf(figures.window.from)!, to: instantOf(figures.window.to)! }
    if (window.to <= span.from || window.from >= span.to) return []
    const { line: { equipment } } = planOf(fact)
    const products = fact.equipment === null ? lineProducts(told, window, planOf(fact), fact) : equipmentProducts(told, window, fact)
    const isJudged = equipment.some((one) => (fact.equipment === null || one.code === fact.equipment) && judgesParts(one))
    if (JSON.stringify(products.was) === JSON.stringify(products.is)) return []
    return [draft(line, 'oee_recorded', at, fact.equipment, { interval, key, revision: revisions.get(`${interval} ${key}`)! + 1, figures: figuresRevalued(figures, products.told, products.is, isJudged, line.plan.grades) })]
  })
}

type Recorded = FactOf<'oee_recorded'>

/** What was made in a window: as it was known when that was told, as it is known now, and as it is worth from now on. A part that was counted when an hour was over is in its rows, and in what is told of it again. */
interface Products { readonly told: readonly ProductSums[]; readonly was: readonly ProductSums[]; readonly is: readonly ProductSums[] }

function equipmentProducts(told: readonly Told[], window: Period, { seq, equipment, body: { interval, key } }: Recorded): Products {
  const made = inWindow(told.find(({ code }) => code === equipment)?.made ?? [], window).filter(({ was: { job } }) => interval !== 'job' || job === key)
  return { told: sumOf(made.filter(({ fact }) => fact.seq < seq), 'was'), was: sumOf(made, 'was'), is: sumOf(made, 'is') }
}

/** By the method of then. Of time only what was blind at the constraint bears on the parts. */
function lineProducts(told: readonly Told[], window: Period, plan: LinePlan, { seq, body: { figures } }: Recorded): Products {
  const ms = { ...noTime, no_data: Math.round(figures.times.no_data * 1_000) }
  const all = told.map(({ code, made, moved }) => ({ code, made: inWindow(made, window), moved: inWindow(moved, window) }))
  const of = (as: 'was' | 'is', isKnown: (one: Valued) => boolean = () => true) => lineSums(new Map([
    ...all.map(({ code, made }) => [code, { ms, products: sumOf(made.filter(isKnown), as) }] as const),
    [plan.line.code, { ms: noTime, products: sumOf(all.flatMap(({ moved }) => moved).filter(isKnown), as) }],
  ]), plan, figures.method === 'equipment' ? plan.line.method : figures.method).sums.products
  return { told: of('was', ({ fact }) => fact.seq < seq), was: of('was'), is: of('is') }
}

const inWindow = (made: readonly Valued[], { from, to }: Period): readonly Valued[] => made.filter(({ was: { minute } }) => minute + MINUTE > from && minute < to)

function sumOf(made: readonly Valued[], as: 'was' | 'is'): readonly ProductSums[] {
  const tally = new Tally()
  for (const { [as]: { product, idealMs, parts } } of made) tally.addParts(product, idealMs, parts)
  return tally.sums().products
}

/* ── rows ────────────────────────────────────────────────────────────────────────────────────── */

/** Those of the equipment that its loss book does not reach back to; the others follow from the fact. */
function rowsOf(line: Line, past: Past, span: IdealSpan): LossRow[] {
  const { code, losses: { book } } = equipmentAt(line, indexOf(line, past.equipment))
  const old = past.rows.filter((row) => row.equipment === code && row.minute < (book.from ?? Infinity))
  return [...byHour(old)].flatMap(([, rows]) => {
    const draft = new RowDraft(LossBook.of(rows), line.plan.line.code, code)
    draft.revalue(span, [span])
    return draft.rows()
  })
}

/** Those of what was under way: which of their parts this equipment counted, only facts say. */
function lineRowsOf(line: Line, past: Past, told: readonly Told[]): LossRow[] {
  const own = told.find(({ code }) => code === past.equipment)!
  const moves = own.moved.flatMap(({ was, is }) => was.idealMs === is.idealMs ? [] : [{ ...was, parts: negated(was.parts) }, is])
  const { code } = line.plan.line
  const { book } = line.underWay
  const old = byHour(past.rows.filter((row) => row.equipment === code))
  return [...byHour(moves)].flatMap(([hour, moved]) => {
    const draft = new RowDraft(LossBook.of(old.get(hour) ?? []).put([...book.rows(hour, later(hour, HOUR))]), code, code)
    for (const booking of moved) draft.book(booking)
    return draft.rows()
  })
}

const HOUR = 60 * MINUTE

/** A few rows at a time, so that no loss book is too small for them. */
function byHour<T extends { readonly minute: Instant }>(all: readonly T[]): Map<Instant, T[]> {
  const hours = new Map<Instant, T[]>()
  for (const one of all) {
    const hour = instant(Math.floor(one.minute / HOUR) * HOUR)
    const known = hours.get(hour)
    if (known === undefined) hours.set(hour, [one])
    else known.push(one)
  }
  return hours
}

const negated = (parts: PartBooking['parts']): PartBooking['parts'] => ({
  good: 0 - parts.good, startup_reject: 0 - parts.startup_reject, production_reject: 0 - parts.production_reject, off_schedule: 0 - parts.off_schedule, recovered: 0 - parts.recovered, reworked: 0 - parts.reworked,
})
