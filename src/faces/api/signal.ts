/** One signal of a piece of equipment, as answers about history need it: where it lies, its unit, its points. */

import { rfc3339 } from '../../base/units.js'
import type { SignalConfig } from '../../contract/config.js'
import type { Desk } from '../../contract/desk.js'
import type { DataOf } from '../../contract/endpoints/table.js'
import type { Period } from './history.js'

/** Its history in its own unit: the tag's samples under the signal's scale. A gap is a point without a value. */
export async function signalPoints(desk: Desk, signal: SignalConfig, { from, to }: Period, pointsMax: number): Promise<Pick<DataOf<'signal_history'>, 'unit' | 'points'>> {
  const samples = await desk.samples({ ...slotOf(signal), from, to, pointsMax })
  return { unit: unitOf(desk, signal), points: samples.map(({ at, value, quality }) => ({ at: rfc3339(at), value: value === null ? null : value * signal.scale + signal.offset, quality })) }
}

export const signalsOf = (desk: Desk, equipment: string): Readonly<Record<string, SignalConfig>> =>
  desk.config.lines.flatMap((line) => line.equipment).find(({ code }) => code === equipment)?.signals ?? {}

export function signalOf(desk: Desk, equipment: string, name: string): SignalConfig | undefined {
  const signals = signalsOf(desk, equipment)
  return Object.hasOwn(signals, name) ? signals[name] : undefined
}

export function slotOf({ tag: ref }: SignalConfig): { readonly plc: string; readonly tag: string; readonly element: number } {
  const [, plc = '', tag = '', element = '0'] = /^([^/]+)\/([^[]+)(?:\[(\d+)\])?$/.exec(ref) ?? []
  return { plc, tag, element: Number(element) }
}

/** Where the signal has none of its own, that of its tag. */
export function unitOf(desk: Desk, signal: SignalConfig): string | null {
  const { plc, tag } = slotOf(signal)
  return signal.unit ?? desk.config.plcs.find(({ id }) => id === plc)?.tags[tag]?.unit ?? null
}
