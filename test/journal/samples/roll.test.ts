/** Columns in a roll come back bit for bit, whatever they are of; what is damaged is said, and the rest is still there. */

import { join } from 'node:path'
import fc from 'fast-check'
import t from 'tap'
import { seededChance } from '../../../src/base/chance.js'
import { Fault } from '../../../src/contract/faults.js'
import { migrate } from '../../../src/journal/migrations/migrate.js'
import type { Column } from '../../../src/journal/samples/block.js'
import { figuresOf, readFigures, writeFigures } from '../../../src/journal/samples/figures.js'
import { PIECE_BYTES, Roll } from '../../../src/journal/samples/roll.js'
import { rollColumns } from '../../../src/journal/samples/rolling.js'
import { figuresWithin } from '../../../src/journal/samples/strips.js'
import { ByteReader, ByteWriter } from '../../../src/journal/store/bytes.js'
import { type Database, openWriter } from '../../../src/journal/store/database.js'
import { fewerCases } from '../../support/cases.js'
import { folderOf } from '../../support/folder.js'
import { damageColumn } from './damage.js'

const edges = [0, -0, Number.NaN, Infinity, -Infinity, Number.MAX_VALUE, -Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53, -(2 ** 53), 2 ** 31, 2 ** 32 - 1, 0.1 + 0.2, Math.fround(23.4)]
const bitsOf = (values: Float64Array): string => Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('hex')

/** Each kind as a function of the value before and a chance in [0, 1). */
const kinds: readonly ((before: number, unit: number) => number)[] = [
  (before) => before,
  (_, unit) => (unit < 0.02 ? 1 : 0),
  (before, unit) => before + (unit < 0.7 ? 1 : 0),
  (before, unit) => Math.round(before * 10 + 20 * unit - 10) / 10,
  (_, unit) => Math.fround(Math.round(1_000 * unit) / 10),
  (_, unit) => Math.fround(100 * unit),
  (_, unit) => 100 * unit,
  // The low and the high words of 64-bit integers.
  (_, unit) => Math.floor(unit * 2 ** 32),
  (before, unit) => (unit < 0.01 ? -1 : before),
  (before, unit) => (unit < 0.03 ? edges[Math.floor(unit / 0.03 * edges.length)]! : Number.isFinite(before) ? Math.round(before + 3 * unit) % 1e6 : 1),
  (_, unit) => edges[Math.floor(unit * edges.length)]!,
]

function columnOf(seed: number, kind: number, count: number): Column {
  const chance = seededChance(seed)
  const qualities = Uint8Array.from({ length: count }, () => (kind % 2 === 1 && chance.happens(0.05) ? chance.whole(1, 10) : 0))
  if (kind === kinds.length) return { values: new Float64Array(0), qualities, texts: Array.from({ length: count }, () => (chance.happens(0.1) ? null : chance.pick(['BAG500', 'BAG1000 ü', '\ud800', '']))) }
  const values = new Float64Array(count)
  let before = chance.whole(0, 500)
  for (let i = 0; i < count; i++) values[i] = before = kinds[kind]!(before, chance.unit())
  return { values, qualities, texts: null }
}

const strip = fc.record({ seed: fc.nat(), count: fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 200, max: 4_000 })), of: fc.array(fc.nat(kinds.length), { minLength: 1, maxLength: 80 }) })
  .map(({ seed, count, of }) => of.map((kind, i) => columnOf(seed + i, kind, count)))

const database: Database = openWriter(join(folderOf(t), 'one.db'))
database.pragma('synchronous = OFF')
migrate(database)
database.pragma('foreign_keys = OFF')
let strips = 0

/** As a strip without a chunk: nobody asks for the chunk here. */
function rolled(columns: readonly Column[]): { readonly id: number; readonly roll: Roll; readonly pieces: number } {
  const id = ++strips
  const steps = rollColumns(database, id, { columnsCount: columns.length, column: (c) => columns[c]! })
  for (let step = steps.next(); ; step = steps.next()) {
    if (step.done !== true) continue
    const { contents, figures, piecesCount } = step.value
    database.prepare("INSERT INTO strips (id, chunk, layout, times, contents, figures) VALUES (?, ?, 1, x'', ?, ?)").run(id, id, contents, figures)
    return { id, roll: new Roll(database, id, contents), pieces: piecesCount }
  }
}

function isSame(one: Column, other: Column): boolean {
  return bitsOf(one.values) === bitsOf(other.values) && Buffer.from(one.qualities).equals(other.qualities) && JSON.stringify(one.texts) === JSON.stringify(other.texts)
}

const read = (roll: Roll, c: number, of: Column): Column => roll.column(c, of.qualities.length, of.texts !== null)

function isCorrupt(ask: () => unknown): boolean {
  try {
    ask()
    return false
  } catch (error) {
    return error instanceof Fault && error.code === 'JOURNAL_CORRUPT'
  }
}

t.test('columns of every kind come back bit for bit, in any order', async (t) => {
  let longest = 0
  t.doesNotThrow(() => {
    fc.assert(fc.property(strip, (columns) => {
      const { roll, pieces } = rolled(columns)
      longest = Math.max(longest, pieces)
      return columns.every((column, c) => isSame(read(roll, c, column), column)) && [...columns.entries()].reverse().every(([c, column]) => isSame(read(roll, c, column), column))
    }), fewerCases(60))
  })
  t.ok(longest > 3, `up to ${longest} pieces`)
})

