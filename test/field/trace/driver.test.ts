import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { manualClock } from '../../../src/base/clock.js'
import { instant } from '../../../src/base/units.js'
import type { DriverFamily } from '../../../src/contract/driver.js'
import { type Plc, plc } from '../../../src/contract/plcs.js'
import { scanTraceHead, scanTraceLine } from '../../../src/contract/scan-trace.js'
import { familyOf } from '../../../src/field/drivers.js'
import { scanGroupsOf } from '../../../src/field/groups.js'
import { traceFamilyOn } from '../../../src/field/trace/driver.js'
import { atomic, bools, text } from '../../../src/plant/logix/tags.js'
import { openLogixServer } from '../../../src/plant/logix/server.js'
import { plcRead, plcTest } from '../../../src/verbs/plc.js'
import { record } from '../../../src/verbs/record.js'
import { until } from '../../support/child.js'
import { type Held, type Peer, conforms, deadlines, faultOfCall, groupsOf, readGroup } from '../conformance.js'

const start = instant(Date.parse('2026-03-29T06:00:00Z'))
const NEVER = new AbortController().signal

/** A trace in a file; each tag is `[type, length]`. */
function traceOf(directory: string, tags: Readonly<Record<string, readonly [string, number]>>, lines: readonly object[], tail = ''): string {
  const head = { scan_trace: 1, plc: 'filler', driver: 's7', at: '2026-03-29T06:00:00.000Z', cycle_ms: 100, tags: Object.entries(tags).map(([name, [type, length]]) => ({ name, address: `DB1,${name}`, type, length, unit: null })) }
  const file = join(directory, 'filler.scans')
  writeFileSync(file, [head, ...lines].map((line) => `${JSON.stringify(line)}\n`).join('') + tail)
  return file
}

const traced = (file: string, tags: Readonly<Record<string, string>>, more: Readonly<Record<string, unknown>> = {}): Plc => plc.parse({ id: 'desk', driver: 'trace', file, cycle: '100ms', tags, ...more })

const values: Readonly<Record<string, readonly [type: string, length: number, value: number | string | readonly (number | string)[], slots: Held['values']]>> = {
  bit: ['bool', 1, 1, [1]], small: ['int16', 1, -32_768, [-32_768]], large: ['uint32', 1, 4_294_967_295, [4_294_967_295]], real: ['float32', 1, 1.5, [1.5]], name: ['text', 1, 'Grün', 'Grün'],
  wide: ['uint64', 1, String(2n ** 64n - 1n), [4_294_967_295, 4_294_967_295]], signed: ['int64', 1, '-2', [4_294_967_294, -1]], list: ['int16', 3, [1, -1, 7], [1, -1, 7]], wides: ['int64', 2, ['1', '-1'], [1, 0, 4_294_967_295, -1]],
}

t.test('a trace conforms, as far as a file can', async (t) => {
  const dir = t.testdir()
  const file = traceOf(dir, { ...Object.fromEntries(Object.entries(values).map(([name, [type, length]]) => [name, [type, length] as const])), gone: ['int16', 1], beyond: ['int16', 1], odd: ['float32', 1] }, [
    { ms: 0, good: Object.fromEntries(Object.entries(values).map(([name, [, , value]]) => [name, value])), bad: { gone: 'not_found', beyond: 'out_of_range', odd: 'not_a_number' } }, { ms: 100, end: true },
  ])
  const peer: Peer = {
    isFile: true, port: 0, held: [...Object.entries(values).map(([name, [, , , slots]]): Held => ({ address: name, values: slots })), { address: 'odd', values: [0], quality: 'not_a_number' }, { address: 'DB1, bit', values: [1] }],
    missing: 'gone', beyond: 'beyond', plc: (tags, more = {}) => traced(file, tags, more),
    freeze: () => Promise.resolve(), thaw: () => undefined, kill: () => Promise.resolve(), revive: () => Promise.resolve(), end: () => Promise.resolve(),
  }
  await conforms(t, traceFamilyOn(manualClock(start)), () => Promise.resolve(peer))
})

