/** The live state as retained topics: what a line and an equipment are now, in our own shape or as single tags. */

import type { Config } from '../../contract/config.js'
import type { Desk } from '../../contract/desk.js'
import type { Fact } from '../../contract/events/catalogue.js'
import { contractOf, placeOf } from '../../contract/uns.js'
import type { EquipmentView, LineView } from '../../contract/views.js'
import { rfc3339 } from '../../base/units.js'

/** `plain`: an object a topic. `umh`: one tag a topic, with exactly `timestamp_ms` and `value`, as UMH wants time series. */
export type Profile = 'plain' | 'umh'
export interface Namespace { readonly root: string; readonly profile: Profile }

/** A topic below its place, and what it holds; `null` clears it. */
export type Values = ReadonlyMap<string, object | string | number | null>

/** Everything that is retained of an equipment or a line, by topic. Durations that grow with every look are left out: readers have `since`. */
export function valuesOf(desk: Desk, { root, profile }: Namespace, of: string): Values {
  const line = desk.lineOf(of)
  const place = placeOf(root, desk.config.gateway, line ?? of, line === null ? null : of)
  const entries = profile === 'plain' ? Object.entries(line === null ? ofLine(lineView(desk, of)) : ofEquipment(equipmentView(desk, of)))
    : Object.entries(tagsOf(desk, of)).map(([tag, value]) => [`_lineside_v1/${tag}`, value] as const)
  return new Map(entries.map(([name, value]) => [`${place}/${name}`, value]))
}

/** The same as single values, by name. */
export const tagsOf = (desk: Desk, of: string): Readonly<Record<string, string | number | null>> =>
  desk.lineOf(of) === null ? tagsOfLine(lineView(desk, of)) : tagsOfEquipment(equipmentView(desk, of))

// A view is JSON of the desk's own making.
const equipmentView = (desk: Desk, of: string): EquipmentView => JSON.parse(desk.view('equipment', of).json.toString()) as EquipmentView
const lineView = (desk: Desk, of: string): LineView => JSON.parse(desk.view('line', of).json.toString()) as LineView

const ofEquipment = ({ equipment_code, state, production_context: context, current_job: job, counts, job_counts, speed, speed_unit, active_faults, current_stop, oee }: EquipmentView) => ({
  '_state_v1/current': { equipment_code, state: state.state, since: state.since, reason: state.reason, stop_id: current_stop?.stop_id ?? null, faults: active_faults.map(({ fault }) => fault) },
  '_count_v1/current': { equipment_code, shift: context.shift?.shift ?? null, ...counts, job: job_counts, speed, speed_unit },
  '_job_v1/current': { equipment_code, job, product: context.product, operators: context.operators },
  '_oee_v1/current': { equipment_code, ...oee },
})

const ofLine = ({ code, oee, target, andons, shift }: LineView) => ({
  '_oee_v1/current': { line: code, ...oee },
  '_count_v1/current': { line: code, ...target },
  '_andon_v1/current': { line: code, open: andons },
  '_shift_v1/current': { line: code, shift },
})

const tagsOfEquipment = ({ state, production_context: context, current_job: job, counts, speed, oee }: EquipmentView) => ({
  state: state.state, stop_reason: state.reason?.code ?? null, good: counts.good, reject: counts.reject, speed, job_id: job?.job_id ?? null, product: context.product,
  oee: oee.oee, availability: oee.availability, performance: oee.performance, quality: oee.quality,
})

const tagsOfLine = ({ oee, andons, shift, target }: LineView) => ({
  oee: oee.oee, availability: oee.availability, performance: oee.performance, quality: oee.quality, good: target.actual, target: target.target_now, open_andons: andons.length, shift: shift?.shift ?? null,
})

/** What a value looks like on the wire; the empty text clears a retained topic. */
export function payloadOf(value: object | string | number | null, profile: Profile, at: number): string {
  if (value === null) return ''
  return JSON.stringify(profile === 'umh' ? { timestamp_ms: at, value } : value)
}

/** An event, with the name that it has for ever, so that a reader can tell repetitions and holes. */
export function eventOf(desk: Desk, { root, profile }: Namespace, fact: Fact): { readonly topic: string; readonly payload: string } {
  const { type, at, line, equipment, body, epoch, seq } = fact
  const time = profile === 'umh' ? { timestamp_ms: at } : { timestamp: rfc3339(at) }
  return {
    topic: `${placeOf(root, desk.config.gateway, line, equipment)}/${contractOf(type)}/${type}`,
    payload: JSON.stringify({ ...time, type, gateway: desk.gateway, epoch, seq, line, equipment, ...body }),
  }
}

/** Codes of all lines and of their equipment. */
export const everything = ({ lines }: Config): string[] => lines.flatMap(({ code, equipment }) => [code, ...equipment.map((one) => one.code)])
