import t from 'tap'
import { instant, mono } from '../../src/base/units.js'
import { type Config, config } from '../../src/contract/config.js'
import { type Scan, type ScanGroup, type TagSlot, qualities } from '../../src/contract/scan.js'
import { refOf, signalPlan } from '../../src/signals/plan.js'
import { Sampler } from '../../src/signals/sampler.js'

const tag = (name: string, type: TagSlot['type'], slot: number, length = 1): TagSlot => ({ name, address: name, type, length, slot, unit: type === 'float32' ? 'parts/min' : null })
const group: ScanGroup = {
  index: 0, plc: 'plc', class: 'normal', cycleMs: 100, slots: 12,
  tags: [tag('run', 'bool', 0), tag('count', 'uint32', 1), tag('speed', 'float32', 2), tag('word', 'uint64', 3), tag('bits', 'bool', 5, 4), tag('big', 'int64', 9), tag('text', 'text', -1)],
}

function configOf(signals: Record<string, unknown>): Config {
  const machine = (code: string, own: object) => ({ code, name: code, signals: own })
  return config.parse({
    version: 1, gateway: { id: 'x' }, calendars: { c: {} }, plcs: [],
    lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L', name: 'L', calendar: 'c', equipment: [machine('m', signals), machine('other', { running: 'plc/bits[2]' })] }],
  })
}

interface Told { run?: number; count?: number; speed?: number; word?: [number, number]; bits?: number[]; big?: [number, number]; text?: string; bad?: string[]; quality?: keyof typeof qualities }
function scan(ms: number, told: Told): Scan {
  const values = Float64Array.from([told.run ?? 0, told.count ?? 0, told.speed ?? 0, ...told.word ?? [0, 0], ...told.bits ?? [0, 0, 0, 0], ...told.big ?? [0, 0], 0])
  return {
    group: 0, at: instant(ms), mono: mono(ms), values,
    qualities: Uint8Array.from(group.tags.map(({ name }) => (told.bad?.includes(name) || told.bad?.includes('all') ? qualities[told.quality ?? 'timeout'] : qualities.good))),
    texts: new Map([[6, told.text ?? '']]),
  }
}
const sampler = (signals: Record<string, unknown>) => new Sampler(signalPlan(configOf(signals), [group]))

t.test('a tag is named with its element', async (t) => {
  t.same(refOf('plc/tag'), { plc: 'plc', tag: 'tag', element: null })
  t.same(refOf('plc/tag[3]'), { plc: 'plc', tag: 'tag', element: 3 })
})

t.test('the first scan tells everything, the next only what changed, and when it was read before', async (t) => {
  const s = sampler({ running: 'plc/run', total_count: 'plc/count', product: 'plc/text' })
  t.same(s.samples(scan(0, { run: 1, count: 7, text: 'A' })), [
    { kind: 'sample', at: 0, equipment: 'm', signals: { running: true, total_count: 7, product: 'A' } },
    { kind: 'sample', at: 0, equipment: 'other', signals: { running: false } },
  ])
  t.same(s.samples(scan(100, { run: 1, count: 7, text: 'A' })), [])
  t.same(s.samples(scan(200, { run: 1, count: 8, text: 'A' })), [{ kind: 'sample', at: 200, since: 100, askedAfter: 0, equipment: 'm', signals: { total_count: 8 } }])
  t.same(s.samples(scan(300, { run: 1, count: 8, text: 'B' })), [{ kind: 'sample', at: 300, since: 200, askedAfter: 100, equipment: 'm', signals: { product: 'B' } }])
})

t.test('words and arrays of bits become one word, wide integers one number', async (t) => {
  t.equal(sampler({ fault_word: 'plc/word' }).samples(scan(0, { word: [1, 0x8000_0000] }))[0]!.signals['fault_word'], (1n << 63n) | 1n)
  t.equal(sampler({ fault_word: 'plc/bits' }).samples(scan(0, { bits: [1, 0, 0, 1] }))[0]!.signals['fault_word'], 0b1001n)
  t.equal(sampler({ total_count: 'plc/big' }).samples(scan(0, { big: [0xffff_fffe, 0xffff_ffff] }))[0]!.signals['total_count'], -2)
  t.equal(sampler({ total_count: 'plc/big' }).samples(scan(0, { big: [5, 1] }))[0]!.signals['total_count'], 2 ** 32 + 5)
})

