/** Tags exported from TIA Portal: a tag table as CSV (saved from its Excel sheet), as the XML of the editor, or as the XML of Openness. */

import { type Field, csvOf } from '../../base/csv.js'
import { type XmlElement, elementsOf, xmlOf } from '../../base/xml.js'
import { parseAddress } from '../../field/s7/address.js'
import { Finding, type Found } from './found.js'
import { kindOfType } from './s7-types.js'

interface Entry { readonly name: string; readonly type: string; readonly address: string; readonly comment: string; readonly row: number; readonly nameColumn: number; readonly addressColumn: number }

export function readTiaCsv(text: string): Found {
  const finding = new Finding('s7')
  const rows = csvOf(text)
  if (!Array.isArray(rows)) finding.misfit(rows.line, rows.column, rows.message)
  else for (const entry of entriesOf(rows, finding)) takeEntry(entry, finding)
  return finding.found()
}

export function readTiaXml(text: string): Found {
  const finding = new Finding('s7')
  const root = xmlOf(text)
  if ('message' in root) {
    finding.misfit(root.line, root.column, root.message)
    return finding.found()
  }
  const entries = [...elementsOf(root, 'Tag')].map(entryOfTag).concat([...elementsOf(root, 'SW.Tags.PlcTag')].map(entryOfOpenness))
  if (entries.length === 0) finding.misfit(root.line, root.column, `<${root.name}> holds no tags: export the PLC tag table`)
  for (const entry of entries) takeEntry(entry, finding)
  return finding.found()
}

/* ── what stands in a row ────────────────────────────────────────────────────────────────────── */

/** The headings of an English and of a German TIA. */
const headings = {
  name: ['NAME'], type: ['DATA TYPE', 'DATATYPE', 'DATENTYP'], address: ['LOGICAL ADDRESS', 'ADDRESS', 'LOGISCHE ADRESSE', 'ADRESSE'], comment: ['COMMENT', 'KOMMENTAR'],
} as const

function entriesOf([heading = [], ...rows]: readonly Field[][], finding: Finding): Entry[] {
  const at = (of: keyof typeof headings): number => heading.findIndex(({ text }) => (headings[of] as readonly string[]).includes(text.toUpperCase()))
  const places = { name: at('name'), type: at('type'), address: at('address'), comment: at('comment') }
  for (const of of ['name', 'type', 'address'] as const) {
    if (places[of] !== -1) continue
    finding.misfit(heading[0]?.line ?? 1, 1, `the heading has no column ${headings[of].join(' or ')}: save the sheet "PLC Tags" as CSV`)
    return []
  }
  return rows.map((fields) => ({
    name: fields[places.name]?.text ?? '', type: fields[places.type]?.text ?? '', address: fields[places.address]?.text ?? '', comment: fields[places.comment]?.text ?? '',
    row: fields[0]!.line, nameColumn: fields[places.name]?.column ?? 1, addressColumn: fields[places.address]?.column ?? 1,
  }))
}

const entryOfTag = ({ attributes, text, line, column }: XmlElement): Entry =>
  ({ name: text, type: attributes['type'] ?? '', address: attributes['addr'] ?? '', comment: attributes['remark'] ?? '', row: line, nameColumn: column, addressColumn: column })

function entryOfOpenness(tag: XmlElement): Entry {
  const own = tag.children.find(({ name }) => name === 'AttributeList')
  const attribute = (of: string): string => own?.children.find(({ name }) => name === of)?.text ?? ''
  const comment = [...elementsOf(tag, 'MultilingualText')].find(({ attributes }) => attributes['CompositionName'] === 'Comment')
  const said = comment === undefined ? undefined : [...elementsOf(comment, 'Text')].find(({ text }) => text !== '')
  return { name: attribute('Name'), type: attribute('DataTypeName'), address: attribute('LogicalAddress'), comment: said?.text ?? '', row: tag.line, nameColumn: tag.column, addressColumn: tag.column }
}

/* ── what becomes of it ──────────────────────────────────────────────────────────────────────── */

function takeEntry({ name, type, address, comment, row, nameColumn, addressColumn }: Entry, finding: Finding): void {
  if (name === '') return finding.misfit(row, nameColumn, 'a tag has a name')
  if (address === '') return finding.leave(name, row, 'it has no address')
  if (/:P$/i.test(address)) return finding.leave(name, row, 'a peripheral address is not read; take the one of the process image, without ":P"')
  const place = address.replace(/\s+/g, '').toUpperCase()
  if (/^%?[TCZ]\d+$/.test(place)) return taken(place)
  const kind = kindOfType(type)
  if (typeof kind === 'object') return finding.leave(name, row, kind.why)
  const { name: of, count, chars } = typedOf(kind, type)
  taken(`${place}:${of}${chars ?? count ?? ''}`)

  function taken(full: string): void {
    const plain = full.replace(/:BOOL$/, '')
    const written = typeof parseAddress(plain) === 'string' ? full : plain
    const parsed = parseAddress(written)
    if (typeof parsed === 'string') return finding.misfit(row, addressColumn, parsed)
    finding.take({ name, address: written, comment, row })
  }
}

/** `Array[0..9] of Int` is `INT[10]`, `String[20]` is `STRING[20]`. */
function typedOf(kind: string, type: string): { readonly name: string; readonly count: string | null; readonly chars: string | null } {
  const range = /^Array\s*\[\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*\]/i.exec(type)
  const chars = /String\s*\[\s*(\d+)\s*\]/i.exec(type)?.[1]
  return {
    name: kind, count: range === null ? null : `[${Number(range[2]) - Number(range[1]) + 1}]`,
    chars: kind === 'STRING' || kind === 'WSTRING' ? `[${chars ?? '254'}]` : null,
  }
}
