/** A data block as TIA Portal or STEP 7 writes its source (`.db`, `.scl`, `.awl`): where each member stands, by the rules of standard access. */

import { parseAddress } from '../../field/s7/address.js'
import { Finding, type Found } from './found.js'
import { bytesOfKind, kindOfType } from './s7-types.js'

interface Member { readonly name: string; readonly type: string; readonly comment: string; readonly row: number; readonly members: readonly Member[] | null }
interface Token { readonly text: string; readonly row: number; readonly column: number; readonly isComment: boolean }
interface Cursor { byte: number; bit: number }

const ELEMENTS_MAX = 128

/** `db` is the number of the block, which its source does not say when it has a name. */
export function readBlock(text: string, db: number | null): Found {
  const finding = new Finding('s7')
  const tokens = tokensOf(text)
  const types = new Map<string, readonly Member[]>()
  const reader = new Reader(tokens, finding)
  for (let head = reader.seek(['TYPE', 'DATA_BLOCK']); head !== null; head = reader.seek(['TYPE', 'DATA_BLOCK'])) {
    const name = reader.name()
    const isOptimised = reader.isOptimised()
    const members = reader.body()
    if (members === null) break
    if (head.text.toUpperCase() === 'TYPE') { types.set(name.toUpperCase(), members); continue }
    const number = /^DB\s*(\d+)$/i.exec(name)?.[1] ?? db
    if (isOptimised) { finding.leave(name, head.row, 'its block access is optimised: switch "Optimized block access" off in the attributes of the block, compile, download, and export again'); continue }
    if (number === null) { finding.misfit(head.row, head.column, `the number of ${name} is not in its source: give it with --db`); continue }
    lay(members, { types, finding, db: Number(number), prefix: '' }, { byte: 0, bit: 0 })
  }
  if (finding.found().taken.length + finding.found().left.length + finding.found().misfits.length === 0) finding.misfit(1, 1, 'there is no DATA_BLOCK: generate the source of the block, or export its tag table')
  return finding.found()
}

/* ── where members stand ─────────────────────────────────────────────────────────────────────── */

interface Laying { readonly types: ReadonlyMap<string, readonly Member[]>; readonly finding: Finding; readonly db: number; readonly prefix: string }

/** Moves the cursor over the members and takes each; false when a member's size is unknown, because then nobody knows where the next begins. */
function lay(members: readonly Member[], laying: Laying, cursor: Cursor): boolean {
  for (const member of members) if (!layMember(member, laying, cursor)) return false
  return true
}

function layMember({ name, type, comment, row, members }: Member, laying: Laying, cursor: Cursor): boolean {
  const { types, finding, db, prefix } = laying
  const full = `${prefix}${name}`
  const range = /^Array\s*\[\s*(-?\d+)\s*\.\.\s*(-?\d+)\s*\]\s*of\s+/i.exec(type)
  const count = range === null ? 1 : Number(range[2]) - Number(range[1]) + 1
  const element = range === null ? type : type.slice(range[0].length)
  const structure = members ?? types.get(element.replaceAll('"', '').toUpperCase()) ?? null
  if (structure !== null) {
    for (let i = 0; i < count; i++) {
      toEven(cursor)
      if (!lay(structure, { ...laying, prefix: `${full}${range === null ? '' : `[${Number(range[1]) + i}]`}.` }, cursor)) return false
      toEven(cursor)
    }
    return true
  }
  const kind = kindOfType(type)
  if (typeof kind === 'object') {
    finding.misfit(row, 1, `${full}: ${element} has no known size, so nobody can say where the members after it stand; generate the source together with the types it uses`)
    return false
  }
  const chars = /\[\s*(\d+)\s*\]/.exec(element)?.[1]
  const size = bytesOfKind(kind, chars === undefined ? null : Number(chars))
  if (range !== null || (size ?? 0) > 1) toEven(cursor)
  else if (size !== null) toByte(cursor)
  const start = { ...cursor }
  const tail = count > 1 ? `[${count}]` : ''
  const address = size === null ? `DB${db},X${start.byte}.${start.bit}${tail}`
    : kind === 'STRING' || kind === 'WSTRING' ? `DB${db},${kind}${start.byte}.${chars ?? 254}` : `DB${db},${kind}${start.byte}${tail}`
  const bits = start.bit + count
  if (size === null) [cursor.byte, cursor.bit] = [start.byte + (bits >> 3), bits & 7]
  else cursor.byte += size * count
  if (range !== null) toEven(cursor)
  const parsed = parseAddress(address)
  if (count > ELEMENTS_MAX) finding.leave(full, row, `an array of ${count}: name the elements that matter, from ${address.slice(0, -tail.length)} on`)
  else if (range !== null && (kind === 'STRING' || kind === 'WSTRING')) finding.leave(full, row, `an array of texts: the first is ${address}`)
  else if (typeof parsed === 'string') finding.misfit(row, 1, parsed)
  else finding.take({ name: full, address, comment, row })
  return true
}

