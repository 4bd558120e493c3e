/** One signal of a piece of equipment, as answers about history need it: where it lies, its unit, its points. */

import { rfc3339 } from '../../base/units.js'
import type { EquipmentConfig, SignalConfig } from '../../contract/config.js'
import type { Desk } from '../../contract/desk.js'
import type { DataOf } from '../../contract/endpoints/table.js'
import type { SamplePoint } from '../../contract/journal.js'
import type { Period } from './history.js'

/** Its history in its own unit: the tag's samples under the signal's scale. A gap is a point without a value. */
export async function signalPoints(desk: Desk, signal: SignalConfig, { from, to }: Period, pointsMax: number): Promise<SignalPoints> {
  return shown(desk, signal, await desk.samples({ ...slotOf(signal), from, to, pointsMax }))
}

/** The same of all signals of some equipment over one period, by equipment and signal: one question, however many they are. */
export async function signalsPoints(desk: Desk, equipment: readonly EquipmentConfig[], { from, to }: Period, pointsMax: number): Promise<ReadonlyMap<string, Readonly<Record<string, SignalPoints>>>> {
  const all = equipment.map(({ code, signals }) => [code, Object.entries(signals)] as const)
  const histories = await desk.histories({ slots: all.flatMap(([, signals]) => signals.map(([, signal]) => slotOf(signal))), from, to, pointsMax })
  let next = 0
  return new Map(all.map(([code, signals]) => [code, Object.fromEntries(signals.map(([name, signal]) => [name, shown(desk, signal, histories[next++]!)]))]))
}

type SignalPoints = Pick<DataOf<'signal_history'>, 'unit' | 'points'>

const shown = (desk: Desk, signal: SignalConfig, samples: readonly SamplePoint[]): SignalPoints =>
  ({ unit: unitOf(desk, signal), points: samples.map(({ at, value, quality }) => ({ at: rfc3339(at), value: value === null ? null : value * signal.scale + signal.offset, quality })) })

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
