/** Tags exported from RSLogix 5000 or Studio 5000 as CSV (1756-RM084): TAG and ALIAS rows become addresses, COMMENT rows comments. */

import { type Field, csvOf } from '../../base/csv.js'
import { parseAddress } from '../../field/eip/address.js'
import { Finding, type Found } from './found.js'

const COLUMNS = ['TYPE', 'SCOPE', 'NAME', 'DESCRIPTION', 'DATATYPE', 'SPECIFIER', 'ATTRIBUTES'] as const
type Column = (typeof COLUMNS)[number]

const ATOMIC = new Set(['BOOL', 'SINT', 'INT', 'DINT', 'LINT', 'USINT', 'UINT', 'UDINT', 'ULINT', 'REAL', 'LREAL', 'STRING'])
const INTEGERS = new Set(['SINT', 'INT', 'DINT', 'LINT', 'USINT', 'UINT', 'UDINT', 'ULINT'])
/** A longer array is a recipe or a log, and nobody wants all of it every cycle. */
const ELEMENTS_MAX = 128
/** A BOOL array of so many bits is read as one word of faults. */
const WORD_BITS = 64

type Row = Readonly<Record<Column, string>> & { readonly row: number; readonly columnOf: (column: Column) => number }

export function readRslogix(text: string): Found {
  const finding = new Finding('eip')
  const rows = csvOf(text)
  if (!Array.isArray(rows)) {
    finding.misfit(rows.line, rows.column, rows.message)
    return finding.found()
  }
  const records = recordsOf(rows, finding)
  const types = new Map(records.filter(({ TYPE }) => TYPE === 'TAG').map((record) => [fullName(record), record.DATATYPE.toUpperCase()]))
  for (const record of records) {
    if (record.TYPE === 'TAG') takeTag(record, finding)
    else if (record.TYPE === 'ALIAS') takeAlias(record, types, finding)
    // COMMENT, RCOMMENT and TEXTBOX tell of parts of tags and of rungs; TYPE of the structures.
    else if (!['COMMENT', 'RCOMMENT', 'TEXTBOX', 'TYPE'].includes(record.TYPE)) finding.misfit(record.row, record.columnOf('TYPE'), `${JSON.stringify(record.TYPE)} is no kind of row: TAG, ALIAS or COMMENT`)
  }
  return finding.found()
}

/** The rows behind a heading, by the names of its columns. Programs have headings of their own. */
function recordsOf(rows: readonly Field[][], finding: Finding): Row[] {
  let heading: readonly string[] | null = null
  const records: Row[] = []
  for (const fields of rows) {
    const [first] = fields
    if (first === undefined || /^remark\b/i.test(first.text)) continue
    // The version of the format stands alone.
    if (fields.length === 1 && /^\d+(\.\d+)?$/.test(first.text)) continue
    const texts = fields.map(({ text }) => text.toUpperCase())
    if (texts[0] === 'TYPE' && texts[1] === 'SCOPE') { heading = texts; continue }
    if (heading === null) {
      finding.misfit(first.line, first.column, `this stands before the heading ${COLUMNS.join(',')}: is it an export of tags?`)
      return []
    }
    const at = (column: Column): number => heading!.indexOf(column)
    const missing = ['NAME', 'DATATYPE', 'SPECIFIER'].find((column) => at(column as Column) === -1)
    if (missing !== undefined) {
      finding.misfit(first.line, first.column, `the heading has no column ${missing}`)
      return []
    }
    if (fields.length > heading.length) finding.misfit(first.line, fields[heading.length]!.column, `more fields than the heading has columns (${heading.length})`)
    const cell = (column: Column): string => fields[at(column)]?.text ?? ''
    records.push({
      row: first.line, columnOf: (column) => fields[at(column)]?.column ?? 1,
      TYPE: cell('TYPE').toUpperCase(), SCOPE: cell('SCOPE'), NAME: cell('NAME'), DESCRIPTION: unescaped(cell('DESCRIPTION')), DATATYPE: cell('DATATYPE'), SPECIFIER: cell('SPECIFIER'), ATTRIBUTES: cell('ATTRIBUTES'),
    })
  }
  if (heading === null) finding.misfit(1, 1, `there is no heading ${COLUMNS.join(',')}: is it an export of tags?`)
  return records
}

const fullName = ({ SCOPE, NAME }: Pick<Row, 'SCOPE' | 'NAME'>): string => (SCOPE === '' ? NAME : `Program:${SCOPE}.${NAME}`)
const isHidden = ({ ATTRIBUTES }: Row): boolean => /ExternalAccess\s*:=\s*None/i.test(ATTRIBUTES)

