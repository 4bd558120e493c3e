/** What is wrong in a configuration, and where: its shape, and the words for names that are unknown, given twice, or go in a circle. */

import { nearest } from '../base/near.js'
import type { Config } from './config.js'

export type Path = readonly (string | number)[]
/** What is wrong, and where in the configuration; `at` says that it is the name there and not its value. */
export interface Misfit { readonly path: Path; readonly message: string; readonly at?: 'key' }

/** “there is no …”, with the near miss. */
export function unknown(kind: string, name: string, known: Iterable<string>): string {
  const near = nearest(name, known)
  return `there is no ${kind} ${quoted(name)}${near === null ? '' : `; did you mean ${quoted(near)}?`}`
}

export const quoted = (text: string): string => JSON.stringify(text)

/** Names that must differ: one misfit for each that came before. */
export function repeated<T>(items: readonly T[], nameOf: (item: T) => string | number, pathOf: (index: number) => Path, kind: string): Misfit[] {
  const seen = new Set<string | number>()
  return items.flatMap((item, index) => {
    const name = nameOf(item)
    if (!seen.has(name)) { seen.add(name); return [] }
    return [{ path: pathOf(index), message: `${kind} ${typeof name === 'number' ? name : quoted(name)} is given twice` }]
  })
}

/** The first of `names`, which must differ, that is reached again by following `next` from itself. */
export function circleOf(names: readonly string[], next: (name: string) => readonly string[]): string | null {
  const reaches = (from: string, wanted: string, seen: Set<string>): boolean =>
    next(from).some((name) => name === wanted || (!seen.has(name) && reaches(name, wanted, seen.add(name))))
  return names.find((name) => reaches(name, name, new Set())) ?? null
}

export const equipmentCodesOf = (config: Config): string[] => config.lines.flatMap((line) => line.equipment.map((equipment) => equipment.code))
