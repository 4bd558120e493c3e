/** OEE out of the sums of the loss tree: ratios come last, are never clamped, and are null where they are undefined. */

import { type Ms, rfc3339 } from '../../base/units.js'
import type { Config, EquipmentConfig, LineConfig } from '../../contract/config.js'
import { type LossSums, type ProductSums, type TimeLeaves, plannedMsOf } from '../../contract/losses.js'
import { COVERAGE_MIN, type Oee } from '../../contract/oee.js'
import type { Period } from '../time/calendar.js'
import { type LinePlan, calendarOf, constraintAt, lateMsOf } from '../time/plan.js'
import type { Which } from './lossbook.js'
import { addSums, noSums, noTime } from './sums.js'

/** The OEE of one equipment, or of what `which` chooses of it. OEE = fully productive time / planned production time, never the product of rounded factors. */
export function oeeOf(sums: LossSums, window: Period, plan: LinePlan, equipment: EquipmentConfig, which: Which = {}): Oee {
  return figuresOf(sums, window, {
    method: 'equipment',
    policy: policyOf(plan, equipment),
    judged: isJudged(plan, equipment),
    grades: plan.grades,
    explain: explainPath(`equipment/${equipment.code}`, window, which),
  })
}

/** The OEE of a line by its method, out of the sums of its equipment over the same window, by code, and what was under way between them (`underway.ts`) by that of the line. */
export function lineOee(sums: ReadonlyMap<string, LossSums>, window: Period, plan: LinePlan, method: LineConfig['method'] = plan.line.method, which: Which = {}): Oee {
  const line = lineSums(sums, plan, method)
  const constraints = method === 'constraint' ? line.planned : []
  const [main] = [...constraints].sort((one, other) => other.ms - one.ms)
  const constraint = main?.equipment ?? plan.line.equipment[plan.constraint]!
  const figures = figuresOf(line.sums, window, {
    method,
    policy: policyOf(plan, method === 'line_exit' ? plan.line.equipment.at(-1)! : constraint),
    judged: judgingOf(plan, method).some((one) => isJudged(plan, one)),
    grades: plan.grades,
    explain: explainPath(`lines/${plan.line.code}`, window, which),
  })
  const warnings: Oee['warnings'] = [...figures.warnings]
  if (line.fromBefore > 0) warnings.push('parts_from_before')
  // The true number stays (domain note 4.5); what made it so is said, lest somebody look for it in the ideal times.
  if (line.workInProcess !== null && line.workInProcess < 0 && warnings.includes('performance_above_1')) warnings.push('buffer_drained')
  const known = { ...figures, warnings }
  return line.workInProcess === null ? known : { ...known, constraint: constraint.code, ...constraints.length < 2 ? {} : { constraints: sharesOf(constraints.map(({ equipment: { code }, ms }) => [code, ms])) }, work_in_process: line.workInProcess }
}

/** Who limited a line for how much of its planned production time, the longest first. */
function sharesOf(planned: readonly (readonly [code: string, ms: Ms])[]): NonNullable<Oee['constraints']> {
  const all = planned.reduce((sum, [, ms]) => sum + ms, 0)
  return planned.toSorted(([, one], [, other]) => other - one).map(([equipment_code, ms]) => ({ equipment_code, planned_production: ms / 1_000, share: ratioOf(ms, all) }))
}

export interface FiguresContext {
  readonly method: Oee['method']
  readonly policy: string
  /** Good parts are told from rejects by somebody. */
  readonly judged: boolean
  readonly grades: Config['grades']
  readonly explain: string
}

/** Beyond the noise of doubles: a ratio of sums that is exactly 1 on paper may come out a hair above it. */
const HAIR = 1e-9

