/** Rows as a person or a program wants them. */

import { styleText } from 'node:util'
import { csvText } from '../../base/csv.js'
import { cutTo, fittingWidths, terminalColumns } from './fit.js'

export const formats = ['table', 'wide', 'json', 'ndjson', 'csv', 'name'] as const
export type Format = (typeof formats)[number]

export type Cell = string | number | boolean | null
export type Row = Readonly<Record<string, Cell>>

export interface Shape {
  /** Columns of a table; `wide` and the formats for programs have all. */
  readonly main: readonly string[]
  readonly all: readonly string[]
  /** The column that names a row. */
  readonly name: string
}

/** Text that ends with a line end, or nothing at all. No rows are `[]` to a program and a heading to a person. */
export function rendered(rows: readonly Row[], shape: Shape, format: Format): string {
  switch (format) {
    case 'table': return table(rows, shape.main, shape.name)
    case 'wide': return table(rows, shape.all, shape.name, Infinity)
    case 'json': return `${JSON.stringify(rows, null, 2)}\n`
    case 'ndjson': return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    case 'csv': return csvText([shape.all, ...rows.map((row) => shape.all.map((column) => cellOf(row[column])))])
    case 'name': return rows.map((row) => `${shown(row[shape.name])}\n`).join('')
  }
}

/** In a terminal that is too narrow, columns that say nothing are left out, and then the last one is cut; names and codes stay whole. `wide` has all. */
function table(rows: readonly Row[], wanted: readonly string[], name: string, room = terminalColumns()): string {
  const widthOf = (column: string): number => Math.max(column.length, ...rows.map((row) => shown(row[column]).length))
  const fits = (all: readonly string[]): boolean => all.reduce((sum, column) => sum + widthOf(column), 2 * (all.length - 1)) <= room
  const columns = fits(wanted) || rows.length === 0 ? wanted : wanted.filter((column) => column === name || rows.some((row) => shown(row[column]) !== NOTHING))
  const widths = fittingWidths(columns.map(widthOf), room, CUT_LEAST)
  const cells = rows.map((row) => columns.map((column, at) => cutTo(shown(row[column]), widths[at]!)))
  const line = (texts: readonly string[]) => texts.map((text, at) => (at === texts.length - 1 ? text : text.padEnd(widths[at] ?? 0))).join('  ').trimEnd()
  return [styleText('bold', line(columns.map((column, at) => cutTo(column.toUpperCase().replaceAll('_', ' '), widths[at]!)))), ...cells.map(line)].map((text) => `${text}\n`).join('')
}

const NOTHING = '–'
/** The last column is not cut below this. */
const CUT_LEAST = 8
const shown = (cell: Cell | undefined): string => (cell === null || cell === undefined || cell === '' ? NOTHING : String(cell))
const cellOf = (cell: Cell | undefined): string | number | null => (typeof cell === 'boolean' ? String(cell) : cell ?? null)
