/** Text for the width of a terminal: broken between words, and below itself. What goes to a file or a program stays as it is. */

/** Columns of the terminal; `Infinity` where the text goes elsewhere. */
export const terminalColumns = (): number => (process.stdout.isTTY ? process.stdout.columns : Infinity)

/** Each line at most so wide, its further ones `indent` wide set in. A word that is wider stays whole. Escapes take no room. */
export function wrapped(text: string, columns: number, indent: number): string {
  return text.split('\n').map((line) => broken(line, columns, ' '.repeat(indent))).join('\n')
}

function broken(line: string, columns: number, indent: string): string {
  if (shownWidth(line) <= columns) return line
  const lines: string[] = []
  let open = /^ */.exec(line)![0]
  for (const word of line.trim().split(' ')) {
    const isFirst = open.trim() === ''
    if (isFirst || shownWidth(`${open} ${word}`) <= columns) open = isFirst ? `${open}${word}` : `${open} ${word}`
    else {
      lines.push(open.trimEnd())
      open = `${indent}${word}`
    }
  }
  return [...lines, open].join('\n')
}

// eslint-disable-next-line no-control-regex -- the escapes that colour a text
const shownWidth = (text: string): number => text.replace(/\u001b\[[0-9;]*m/g, '').length

/** The widths of the columns of a table, two apart, when the last one gives way so that a row fits; as they are where it would have less than `least`. */
export function fittingWidths(widths: readonly number[], columns: number, least: number): readonly number[] {
  const last = widths.at(-1) ?? 0
  const over = widths.reduce((sum, width) => sum + width, 0) + 2 * (widths.length - 1) - columns
  return over <= 0 || last - over < least ? widths : [...widths.slice(0, -1), last - over]
}

/** Its beginning, and a sign that there was more. */
export const cutTo = (text: string, width: number): string => (text.length <= width ? text : `${text.slice(0, Math.max(0, width - 1))}…`)
