/** A line without a snapshot is made of all facts there are, however many: what a start holds of them at once is bounded. */

import t from 'tap'
import { manualClock } from '../../src/base/clock.js'
import { limits } from '../../src/base/limits.js'
import { silentLog } from '../../src/base/log.js'
import { type Seq, instant, later, mono, seq } from '../../src/base/units.js'
import { config as configSchema } from '../../src/contract/config.js'
import { snapshotOf, openLine } from '../../src/core/snapshot.js'
import { linePlans } from '../../src/core/time/plan.js'
import { openJournal } from '../../src/journal/journal.js'
import { Fold } from '../../src/replay/replay.js'
import { arrangementOf } from '../../src/turn/arrangement.js'
import { folderOf } from '../support/folder.js'
import { recall, recallByPages } from '../../src/turn/recall.js'

t.setTimeout(600_000)

const codes = ['FIL', 'PAL']
const config = configSchema.parse({
  version: 1, gateway: { id: 'test', time_zone: 'UTC', cycle: '10s' },
  plcs: [{ id: 'plc', driver: 's7', host: '127.0.0.1', tags: { run: 'DB1,X0.0', total: 'DB1,UDINT2' } }],
  calendars: { day: { day_start: '06:00', shifts: [{ name: 'early', start: '06:00', end: '14:00' }, { name: 'late', start: '14:00', end: '22:00' }] } },
  lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'day', equipment: codes.map((code, i) => ({ code, name: code, ideal_cycle: '2s', constraint: i === 0, ...i === 0 ? {} : { upstream: ['FIL'] }, signals: { running: 'plc/run', total_count: 'plc/total' } })) }],
})
const START = instant(Date.parse('2026-03-24T06:00:00Z'))

t.test('more facts than cross at once are told page by page, and make the same line', async (t) => {
  const plans = linePlans(config, 1)
  const fold = new Fold(plans.map((plan) => openLine(plan, null, [])))
  let now = START
  for (let read = 0; fold.factsCount <= limits.factsRememberedMax + limits.factsPerReadMax; read++, now = later(START, read * 10_000)) {
    for (const [i, equipment] of codes.entries()) fold.tell('L1', { kind: 'sample', at: now, equipment, signals: { running: (read + i) % 3 !== 0, total_count: read * 2 } })
    fold.beat(later(now, 500))
  }
  const { facts: told, rows } = fold.replayed(START, now)
  const directory = folderOf(t)
  const options = { directory, clock: manualClock(now), log: silentLog, groups: arrangementOf(config, 1).groups, recorded: () => true, storage: { ...config.storage, ballast: 0 } }
  const first = await openJournal(options)
  const facts = told.map((fact, i) => ({ ...fact, epoch: first.remembered.epoch, seq: seq(i + 1) }))
  for (let i = 0, number = 1; i < facts.length; i += 500, number++) await first.append({ number, at: now, mono: mono(number), facts: facts.slice(i, i + 500), scans: [], rows: i === 0 ? rows.filter(({ minute }) => minute < now - 600_000) : [], commands: [], snapshots: [] })
  await first.close()

  const journal = await openJournal(options)
  t.teardown(() => journal.close())
  const { remembered } = journal
  t.equal(remembered.facts.length, limits.factsRememberedMax)
  t.ok(remembered.factsLeft)
  const asked: Seq[] = []
  const paged = { facts: (query: Parameters<typeof journal.facts>[0]) => { asked.push(query.after ?? seq(0)); t.ok(query.limit <= limits.factsPerReadMax); return journal.facts(query) } }
  const nobody = { samples: () => [] }
  const byPages = await recallByPages(remembered, paged, plans, nobody, () => 'L1')
  const atOnce = recall({ ...remembered, facts }, plans, nobody, () => 'L1')
  t.equal(asked.length, 1 + Math.ceil((facts.length - limits.factsRememberedMax) / limits.factsPerReadMax))
  t.equal(snapshotOf(byPages.lines[0]!), snapshotOf(atOnce.lines[0]!))
  t.strictSame([byPages.drafts, byPages.rows], [atOnce.drafts, atOnce.rows])
})
