/** How the facts of one kind about one equipment are written together: their numbers as columns, their bodies one after the other. */

import { ByteReader, ByteWriter } from '../store/bytes.js'
import { seal, unseal } from '../store/codec.js'
import { readNumbers, writeNumbers } from '../store/numbers.js'

/** What differs from fact to fact. */
export interface KeptFact {
  readonly seq: number
  /** The number of the epoch, as `epochs.id` has it. */
  readonly epoch: number
  readonly turn: number
  readonly at: number
  readonly config: number
  /** JSON. */
  readonly body: string
}

const LEVEL = 6
const columns = ['seq', 'epoch', 'turn', 'at', 'config'] as const

export function writeStrand(facts: readonly KeptFact[]): Buffer {
  const bytes = new ByteWriter(16_384)
  bytes.varint(facts.length)
  for (const column of columns) writeNumbers(Float64Array.from(facts, (fact) => fact[column]), 1, bytes)
  // JSON has no line breaks outside of its texts, and inside of them they are escaped.
  bytes.raw(Buffer.from(facts.map(({ body }) => body).join('\n')))
  return seal(bytes.view(), LEVEL)
}

/** Throws JOURNAL_CORRUPT when it is not what was written. */
export function readStrand(record: Buffer): KeptFact[] {
  const bytes = new ByteReader(unseal(record))
  const count = bytes.varint()
  const [seqs, epochs, turns, ats, configs] = columns.map(() => readNumbers(count, bytes)) as [Float64Array, Float64Array, Float64Array, Float64Array, Float64Array]
  const bodies = Buffer.from(bytes.rest()).toString().split('\n')
  return bodies.map((body, i) => ({ seq: seqs[i]!, epoch: epochs[i]!, turn: turns[i]!, at: ats[i]!, config: configs[i]!, body }))
}
