/** What the screens know: the lines as they are, fed by snapshots, facts and readings. */

import { signal } from '@preact/signals'
import type { BodyOf } from '../../../contract/events/catalogue.js'
import type { Oee } from '../../../contract/oee.js'
import type { LineView } from '../../../contract/views.js'
import { type Said, applied } from './apply.js'

/** By code; `null` before the first snapshot. */
export const lines = signal<ReadonlyMap<string, LineView> | null>(null)
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
  lines.value = new Map(views.map((line) => [line.code, line]))
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