export function figuresOf(sums: LossSums, window: Period, context: FiguresContext): Oee {
  const { ms } = sums
  const worths = {
    fully_productive: worth(sums, (product) => product.good),
    startup_reject: worth(sums, (product) => product.startup_reject),
    production_reject: worth(sums, (product) => product.production_reject),
  }
  const netRun = worths.fully_productive + worths.startup_reject + worths.production_reject
  const counts = countsOf(sums)
  // A reject that a person entered is a judgement too. Without any, nobody knows the quality, and OEE is the most it can be.
  const judged = context.judged || counts.startup_reject !== 0 || counts.production_reject !== 0
  const { warnings, ...ratios } = ratiosOf({
    scheduleLoss: ms.schedule_loss + ms.no_order, noOrder: ms.no_order, noData: ms.no_data, unplanned: ms.unplanned, external: ms.external, planned: ms.planned, changeover: ms.changeover,
    microStop: ms.micro_stop, running: ms.running, ...worths,
  }, context.grades)
  return {
    ...ratios,
    quality: judged ? ratioOf(worths.fully_productive, netRun) : null,
    window: { from: rfc3339(window.from), to: rfc3339(window.to) },
    policy: context.policy, method: context.method,
    counts,
    ideal_cycle_seconds: soleIdeal(sums),
    warnings: [...warnings, ...(counts.good < 0 ? ['negative_good'] as const : []), ...(!judged && netRun !== 0 ? ['quality_unmeasured'] as const : [])],
    explain: context.explain,
  }
}

/** All that figures are made of beside counts, in milliseconds. */
interface Spent {
  /** `noOrder` is a part of it; `null` where an older version did not tell it apart. */
  readonly scheduleLoss: Ms; readonly noOrder: Ms | null; readonly noData: Ms; readonly unplanned: Ms; readonly external: Ms; readonly planned: Ms; readonly changeover: Ms
  readonly microStop: Ms; readonly running: Ms; readonly fully_productive: Ms; readonly startup_reject: Ms; readonly production_reject: Ms
}

function ratiosOf(spent: Spent, grades: Config['grades']): Pick<Oee, 'oee' | 'availability' | 'performance' | 'utilization' | 'teep' | 'ooe' | 'no_order_seconds' | 'coverage' | 'partial' | 'bounds' | 'grade' | 'times' | 'warnings'> {
  const { noOrder, noData, external, changeover, microStop, fully_productive, startup_reject, production_reject } = spent
  const unplanned = spent.unplanned + external
  const planned = spent.planned + changeover
  const run = microStop + spent.running
  const planned_production = unplanned + planned + run
  const all = spent.scheduleLoss + noData + planned_production
  const net_run = fully_productive + startup_reject + production_reject
  const speed_loss = run - microStop - net_run

  const oee = ratioOf(fully_productive, planned_production)
  const performance = ratioOf(net_run, run)
  const coverage = ratioOf(planned_production, planned_production + noData)
  const partial = coverage !== null && coverage < COVERAGE_MIN

  const warnings: Oee['warnings'] = []
  if (performance !== null && performance > 1 + HAIR) warnings.push('performance_above_1')
  if (performance !== null && performance > 1.2 + HAIR) warnings.push('performance_above_1_2')
  if (speed_loss < -HAIR * Math.max(1, net_run)) warnings.push('speed_gain')
  if (partial) warnings.push('partial')

  return {
    oee, availability: ratioOf(run, planned_production), performance,
    utilization: ratioOf(planned_production, all), teep: ratioOf(fully_productive, all),
    ...noOrder === null ? {} : { ooe: ratioOf(fully_productive, planned_production + noOrder), no_order_seconds: noOrder / 1_000 },
    coverage, partial,
    bounds: {
      low: ratioOf(fully_productive, planned_production + noData),
      high: ratioOf(fully_productive + noData, planned_production + noData),
    },
    grade: gradeOf(oee, grades),
    times: {
      all: all / 1_000, schedule_loss: spent.scheduleLoss / 1_000, no_data: noData / 1_000, planned_production: planned_production / 1_000,
      unplanned_stop: unplanned / 1_000, external_stop: external / 1_000, planned_stop: planned / 1_000, changeover: changeover / 1_000,
      run: run / 1_000, micro_stop: microStop / 1_000, speed_loss: speed_loss / 1_000, net_run: net_run / 1_000,
      startup_reject: startup_reject / 1_000, production_reject: production_reject / 1_000, fully_productive: fully_productive / 1_000,
    },
    warnings,
  }
}