t.test('their figures are those of the columns', async (t) => {
  t.doesNotThrow(() => {
    fc.assert(fc.property(strip, (columns) => {
      const { id } = rolled(columns)
      const told = figuresWithin(database, id, 0, columns.length - 1)
      return columns.every((column, c) => {
        const [mine, its] = [told(c), figuresOf(column)]
        const isSum = mine.sum === its.sum || Math.abs(mine.sum! - its.sum!) <= 1e-9 * Math.max(Math.abs(its.min!), Math.abs(its.max!)) * its.goodCount
        return mine.goodCount === its.goodCount && mine.min === its.min && mine.max === its.max && isSum
      })
    }), fewerCases(40))
  })
})

t.test('the sum of decimals is the decimal, and not what adding doubles makes of it', async (t) => {
  const of = (...values: number[]) => {
    const to = new ByteWriter()
    writeFigures(figuresOf({ values: Float64Array.from(values), qualities: new Uint8Array(values.length), texts: null }), to)
    return { ...readFigures(new ByteReader(to.view())), bytes: to.length }
  }
  t.match(of(0.1, 0.2, 0.3), { goodCount: 3, min: 0.1, max: 0.3, sum: 0.6 })
  t.match(of(1, 2.5, 2), { min: 1, max: 2.5, sum: 5.5 })
  // Least and largest are whole, what lies between them is not.
  t.match(of(1, 1 / 3, 2, 0), { min: 0, max: 2, sum: 1 + 1 / 3 + 2 })
  t.match(of(Number.MAX_VALUE, Number.MAX_VALUE), { min: Number.MAX_VALUE, sum: Infinity })
  t.match(of(Math.fround(23.4), Math.fround(23.5)), { min: Math.fround(23.4), sum: Math.fround(23.4) + 23.5 })
  t.match(of(Number.NaN), { goodCount: 0, min: null, max: null, sum: null })
})

t.test('a column that is damaged costs itself and no other', async (t) => {
  const columns = Array.from({ length: 60 }, (_, i) => columnOf(i, i % (kinds.length + 1), 900))
  for (const spoiled of [0, 7, 31, 32, 59]) {
    const { id } = rolled(columns)
    damageColumn(database, id, spoiled)
    const contents = database.prepare<[number], Buffer>('SELECT contents FROM strips WHERE id = ?').pluck().get(id)!
    const again = new Roll(database, id, contents)
    t.ok(isCorrupt(() => read(again, spoiled, columns[spoiled]!)), `column ${spoiled}`)
    t.same(columns.flatMap((column, c) => (c === spoiled || isSame(read(again, c, column), column) ? [] : [c])), [])
  }
})

t.test('what is cut, gone or never was written is a fault', async (t) => {
  const columns = Array.from({ length: 40 }, (_, i) => columnOf(i, i % kinds.length, 1_000))
  const { id, roll } = rolled(columns)
  const contents = database.prepare<[number], Buffer>('SELECT contents FROM strips WHERE id = ?').pluck().get(id)!
  t.ok(isCorrupt(() => roll.column(40, 1_000, false)), 'a column too many')
  for (let bit = 0; bit < contents.length * 8; bit += 37) {
    const flipped = Buffer.from(contents)
    flipped[bit >> 3]! ^= 1 << (bit & 7)
    if (!isCorrupt(() => new Roll(database, id, flipped))) t.fail(`bit ${bit} of the contents flipped unnoticed`)
  }
  const first = id * 2 ** 20
  const last = database.prepare<[number, number], { id: number; bytes: Buffer }>('SELECT id, bytes FROM pieces WHERE id >= ? AND id < ? ORDER BY id DESC LIMIT 1').get(first, first + 2 ** 20)!
  database.prepare('UPDATE pieces SET bytes = ? WHERE id = ?').run(last.bytes.subarray(0, -3), last.id)
  t.ok(isCorrupt(() => new Roll(database, id, contents).column(39, 1_000, false)), 'the last piece is cut')
  database.prepare('DELETE FROM pieces WHERE id = ?').run(first)
  t.ok(isCorrupt(() => new Roll(database, id, contents).column(0, 1_000, false)), 'the first piece is gone')
})

t.test('an hour of a plant takes hardly more than it tells', async (t) => {
  const chance = seededChance(1)
  const walks = Array.from({ length: 40 }, () => { let walk = 50; return Float64Array.from({ length: 3_600 }, () => walk = (Math.round(walk * 10) + Math.round(chance.normal(0, 4))) / 10) })
  const still = Array.from({ length: 40 }, (_, i) => new Float64Array(3_600).fill(i * 2.5))
  const lengthOf = (values: Float64Array[]): number => {
    const { roll } = rolled(values.map((its) => ({ values: its, qualities: new Uint8Array(its.length), texts: null })))
    return values.reduce((sum, _, c) => sum + roll.place(c).length, 0) / values.length
  }
  // 4.05 bits of entropy a step.
  t.ok(lengthOf(walks) * 8 / 3_600 < 4.12, 'a value with one decimal, by a table that all of them share')
  t.ok(lengthOf(still) < 12, 'a setpoint, all of it')
})

t.test('pieces fill the pages of the file', async (t) => {
  const noise = Array.from({ length: 20 }, (_, i) => columnOf(i, 6, 3_600))
  const { id, pieces } = rolled(noise)
  const lengths = database.prepare<[number, number], number>('SELECT length(bytes) FROM pieces WHERE id >= ? AND id < ? ORDER BY id').pluck().all(id * 2 ** 20, (id + 1) * 2 ** 20)
  t.equal(lengths.length, pieces)
  t.ok(lengths.slice(0, -1).every((length) => length === PIECE_BYTES))
  const { unused, bytes } = database.prepare<[], { unused: number; bytes: number }>("SELECT sum(unused) AS unused, sum(pgsize) AS bytes FROM dbstat WHERE name = 'pieces' AND pagetype = 'overflow'").get()!
  t.ok(unused / bytes < 0.05, `${unused} of ${bytes} bytes are unused`)
})

t.teardown(() => { database.close() })
