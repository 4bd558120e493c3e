/** Reads a fault catalogue: comma-separated rows with a heading, one fault of an equipment each. */

import { type Field, csvOf } from '../base/csv.js'
import { type FaultEntry, faultEntry } from '../contract/config.js'
import { expectedBy, unknownKey } from '../contract/expected.js'
import type { Place } from './yaml.js'

export interface CatalogueMisfit extends Place { readonly message: string }
export type Catalogue = readonly { readonly entry: FaultEntry; readonly place: Place }[]

const columns = Object.keys(faultEntry.shape)

/** The entries with their places, or everything that is wrong. Columns may stand in any order; an empty field takes its default. */
export function readCatalogue(text: string): Catalogue | { readonly misfits: readonly CatalogueMisfit[] } {
  const rows = csvOf(text)
  if (!Array.isArray(rows)) return { misfits: [rows] }
  const [heading = [], ...body] = rows
  const known = headingMisfits(heading)
  if (known.length > 0) return { misfits: known }

  const misfits: CatalogueMisfit[] = []
  const entries = body.flatMap((row) => {
    const [first] = row
    if (first === undefined) return []
    const extra = row[heading.length]
    if (extra !== undefined) { misfits.push({ ...placeOf(extra), message: `there are ${heading.length} columns` }); return [] }
    const parsed = faultEntry.safeParse(rawOf(heading, row), { reportInput: true })
    if (parsed.success) return [{ entry: parsed.data, place: placeOf(first) }]
    for (const { path, message } of parsed.error.issues.flatMap((issue) => expectedBy(issue, () => columns))) {
      const column = heading.findIndex((field) => field.text === path[0])
      misfits.push({ ...placeOf(row[column] ?? first), message: `${String(path[0])}: ${message}` })
    }
    return []
  })
  return misfits.length > 0 ? { misfits } : entries
}

const placeOf = ({ line, column }: Field): Place => ({ line, column })

function headingMisfits(heading: readonly Field[]): CatalogueMisfit[] {
  const found: CatalogueMisfit[] = heading.filter(({ text }) => !columns.includes(text))
    .map((field) => ({ ...placeOf(field), message: `${JSON.stringify(field.text)}: ${unknownKey('column', field.text, columns)}` }))
  const missing = ['bit', 'code', 'name'].filter((name) => !heading.some((field) => field.text === name))
  if (missing.length > 0) found.push({ line: 1, column: 1, message: `the heading needs ${missing.join(', ')}` })
  return found
}

function rawOf(heading: readonly Field[], row: readonly Field[]): Record<string, unknown> {
  return Object.fromEntries(heading.flatMap(({ text: name }, index) => {
    const value = row[index]?.text ?? ''
    if (value === '') return []
    return [[name, name === 'bit' && /^\d+$/.test(value) ? Number(value) : value]]
  }))
}
