/** Control charts and lead indicators over a real journal: what was put into two days is found, and nothing else. */

import t, { type Test } from 'tap'
import { seededChance } from '../../src/base/chance.js'
import { manualClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, instant, later, mono, rfc3339, seq } from '../../src/base/units.js'
import { type Config, config } from '../../src/contract/config.js'
import type { Desk } from '../../src/contract/desk.js'
import { table } from '../../src/contract/endpoints/table.js'
import type { ScanGroup } from '../../src/contract/scan.js'
import { controlHandlers } from '../../src/faces/api/control.js'
import { dayOf } from '../../src/gateway/figures.js'
import { openJournal } from '../../src/journal/journal.js'
import { replayTrace } from '../../src/replay/replay.js'
import { readTrace } from '../../src/replay/trace.js'
import { folderOf } from '../support/folder.js'

/** A bagger whose seal heats up before it jams; the heat of the hall, and a pump that is on by lot, have nothing to do with it. */
const plant: Config = config.parse({
  version: 1, gateway: { id: 'test', cycle: '60s' },
  plcs: [{ id: 'plc', driver: 's7', host: '127.0.0.1', tags: { run: 'DB1,X0.0', total: 'DB1,UDINT2', seal: 'DB1,REAL6', hall: { address: 'DB1,REAL10', unit: '°F' }, pump: 'DB1,X14.0' } }],
  calendars: { day: { day_start: '00:00', shifts: [{ name: 'all', start: '00:00', end: '00:00' }] } },
  reasons: [{ code: 'JAM', name: 'Jam', is_failure: true }],
  lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'day', equipment: [{
    code: 'BAG', name: 'Bagger', constraint: true, ideal_cycle: '2s', micro_stop: '60s',
    signals: { running: 'plc/run', total_count: 'plc/total', seal: { tag: 'plc/seal', unit: '°C' }, hall: 'plc/hall', pump: 'plc/pump' },
    faults: [{ bit: 0, code: 'JAM', name: 'Jam', reason: 'JAM' }],
  }] }],
})
const tag = (name: string, slot: number): ScanGroup['tags'][number] => ({ name, address: name, type: 'float32', length: 1, slot, unit: null })
const groups: readonly ScanGroup[] = [{ index: 0, plc: 'plc', class: 'normal', cycleMs: 15_000, slots: 3, tags: [tag('seal', 0), tag('hall', 1), tag('pump', 2)] }]

const FROM = instant(Date.parse('2026-03-24T00:00:00Z'))
const MINUTES = 2 * 24 * 60
const SLOWER_FROM = 36 * 60
const NOW = later(FROM, MINUTES * 60_000)

/** Each stop, in minutes since the start: it begins there, and lasts four. */
const jams: number[] = []
function lived() {
  const chance = seededChance(3)
  const lines: object[] = [{ at: rfc3339(FROM), equipment: 'BAG', signals: { running: true, total_count: 0, fault_word: 0 } }]
  let total = 0
  for (let minute = 0, next = 95; minute < MINUTES; minute++) {
    const say = (signals: object, seconds = 0) => lines.push({ at: rfc3339(later(FROM, minute * 60_000 + seconds * 1_000)), equipment: 'BAG', signals })
    const sinceJam = minute - (jams.at(-1) ?? -Infinity)
    if (minute === next) {
      jams.push(minute)
      next += 60 + chance.whole(0, 50)
      say({ running: false, fault_word: 1 })
    } else if (sinceJam === 4) say({ running: true, fault_word: 0 })
    if (sinceJam >= 4 && minute !== jams.at(-1)) say({ total_count: total += chance.whole(27, 29) - (minute >= SLOWER_FROM ? 2 : 0) }, 59)
  }
  const read = readTrace(lines.map((line) => JSON.stringify(line)).join('\n'), plant)
  if ('errors' in read) throw new Error(read.errors[0]!.message)
  return replayTrace(plant, read.moments)
}

async function openDesk(): Promise<Desk> {
  const replayed = lived()
  const journal = await openJournal({ directory: folderOf(t), clock: manualClock(NOW), log: silentLog, groups, recorded: () => true, storage: plant.storage })
  t.teardown(() => journal.close())
  const chance = seededChance(9)
  const facts = replayed.facts.map((fact, i) => ({ ...fact, epoch: journal.remembered.epoch, seq: seq(i + 1) }))
  await journal.append({ number: 1, at: FROM, mono: mono(0), facts, scans: [], rows: replayed.rows.filter((row) => row.ms.running >= 0), commands: [], snapshots: [] })
  const written: Promise<void>[] = []
  for (let quarter = 0; quarter < MINUTES * 4; quarter++) {
    const at = later(FROM, quarter * 15_000)
    const ahead = jams.some((jam) => jam * 4 - quarter > 0 && jam * 4 - quarter <= 24)
    const values = Float64Array.of(180 + chance.whole(-20, 20) / 10 + (ahead ? 6 : 0), 20 + 5 * Math.sin(quarter / 900) + chance.whole(-10, 10) / 10, chance.happens(0.02) ? 1 : 0)
    written.push(journal.append({ number: quarter + 2, at, mono: mono(quarter), facts: [], rows: [], commands: [], snapshots: [], scans: [{ group: 0, at, mono: mono(quarter), values, qualities: new Uint8Array(3), texts: new Map() }] }))
  }
  await Promise.all(written)
  const line = replayed.lines.get('L1')!
  const asked: Partial<Desk> = {
    config: plant, now: () => NOW, day: (_line, date) => dayOf(line, date), facts: (query) => journal.facts(query), rows: (query) => journal.rows(query), stops: (query) => journal.stops(query), summaries: (query) => journal.summaries(query),
  }
  // What these two never ask for is not there, and would throw.
  return asked as Desk
}

