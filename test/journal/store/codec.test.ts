/** The column codec gives every bit back, and does so in few bytes. */

import fc from 'fast-check'
import t from 'tap'
import { seededChance } from '../../../src/base/chance.js'
import { Fault } from '../../../src/contract/faults.js'
import { ByteReader, ByteWriter } from '../../../src/journal/store/bytes.js'
import { readQualities, readTexts, seal, unseal, writeQualities, writeTexts } from '../../../src/journal/store/codec.js'
import { readNumbers, writeNumbers, writeNumbersDensely } from '../../../src/journal/store/numbers.js'
import { readShared, writeShared } from '../../../src/journal/store/shares.js'
import { fewerCases } from '../../support/cases.js'

const bits = (values: Float64Array): string => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex')

function written(write: (to: ByteWriter) => void): Uint8Array {
  const to = new ByteWriter(1)
  write(to)
  return to.view()
}

function comesBack(values: Float64Array, order: 1 | 2): boolean {
  return [writeNumbers, writeNumbersDensely].every((write) => {
    const from = new ByteReader(written((to) => { write(values, order, to) }))
    return bits(readNumbers(values.length, from)) === bits(values) && from.ended
  })
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

t.test('bytes of any shares come back, also when nearly all are alike and when all are there', async (t) => {
  const rare = fc.tuple(fc.integer({ min: 0, max: 255 }), fc.array(fc.oneof({ weight: 500, arbitrary: fc.constant(-1) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 255 }) }), { maxLength: 3_000 })).map(([usual, bytes]) => Uint8Array.from(bytes, (byte) => (byte === -1 ? usual : byte)))
  const few = fc.array(fc.constantFrom(0, 1, 2, 3, 254, 255), { maxLength: 500 }).map((bytes) => Uint8Array.from(bytes))
  const steep = fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 2_000 }).map((units) => Uint8Array.from(units, (unit) => Math.floor(256 * unit ** 8)))
  const every = fc.uint8Array({ maxLength: 2_000 }).map((bytes) => Uint8Array.from([...Array(256).keys(), ...bytes, ...Array<number>(2_000).fill(7)]))
  for (const bytes of [rare, few, steep, every]) {
    t.doesNotThrow(() => {
      fc.assert(fc.property(bytes, (given) => {
        const from = new ByteReader(written((to) => { writeShared(given, to) }))
        return Buffer.from(readShared(given.length, from)).equals(given) && from.ended
      }), fewerCases(60))
    })
  }
})

t.test('bytes that nobody wrote are numbers or a fault, and no more than were asked for', async (t) => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(fc.integer({ min: 0, max: 7 }), fc.uint8Array({ maxLength: 120 }), (way, rest) => {
      try {
        return readNumbers(50, new ByteReader(Uint8Array.of(way, ...rest))).length === 50
      } catch (error) {
        return error instanceof Fault && error.code === 'JOURNAL_CORRUPT'
      }
    }), fewerCases(1_000))
  })
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
  const some = Float64Array.from({ length: 40 }, (_, i) => (i * i % 7) / 2)
  for (const write of [writeNumbers, writeNumbersDensely]) {
    const bytes = written((to) => { write(some, 1, to) })
    for (let length = 0; length < bytes.length; length++) t.ok(corrupt(() => readNumbers(some.length, new ByteReader(bytes.subarray(0, length)))))
  }
})

t.test('an hour of a plant takes what it tells, and hardly more', async (t) => {
  const chance = seededChance(1)
  const hour = (value: (i: number) => number): number => written((to) => { writeNumbersDensely(Float64Array.from({ length: 3_600 }, (_, i) => value(i)), 1, to) }).length * 8 / 3_600
  let [walk, parts] = [50, 0]
  // 4.05 bits of entropy a step, though it passes -0 now and then.
  t.ok(hour(() => walk = (Math.round(walk * 10) + Math.round(chance.normal(0, 4))) / 10) < 4.2, 'a value with one decimal')
  t.ok(hour(() => parts += chance.happens(0.7) ? 1 : 0) < 0.95, 'a counter, of which each second tells 0.88 bits')
  t.ok(hour(() => Math.fround(chance.normal(50, 10))) < 24.5, 'noise of single precision, of which 23.3 are told')
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
