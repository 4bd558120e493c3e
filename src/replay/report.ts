/** What a replay came to: the OEE of every equipment and line, per shift, job and whole window, with the stops, calls and jobs. */

import { andonsOf } from '../analysis/andons.js'
import { stopsOf } from '../analysis/stops.js'
import { type Instant, instant, rfc3339 } from '../base/units.js'
import type { Fact } from '../contract/events/catalogue.js'
import type { LossRow } from '../contract/losses.js'
import type { Oee } from '../contract/oee.js'
import type { AndonView, StopView, ViewData } from '../contract/views.js'
import type { Period } from '../core/time/calendar.js'
import { type Which, minuteOf } from '../core/losses/lossbook.js'
import type { Job, Line } from '../core/memory/memory.js'
import { lineOee, oeeOf } from '../core/losses/oee.js'
import { shiftsBetween } from '../core/time/shifts.js'
import { sumRows, sumRowsBy } from '../core/losses/sums.js'
import { jobViews } from '../core/view.js'
import { jobFrom } from '../core/memory/windows.js'
import type { Replayed } from './replay.js'

/** Figures of one equipment or line; shifts and jobs by id. */
export interface Figures {
  readonly window: Oee
  readonly shifts: Readonly<Record<string, Oee>>
  readonly jobs: Readonly<Record<string, Oee>>
}

export interface Report {
  readonly window: { readonly from: string; readonly to: string }
  readonly equipment: Readonly<Record<string, Figures & { readonly line: string }>>
  readonly lines: Readonly<Record<string, Figures>>
  readonly stops: readonly StopView[]
  readonly andons: readonly AndonView[]
  readonly jobs: ViewData<'jobs'>['jobs']
  /** Commands of the trace that were told no. */
  readonly refusals: readonly { readonly at: string; readonly command: string; readonly code: string; readonly message: string }[]
}

export function reportOf(replayed: Replayed): Report {
  const { from, to, facts, lines, refusals } = replayed
  const byEquipment = rowsByEquipment(replayed.rows)
  const microMs = new Map([...lines.values()].flatMap(({ plan }) => plan.line.equipment.map((one) => [one.code, one.micro_stop] as const)))
  const equipment = [...lines.values()].flatMap((line) => line.plan.line.equipment.map((config, i) => {
    const figures = figuresOf(line, i, { from, to }, (kept, period, which) => oeeOf(sumRows((byEquipment.get(config.code) ?? []).filter(kept)), period, line.plan, config, which))
    return [config.code, { line: line.plan.line.code, ...figures }] as const
  }))
  return {
    window: { from: rfc3339(from), to: rfc3339(to) },
    equipment: Object.fromEntries(equipment),
    lines: Object.fromEntries([...lines].map(([code, line]) => [code, lineFigures(line, { from, to }, replayed.rows)])),
    stops: stopsOf(facts, to, (code) => microMs.get(code) ?? 0),
    andons: andonsOf(facts),
    jobs: [...lines.values()].flatMap(jobViews),
    refusals: refusals.map(({ at, command, refusal }) => ({ at: rfc3339(at), command, code: refusal.refused, message: refusal.message })),
  }
}

/** Every fact as a line of JSON, in order, in the form it has on the wire; without its number, which is the journal's. */
export const factsText = (facts: readonly Fact[]): string =>
  facts.map(({ type, at, line, equipment, body }) => `${JSON.stringify({ type, at: rfc3339(at), line, equipment, body })}\n`).join('')

type Kept = (row: LossRow) => boolean

function rowsByEquipment(rows: readonly LossRow[]): Map<string, LossRow[]> {
  const byEquipment = new Map<string, LossRow[]>()
  for (const row of rows) {
    const own = byEquipment.get(row.equipment)
    if (own === undefined) byEquipment.set(row.equipment, [row])
    else own.push(row)
  }
  return byEquipment
}

function lineFigures(line: Line, window: Period, rows: readonly LossRow[]): Figures {
  const own = rows.filter((row) => row.line === line.plan.line.code)
  return figuresOf(line, line.plan.constraint, window, (kept, period, which) => {
    const sums = sumRowsBy(own.filter(kept), (row) => row.equipment)
    return lineOee(sums, period, line.plan, line.plan.line.method, which)
  })
}

/** Sums first, ratios after: each period is a choice of the same rows. */
function figuresOf(line: Line, i: number, window: Period, oeeIn: (kept: Kept, period: Period, which?: Which) => Oee): Figures {
  return {
    window: oeeIn(() => true, window),
    shifts: Object.fromEntries(shiftsIn(line, window).map(({ id, period }) => [id, oeeIn((row) => row.shift === id, period)])),
    jobs: Object.fromEntries(Object.values(line.jobs).toReversed().flatMap((job) => {
      const from = jobFrom(line, i, job) ?? job.startedAt
      return from === null ? [] : [[job.order.job_id, oeeIn(isOf(job), clipped(from, job.endedAt ?? window.to, window), { job: job.order.job_id })]]
    })),
  }
}

/** What a job made before its clock began is kept, and noise; the changeover to it is not. */
const isOf = ({ order, clockFrom }: Job): Kept => ({ job, minute, ms }) => job === order.job_id && (clockFrom === null || minute >= minuteOf(clockFrom) || ms.changeover !== 0)

/** Shifts that the window holds any part of. */
function shiftsIn(line: Line, window: Period): { readonly id: string; readonly period: Period }[] {
  return shiftsBetween(line.plan.calendar, line.plan.timeZone, window.from, window.to).map((shift) => ({ id: shift.id, period: clipped(shift.from, shift.to, window) }))
}

const clipped = (from: Instant, to: Instant, window: Period): Period => ({ from: instant(Math.max(from, window.from)), to: instant(Math.min(to, window.to)) })