function toByte(cursor: Cursor): void {
  if (cursor.bit > 0) [cursor.byte, cursor.bit] = [cursor.byte + 1, 0]
}
function toEven(cursor: Cursor): void {
  toByte(cursor)
  cursor.byte += cursor.byte & 1
}

/* ── the text ────────────────────────────────────────────────────────────────────────────────── */

const TOKEN = /\/\/[^\n]*|\(\*[\s\S]*?\*\)|"[^"\n]*"|'[^'\n]*'|:=|\.\.|[A-Za-z_]\w*|-?\d[\w.#]*|\S/g

function tokensOf(text: string): Token[] {
  const starts = [0]
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) starts.push(at + 1)
  let row = 0
  return [...text.replace(/^\uFEFF/, ' ').matchAll(TOKEN)].map(({ 0: found, index }) => {
    while (row + 1 < starts.length && starts[row + 1]! <= index) row++
    return { text: found, row: row + 1, column: index - starts[row]! + 1, isComment: found.startsWith('//') || found.startsWith('(*') }
  })
}

/** Goes through the tokens of a source once, from its beginning to its end. */
class Reader {
  readonly #tokens: readonly Token[]
  readonly #finding: Finding
  #at = 0

  constructor(tokens: readonly Token[], finding: Finding) {
    this.#tokens = tokens
    this.#finding = finding
  }

  /** The next of these words; `null` when there is none. */
  seek(words: readonly string[]): Token | null {
    while (this.#at < this.#tokens.length) {
      const token = this.#tokens[this.#at++]!
      if (!token.isComment && words.includes(token.text.toUpperCase())) return token
    }
    return null
  }

  name(): string { return (this.#tokens[this.#at++]?.text ?? '').replaceAll('"', '') }

  /** Standing behind the name: whether what is said before the body calls the access optimised. */
  isOptimised(): boolean {
    for (let at = this.#at; at < this.#tokens.length; at++) {
      const text = this.#tokens[at]!.text.toUpperCase()
      if (text === 'STRUCT' || text === 'VAR' || text === 'BEGIN') return false
      if (text === 'S7_OPTIMIZED_ACCESS') return /TRUE/i.test(this.#tokens[at + 2]?.text ?? '')
    }
    return false
  }

  /** The members up to the end of the body; `null` when it never ends. */
  body(): readonly Member[] | null {
    const begin = this.seek(['STRUCT', 'VAR'])
    return begin === null ? null : this.#members(begin)
  }

  #members(begin: Token): Member[] | null {
    const members: Member[] = []
    for (;;) {
      const token = this.#next()
      if (token === null) {
        this.#finding.misfit(begin.row, begin.column, `${begin.text} never ends`)
        return null
      }
      const word = token.text.toUpperCase()
      if (word === 'END_STRUCT' || word === 'END_VAR') return members
      if (word === ';' || word === 'RETAIN' || word === 'NON_RETAIN') continue
      const member = this.#member(token)
      if (member === null) return null
      members.push(member)
    }
  }

  /** `name { attributes } : Type := value;  // comment` */
  #member(name: Token): Member | null {
    let depth = 0
    for (let token = this.#next(); token !== null; token = this.#next()) {
      if (token.text === '{') depth++
      else if (token.text === '}') depth--
      else if (token.text === ':' && depth === 0) return this.#typed(name)
      else if (depth === 0) break
    }
    this.#finding.misfit(name.row, name.column, `${name.text}: a member has a name, a colon and a type`)
    return null
  }

  #typed(name: Token): Member | null {
    const plain = name.text.replaceAll('"', '')
    let type = ''
    let isValue = false
    for (let token = this.#next(); token !== null; token = this.#next()) {
      if (token.text.toUpperCase() === 'STRUCT' && !isValue) {
        const members = this.#members(token)
        const comment = this.#commentOn(token.row)
        return members === null ? null : { name: plain, type, comment, row: name.row, members }
      }
      if (token.text === ';') return { name: plain, type: type.trim(), comment: this.#commentOn(token.row), row: name.row, members: null }
      if (token.text === ':=') isValue = true
      if (!isValue) type += /^[\w"]/.test(token.text) && /[\w\]"]$/.test(type) ? ` ${token.text}` : token.text
    }
    this.#finding.misfit(name.row, name.column, `${plain}: its type never ends`)
    return null
  }

  #next(): Token | null {
    while (this.#at < this.#tokens.length) {
      const token = this.#tokens[this.#at++]!
      if (!token.isComment) return token
    }
    return null
  }

  /** What is said behind a member on its own line. */
  #commentOn(row: number): string {
    const token = this.#tokens[this.#at]
    return token?.isComment === true && token.row === row ? token.text.replace(/^\/\/\s*|^\(\*\s*|\s*\*\)$/g, '').trim() : ''
  }
}