/** Warnings that speak of parts, which an edit of time leaves as they were. */
const ofParts: readonly Oee['warnings'][number][] = ['negative_good', 'quality_unmeasured', 'parts_from_before']

/** What an edit found to belong elsewhere: time in milliseconds, and good parts that were recovered before, worth so many. */
export interface Moved {
  readonly times: TimeLeaves
  readonly parts: number
  readonly worthMs: Ms
  /** Good parts are told from rejects by somebody. */
  readonly judged: boolean
  /** Of a line: the equipment whose time it was. */
  readonly by?: string
}

/** The time of figures that were told, after some of it moved. */
function spentAfter({ times, no_order_seconds: noOrder }: Oee, moved: TimeLeaves): Omit<Spent, 'fully_productive' | 'startup_reject' | 'production_reject'> {
  const whole = (seconds: number) => Math.round(seconds * 1_000)
  return {
    scheduleLoss: whole(times.schedule_loss) + moved.schedule_loss + moved.no_order, noOrder: noOrder === undefined ? null : whole(noOrder) + moved.no_order, noData: whole(times.no_data) + moved.no_data,
    unplanned: whole(times.unplanned_stop) - whole(times.external_stop) + moved.unplanned, external: whole(times.external_stop) + moved.external,
    planned: whole(times.planned_stop) - whole(times.changeover) + moved.planned, changeover: whole(times.changeover) + moved.changeover,
    microStop: whole(times.micro_stop) + moved.micro_stop, running: whole(times.run) - whole(times.micro_stop) + moved.running,
  }
}

/** Figures that were told, after some of their time or parts was found to belong elsewhere. */
export function figuresMoved(figures: Oee, { times: moved, parts, worthMs, judged, by }: Moved, grades: Config['grades']): Oee {
  const { times, counts } = figures
  const { warnings, ...ratios } = ratiosOf({
    ...spentAfter(figures, moved),
    fully_productive: times.fully_productive * 1_000 + worthMs, startup_reject: times.startup_reject * 1_000, production_reject: times.production_reject * 1_000,
  }, grades)
  const told = { ...figures, ...ratios, ...constraintsMoved(figures, by, moved), warnings: [...warnings, ...figures.warnings.filter((warning) => ofParts.includes(warning)), ...drained(figures, warnings)] }
  if (parts === 0) return told
  // Where nobody told good from bad, nobody does for these parts.
  const isJudged = times.net_run === 0 ? judged : figures.quality !== null
  const idealSeconds = worthMs / parts / 1_000
  return {
    ...told, quality: isJudged ? ratioOf(told.times.fully_productive, told.times.net_run) : null,
    counts: { ...counts, good: counts.good + parts, total: counts.total + parts, recovered: counts.recovered - parts },
    ideal_cycle_seconds: counts.total === 0 ? idealSeconds : figures.ideal_cycle_seconds === idealSeconds ? idealSeconds : null,
    warnings: !isJudged && !told.warnings.includes('quality_unmeasured') ? [...told.warnings, 'quality_unmeasured'] : told.warnings,
  }
}

/** Planned time that is more or less now is that of the equipment that moved it. */
function constraintsMoved({ constraints }: Oee, by: string | undefined, moved: TimeLeaves): Pick<Oee, 'constraints'> {
  if (constraints === undefined || by === undefined) return constraints === undefined ? {} : { constraints }
  return { constraints: sharesOf(constraints.map(({ equipment_code: code, planned_production: seconds }) => [code, Math.round(seconds * 1_000) + (code === by ? plannedMsOf(moved) : 0)])) }
}