function takeTag(record: Row, finding: Finding): void {
  const name = fullName(record)
  if (record.NAME === '') return finding.misfit(record.row, record.columnOf('NAME'), 'a tag has a name')
  if (/[^\w:]/.test(record.NAME)) return finding.misfit(record.row, record.columnOf('NAME'), `${JSON.stringify(record.NAME)} is no name of a tag: letters, digits and "_"`)
  if (record.DATATYPE === '') return finding.misfit(record.row, record.columnOf('DATATYPE'), 'a tag has a type')
  if (isHidden(record)) return finding.leave(name, record.row, 'its ExternalAccess is None: set it to Read Only in the project')
  const typed = typedAddress(name, record.DATATYPE)
  if ('why' in typed) return finding.leave(name, record.row, typed.why)
  takeAddress(record, typed, finding)
}

/** What an alias stands for is read under the alias's own address when its type is known from the file. */
function takeAlias(record: Row, types: ReadonlyMap<string, string>, finding: Finding): void {
  const name = fullName(record)
  if (record.NAME === '') return finding.misfit(record.row, record.columnOf('NAME'), 'an alias has a name')
  if (record.SPECIFIER === '') return finding.misfit(record.row, record.columnOf('SPECIFIER'), 'an alias says what it stands for')
  const local = record.SCOPE === '' ? undefined : types.get(`Program:${record.SCOPE}.${baseOf(record.SPECIFIER)}`)
  const scope = local === undefined ? '' : `Program:${record.SCOPE}.`
  const type = local ?? types.get(baseOf(record.SPECIFIER))
  const rest = record.SPECIFIER.slice(baseOf(record.SPECIFIER).length)
  if (type === undefined || /:/.test(baseOf(record.SPECIFIER))) return finding.leave(name, record.row, `it stands for ${record.SPECIFIER}, whose type is not in this file: write ${name}:TYPE yourself`)
  if (rest === '') {
    const typed = typedAddress(`${scope}${record.SPECIFIER}`, type)
    return 'why' in typed ? finding.leave(name, record.row, typed.why) : takeAddress(record, typed, finding)
  }
  if (/^\.\d+$/.test(rest) && INTEGERS.has(type)) return takeAddress(record, { name, address: `${scope}${record.SPECIFIER}` }, finding)
  const element = /^\[\d+\]$/.test(rest) ? /^(\w+)\[\d+\]$/.exec(type)?.[1] : undefined
  if (element !== undefined && ATOMIC.has(element)) return takeAddress(record, { name, address: `${scope}${record.SPECIFIER}:${element}` }, finding)
  finding.leave(name, record.row, `it stands for ${record.SPECIFIER}, a part of a ${type}: write its address with the type yourself`)
}

const baseOf = (operand: string): string => /^[^.[]*/.exec(operand)![0]

function typedAddress(name: string, written: string): { readonly name: string; readonly address: string } | { readonly why: string } {
  const [, type = '', dimensions] = /^([^[]+?)\s*(?:\[([\d,\s]+)\])?$/.exec(written) ?? []
  const kind = type.toUpperCase()
  if (kind === 'COUNTER' && dimensions === undefined) return { name: `${name}.ACC`, address: `${name}.ACC:DINT` }
  if (kind === 'TIMER' || kind === 'COUNTER' || kind === 'CONTROL') return { why: `a ${written}: name the member that matters, like ${name}${dimensions === undefined ? '' : '[0]'}.ACC:DINT` }
  if (!ATOMIC.has(kind)) return { why: `${written} is a structure: \`lineside plc browse\` lists its members, each with its address` }
  if (dimensions === undefined) return { name, address: `${name}:${kind}` }
  const sizes = dimensions.split(',').map(Number)
  const [count = 0] = sizes
  if (sizes.length > 1) return { why: `an array of ${sizes.length} dimensions: name the elements that matter, like ${name}[0,0]:${kind}` }
  if (kind === 'STRING') return { why: `an array of texts: name the elements that matter, like ${name}[0]:STRING` }
  if (kind === 'BOOL' && count <= WORD_BITS) return { name, address: `${name}[0..${count - 1}]:BITS` }
  if (count > ELEMENTS_MAX) return { why: `an array of ${count}: name the elements that matter, like ${name}[0..9]:${kind}` }
  return { name, address: `${name}[0..${count - 1}]:${kind}` }
}

function takeAddress(record: Row, { name, address }: { readonly name: string; readonly address: string }, finding: Finding): void {
  const parsed = parseAddress(address)
  if (typeof parsed === 'string') return finding.misfit(record.row, record.columnOf('NAME'), parsed)
  finding.take({ name: record.TYPE === 'ALIAS' ? fullName(record) : name, address, comment: record.DESCRIPTION, row: record.row })
}

/** Descriptions write line ends, quotes and letters beyond ASCII with a dollar sign. */
function unescaped(text: string): string {
  const letters: Readonly<Record<string, string>> = { N: ' ', L: ' ', R: ' ', T: ' ', P: ' ', Q: '"', '\'': '\'', $: '$' }
  return text.replace(/\$(?:([0-9A-Fa-f]{4})|([NLRTPQ'$]))/g, (_, code: string | undefined, letter: string | undefined) => (code === undefined ? letters[letter!]! : String.fromCharCode(Number.parseInt(code, 16))))
}
