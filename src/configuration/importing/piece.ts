/** What was found, as a piece of configuration for a person to review: tags with their comments, what was left and why, and signals the names suggest. */

import { plc as plcSchema } from '../../contract/plcs.js'
import { familyOf } from '../../field/drivers.js'
import type { Found, Taken } from './found.js'
import { type Named, suggested } from './roles.js'

export interface PieceWish {
  readonly id: string
  readonly host: string
  /** What it was read from, for the heading. */
  readonly source: string
}

/** An entry of `plcs:`, with its dash, in YAML. */
export function pieceOf(found: Found, { id, host, source }: PieceWish): string {
  const tags = named(found.taken)
  const widest = Math.max(0, ...tags.map(({ key, address }) => key.length + JSON.stringify(address).length))
  return [
    `  # From ${oneLine(source)}: ${found.taken.length} taken, ${found.left.length} left, ${found.misfits.length} rows that make no sense. Review it, then put it under \`plcs:\`.`,
    `  - id: ${id}`,
    `    driver: ${found.driver}`,
    `    host: ${JSON.stringify(host)}`,
    '    cycle: 500ms',
    ...tags.length === 0 ? ['    tags: {}'] : ['    tags:', ...tags.map(({ key, address, name, comment }) => tagLine(key, address, widest, [...key === name ? [] : [name], ...comment === '' ? [] : [comment]]))],
    ...found.left.length === 0 ? [] : ['    # Left:', ...found.left.map(({ name, why, row }) => `    #   row ${row}, ${oneLine(name)}: ${oneLine(why)}`)],
    ...found.misfits.length === 0 ? [] : ['    # Rows that make no sense:', ...found.misfits.map(({ row, column, message }) => `    #   row ${row}, column ${column}: ${oneLine(message)}`)],
    ...suggestions(tags, found, { id, host }),
    '',
  ].join('\n')
}

interface Keyed extends Taken { readonly key: string }

/** Names that a configuration may have, each once. */
function named(taken: readonly Taken[]): Keyed[] {
  const used = new Set<string>()
  return taken.map((tag) => {
    const plain = tag.name.replace(/^Program:/, '').replaceAll('ä', 'ae').replaceAll('ö', 'oe').replaceAll('ü', 'ue').replaceAll('ß', 'ss').replace(/[^A-Za-z0-9_.-]+/g, '_').replace(/^(?=[^A-Za-z_])/, '_')
    let key = plain.slice(0, NAME_MAX)
    for (let number = 2; used.has(key); number++) key = `${plain.slice(0, NAME_MAX - String(number).length - 1)}_${number}`
    used.add(key)
    return { ...tag, key }
  })
}

const NAME_MAX = 64
const COMMENT_MAX = 100

function tagLine(key: string, address: string, widest: number, notes: readonly string[]): string {
  const quoted = JSON.stringify(address)
  const line = `      ${key}: ${quoted}`
  return notes.length === 0 ? line : `${line}${' '.repeat(widest - key.length - quoted.length)}   # ${oneLine(notes.join(': ')).slice(0, COMMENT_MAX)}`
}

/** A comment must not end where its author put a line end. */
const oneLine = (text: string): string => text.replace(/[\p{Cc}\u2028\u2029]+/gu, ' ').trim()

function suggestions(tags: readonly Keyed[], { driver }: Found, { id, host }: Pick<PieceWish, 'id' | 'host'>): string[] {
  const plc = plcSchema.parse({ id, driver, host, tags: {} })
  const family = familyOf(plc)
  if (typeof family === 'string') return []
  const known = tags.flatMap(({ key, address }): Named[] => {
    const parsed = family.parse(address, plc)
    return typeof parsed === 'string' ? [] : [{ name: key, type: parsed.type, length: parsed.length }]
  })
  const found = suggested(known)
  if (found.length === 0) return []
  return [
    '    # What the names suggest, for `signals:` under the equipment:',
    ...found.flatMap(({ of, signals }) => [`    #   ${of === '' ? 'signals' : `${of}, signals`}:`, ...[...signals].map(([role, tag]) => `    #     ${role}: ${id}/${tag}`)]),
  ]
}
