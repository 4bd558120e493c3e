/** Rows as a person or a program wants them. */

import { styleText } from 'node:util'
import { csvText } from '../../base/csv.js'

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
    case 'table': return table(rows, shape.main)
    case 'wide': return table(rows, shape.all)
    case 'json': return `${JSON.stringify(rows, null, 2)}\n`
    case 'ndjson': return rows.map((row) => `${JSON.stringify(row)}\n`).join('')
    case 'csv': return csvText([shape.all, ...rows.map((row) => shape.all.map((column) => cellOf(row[column])))])
    case 'name': return rows.map((row) => `${shown(row[shape.name])}\n`).join('')
  }
}

function table(rows: readonly Row[], columns: readonly string[]): string {
  const cells = rows.map((row) => columns.map((column) => shown(row[column])))
  const widths = columns.map((column, at) => Math.max(column.length, ...cells.map((row) => row[at]?.length ?? 0)))
  const line = (texts: readonly string[]) => texts.map((text, at) => (at === texts.length - 1 ? text : text.padEnd(widths[at] ?? 0))).join('  ').trimEnd()
  return [styleText('bold', line(columns.map((column) => column.toUpperCase().replaceAll('_', ' ')))), ...cells.map(line)].map((text) => `${text}\n`).join('')
}

const shown = (cell: Cell | undefined): string => (cell === null || cell === undefined || cell === '' ? '–' : String(cell))
const cellOf = (cell: Cell | undefined): string | number | null => (typeof cell === 'boolean' ? String(cell) : cell ?? null)
