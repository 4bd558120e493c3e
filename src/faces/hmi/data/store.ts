/** What the screens know: the lines as they are, fed by snapshots, facts and readings. */

import { type ReadonlySignal, computed, signal } from '@preact/signals'
import type { BodyOf } from '../../../contract/events/catalogue.js'
import type { Oee } from '../../../contract/oee.js'
import type { LineView } from '../../../contract/views.js'
import { type Said, applied } from './apply.js'

/** By code; `null` before the first snapshot. */
export const lines = signal<ReadonlyMap<string, LineView> | null>(null)

export interface Place { readonly code: string; readonly line_id: string; readonly name: string; readonly equipment: readonly { readonly code: string; readonly name: string; readonly constraint: boolean }[] }
let placesKnown: readonly Place[] | null = null
/** Which lines and equipment there are: what stands in frames and lists, and changes with the configuration alone. */
export const places = computed(() => {
  const next = lines.value === null ? null : [...lines.value.values()].map(({ code, line_id, name, equipment }) => ({ code, line_id, name, equipment: equipment.map((one) => ({ code: one.equipment_code, name: one.name, constraint: one.constraint })) }))
  placesKnown = shared(placesKnown, next)
  return placesKnown
})

type Equipment = LineView['equipment'][number]
const equipmentByCode = computed(() => new Map([...lines.value?.values() ?? []].flatMap(({ equipment }) => equipment.map((one) => [one.equipment_code, one] as const))))
const followed = new Map<string, ReadonlySignal<Equipment | null>>()
/** One equipment, which changes only when something about it does. */
export function liveEquipment(code: string): ReadonlySignal<Equipment | null> {
  const known = followed.get(code) ?? computed(() => equipmentByCode.value.get(code) ?? null)
  followed.set(code, known)
  return known
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
  const before = lines.value
  lines.value = new Map(views.map((line) => [line.code, shared(before?.get(line.code), line)]))
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
  const line = [...lines.value?.values() ?? []].find(({ line_id }) => line_id === said.line_id)
  if (line !== undefined) {
    const next = applied(line, said)
    if (next !== line) lines.value = new Map(lines.value).set(line.code, next)
  }
  return true
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