/** The true number stays, and what made it so is said. */
const drained = ({ work_in_process: queue }: Pick<Oee, 'work_in_process'>, warnings: Oee['warnings']): Oee['warnings'] =>
  (queue ?? 0) < 0 && warnings.includes('performance_above_1') ? ['buffer_drained'] : []

/** What was made in a window, as it was told and as it is worth now, and time in milliseconds that is in another leaf. */
export interface Revalued {
  readonly was: readonly ProductSums[]
  readonly is: readonly ProductSums[]
  readonly times: TimeLeaves
  /** How many more parts lie in the buffers of a line, and how many left it that were made before anybody saw it; `null` of equipment. */
  readonly line: { readonly queued: number; readonly fromBefore: number } | null
  readonly by?: string
}

/** Figures that were told, after what was made in their window was found to be worth another time, or their time to be another. What else there is to know of the window stays as it was told. */
export function figuresRevalued(figures: Oee, { was, is, times: moved, line, by }: Revalued, judged: boolean, grades: Config['grades']): Oee {
  const { times, counts } = figures
  const [before, after] = [{ ms: noTime, products: was }, { ms: noTime, products: is }]
  const gained = (parts: (product: ProductSums) => number) => worth(after, parts) - worth(before, parts)
  const { warnings, ...ratios } = ratiosOf({
    ...spentAfter(figures, moved),
    fully_productive: times.fully_productive * 1_000 + gained(({ good }) => good), startup_reject: times.startup_reject * 1_000 + gained((product) => product.startup_reject),
    production_reject: times.production_reject * 1_000 + gained((product) => product.production_reject),
  }, grades)
  const [made, makes] = [countsOf(before), countsOf(after)]
  const queue = figures.work_in_process === undefined ? {} : { work_in_process: figures.work_in_process + (line?.queued ?? 0) }
  // Where nobody told good from bad, nobody does for these parts.
  const isJudged = times.net_run === 0 ? judged : figures.quality !== null
  // Of parts that are not among these it is known only that they have the ideal time of the whole, if it had one.
  const areAll = Math.abs(made.total - counts.total) < HAIR * Math.max(1, counts.total)
  const idealSeconds = soleIdeal(after)
  const kept = ofParts.filter((warning) => warning === 'parts_from_before' && line !== null ? line.fromBefore > 0
    : figures.warnings.includes(warning) || (warning === 'quality_unmeasured' && !isJudged && ratios.times.net_run !== 0))
  return {
    ...figures, ...ratios, ...constraintsMoved(figures, by, moved), ...queue, quality: isJudged ? ratioOf(ratios.times.fully_productive, ratios.times.net_run) : null,
    counts: countsChanged(counts, made, makes),
    ideal_cycle_seconds: areAll || idealSeconds === figures.ideal_cycle_seconds ? idealSeconds : null,
    warnings: [...warnings, ...kept, ...drained(queue, warnings)],
  }
}

/** Availability without what neighbours caused: the lowest standalone rate of a line points at its constraint. */
export const standaloneAvailability = (sums: LossSums): number | null =>
  ratioOf(sums.ms.micro_stop + sums.ms.running, plannedMs(sums) - sums.ms.external)

/** Planned production time. */
export const plannedMs = ({ ms }: LossSums): Ms => plannedMsOf(ms)

export function gradeOf(oee: number | null, grades: Config['grades']): Oee['grade'] {
  if (oee === null) return null
  if (oee >= grades.world_class) return 'world_class'
  if (oee >= grades.good) return 'good'
  return oee >= grades.average ? 'average' : 'poor'
}

/** The rules that decide what planned time is, named beside every figure: break, no-data and no-order policy. */
export const policyOf = (plan: LinePlan, equipment: EquipmentConfig): string => `${calendarOf(plan, equipment.code).breaks}/${equipment.no_data}/${equipment.no_order}`

/** Where only the total is counted nobody tells good parts from rejects. Equipment without any counter is kept by hand. */
const judgesParts = ({ signals }: EquipmentConfig): boolean =>
  signals['total_count'] === undefined || signals['good_count'] !== undefined || signals['reject_count'] !== undefined

