/** Addresses exported from RSLogix 500 as CSV (address, scope, symbol, descriptions): files that the controller serves over Modbus/TCP become tags. */

import { csvOf } from '../../base/csv.js'
import { parseAddress } from '../../field/modbus/address.js'
import { Finding, type Found } from './found.js'

/** Which data files stand behind the tables of the Modbus/TCP server, as its channel configuration says (1766-RM001, Modbus to MicroLogix memory map); `null` for none. */
export interface SlcFiles { readonly holding: string | null; readonly coils: string | null }

/** `N7:5`, `N7:5/3`, `B3:1/4`, `B3/20`, `T4:0.ACC`, `I:1/0`, `S:5/11` */
const ADDRESS = /^(?<letter>[A-Z]{1,2})(?<file>\d{0,3})(?::(?<element>\d{1,4})(?:\.(?<slot>\d{1,3}|[A-Z]{2,3}))?)?(?:\/(?<bit>\d{1,4}|[A-Z]{2,3}))?$/
const WORD_BITS = 16
const SYMBOL = 2
const DESCRIPTIONS = 3

export function readSlc(text: string, files: SlcFiles): Found {
  const finding = new Finding('modbus')
  const rows = csvOf(text)
  if (!Array.isArray(rows)) {
    finding.misfit(rows.line, rows.column, rows.message)
    return finding.found()
  }
  for (const fields of rows) {
    const [address] = fields
    // DFILE rows describe whole files.
    if (address === undefined || /^DFILE\b/i.test(address.text)) continue
    const parts = ADDRESS.exec(address.text.toUpperCase().replace(/\s+/g, ''))?.groups
    if (parts === undefined) {
      finding.misfit(address.line, address.column, `${JSON.stringify(address.text)} is no address of a data file, like N7:0, B3:1/4 or T4:0.ACC`)
      continue
    }
    const symbol = fields[SYMBOL]?.text ?? ''
    const name = symbol === '' ? address.text : symbol
    const comment = fields.slice(DESCRIPTIONS).map(({ text: words }) => words).filter((words) => /[^\d\s]/.test(words)).join(' ')
    const found = registerOf(parts, files)
    if ('why' in found) { finding.leave(name, address.line, `${address.text}: ${found.why}`); continue }
    const parsed = parseAddress(found.register)
    if (typeof parsed === 'string') finding.misfit(address.line, address.column, parsed)
    else finding.take({ name, address: found.register, comment: [...symbol === '' ? [] : [address.text], ...comment === '' ? [] : [comment]].join(' '), row: address.line })
  }
  if (rows.length === 0) finding.misfit(1, 1, 'there are no rows: export "Addr/Symbol Desc" as CSV from the database of the project')
  return finding.found()
}

type Parts = Readonly<Record<string, string | undefined>>

function registerOf({ letter = '', file = '', element, slot, bit }: Parts, { holding, coils }: SlcFiles): { readonly register: string } | { readonly why: string } {
  const of = `${letter}${file}`
  if (slot !== undefined || (bit !== undefined && !/^\d+$/.test(bit))) return { why: 'a part of a timer, counter or module; copy it to an element of a file that Modbus serves' }
  const at = element === undefined ? null : Number(element)
  if (of === coils) {
    // B3:1/4 and B3/20 are the same bit.
    if (bit === undefined) return { why: `the bits of ${of} are coils: name one, like ${of}:${at ?? 0}/0` }
    return { register: `C${(at ?? 0) * WORD_BITS + Number(bit)}` }
  }
  if (of !== holding) return { why: `${of} is not served over Modbus, as far as was said with --holding and --coils` }
  if (at === null) return { register: `HR${Math.floor(Number(bit) / WORD_BITS)}.${Number(bit) % WORD_BITS}` }
  return { register: bit === undefined ? `HR${at}:INT16` : `HR${at}.${Number(bit)}` }
}
