/** Overall throughput effectiveness of a line (Muthiah and Huang 2007): what its machines let through together, by the theoretical rate of each. A diagnostic beside the method of the line, never in its place. */

import type { EquipmentConfig } from '../../contract/config.js'
import type { LossSums } from '../../contract/losses.js'
import type { Ote } from '../../contract/explained.js'
import type { Oee } from '../../contract/oee.js'
import type { LinePlan } from '../time/plan.js'

/** A machine as the formula sees it; `rate` is in parts per millisecond. */
interface Machine { readonly code: string; readonly rate: number; readonly oee: number; /** Of the theoretical rate, before anything was rejected. */ readonly made: number }

const HOUR_MS = 3_600_000

/**
 * Series: min(min over i < n of OEE_i·R_i·product of the later Q, OEE_n·R_n) / min R. Machines of one step stand side by side and are summed first: OEE = sum OEE_i·R_i / sum R_i.
 * R_i is the rate that makes the ideal time of what the machine made: total_i / sum over products of ideal_j·total_j.
 * No value where any machine has no figure that can be relied on, and where the flow is no chain of steps.
 */
export function oteOf(plan: LinePlan, sums: ReadonlyMap<string, LossSums>, figures: ReadonlyMap<string, Oee>): Ote {
  const steps = stepsOf(plan)
  const unreliable = plan.line.equipment.flatMap(({ code }) => {
    const why = whyNot(sums.get(code), figures.get(code))
    return why === null ? [] : [{ equipment_code: code, why }]
  })
  const none: Ote = { method: 'ote', ote: null, steps: [], unreliable }
  if (steps === null) return { ...none, unreliable: [...unreliable, { equipment_code: null, why: 'no_chain' }] }
  if (unreliable.length > 0) return none
  const summed = steps.map((step) => summedUp(step.map(({ code }) => machineOf(code, sums.get(code)!, figures.get(code)!))))
  const through = summed.map(({ good }, i) => summed.slice(i + 1).reduce((rate, later) => rate * later.quality, good))
  const rateMin = Math.min(...summed.map(({ rate }) => rate))
  return {
    method: 'ote', ote: Math.min(...through) / rateMin, unreliable,
    steps: summed.map(({ codes, rate, good, quality }, i) => ({ equipment: codes, rate_per_hour: rate * HOUR_MS, oee: good / rate, quality, through_per_hour: through[i]! * HOUR_MS, limits: through[i] === Math.min(...through) })),
  }
}

/** Why the figures of a machine are not good enough to reckon with; `null` when they are. */
function whyNot(sums: LossSums | undefined, oee: Oee | undefined): 'no_oee' | 'partial' | 'quality_unmeasured' | 'nothing_made' | null {
  if (sums === undefined || oee === undefined || oee.oee === null) return 'no_oee'
  if (oee.partial) return 'partial'
  if (oee.counts.total <= 0 || oee.times.net_run <= 0) return 'nothing_made'
  return oee.quality === null ? 'quality_unmeasured' : null
}

function machineOf(code: string, { products }: LossSums, { oee, counts, times }: Oee): Machine {
  const idealMs = products.reduce((ms, { idealMs, good, startup_reject, production_reject }) => ms + idealMs * (good + startup_reject + production_reject), 0)
  return { code, rate: counts.total / idealMs, oee: oee!, made: times.net_run / times.planned_production }
}

function summedUp(machines: readonly Machine[]): { readonly codes: string[]; readonly rate: number; readonly good: number; readonly quality: number } {
  const sumOf = (term: (machine: Machine) => number) => machines.reduce((sum, machine) => sum + term(machine), 0)
  const good = sumOf(({ oee, rate }) => oee * rate)
  return { codes: machines.map(({ code }) => code), rate: sumOf(({ rate }) => rate), good, quality: good / sumOf(({ made, rate }) => made * rate) }
}

/**
 * The declared flow as steps, first to last: machines that follow and feed the same stand side by side. Where none is declared, they follow one another as they are listed,
 * or stand side by side in a line whose method adds them up. `null` where the flow parts and meets again otherwise.
 */
export function stepsOf({ line: { equipment, method } }: LinePlan): EquipmentConfig[][] | null {
  if (equipment.every(({ upstream }) => upstream.length === 0)) return method === 'ratio_of_sums' ? [[...equipment]] : equipment.map((one) => [one])
  const nameOf = (codes: readonly string[]) => codes.toSorted().join(' ')
  const steps: EquipmentConfig[][] = []
  let before: readonly string[] = []
  const left = new Set(equipment)
  while (left.size > 0) {
    const step = [...left].filter(({ upstream }) => nameOf(upstream) === nameOf(before))
    if (step.length === 0) return null
    for (const machine of step) left.delete(machine)
    steps.push(step)
    before = step.map(({ code }) => code)
  }
  return steps
}
