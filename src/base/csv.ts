/** Reads comma-separated text as RFC 4180 has it, keeping where each field stands. */

export interface Field {
  readonly text: string
  /** Both from 1. */
  readonly line: number
  readonly column: number
}

/** A quotation that never ends, at the place where it began. */
export interface CsvMisfit { readonly line: number; readonly column: number; readonly message: string }

/** Rows of fields; empty lines are no rows. Where the first line has no comma a semicolon separates, as spreadsheets of many countries write it, or a tab. */
export function csvOf(text: string): Field[][] | CsvMisfit {
  const source = text.replace(/^\uFEFF/, '')
  const first = source.slice(0, source.search(/[\r\n]|$/))
  const separator = [',', ';', '\t'].find((one) => first.includes(one)) ?? ','
  const rows: Field[][] = []
  let row: Field[] = []
  let line = 1
  let lineStart = 0
  let at = 0

  const endRow = (): void => {
    if (row.length > 1 || row[0]?.text !== '') rows.push(row)
    row = []
  }
  for (;;) {
    const place = { line, column: at - lineStart + 1 }
    let value = ''
    if (source[at] === '"') {
      for (at++; source[at] !== '"' || source[at + 1] === '"'; at++) {
        if (at >= source.length) return { ...place, message: 'this quotation never ends' }
        if (source[at] === '"') at++
        if (source[at] === '\n') [line, lineStart] = [line + 1, at + 1]
        value += source[at]
      }
      at++
    }
    for (; at < source.length && source[at] !== separator && source[at] !== '\n' && source[at] !== '\r'; at++) value += source[at]
    row.push({ text: value.trim(), ...place })
    if (source[at] === separator) { at++; continue }
    endRow()
    if (at >= source.length) return rows
    if (source[at] === '\r' && source[at + 1] === '\n') at++
    at++
    line++
    lineStart = at
  }
}

/** Rows as CSV with line ends as RFC 4180 wants them; `null` is an empty field. A text that begins like a formula gets an apostrophe. */
export function csvText(rows: readonly (readonly (string | number | null)[])[]): string {
  return rows.map((row) => `${row.map(cellText).join(',')}\r\n`).join('')
}

function cellText(cell: string | number | null): string {
  const text = typeof cell === 'string' && /^[=+\-@\t\r]/.test(cell) ? `'${cell}` : String(cell ?? '')
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
}