t.test('the recorded PLC lives on by its own clock, loses its link as it did then, and begins anew', async (t) => {
  const dir = t.testdir()
  const clock = manualClock(start)
  const family = traceFamilyOn(clock) as DriverFamily
  const file = traceOf(dir, { parts: ['uint32', 1] }, [{ ms: 0, good: { parts: 10 } }, { ms: 1_000, good: { parts: 11 } }, { ms: 2_000, link: 'lost', fault: 'PLC_TIMEOUT' }, { ms: 4_000, link: 'up' }, { ms: 4_000, good: { parts: 15 } }, { ms: 5_000, end: true }])
  const config = traced(file, { parts: 'parts' }, { speed: 2 })
  const [group] = groupsOf(config)
  let driver = family.make(config, [group!], deadlines)
  await driver.open()
  const parts = async () => (await readGroup(driver, group!)).values.get('parts')
  t.strictSame(await parts(), [10])
  await clock.advance(500)
  t.strictSame(await parts(), [11], 'twice as fast')
  await clock.advance(500)
  t.equal(await faultOfCall(parts()), 'PLC_TIMEOUT')
  await driver.close()
  driver = family.make(config, [group!], deadlines)
  t.equal(await faultOfCall(driver.open()), 'PLC_TIMEOUT', 'still away')
  await clock.advance(1_000)
  await driver.open()
  t.strictSame(await parts(), [15])
  await clock.advance(500)
  t.strictSame(await parts(), [10], 'from the beginning')
  await clock.advance(2_500 * 7 + 500)
  t.strictSame(await parts(), [11], 'seven rounds later')
  await driver.close()
  t.equal(await faultOfCall(parts()), 'PLC_LINK_LOST')
})

t.test('without a loop the PLC is gone at the end, also of a recording that lost its power', async (t) => {
  const dir = t.testdir()
  for (const [name, tail] of [['ended', '{"ms":1000,"end":true}\n'], ['torn', '{"ms":1000,"good":{"par']] as const) {
    const clock = manualClock(start)
    const family = traceFamilyOn(clock) as DriverFamily
    const config = traced(traceOf(dir, { parts: ['uint32', 1], never: ['bool', 1] }, [{ ms: 500, good: { parts: 1 } }], tail), { parts: 'DB1,parts', never: 'never' }, { loop: false })
    const driver = family.make(config, groupsOf(config), deadlines)
    await driver.open()
    t.strictSame([...(await readGroup(driver, groupsOf(config)[0]!)).qualities.values()], ['not_read', 'not_read'], 'nothing was read yet')
    await clock.advance(500)
    if (name === 'ended') t.strictSame((await readGroup(driver, groupsOf(config)[0]!)).values.get('parts'), [1])
    await clock.advance(600)
    t.equal(await faultOfCall(readGroup(driver, groupsOf(config)[0]!)), 'PLC_LINK_LOST', name)
  }
})

t.test('a file that is no trace, a tag that was not recorded: each is said at the address', async (t) => {
  const bad = (file: string, address = 'parts') => scanGroupsOf([traced(file, { a: address })]).bad[0]?.message
  const dir = t.testdir({ 'empty.scans': '', 'other.scans': '{"a":1}\n', 'text.scans': 'hello\n' })
  t.match(bad(join(dir, 'nowhere.scans')), /trace .* cannot be played: ENOENT/)
  t.match(bad(join(dir, 'empty.scans')), /it is empty/)
  t.match(bad(join(dir, 'other.scans')), /no head of a scan trace/)
  t.match(bad(join(dir, 'text.scans')), /no JSON/)
  t.match(bad(traceOf(dir, { parts: ['int16', 1] }, []), 'prats'), /"prats" was not recorded in .*did you mean parts/)
  const clock = manualClock(start)
  const config = traced(traceOf(dir, { parts: ['int16', 1] }, [{ ms: 0, good: { parts: 1 } }, { ms: 10, what: 1 }, { ms: 1_000, end: true }]), { parts: 'parts' })
  const driver = (traceFamilyOn(clock) as DriverFamily).make(config, groupsOf(config), deadlines)
  t.equal(await faultOfCall(driver.open()), 'TRACE_UNUSABLE')
  await clock.advance(20)
  await driver.open()
  t.strictSame((await readGroup(driver, groupsOf(config)[0]!)).values.get('parts'), [1], 'told once; what makes sense plays on')
})

