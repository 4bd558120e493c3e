/** Which signals tags are by their names, where the name leaves no doubt: a suggestion for a person to look at. */

import type { SignalRole } from '../../contract/config.js'
import type { ValueType } from '../../contract/scan.js'

export interface Named { readonly name: string; readonly type: ValueType; readonly length: number }
/** What the names have in common before their meaning, like the name of a machine; empty where there is nothing. */
export interface Suggestion { readonly of: string; readonly signals: ReadonlyMap<SignalRole, string> }

type Kind = 'bit' | 'number' | 'counter' | 'word'

/** Words that must all stand at the end of a name, in any order, for a signal; English and German as machine builders write them. */
const meanings: readonly (readonly [SignalRole, Kind, readonly string[]])[] = [
  ['running', 'bit', ['running']], ['running', 'bit', ['run']], ['running', 'bit', ['laeuft']], ['running', 'bit', ['in', 'betrieb']],
  ['fault', 'bit', ['fault']], ['fault', 'bit', ['faulted']], ['fault', 'bit', ['stoerung']],
  ['blocked', 'bit', ['blocked']], ['starved', 'bit', ['starved']], ['changeover', 'bit', ['changeover']],
  ['state', 'number', ['state', 'current']], ['mode', 'number', ['unit', 'mode', 'current']],
  ['speed', 'number', ['speed']], ['speed', 'number', ['actual', 'speed']], ['speed', 'number', ['speed', 'act']], ['speed', 'number', ['cur', 'mach', 'speed']],
  ['total_count', 'counter', ['total', 'count']], ['total_count', 'counter', ['total', 'counter']], ['total_count', 'counter', ['total', 'parts']], ['total_count', 'counter', ['gesamt', 'zaehler']],
  ['good_count', 'counter', ['good', 'count']], ['good_count', 'counter', ['good', 'counter']], ['good_count', 'counter', ['good', 'parts']], ['good_count', 'counter', ['gutteile']],
  ['reject_count', 'counter', ['reject', 'count']], ['reject_count', 'counter', ['rejects']], ['reject_count', 'counter', ['reject', 'counter']], ['reject_count', 'counter', ['scrap', 'count']], ['reject_count', 'counter', ['bad', 'parts']], ['reject_count', 'counter', ['ausschuss']],
  ['fault_word', 'word', ['faults']], ['fault_word', 'word', ['fault', 'word']], ['first_out', 'number', ['first', 'out']], ['first_out', 'number', ['first', 'fault']],
]

const wholes: readonly ValueType[] = ['int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64']
const fits: Readonly<Record<Kind, (tag: Named) => boolean>> = {
  bit: ({ type, length }) => type === 'bool' && length === 1,
  number: ({ type, length }) => length === 1 && (wholes.includes(type) || type === 'float32' || type === 'float64'),
  counter: ({ type, length }) => length === 1 && wholes.includes(type),
  word: ({ type, length }) => wholes.includes(type) || (type === 'bool' && length > 1),
}

/** One suggestion for each common beginning, in the order of the tags. A signal that two tags could be is none of them. */
export function suggested(tags: readonly Named[]): Suggestion[] {
  const groups = new Map<string, Map<SignalRole, string | null>>()
  for (const tag of tags) {
    const words = wordsOf(tag.name)
    const match = meanings.filter(([, kind, ending]) => fits[kind](tag) && endsWith(words, ending)).sort(([, , one], [, , other]) => other.length - one.length)[0]
    if (match === undefined) continue
    const of = words.slice(0, words.length - match[2].length).join('_')
    const group = groups.get(of) ?? new Map<SignalRole, string | null>()
    groups.set(of, group.set(match[0], group.has(match[0]) ? null : tag.name))
  }
  return [...groups].map(([of, signals]) => ({ of, signals: new Map([...signals].flatMap(([role, name]) => (name === null ? [] : [[role, name] as const]))) })).filter(({ signals }) => signals.size > 0)
}

const endsWith = (words: readonly string[], ending: readonly string[]): boolean => words.length >= ending.length && ending.every((word) => words.slice(-ending.length).includes(word))

/** `Bagger.GoodCount_2` is bagger, good, count, 2; `Störung` is stoerung. */
function wordsOf(name: string): string[] {
  const plain = name.replaceAll('ä', 'ae').replaceAll('ö', 'oe').replaceAll('ü', 'ue').replaceAll('Ä', 'Ae').replaceAll('Ö', 'Oe').replaceAll('Ü', 'Ue').replaceAll('ß', 'ss')
  return plain.replace(/([a-z\d])([A-Z])/g, '$1 $2').replace(/([A-Z]+)([A-Z][a-z])/g, '$1 $2').split(/[^A-Za-z\d]+/).filter((word) => word !== '').map((word) => word.toLowerCase())
}
