/** The column codec gives every bit back, and does so in few bytes. */

import fc from 'fast-check'
import t from 'tap'
import { Fault } from '../../src/contract/faults.js'
import { ByteReader, ByteWriter } from '../../src/journal/bytes.js'
import { readNumbers, readQualities, readTexts, seal, unseal, writeNumbers, writeQualities, writeTexts } from '../../src/journal/codec.js'
import { fewerCases } from '../support/cases.js'

const bits = (values: Float64Array): string => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex')

function written(write: (to: ByteWriter) => void): Uint8Array {
  const to = new ByteWriter(1)
  write(to)
  return to.view()
}

function comesBack(values: Float64Array, order: 1 | 2): boolean {
  const from = new ByteReader(written((to) => { writeNumbers(values, order, to) }))
  return bits(readNumbers(values.length, from)) === bits(values) && from.ended
}

const order = fc.constantFrom(1 as const, 2 as const)
const column = (value: fc.Arbitrary<number>) => fc.array(value, { maxLength: 200 }).map((values) => Float64Array.from(values))
const edges = fc.constantFrom(0, -0, Number.NaN, Infinity, -Infinity, Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53, -(2 ** 53), 2 ** 31, 2 ** 32, 0.1, -0.1)

t.test('numbers of every kind come back bit for bit', async (t) => {
  const kinds: Record<string, fc.Arbitrary<number>> = {
    doubles: fc.double(),
    singles: fc.float(),
    edges,
    'decimals with edges among them': fc.oneof({ weight: 20, arbitrary: fc.integer({ min: -10_000, max: 10_000 }).map((whole) => whole / 10) }, { weight: 1, arbitrary: edges }),
    'single decimals': fc.integer({ min: -100_000, max: 100_000 }).map((whole) => Math.fround(whole / 100)),
    'whole numbers': fc.maxSafeInteger(),
    bits: fc.constantFrom(0, 1),
    'one value': fc.constant(-0),
  }
  for (const [kind, value] of Object.entries(kinds)) {
    t.doesNotThrow(() => { fc.assert(fc.property(column(value), order, comesBack), fewerCases(200)) }, kind)
  }
})

t.test('a NaN keeps the bits it came with', async (t) => {
  const values = new Float64Array(3)
  new Uint32Array(values.buffer).set([1, 0x7ff8_0000, 2, 0xfff8_0000, 0, 0])
  t.ok(comesBack(values, 1))
})

t.test('times with jitter and steps come back', async (t) => {
  const time = fc.array(fc.tuple(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0, 0, 0, 0, 3_600_000, -3_600_000)), { maxLength: 300 })
    .map((steps) => { let at = 1_774_764_000_000; return Float64Array.from(steps, ([jitter, step]) => (at += 100 + jitter + step)) })
  t.doesNotThrow(() => { fc.assert(fc.property(time, order, comesBack), fewerCases(100)) })
})

t.test('runs of qualities and texts come back, half a surrogate pair too', async (t) => {
  const qualities = fc.array(fc.tuple(fc.integer({ min: 0, max: 10 }), fc.integer({ min: 1, max: 50 }))).map((runs) => Uint8Array.from(runs.flatMap(([quality, count]) => Array<number>(count).fill(quality))))
  t.doesNotThrow(() => {
    fc.assert(fc.property(qualities, (runs) => Buffer.from(readQualities(runs.length, new ByteReader(written((to) => { writeQualities(runs, to) })))).equals(runs)), fewerCases(100))
  })
  const texts = fc.array(fc.option(fc.oneof(fc.constantFrom('BAG500', 'BAG1000', '', '\ud800'), fc.string({ unit: 'binary' })), { nil: null }))
  t.doesNotThrow(() => {
    fc.assert(fc.property(texts, (list) => JSON.stringify(readTexts(list.length, new ByteReader(written((to) => { writeTexts(list, to) })))) === JSON.stringify(list)), fewerCases(100))
  })
})

t.test('whole numbers of any size come back as varints', async (t) => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.oneof(fc.nat(), fc.maxSafeNat(), fc.constantFrom(127, 128, 2 ** 31 - 1, 2 ** 31, 2 ** 32)), (number) =>
      new ByteReader(written((to) => { to.varint(number) })).varint() === number), fewerCases(100))
  })
})

t.test('a sealed record tells every flipped bit and every cut', async (t) => {
  for (const bytes of [Buffer.from('short'), Buffer.alloc(500, 'a')]) {
    const record = seal(bytes, 6)
    t.ok(Buffer.from(unseal(record)).equals(bytes))
    for (let bit = 0; bit < record.length * 8; bit++) {
      const flipped = Buffer.from(record)
      flipped[bit >> 3]! ^= 1 << (bit & 7)
      if (!corrupt(() => unseal(flipped))) t.fail(`bit ${bit} flipped unnoticed`)
    }
    for (let length = 0; length < record.length; length++) {
      if (!corrupt(() => unseal(record.subarray(0, length)))) t.fail(`cut to ${length} bytes unnoticed`)
    }
  }
})

t.test('a record that ends too early is a fault, not a guess', async (t) => {
  const bytes = written((to) => { writeNumbers(Float64Array.of(1.5, 2.5, 3.7), 1, to) })
  for (let length = 0; length < bytes.length; length++) t.ok(corrupt(() => readNumbers(3, new ByteReader(bytes.subarray(0, length)))))
})

t.test('columns of a plant take few bytes', async (t) => {
  const bytesPerSample = (value: (i: number) => number): number => {
    const values = Float64Array.from({ length: 600 }, (_, i) => value(i))
    return seal(written((to) => { writeNumbers(values, 1, to) }), 6).length / 600
  }
  t.ok(bytesPerSample((i) => Math.floor(i / 7)) < 0.1, 'a counter')
  t.ok(bytesPerSample((i) => (i % 100 < 80 ? 1 : 0)) < 0.1, 'a bit')
  t.ok(bytesPerSample((i) => Math.fround(Math.round(600 + 10 * Math.sin(i / 30)) / 10)) < 0.4, 'a REAL with one decimal')
  t.ok(bytesPerSample(() => 62.5) < 0.05, 'a setpoint')
})

function corrupt(read: () => unknown): boolean {
  try {
    read()
    return false
  } catch (error) {
    return error instanceof Fault && error.code === 'JOURNAL_CORRUPT'
  }
}
