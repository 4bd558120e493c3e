/** What stands beside the numbers of a column, and around every record: qualities and texts as runs, checksum and compression. */

import { crc32, deflateRawSync, inflateRawSync } from 'node:zlib'
import { Fault } from '../../contract/faults.js'
import type { ByteReader, ByteWriter } from './bytes.js'

/** Qualities change rarely: nothing but one byte while all are good, else runs. */
export function writeQualities(qualities: Uint8Array, to: ByteWriter): void {
  if (allGood(qualities)) return to.byte(0)
  to.byte(1)
  writeRuns(qualities.length, (a, b) => qualities[a] === qualities[b], (at) => to.byte(qualities[at]!), to)
}

function allGood(qualities: Uint8Array): boolean {
  for (let i = 0; i < qualities.length; i++) if (qualities[i] !== 0) return false
  return true
}

export function readQualities(count: number, from: ByteReader): Uint8Array {
  const qualities = new Uint8Array(count)
  if (from.byte() === 0) return qualities
  readRuns(count, () => from.byte(), (quality, start, end) => { qualities.fill(quality, start, end) }, from)
  return qualities
}

/** Texts change rarely too. They are kept as UTF-16, so that even half a surrogate pair from a PLC comes back as it was. */
export function writeTexts(texts: readonly (string | null)[], to: ByteWriter): void {
  writeRuns(texts.length, (a, b) => texts[a] === texts[b], (at) => {
    const text = texts[at] ?? null
    to.varint(text === null ? 0 : text.length + 1)
    if (text !== null) to.raw(Buffer.from(text, 'utf16le'))
  }, to)
}

export function readTexts(count: number, from: ByteReader): (string | null)[] {
  const texts = new Array<string | null>(count).fill(null)
  readRuns(count, () => {
    const length = from.varint()
    return length === 0 ? null : Buffer.from(from.raw(2 * (length - 1))).toString('utf16le')
  }, (text, start, end) => { texts.fill(text, start, end) }, from)
  return texts
}

const SEAL_BYTES = 5
const plain = 0
const deflated = 1
/** Below this a deflated record is rarely shorter. */
const DEFLATE_FROM_BYTES = 48

/** Closes a record: its checksum, then the bytes, deflated when that is shorter; level 0 leaves them as they are. A flipped bit on the disk is found on reading. */
export function seal(bytes: Uint8Array, level: number): Buffer {
  const small = level === 0 || bytes.length < DEFLATE_FROM_BYTES ? null : deflateRawSync(bytes, { level, memLevel: 8 })
  const [form, body] = small !== null && small.length < bytes.length ? [deflated, small] as const : [plain, bytes] as const
  const record = Buffer.allocUnsafe(SEAL_BYTES + body.length)
  record.set(body, SEAL_BYTES)
  record[4] = form
  record.writeUInt32LE(crc32(record.subarray(4)), 0)
  return record
}

export function unseal(record: Buffer): Uint8Array {
  if (record.length < SEAL_BYTES || record.readUInt32LE(0) !== crc32(record.subarray(4))) throw new Fault('JOURNAL_CORRUPT', { what: 'a record fails its checksum' })
  const body = record.subarray(SEAL_BYTES)
  return record[4] === deflated ? inflateRawSync(body) : body
}

function writeRuns(count: number, same: (a: number, b: number) => boolean, writeItem: (at: number) => void, to: ByteWriter): void {
  for (let start = 0; start < count;) {
    let end = start + 1
    while (end < count && same(start, end)) end++
    to.varint(end - start)
    writeItem(start)
    start = end
  }
}

function readRuns<T>(count: number, readItem: () => T, fill: (item: T, start: number, end: number) => void, from: ByteReader): void {
  for (let start = 0; start < count;) {
    const end = start + from.varint()
    if (end <= start || end > count) throw new Fault('JOURNAL_CORRUPT', { what: 'a run of the wrong length' })
    fill(readItem(), start, end)
    start = end
  }
}