/** Somebody does, if only further down the line. */
export const isJudged = (plan: Pick<LinePlan, 'line'>, equipment: EquipmentConfig): boolean => judgesParts(equipment) || lateMsOf(plan, equipment.code) > 0

/** The equipment whose judgement makes the quality of a line, by method. */
function judgingOf(plan: LinePlan, method: LineConfig['method']): readonly EquipmentConfig[] {
  const { equipment } = plan.line
  switch (method) {
    case 'ratio_of_sums': return equipment
    case 'line_exit': return equipment.slice(-1)
    case 'constraint': return equipment.slice(Math.min(plan.constraint, ...plan.constraints.values()))
  }
}

/** A shift is its window; of what belongs to no job or product, the name is empty. */
export const explainPath = (of: string, window: Period, { job, product }: Which): string =>
  `/api/v1/explain/${of}/oee?from=${rfc3339(window.from)}&to=${rfc3339(window.to)}${chosen('job', job)}${chosen('product', product)}`
const chosen = (name: string, value: string | null | undefined): string => value === undefined ? '' : `&${name}=${encodeURIComponent(value ?? '')}`
const ratioOf = (part: number, whole: number): number | null => whole === 0 ? null : part / whole
const worth = (sums: LossSums, parts: (product: ProductSums) => number): Ms => sums.products.reduce((sum, product) => sum + product.idealMs * parts(product), 0)
const partsInside = (product: ProductSums): number => product.good + product.startup_reject + product.production_reject

function countsOf(sums: LossSums): Oee['counts'] {
  const count = (parts: (product: ProductSums) => number) => sums.products.reduce((sum, product) => sum + parts(product), 0)
  return {
    good: count((product) => product.good), startup_reject: count((product) => product.startup_reject), production_reject: count((product) => product.production_reject),
    total: count(partsInside), off_schedule: count((product) => product.off_schedule), recovered: count((product) => product.recovered),
    reworked: count((product) => product.reworked),
  }
}

function countsChanged(counts: Oee['counts'], was: Oee['counts'], is: Oee['counts']): Oee['counts'] {
  const changed = (count: Exclude<keyof Oee['counts'], 'reworked'>) => counts[count] + is[count] - was[count]
  return {
    good: changed('good'), startup_reject: changed('startup_reject'), production_reject: changed('production_reject'), total: changed('total'),
    off_schedule: changed('off_schedule'), recovered: changed('recovered'), reworked: (counts.reworked ?? 0) + (is.reworked ?? 0) - (was.reworked ?? 0),
  }
}

/** In seconds, when all parts are valued alike. */
function soleIdeal(sums: LossSums): number | null {
  const ideals = new Set(sums.products.filter((product) => partsInside(product) !== 0).map((product) => product.idealMs))
  return ideals.size === 1 ? [...ideals][0]! / 1_000 : null
}

/* ── lines ───────────────────────────────────────────────────────────────────────────────────── */

export interface LineSums {
  readonly sums: LossSums
  /** By constraint only: what the constraint made, less rejects from there on, less what left the line good. */
  readonly workInProcess: number | null
  /** By constraint only: good parts that left the line and were made while nobody saw the constraint; they are among the recovered. */
  readonly fromBefore: number
  /** By constraint only: those that limited the line, in flow order, each with the planned production time in which it did. */
  readonly planned: readonly { readonly equipment: EquipmentConfig; readonly ms: Ms }[]
}

