/** The turns of a block again, out of its columns. */

import { Fault } from '../../contract/faults.js'
import { type Block, type KeptTurn, type Layouts, type Strip, layoutBy } from './block.js'
import type { KeptScan, Layout } from './layouts.js'

/** The turns of a block in their order. What a scan read like the one before it is the same array: who compares them need not look inside. */
export function* turnsOf(block: Block, layouts: Layouts): Generator<KeptTurn> {
  const readers = block.strips.map((strip) => new StripReader(strip, layoutBy(layouts, strip.layout)))
  let ordinal = 0
  for (let t = 0; t < block.numbers.length; t++) {
    const scans: KeptScan[] = []
    for (const end = ordinal + block.scanCounts[t]!; ordinal < end; ordinal++) {
      scans.push(readerOf(ordinal).take())
    }
    yield { number: block.numbers[t]!, at: block.ats[t]!, mono: block.monos[t]!, scans }
  }

  function readerOf(next: number): StripReader {
    for (const reader of readers) if (reader.ordinal === next) return reader
    throw new Fault('JOURNAL_CORRUPT', { what: 'a turn misses one of its scans' })
  }
}

/** What a scan differs in from the one before it. */
const differs = { values: 1, qualities: 2, texts: 4 } as const

class StripReader {
  readonly #strip: Strip
  readonly #layout: Layout
  readonly #differences: Differences
  readonly #rows: Rows
  #at = 0
  #before: KeptScan | null = null

  constructor(strip: Strip, layout: Layout) {
    this.#strip = strip
    this.#layout = layout
    this.#differences = differencesOf(strip, layout)
    this.#rows = new Rows(strip.columns.length)
  }

  /** Place of the next scan among all scans of the block. */
  get ordinal(): number | undefined { return this.#strip.ordinals[this.#at] }

  take(): KeptScan {
    const i = this.#at++
    const before = this.#before
    const kinds = this.#differences.kinds[i]!
    return this.#before = {
      layout: this.#strip.layout, at: this.#strip.ats[i]!, mono: this.#strip.monos[i]!,
      values: before === null || (kinds & differs.values) !== 0 ? this.#values(i, before) : before.values,
      qualities: before === null || (kinds & differs.qualities) !== 0 ? qualitiesAt(this.#strip, i, this.#layout) : before.qualities,
      texts: before === null || (kinds & differs.texts) !== 0 ? textsAt(this.#strip, i) : before.texts,
    }
  }

  /** Most columns stand still from one scan to the next: only those that do not are looked up where they lie. */
  #values(i: number, before: KeptScan | null): Float64Array {
    const values = this.#rows.next()
    const { columns } = this.#strip
    if (before === null) {
      for (let c = 0; c < columns.length; c++) if (columns[c]!.texts === null) values[c] = columns[c]!.values[i]!
      return values
    }
    values.set(before.values)
    const { starts, columns: changed } = this.#differences
    for (let k = starts[i]!; k < starts[i + 1]!; k++) values[changed[k]!] = columns[changed[k]!]!.values[i]!
    return values
  }
}

const ROWS_PER_PAGE = 64

/** Room for the values of one scan after the other. Cut from a page for many: a buffer of its own costs more than what it holds. */
class Rows {
  readonly #columns: number
  #page = new ArrayBuffer(0)
  #at = 0

  constructor(columns: number) { this.#columns = columns }

  next(): Float64Array {
    const bytes = this.#columns * Float64Array.BYTES_PER_ELEMENT
    if (this.#at + bytes > this.#page.byteLength) [this.#page, this.#at] = [new ArrayBuffer(ROWS_PER_PAGE * bytes), 0]
    const row = new Float64Array(this.#page, this.#at, this.#columns)
    this.#at += bytes
    return row
  }
}

interface Differences {
  readonly kinds: Uint8Array
  /** The columns of numbers in which scan i differs stand from `starts[i]` to `starts[i + 1]`. */
  readonly starts: Uint32Array
  readonly columns: Uint32Array
}

/** For each scan what it differs in, bit for bit. Found column by column, as they lie in memory. */
function differencesOf(strip: Strip, layout: Layout): Differences {
  const count = strip.ordinals.length
  const kinds = new Uint8Array(count)
  const scans: number[] = []
  const itsColumn: number[] = []
  for (const [c, { values, texts }] of strip.columns.entries()) {
    if (texts !== null) {
      for (let i = 1; i < count; i++) if (texts[i] !== texts[i - 1]) kinds[i]! |= differs.texts
      continue
    }
    // As numbers 0 and -0 would be the same, and a NaN never what it was.
    const words = new Uint32Array(values.buffer, values.byteOffset, 2 * count)
    for (let i = 1; i < count; i++) {
      if (words[2 * i] === words[2 * i - 2] && words[2 * i + 1] === words[2 * i - 1]) continue
      kinds[i]! |= differs.values
      scans.push(i)
      itsColumn.push(c)
    }
  }
  for (const tag of layout.tags) {
    const { qualities } = strip.columns[tag.column]!
    for (let i = 1; i < count; i++) if (qualities[i] !== qualities[i - 1]) kinds[i]! |= differs.qualities
  }
  return { kinds, ...byScan(scans, itsColumn, count) }
}

/** Sorted by counting: how many columns each scan differs in says where its own begin. */
function byScan(scans: readonly number[], itsColumn: readonly number[], count: number): Pick<Differences, 'starts' | 'columns'> {
  const starts = new Uint32Array(count + 1)
  for (const i of scans) starts[i + 1]!++
  for (let i = 0; i < count; i++) starts[i + 1]! += starts[i]!
  const next = starts.slice()
  const columns = new Uint32Array(scans.length)
  for (let k = 0; k < scans.length; k++) columns[next[scans[k]!]!++] = itsColumn[k]!
  return { starts, columns }
}

function qualitiesAt({ columns }: Strip, i: number, { tags }: Layout): Uint8Array {
  const qualities = new Uint8Array(tags.length)
  for (let tag = 0; tag < tags.length; tag++) qualities[tag] = columns[tags[tag]!.column]!.qualities[i]!
  return qualities
}

function textsAt({ columns }: Strip, i: number): KeptScan['texts'] {
  return columns.flatMap(({ texts }, c): [number, string][] => {
    const text = texts?.[i]
    return text === null || text === undefined ? [] : [[c, text]]
  })
}
