/** A block: some turns in a row with all that was scanned in them, column by column. Staged as one record, sealed as one row a column. */

import { assert, given } from '../../base/assert.js'
import { Fault } from '../../contract/faults.js'
import { ByteReader, ByteWriter } from '../store/bytes.js'
import { readQualities, readTexts, writeQualities, writeTexts } from '../store/codec.js'
import { readNumbers, writeNumbers } from '../store/numbers.js'
import type { Shares } from '../store/shares.js'
import { type KeptScan, type Layout, type RecordedTag, isText } from './layouts.js'

export interface KeptTurn {
  readonly number: number
  readonly at: number
  readonly mono: number
  readonly scans: readonly KeptScan[]
}

/** The scans of one layout. Index i of every array belongs to the same scan. */
export interface Strip {
  readonly layout: number
  /** Place of the scan among all scans of the block, so that turns come back in their order. */
  readonly ordinals: Float64Array
  readonly ats: Float64Array
  readonly monos: Float64Array
  readonly columns: readonly Column[]
}

export interface Column {
  /** Empty for texts. */
  readonly values: Float64Array
  readonly qualities: Uint8Array
  /** `null` for numbers. */
  readonly texts: readonly (string | null)[] | null
}

export interface Block {
  readonly numbers: Float64Array
  readonly ats: Float64Array
  readonly monos: Float64Array
  /** How many scans each turn has. */
  readonly scanCounts: Float64Array
  readonly strips: readonly Strip[]
}

export type Layouts = ReadonlyMap<number, Layout>

export function blockOf(turns: readonly KeptTurn[], layouts: Layouts): Block {
  const byLayout = new Map<number, { scans: KeptScan[]; ordinals: number[] }>()
  let ordinal = 0
  for (const turn of turns) {
    for (const scan of turn.scans) {
      const strip = byLayout.get(scan.layout) ?? { scans: [], ordinals: [] }
      byLayout.set(scan.layout, strip)
      strip.scans.push(scan)
      strip.ordinals.push(ordinal++)
    }
  }
  return {
    numbers: Float64Array.from(turns, (turn) => turn.number),
    ats: Float64Array.from(turns, (turn) => turn.at),
    monos: Float64Array.from(turns, (turn) => turn.mono),
    scanCounts: Float64Array.from(turns, (turn) => turn.scans.length),
    strips: [...byLayout].map(([layout, strip]) => stripOf(layout, strip.scans, strip.ordinals, layoutBy(layouts, layout))),
  }
}

function stripOf(id: number, scans: readonly KeptScan[], ordinals: readonly number[], layout: Layout): Strip {
  const count = scans.length
  // All columns share one array, and all qualities another: thousands of small ones would cost more than what they hold.
  const values = new Float64Array(layout.columns * count)
  const qualities = new Uint8Array(layout.tags.length * count)
  scans.forEach((scan, i) => {
    for (let c = 0; c < layout.columns; c++) values[c * count + i] = scan.values[c]!
    for (let tag = 0; tag < layout.tags.length; tag++) qualities[tag * count + i] = scan.qualities[tag]!
  })
  const columns: Column[] = []
  layout.tags.forEach((tag, t) => {
    const its = qualities.subarray(t * count, (t + 1) * count)
    if (isText(tag)) columns.push({ values: noValues, qualities: its, texts: scans.map((scan) => textOf(scan, tag.column)) })
    else for (let c = tag.column; c < tag.column + tag.columns; c++) columns.push({ values: values.subarray(c * count, (c + 1) * count), qualities: its, texts: null })
  })
  return {
    layout: id,
    ordinals: Float64Array.from(ordinals),
    ats: Float64Array.from(scans, (scan) => scan.at),
    monos: Float64Array.from(scans, (scan) => scan.mono),
    columns,
  }
}

const noValues = new Float64Array(0)

const textOf = (scan: KeptScan, column: number): string | null => scan.texts.find(([its]) => its === column)?.[1] ?? null

/** A block whose columns are read, or joined, when they are asked for: nobody waits for all of them, or has them all in memory. */
export interface LazyBlock extends Omit<Block, 'strips'> {
  readonly strips: readonly LazyStrip[]
}
export interface LazyStrip extends Omit<Strip, 'columns'> {
  readonly columnsCount: number
  column(c: number): Column
}

export const lazily = (block: Block): LazyBlock =>
  ({ ...block, strips: block.strips.map(({ columns, ...strip }) => ({ ...strip, columnsCount: columns.length, column: (c) => columns[c]! })) })

/** Blocks that follow each other, seen as one. */
export function joinBlocks(blocks: readonly LazyBlock[]): LazyBlock {
  let before = 0
  const strips = new Map<number, LazyStrip[]>()
  for (const block of blocks) {
    const shift = before
    for (const strip of block.strips) {
      const parts = strips.get(strip.layout) ?? []
      strips.set(strip.layout, parts)
      parts.push({ ...strip, ordinals: strip.ordinals.map((ordinal) => ordinal + shift) })
      before += strip.ordinals.length
    }
  }
  return {
    numbers: join(blocks.map((block) => block.numbers)),
    ats: join(blocks.map((block) => block.ats)),
    monos: join(blocks.map((block) => block.monos)),
    scanCounts: join(blocks.map((block) => block.scanCounts)),
    strips: [...strips].map(([layout, parts]) => ({
      layout,
      ordinals: join(parts.map((part) => part.ordinals)),
      ats: join(parts.map((part) => part.ats)),
      monos: join(parts.map((part) => part.monos)),
      columnsCount: parts[0]!.columnsCount,
      column: (c) => joinColumns(parts.map((part) => part.column(c))),
    })),
  }
}

