/** The last step of the way: what the configuration makes of a tag, and where it would make wrong numbers of good readings. */

import { type EquipmentConfig, type SignalConfig, type SignalRole, signalRoles } from '../contract/config.js'
import type { TagSlot, ValueType } from '../contract/scan.js'
import { lengthOf } from './length.js'

/** A signal that a tag feeds, and what it is now. */
export interface TagUse {
  readonly line: string
  readonly equipment: EquipmentConfig
  readonly signal: string
  readonly config: SignalConfig
  readonly value: number | boolean | string | null
  readonly quality: string
}

interface Doubt { readonly finding: string; readonly remedy: string }

/** What a signal of that name is for, as a sentence without its end. */
export function meaningOf({ equipment, signal }: TagUse): string {
  const says = isRole(signal) ? signalRoles[signal].replace(/^[^:]+: /, '') : 'kept and shown, without a rule'
  const decides = (signal === 'running' || signal === 'state') && !decidesState(equipment, signal) ? `, though the state comes from \`${equipment.state.from}\`` : ''
  return `${signal} of ${equipment.code}: ${says}${decides}`
}

/** What the signal is now, and what is done to the tag's value on the way. */
export function shownUse({ config, value, quality }: TagUse): string {
  const made = [
    ...config.scale === 1 ? [] : [`× ${config.scale}`], ...config.offset === 0 ? [] : [`+ ${config.offset}`], ...config.invert ? ['inverted'] : [],
    ...config.on_delay === 0 ? [] : [`on after ${lengthOf(config.on_delay)}`], ...config.off_delay === 0 ? [] : [`off after ${lengthOf(config.off_delay)}`],
    ...config.deadband === 0 ? [] : [`steps below ${config.deadband} ignored`],
  ]
  return `${value === null ? '–' : String(value)} (${quality})${made.length === 0 ? ', as it is' : `, ${made.join(', ')}`}`
}

/** Every way in which the rule behind a signal would misunderstand its tag. */
export function doubtsOf(use: TagUse, slot: TagSlot, last: { readonly value: number | string } | null): Doubt[] {
  return [...listDoubts(use, slot), ...counterDoubts(use, slot, last)]
}

function listDoubts({ signal, config, equipment }: TagUse, slot: TagSlot): Doubt[] {
  if (slot.length === 1 || signal === 'fault_word' || slot.type === 'bool' || /\[\d+\]$/.test(config.tag)) return []
  return [{ finding: `${signal} of ${equipment.code} uses the first of ${slot.length} elements`, remedy: `Say which one is meant: ${config.tag}[0].` }]
}

const counters: readonly string[] = ['total_count', 'good_count', 'reject_count'] satisfies SignalRole[]
const MODULUS_UNSAID = 2 ** 32
const bits: Readonly<Partial<Record<ValueType, number>>> = { int8: 8, uint8: 8, int16: 16, uint16: 16, int32: 32, uint32: 32 }

function counterDoubts({ equipment, signal }: TagUse, slot: TagSlot, last: { readonly value: number | string } | null): Doubt[] {
  if (!counters.includes(signal)) return []
  const { modulus, signed } = equipment.counters[signal] ?? { modulus: MODULUS_UNSAID, signed: false }
  const width = bits[slot.type]
  const named = `counters: { ${signal}: { modulus: ${width === undefined ? modulus : 2 ** width}${width !== undefined && slot.type.startsWith('int') ? ', signed: true' : ''} } }`
  const raw = last === null ? null : Number(last.value)
  if (raw !== null && modulus > 0 && (raw >= modulus || (raw < 0 && !signed))) {
    return [{ finding: `the counter stands at ${raw}, outside of what ${signal} of ${equipment.code} may be (0 to ${modulus - 1}), so its parts are not counted`, remedy: `Say how far it counts: ${named}.` }]
  }
  if (width !== undefined && modulus > 2 ** width) {
    return [{ finding: `the tag rolls over at ${2 ** width}, but ${signal} of ${equipment.code} is told ${modulus}: the roll-over would be taken for a reset`, remedy: `Say how far it counts: ${named}.` }]
  }
  return []
}

const isRole = (signal: string): signal is SignalRole => Object.hasOwn(signalRoles, signal)
const decidesState = ({ state }: EquipmentConfig, signal: 'running' | 'state'): boolean => (signal === 'running' ? state.from === 'running' : state.from === 'packml' || state.from === 'map')