/** What a line's OEE is made of (domain note 3). The method is always named beside the figure. */
export function lineSums(sums: ReadonlyMap<string, LossSums>, plan: LinePlan, method: LineConfig['method']): LineSums {
  const of = (equipment: EquipmentConfig): LossSums => sums.get(equipment.code) ?? addSums([])
  const equipment = plan.line.equipment
  const exit = equipment.at(-1)!
  switch (method) {
    case 'ratio_of_sums': return { sums: addSums(equipment.map(of)), workInProcess: null, fromBefore: 0, planned: [] }
    case 'line_exit': return { sums: { ms: of(exit).ms, products: of(exit).products.map(atLineIdeal) }, workInProcess: null, fromBefore: 0, planned: [] }
    case 'constraint': return byConstraint()
  }

  /**
   * Time is the constraint's, of each product that of its own; good parts are those that left the line; rejects from the constraint on are the line's.
   * What lies in the buffers between is neither good nor scrap: it is reported as a number of its own.
   */
  function byConstraint(): LineSums {
    const constraint = equipment[plan.constraint]!
    const book = sums.get(plan.line.code) ?? noSums
    const products: ProductSums[] = of(exit).products.map((product) => atLineIdeal({ ...product, startup_reject: 0, production_reject: 0, reworked: 0 }))
    let made = 0
    for (const [position, machine] of equipment.entries()) {
      for (const product of of(machine).products) {
        const limiting = constraintAt(plan, product.product)
        if (position >= limiting) products.push(atLineIdeal({ ...product, good: 0, off_schedule: 0, recovered: 0 }))
        if (position === limiting) made += partsInside(product)
      }
    }
    // Where and when they left, the equipment say; for the line they count with the time in which its constraint made them.
    products.push(...book.products.map(atLineIdeal))
    // The same of its time: what the book has in place of time of the constraint is that of another, under a product that this one limits.
    const time = addSums([{ ...of(constraint), products: [] }, { ...book, products: [] }])
    const line = addSums([{ ...time, products }])
    const masked = withoutUnseen(line, countsOf(line).total - made, time.ms.no_data)
    return { sums: masked.sums, workInProcess: made - countsOf(masked.sums).total, fromBefore: masked.fromBefore, planned: plannedBy(time) }
  }

  function plannedBy({ planned = [] }: LossSums): LineSums['planned'] {
    const limited = (position: number) => planned.reduce((sum, { product, ms }) => constraintAt(plan, product) === position ? sum + ms : sum, 0)
    return equipment.flatMap((one, position) => { const ms = limited(position); return ms === 0 ? [] : [{ equipment: one, ms }] })
  }

  /** A line is as fast as its slowest machine: the largest ideal time of the product among them. */
  function atLineIdeal(product: ProductSums): ProductSums {
    const ideals = equipment.map((machine) => idealOf(of(machine), product.product)).filter((ideal) => ideal !== null)
    return { ...product, idealMs: Math.max(product.idealMs, ...ideals) }
  }
}

/**
 * The mask rule for a line: a part counts when the time in which its constraint made it is known. Parts that left beyond those it is known to have
 * made were made before anybody saw it, no more of them than it can have made in its blind time at its ideal pace: they are recovered.
 * What drained out of the buffers beyond that was made in known time before this window: it counts, and the figure says so.
 */
function withoutUnseen(line: LossSums, excess: number, blindMs: Ms): { readonly sums: LossSums; readonly fromBefore: number } {
  const good = countsOf(line).good
  const unseen = Math.min(good, excess, blindMs * good / worth(line, (product) => product.good))
  if (!(unseen > 0)) return { sums: line, fromBefore: 0 }
  // Which of them they were nobody knows, so each product has its share.
  const products = line.products.map((product) => {
    const its = product.good * unseen / good
    return { ...product, good: product.good - its, recovered: product.recovered + its }
  })
  return { sums: { ...line, products }, fromBefore: unseen }
}

/** The ideal time that a machine's parts of a product were valued with; the mean where it changed meanwhile. */
function idealOf(sums: LossSums, product: string | null): number | null {
  const rows = sums.products.filter((row) => row.product === product)
  const total = rows.reduce((sum, row) => sum + partsInside(row), 0)
  if (total === 0) return null
  const first = rows[0]!.idealMs
  return rows.every((row) => row.idealMs === first) ? first : rows.reduce((sum, row) => sum + row.idealMs * partsInside(row), 0) / total
}
