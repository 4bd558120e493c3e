/** What the screens know: the lines as they are, fed by snapshots, facts and readings. */

import { type ReadonlySignal, type Signal, signal } from '@preact/signals'
import type { BodyOf } from '../../../contract/events/catalogue.js'
import type { Oee } from '../../../contract/oee.js'
import type { LineView } from '../../../contract/views.js'
import { type Said, applied, updated } from './apply.js'

/** By code; `null` before the first snapshot. */
export const lines = signal<ReadonlyMap<string, LineView> | null>(null)

export interface Place { readonly code: string; readonly line_id: string; readonly name: string; readonly equipment: readonly { readonly code: string; readonly name: string; readonly constraint: boolean }[] }
/** Which lines and equipment there are: what stands in frames and lists, and changes with the configuration alone. */
export const places = signal<readonly Place[] | null>(null)
const placeOf = ({ code, line_id, name, equipment }: LineView): Place => ({ code, line_id, name, equipment: equipment.map((one) => ({ code: one.equipment_code, name: one.name, constraint: one.constraint })) })

type Equipment = LineView['equipment'][number]
const followed = new Map<string, Signal<Equipment | null>>()
/** One equipment, which changes only when something about it does. */
export function liveEquipment(code: string): ReadonlySignal<Equipment | null> {
  const known = followed.get(code) ?? signal(lineOf(code)?.equipment.find(({ equipment_code }) => equipment_code === code) ?? null)
  followed.set(code, known)
  return known
}

/** Takes a line over, and tells whoever follows one of its equipment. */
function put(line: LineView): void {
  const all = lines.peek()
  if (all?.get(line.code) === line) return
  lines.value = new Map(all ?? []).set(line.code, line)
  for (const one of line.equipment) {
    const watched = followed.get(one.equipment_code)
    if (watched !== undefined) watched.value = one
  }
}

/** The newest OEE of each equipment with all it is made of. */
export const oees = signal<ReadonlyMap<string, Oee>>(new Map())
export type Metrics = BodyOf<'plc_metrics_update'>['signals']
/** The newest signals of each equipment that a screen has asked for, and when they were said. */
export const metrics = signal<ReadonlyMap<string, { readonly at: number; readonly signals: Metrics }>>(new Map())
/** Grows with every fact that concerns lists and periods, so that what was asked about them is asked again. */
export const changes = signal(0)

/** Nothing is missing up to here, in this epoch. */
export const heard = { epoch: '', seq: 0 }

export function snapshot(seq: number, views: readonly LineView[]): void {
  if (seq < heard.seq) return
  heard.seq = seq
  const before = lines.peek()
  // A line that is not there any more is left out; those that are told something else follow.
  lines.value = new Map(views.map((line) => [line.code, before?.get(line.code) ?? line]))
  for (const line of views) put(shared(before?.get(line.code), line))
  places.value = shared(places.peek(), views.map(placeOf))
}

/** Takes in an event. `false`: something is missing before it, and it was not taken. */
export function take(said: Said): boolean {
  if (said.seq !== undefined) {
    if (said.prev_seq !== undefined && said.prev_seq > heard.seq) return false
    if (said.seq <= heard.seq) return true
    heard.seq = said.seq
    if (!QUIET.has(said.type)) changes.value++
  }
  if (said.type === 'oee_update' && said.equipment_code !== undefined) oees.value = new Map(oees.value).set(said.equipment_code, said.data)
  if (said.type === 'plc_metrics_update' && said.equipment_code !== undefined) {
    metrics.value = new Map(metrics.value).set(said.equipment_code, { at: Date.parse(said.timestamp), signals: said.data.signals })
  }
  const line = [...lines.peek()?.values() ?? []].find(({ line_id }) => line_id === said.line_id)
  if (line !== undefined) put(applied(line, said))
  return true
}

/** The readings of one picture, newest of each equipment: a line of many machines is made anew once, not once for each. */
export function takeReadings(readings: ReadonlyMap<string, Extract<Said, { type: 'production_update' }>>): void {
  for (const line of lines.peek()?.values() ?? []) {
    if (!line.equipment.some(({ equipment_code }) => readings.has(equipment_code))) continue
    put({ ...line, equipment: line.equipment.map((one) => { const said = readings.get(one.equipment_code); return said === undefined ? one : updated(one, said.data) }) })
  }
}

/** Facts that come all the time and change no list. */
const QUIET: ReadonlySet<string> = new Set(['count_recorded', 'plc_fault', 'plc_fault_cleared'])

export const lineOf = (equipment: string): LineView | null =>
  [...lines.value?.values() ?? []].find((line) => line.equipment.some(({ equipment_code }) => equipment_code === equipment)) ?? null

/** `after`, made of `before` wherever both say the same: what has not changed is the same object, and whatever shows it need not look again. */
export function shared<T>(before: unknown, after: T): T {
  if (Object.is(before, after) || typeof before !== 'object' || typeof after !== 'object' || before === null || after === null || Array.isArray(before) !== Array.isArray(after)) return after
  const old = before as Readonly<Record<string, unknown>>
  const entries = Object.entries(after)
  let isSame = Object.keys(old).length === entries.length
  // Lists and plain objects are all that JSON has, and both are made again from their entries.
  const made = (Array.isArray(after) ? [] : {}) as Record<string, unknown>
  for (const [key, value] of entries) {
    made[key] = shared(old[key], value as unknown)
    isSame &&= Object.is(made[key], old[key]) && key in old
  }
  return (isSame ? before : made) as T
}
