/** The last step of the way: what the configuration makes of a tag, and where it would make wrong numbers of good readings. */

import { type EquipmentConfig, type SignalConfig, type SignalRole, signalRoles } from '../contract/config.js'
import type { TagSlot, ValueType } from '../contract/scan.js'
import { lengthOf } from './length.js'
import type { AnalysisWords } from './words/en.js'

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
export function meaningOf({ equipment, signal }: TagUse, { why }: AnalysisWords): string {
  const says = isRole(signal) ? why.roles[signal] : why.kept
  const decides = (signal === 'running' || signal === 'state') && !decidesState(equipment, signal) ? why.though(equipment.state.from) : ''
  return why.meaning(signal, equipment.code, `${says}${decides}`)
}

/** What the signal is now, and what is done to the tag's value on the way. */
export function shownUse({ config, value, quality }: TagUse, { why, number }: AnalysisWords): string {
  const made = [
    ...config.scale === 1 ? [] : [`× ${shownFigure(config.scale, number)}`], ...config.offset === 0 ? [] : [`+ ${shownFigure(config.offset, number)}`], ...config.invert ? [why.inverted] : [],
    ...config.on_delay === 0 ? [] : [why.onAfter(lengthOf(config.on_delay, number))], ...config.off_delay === 0 ? [] : [why.offAfter(lengthOf(config.off_delay, number))],
    ...config.deadband === 0 ? [] : [why.ignored(shownFigure(config.deadband, number))],
  ]
  return `${value === null ? '–' : shownFigure(value, number)} (${(why.qualities as Readonly<Record<string, string>>)[quality] ?? quality}), ${made.length === 0 ? why.asItIs : made.join(', ')}`
}

/** A value as people read it: to three places, with their decimal mark. */
export function shownFigure(value: number | boolean | string, number: AnalysisWords['number']): string {
  if (typeof value !== 'number' || Number.isInteger(value)) return String(value)
  const [, fraction = ''] = String(value).split('.')
  return number(value, Math.min(3, /^\d+$/.test(fraction) ? fraction.length : 3))
}

/** Every way in which the rule behind a signal would misunderstand its tag. */
export function doubtsOf(use: TagUse, slot: TagSlot, last: { readonly value: number | string } | null, words: AnalysisWords): Doubt[] {
  return [...listDoubts(use, slot, words), ...counterDoubts(use, slot, last, words)]
}

function listDoubts({ signal, config, equipment }: TagUse, slot: TagSlot, { why }: AnalysisWords): Doubt[] {
  if (slot.length === 1 || signal === 'fault_word' || slot.type === 'bool' || /\[\d+\]$/.test(config.tag)) return []
  return [{ finding: why.firstOf(signal, equipment.code, String(slot.length)), remedy: why.whichOne(config.tag) }]
}

const counters: readonly string[] = ['total_count', 'good_count', 'reject_count'] satisfies SignalRole[]
const MODULUS_UNSAID = 2 ** 32
const bits: Readonly<Partial<Record<ValueType, number>>> = { int8: 8, uint8: 8, int16: 16, uint16: 16, int32: 32, uint32: 32 }

function counterDoubts({ equipment, signal }: TagUse, slot: TagSlot, last: { readonly value: number | string } | null, { why }: AnalysisWords): Doubt[] {
  if (!counters.includes(signal)) return []
  const { modulus, signed } = equipment.counters[signal] ?? { modulus: MODULUS_UNSAID, signed: false }
  const width = bits[slot.type]
  const named = `counters: { ${signal}: { modulus: ${width === undefined ? modulus : 2 ** width}${width !== undefined && slot.type.startsWith('int') ? ', signed: true' : ''} } }`
  const raw = last === null ? null : Number(last.value)
  if (raw !== null && modulus > 0 && (raw >= modulus || (raw < 0 && !signed))) {
    return [{ finding: why.outside(String(raw), signal, equipment.code, String(modulus - 1)), remedy: why.howFar(named) }]
  }
  if (width !== undefined && modulus > 2 ** width) {
    return [{ finding: why.rollsOver(String(2 ** width), signal, equipment.code, String(modulus)), remedy: why.howFar(named) }]
  }
  return []
}

const isRole = (signal: string): signal is SignalRole => Object.hasOwn(signalRoles, signal)
const decidesState = ({ state }: EquipmentConfig, signal: 'running' | 'state'): boolean => (signal === 'running' ? state.from === 'running' : state.from === 'packml' || state.from === 'map')
