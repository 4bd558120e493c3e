/** Two replays of the same inputs: what came out otherwise. */

import type { Oee } from '../contract/oee.js'
import type { Plan } from '../contract/plan.js'
import type { AndonView, StopView } from '../contract/views.js'
import type { Report } from './report.js'

export type Compared = Pick<Plan, 'figures' | 'stops' | 'stops_count' | 'andons' | 'andons_count'>

/** At most `rowsMax` stops and calls, in the order of time; their counts are of all. */
export function compare(before: Report, after: Report, rowsMax: number): Compared {
  const stops = otherwise(before.stops, after.stops, (stop) => stop.equipment_code, (stop) => stop.from, toldOfStop)
  const andons = otherwise(before.andons, after.andons, (call) => `${call.line} ${call.equipment_code} ${call.andon_type}`, (call) => call.raised_at, toldOfAndon)
  return { figures: figuresOf(before, after), stops: stops.slice(0, rowsMax), stops_count: stops.length, andons: andons.slice(0, rowsMax), andons_count: andons.length }
}

interface Differs<T> { readonly before: T | null; readonly after: T | null }

/** Two are the same when they are of one thing and begin at one instant; what they tell may differ. */
function otherwise<T>(before: readonly T[], after: readonly T[], of: (one: T) => string, from: (one: T) => string, told: (one: T) => unknown): Differs<T>[] {
  const key = (one: T): string => `${of(one)} ${from(one)}`
  const was = new Map(before.map((one) => [key(one), one]))
  const is = new Map(after.map((one) => [key(one), one]))
  const pairs = [...new Set([...was.keys(), ...is.keys()])].map((name) => ({ before: was.get(name) ?? null, after: is.get(name) ?? null }))
  const at = ({ before, after }: Differs<T>): string => from((before ?? after)!)
  return pairs.filter(({ before, after }) => before === null || after === null || JSON.stringify(told(before)) !== JSON.stringify(told(after))).sort((a, b) => at(a).localeCompare(at(b)))
}

/** Identities are made by chance or of numbers, and so are no difference. */
const toldOfStop = ({ to, state, micro, reason }: StopView): unknown => [to, state, micro, reason?.code]
const toldOfAndon = ({ status, priority, resolved_at, escalation }: AndonView): unknown => [status, priority, resolved_at, escalation]

function figuresOf(before: Report, after: Report): Plan['figures'] {
  const all = (report: Report) => new Map([...Object.entries(report.lines), ...Object.entries(report.equipment)].map(([of, { window }]) => [of, ratiosOf(window)]))
  const [was, is] = [all(before), all(after)]
  return [...new Set([...was.keys(), ...is.keys()])].flatMap((of) => {
    const pair = { of, before: was.get(of) ?? nothing, after: is.get(of) ?? nothing }
    return JSON.stringify(pair.before) === JSON.stringify(pair.after) ? [] : [pair]
  })
}

const nothing = { oee: null, availability: null, performance: null, quality: null, good: 0, reject: 0 }
const ratiosOf = ({ oee, availability, performance, quality, counts }: Oee): typeof nothing | Plan['figures'][number]['before'] =>
  ({ oee, availability, performance, quality, good: counts.good, reject: counts.startup_reject + counts.production_reject })