function joinColumns(columns: readonly Column[]): Column {
  return {
    values: join(columns.map((column) => column.values)),
    qualities: new Uint8Array(Buffer.concat(columns.map((column) => column.qualities))),
    texts: columns[0]!.texts === null ? null : columns.flatMap((column) => column.texts ?? []),
  }
}

function join(arrays: readonly Float64Array[]): Float64Array {
  const joined = new Float64Array(arrays.reduce((sum, array) => sum + array.length, 0))
  let at = 0
  for (const array of arrays) {
    joined.set(array, at)
    at += array.length
  }
  return joined
}

/** How many values a block holds. */
export const valuesCount = (block: LazyBlock): number => block.strips.reduce((sum, strip) => sum + strip.ordinals.length * strip.columnsCount, 0)

export function writeTurns(block: Omit<Block, 'strips'>, to: ByteWriter): void {
  to.varint(block.numbers.length)
  writeNumbers(block.numbers, 2, to)
  writeNumbers(block.ats, 2, to)
  writeNumbers(block.monos, 2, to)
  writeNumbers(block.scanCounts, 1, to)
}

export function readTurns(from: ByteReader): Omit<Block, 'strips'> {
  const count = from.varint()
  return { numbers: readNumbers(count, from), ats: readNumbers(count, from), monos: readNumbers(count, from), scanCounts: readNumbers(count, from) }
}

export function writeTimes(strip: Omit<Strip, 'columns'>, to: ByteWriter): void {
  to.varint(strip.ordinals.length)
  writeNumbers(strip.ordinals, 2, to)
  writeNumbers(strip.ats, 2, to)
  writeNumbers(strip.monos, 2, to)
}

export function readTimes(from: ByteReader): Pick<Strip, 'ordinals' | 'ats' | 'monos'> {
  const count = from.varint()
  return { ordinals: readNumbers(count, from), ats: readNumbers(count, from), monos: readNumbers(count, from) }
}

/** The wall clock alone, for who asks no more than when; the monotonic clock, which follows it, is left unread. */
export function readAts(from: ByteReader): Float64Array {
  const count = from.varint()
  readNumbers(count, from)
  return readNumbers(count, from)
}

/** One after the other is tried by who wants the shorter of the two (`chunk.ts`). */
export type WriteNumbers = typeof writeNumbers

export function writeColumn(column: Column, to: ByteWriter, write: WriteNumbers = writeNumbers): void {
  writeQualities(column.qualities, to)
  writeContent(column, to, write)
}

export function readColumn(count: number, text: boolean, from: ByteReader, book?: Shares): Column {
  const qualities = readQualities(count, from)
  return { qualities, ...readContent(count, text, from, book) }
}

/** A whole block as one record. Each tag has its length before it, so that a reader of one tag can step over the others. */
export function writeBlock(block: Block, layouts: Layouts, to: ByteWriter): void {
  const section = new ByteWriter()
  writeTurns(block, to)
  to.varint(block.strips.length)
  for (const strip of block.strips) {
    to.varint(strip.layout)
    writeTimes(strip, to)
    for (const tag of layoutBy(layouts, strip.layout).tags) {
      section.clear()
      writeQualities(strip.columns[tag.column]!.qualities, section)
      for (let c = tag.column; c < tag.column + tag.columns; c++) writeContent(strip.columns[c]!, section)
      to.varint(section.length)
      to.raw(section.view())
    }
  }
}

const everyTag = (): boolean => true
const unread: Column = { values: noValues, qualities: new Uint8Array(0), texts: null }

/** Reads a block; the columns of tags that are not wanted are left empty. */
export function readBlock(bytes: Uint8Array, layouts: Layouts, wanted: (layout: number, tag: RecordedTag) => boolean = everyTag): Block {
  const from = new ByteReader(bytes)
  const turns = readTurns(from)
  const strips = Array.from({ length: from.varint() }, (): Strip => {
    const id = from.varint()
    const times = readTimes(from)
    const count = times.ordinals.length
    const layout = layoutBy(layouts, id)
    const columns = Array.from({ length: layout.columns }, () => unread)
    for (const tag of layout.tags) {
      const length = from.varint()
      if (!wanted(id, tag)) { from.skip(length); continue }
      const of = new ByteReader(from.raw(length))
      const qualities = readQualities(count, of)
      for (let c = tag.column; c < tag.column + tag.columns; c++) columns[c] = { qualities, ...readContent(count, isText(tag), of) }
    }
    return { layout: id, ...times, columns }
  })
  if (!from.ended) misfit('a block is longer than its content')
  return { ...turns, strips }
}

function writeContent(column: Column, to: ByteWriter, write: WriteNumbers = writeNumbers): void {
  if (column.texts === null) write(column.values, 1, to)
  else writeTexts(column.texts, to)
}

function readContent(count: number, text: boolean, from: ByteReader, book?: Shares): Pick<Column, 'values' | 'texts'> {
  return text ? { values: noValues, texts: readTexts(count, from) } : { values: readNumbers(count, from, book), texts: null }
}

export function layoutBy(layouts: Layouts, id: number): Layout {
  const layout = given(layouts.get(id), `layout ${id}`)
  assert(layout.columns > 0, 'a layout has columns')
  return layout
}

function misfit(what: string): never {
  throw new Fault('JOURNAL_CORRUPT', { what })
}