t.test('what is recorded from a PLC plays back as it was, under the same configuration', async (t) => {
  const logix = await openLogixServer({ host: '127.0.0.1', port: 0, tags: [atomic('Speed', 'REAL', 61.5), atomic('Total', 'LINT', -(2n ** 60n)), text('Product', 'BAG500'), bools('Faults', Array.from({ length: 64 }, (_, i) => i === 63)), atomic('List', 'INT', 1, 2, 3)] })
  const tags = { speed: { address: 'Speed:REAL', unit: 'parts/min' }, total: 'Total:LINT', product: 'Product:STRING', faults: 'Faults[0..63]:BITS', list: { address: 'List[0..2]:INT', class: 'slow' }, gone: 'Gone' }
  const bagger = plc.parse({ id: 'bagger', driver: 'eip', host: '127.0.0.1', port: logix.port, cycle: '20ms', tags })
  const out = join(t.testdir(), 'bagger.scans')
  const said: string[] = []
  const enough = new AbortController()
  const recorded = record({ plc: bagger, out, forMs: 120_000, force: false, stopped: enough.signal, say: (line) => { said.push(line) } })
  const has = (name: string): boolean => existsSync(out) && readFileSync(out, 'utf8').split('\n').slice(1).some((line) => line.includes(`"${name}"`))
  await until('every tag was read', () => Object.keys(tags).every(has))
  enough.abort()
  t.equal(await recorded, 'interrupted')
  t.equal(await record({ plc: bagger, out: join(t.testdirName, 'short.scans'), forMs: 1, force: false, stopped: NEVER, say: () => undefined }), 'done')
  await logix.close()
  const [head, ...lines] = readFileSync(out, 'utf8').trim().split('\n').map((line) => JSON.parse(line) as unknown)
  t.strictSame(scanTraceHead.safeParse(head).error, undefined)
  for (const line of lines) t.strictSame(scanTraceLine.safeParse(line).error, undefined)
  t.match(lines.at(-1), { end: true })
  t.match(said.at(-1), /bagger\.scans: \d+ scans, \d+ lines/)
  await t.rejects(record({ plc: bagger, out, forMs: 1, force: false, stopped: NEVER, say: () => undefined }), /is there already/)

  // The configuration as it was, but for where the PLC is.
  const desk = plc.parse({ id: 'bagger', driver: 'trace', file: out, cycle: '20ms', tags })
  t.equal(typeof familyOf(desk), 'object')
  let read: readonly { tag: string; value: string; unit: string; quality: string }[] = []
  // It was heard of a moment before it was read.
  await until('it has been played to where every tag was read', async () => {
    read = JSON.parse((await plcRead({ plcs: [desk] }, 'bagger', [], 'json')).text) as typeof read
    return read.every(({ quality }) => quality !== 'not_read')
  })
  t.match(new Map<string, string | RegExp>(read.map(({ tag, value, quality }) => [tag, quality === 'good' ? value : quality])), new Map<string, string | RegExp>([
    ['speed', '61.5'], ['total', String(-(2n ** 60n))], ['product', 'BAG500'], ['faults', String(2n ** 63n)], ['list', '1 2 3'], ['gone', /not_found|quarantined/],
  ]))
  t.match(JSON.parse((await plcTest({ plcs: [desk] }, undefined, 'json')).text), [{ answer: 'bad tags', bad: 1 }])
  t.ok(existsSync(out))
})
