/** Which slot of which scan feeds which signal of which equipment: worked out once from the configuration. */

import type { Ms } from '../base/units.js'
import type { Config, SignalConfig } from '../contract/config.js'
import type { ScanGroup, TagSlot } from '../contract/scan.js'

/** How a signal is made from a tag. `bits` become one bigint; a text has no slot. */
export type ValueKind = 'bit' | 'number' | 'wide' | 'bits' | 'text'

export interface Binding {
  readonly equipment: string
  readonly signal: string
  readonly kind: ValueKind
  readonly type: TagSlot['type']
  /** Position of the tag in its group: where its quality and its text stand. */
  readonly tag: number
  readonly slot: number
  /** Slots from there on that belong to it. */
  readonly slots: number
  readonly unit: string | null
  readonly scale: number
  readonly offset: number
  readonly invert: boolean
  readonly onDelayMs: Ms
  readonly offDelayMs: Ms
  readonly deadband: number
  /** Polls without good data that are bridged. */
  readonly holdPolls: number
}

/** The bindings of one scan group, those of one equipment side by side. */
export interface GroupPlan {
  readonly plc: string
  readonly bindings: readonly Binding[]
}

/** By index of the scan group. Signals whose tag is in no group are left out; `config check` names them. */
export function signalPlan(config: Config, groups: readonly ScanGroup[]): GroupPlan[] {
  const plans = groups.map(({ plc }) => ({ plc, bindings: [] as Binding[] }))
  for (const line of config.lines) for (const equipment of line.equipment) {
    for (const [signal, options] of Object.entries(equipment.signals)) {
      const ref = refOf(options.tag)
      const group = groups.find(({ plc, tags }) => plc === ref.plc && tags.some(({ name }) => name === ref.tag))
      const tag = group?.tags.findIndex(({ name }) => name === ref.tag) ?? -1
      if (group === undefined) continue
      plans[group.index]!.bindings.push(bindingOf(equipment.code, signal, options, group.tags[tag]!, tag, ref.element, equipment.hold_polls))
    }
  }
  return plans
}

/** `plc/tag` or `plc/tag[3]`. */
export function refOf(text: string): { plc: string; tag: string; element: number | null } {
  const [, plc = '', tag = '', element] = /^([^/]+)\/([^[]+)(?:\[(\d+)\])?$/.exec(text) ?? []
  return { plc, tag, element: element === undefined ? null : Number(element) }
}

function bindingOf(equipment: string, signal: string, options: SignalConfig, tag: TagSlot, position: number, element: number | null, holdPolls: number): Binding {
  const width = tag.type === 'int64' || tag.type === 'uint64' ? 2 : 1
  const elements = element === null ? tag.length : 1
  return {
    equipment, signal, type: tag.type, tag: position,
    kind: kindOf(signal, tag, elements),
    slot: tag.slot === -1 ? -1 : tag.slot + (element ?? 0) * width,
    slots: tag.slot === -1 ? 0 : (signal === 'fault_word' ? elements : 1) * width,
    unit: options.unit ?? tag.unit, scale: options.scale, offset: options.offset, invert: options.invert,
    onDelayMs: options.on_delay, offDelayMs: options.off_delay, deadband: options.deadband, holdPolls,
  }
}

function kindOf(signal: string, tag: TagSlot, elements: number): ValueKind {
  if (tag.type === 'text') return 'text'
  if (signal === 'fault_word' && tag.type !== 'float32' && tag.type !== 'float64') return 'bits'
  if (tag.type === 'bool') return elements === 1 ? 'bit' : 'bits'
  return tag.type === 'int64' || tag.type === 'uint64' ? 'wide' : 'number'
}