t.test('numbers are scaled, bits inverted, and small moves are noise', async (t) => {
  const s = sampler({ running: { tag: 'plc/run', invert: true }, speed: { tag: 'plc/speed', scale: 2, offset: 1, deadband: 1 } })
  t.same(s.samples(scan(0, { run: 0, speed: 10 }))[0]!.signals, { running: true, speed: 21 })
  t.same(s.samples(scan(1, { run: 0, speed: 10.4 })), [])
  t.same(s.samples(scan(2, { run: 0, speed: 10.6 }))[0]!.signals, { speed: 22.2 })
})

t.test('a bit must stand before it counts', async (t) => {
  const s = sampler({ running: { tag: 'plc/run', on_delay: '200ms', off_delay: '100ms' } })
  s.samples(scan(0, { run: 0 }))
  t.same(s.samples(scan(100, { run: 1 })), [])
  t.same(s.samples(scan(200, { run: 0 })), [], 'it fell back before it counted')
  t.same(s.samples(scan(300, { run: 1 })), [])
  t.same(s.samples(scan(400, { run: 1 })), [])
  t.same(s.samples(scan(500, { run: 1 }))[0]!.signals, { running: true })
})

t.test('a short gap is bridged; a longer one is dated back to the last good reading', async (t) => {
  const s = sampler({ running: 'plc/run', total_count: 'plc/count' })
  s.samples(scan(0, { run: 1, count: 5 }))
  for (const ms of [100, 200, 300]) t.same(s.samples(scan(ms, { bad: ['all'] })), [], 'bridged')
  t.same(s.samples(scan(400, { run: 1, count: 6 })), [{ kind: 'sample', at: 400, since: 0, equipment: 'm', signals: { total_count: 6 } }])
  for (const ms of [500, 600, 700]) s.samples(scan(ms, { bad: ['all'] }))
  t.match(s.samples(scan(800, { bad: ['all'] })), [{ at: 400, equipment: 'm', signals: { running: null, total_count: null } }, { at: 400, equipment: 'other' }])
  t.same(s.samples(scan(900, { bad: ['all'] })), [], 'told once')
  t.match(s.samples(scan(1_000, { run: 1, count: 6 }))[0], { at: 1_000, since: 400, signals: { running: true, total_count: 6 } })
})

t.test('what reads badly from the start is told as such, for core may remember what was before it', async (t) => {
  const s = sampler({ running: 'plc/run' })
  for (const ms of [100, 200, 300]) t.same(s.samples(scan(ms, { bad: ['all'] })), [], 'it may yet come')
  t.match(s.samples(scan(400, { bad: ['all'] })), [{ at: 400, equipment: 'm', signals: { running: null } }, { equipment: 'other' }])
  t.same(s.samples(scan(500, { bad: ['all'] })), [], 'told once')
  t.match(s.samples(scan(600, { run: 1 }))[0], { at: 600, signals: { running: true } })
})

t.test('what is no number is nothing anybody can know', async (t) => {
  const s = sampler({ speed: 'plc/speed', running: 'plc/run' })
  s.samples(scan(0, { speed: 1 }))
  for (const ms of [1, 2, 3]) s.samples(scan(ms, { speed: Number.NaN }))
  t.same(s.samples(scan(4, { speed: Number.NaN })), [{ kind: 'sample', at: 0, equipment: 'm', signals: { speed: null } }])
  t.match(s.table('m', instant(4)), { speed: { value: null, quality: 'not_a_number', unit: 'parts/min' }, running: { value: false, quality: 'good' } })
})

t.test('the table shows a bad value at once, with its age', async (t) => {
  const s = sampler({ running: 'plc/run' })
  t.match(s.table('m', instant(0)), { running: { value: null, quality: 'not_read', at: null, age_seconds: null } })
  s.samples(scan(1_000, { run: 1 }))
  s.samples(scan(2_000, { bad: ['run'], quality: 'link_down' }))
  t.same(s.table('m', instant(3_000)), { running: { value: true, unit: null, quality: 'link_down', at: '1970-01-01T00:00:01.000Z', age_seconds: 2 } })
})