t.setTimeout(600_000)
const opened = openDesk()
const hour = (hours: number): string => rfc3339(later(FROM, hours * 3_600_000) satisfies Instant)

// Each answer is held against its schema; here its members are looked at freely.
// oxlint-disable-next-line typescript/no-explicit-any
type Answered = Record<string, any>

async function answered(t: Test, name: 'control_chart' | 'lead_indicators', query: object): Promise<Answered> {
  const ask = { params: { equipment_code: 'BAG' }, query: table[name].query.parse(query), line: 'L1', accept: '', language: 'en', actor: { id: 'a', name: 'a', role: 'viewer', lines: null } }
  // The name pairs the handler with its question, which the type cannot follow.
  const answer = await (controlHandlers(await opened)[name] as unknown as (ask: object) => Promise<object>)(ask)
  if (!('refused' in answer)) t.strictSame(table[name].data.safeParse(answer).error?.issues ?? [], [])
  return answer
}

t.test('a machine that became slower leaves its limits, and one that did not does not', async (t) => {
  const calm = await answered(t, 'control_chart', { from: hour(18), to: hour(30) })
  t.ok(calm['limits'].n > 100)
  t.equal(calm['unit'], 's')
  t.ok(Math.abs(calm['limits'].mean - 60 / 28) < 0.05, 'seconds of running for a part, micro-stops and stops left out')
  t.ok(calm['points'].filter(({ rules }: { rules: string[] }) => rules.includes('beyond_3_sigma')).length <= 2)
  const slow = await answered(t, 'control_chart', { from: hour(36), to: hour(48), baseline_from: hour(12), baseline_to: hour(30) })
  t.ok(slow['found'].find(({ rule }: { rule: string }) => rule === 'nine_on_one_side').points > 60)
  t.equal(slow['no_finding'], null)
  t.match(slow, { window: { from: hour(36) }, baseline: { from: hour(12), to: hour(30) }, product: null, products: [null] })
  const none = await answered(t, 'control_chart', { from: hour(36), to: hour(48), product: 'Z' })
  t.match(none, { limits: null, points: [], no_finding: /fewer than 20 points/ })
  t.equal((await answered(t, 'control_chart', { from: hour(36), to: hour(48), rules: ['beyond_3_sigma'] }))['found'].length <= 1, true)
})

t.test('any numeric signal has a chart of the minutes in which the machine ran', async (t) => {
  const seal = await answered(t, 'control_chart', { signal: 'seal', from: hour(24), to: hour(36), minutes: 1 })
  t.match(seal, { unit: '°C', signal: 'seal' })
  t.ok(seal['limits'].mean > 179 && seal['limits'].mean < 182)
  const hot = seal['points'].filter(({ rules }: { rules: string[] }) => rules.includes('two_of_three_beyond_2'))
  t.ok(hot.length > 10, `${hot.length} points are hot before the jams`)
  t.match(await answered(t, 'control_chart', { signal: 'hall', from: hour(24), to: hour(36) }), { unit: '°F' }, 'where the signal has no unit of its own, that of its tag')
  t.match(await answered(t, 'control_chart', { signal: 'constructor', from: hour(24), to: hour(36) }), { refused: 'BODY_MISFIT' })
  t.match(await answered(t, 'control_chart', { signal: 'wind', from: hour(24), to: hour(36) }), { refused: 'BODY_MISFIT', details: [{ path: 'signal', message: /running, total_count, seal/ }] })
  t.match(await answered(t, 'control_chart', { from: hour(-9 * 24), to: hour(36) }), { refused: 'WINDOW_TOO_LARGE', details: [{ path: 'days_max' }] })
  t.match(await answered(t, 'control_chart', { from: hour(36), to: hour(24) }), { refused: 'WINDOW_MEANINGLESS' })
})

t.test('the seal announces the jams, and nothing else does', async (t) => {
  const lead = await answered(t, 'lead_indicators', { days: 2 })
  t.ok(lead['stops'] >= 20, `${lead['stops']} stops`)
  t.ok(lead['controls'] > lead['stops'])
  t.equal(lead['looked_at'], 6, 'seal and hall by level and change, the pump by having been on, parts by their number')
  t.same(lead['indicators'].map(({ signal, summary }: Answered) => [signal, summary]), [['seal', 'mean']])
  t.ok(lead['indicators'][0].auc > 0.95 && lead['indicators'][0].p_adjusted < 0.001 && lead['indicators'][0].holds_later)
  t.equal(lead['no_finding'], null)
  const few = await answered(t, 'lead_indicators', { days: 2, reason: 'OTHER' })
  t.match(few, { stops: 0, indicators: [], no_finding: /fewer than 10 say nothing/ })
  t.match(await answered(t, 'lead_indicators', { days: 31 }), { refused: 'WINDOW_TOO_LARGE', details: [{ path: 'days_max', message: '30' }] })
})
