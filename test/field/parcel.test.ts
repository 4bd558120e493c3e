import t from 'tap'
import { instant, mono } from '../../src/base/units.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { emptyScan, packScan, unpackScan } from '../../src/field/parcel.js'
import { plcOf } from './support/scripted.js'

const { groups } = scanGroupsOf([plcOf({ tags: { a: 'DB1,INT0', b: 'DB1,LWORD2', c: 'DB1,STRING10.4', d: 'DB1,REAL20[3]' } })])
const scan = {
  group: 0, at: instant(1_795_383_348_073), mono: mono(388.25), texts: new Map([[2, 'abc']]),
  values: Float64Array.from([-1, 4_294_967_295, 7, 1.5, Number.NaN, -0]), qualities: Uint8Array.from([0, 1, 2, 10]),
}

t.test('a scan is the same on both sides, with its monotonic time in the clock of each', async (t) => {
  const parcel = packScan(scan, 1_000)
  t.strictSame(unpackScan(parcel, [[2, 'abc']], groups, 400), { ...scan, mono: mono(988.25) })
  // A channel gives views of a larger buffer, at any offset.
  const odd = new Uint8Array(parcel.length + 3).subarray(3)
  odd.set(parcel)
  t.strictSame(unpackScan(odd, [[2, 'abc']], groups, 1_000), scan)
})

t.test('room that was made for a reading is sent as it is, and nothing is copied', async (t) => {
  const room = emptyScan(groups[0]!)
  room.values.set(scan.values)
  room.qualities.set(scan.qualities)
  const parcel = packScan({ ...scan, ...room, texts: scan.texts }, 1_000)
  t.equal(parcel.buffer, room.values.buffer)
  t.same(parcel, packScan(scan, 1_000))
  t.strictSame(unpackScan(parcel, [[2, 'abc']], groups, 1_000), scan)
})

t.test('bytes that are no scan of these groups are refused', async (t) => {
  const parcel = packScan(scan, 0)
  for (const wrong of [new Uint8Array(0), new Uint8Array(10), parcel.subarray(1), parcel.subarray(0, -1), packScan({ ...scan, group: 1 }, 0), packScan({ ...scan, group: -1 }, 0), packScan({ ...scan, group: 0.5 }, 0)]) {
    t.equal(unpackScan(wrong, [], groups, 0), null)
  }
})
