/** Facts told at a start make the line that believing them one by one makes, however many parts no row knows. */

import t from 'tap'
import { instant, later, rfc3339 } from '../../src/base/units.js'
import { type Command, commands } from '../../src/contract/commands.js'
import { config as configSchema } from '../../src/contract/config.js'
import { apply } from '../../src/core/apply.js'
import { flush, solve } from '../../src/core/line.js'
import type { Line } from '../../src/core/memory/memory.js'
import { allTold, lineBefore, openLine, snapshotOf } from '../../src/core/snapshot.js'
import { Telling } from '../../src/core/telling.js'
import { linePlans } from '../../src/core/time/plan.js'
import { Fold } from '../../src/replay/replay.js'

const codes = ['FIL', 'CAP', 'PAL']
const config = configSchema.parse({
  version: 1, gateway: { id: 'test', time_zone: 'UTC', cycle: '10s' },
  plcs: [{ id: 'plc', driver: 's7', host: '127.0.0.1', tags: { run: 'DB1,X0.0', total: 'DB1,UDINT2', product: 'DB1,STRING20.8' } }],
  calendars: { day: { day_start: '06:00', shifts: [{ name: 'early', start: '06:00', end: '14:00' }, { name: 'late', start: '14:00', end: '22:00' }] } },
  products: [{ code: 'A' }, { code: 'B', ideal_cycle: { FIL: '3s' } }],
  lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'day', equipment: codes.map((code, i) => ({
    code, name: code, ideal_cycle: '2s', constraint: i === 0, ...i === 0 ? {} : { upstream: [codes[i - 1]], transit: { [codes[i - 1]!]: '60s' } },
    signals: { running: 'plc/run', total_count: 'plc/total', product: 'plc/product' },
  })) }],
})
const START = instant(Date.parse('2026-03-24T06:00:00Z'))
const READ_MS = 10_000
const HOURS = 10

const said = (at: number, name: string, equipment: string, body: object): Command =>
  ({ name, at, line: 'L1', equipment, key: null, by: { id: 'x', name: 'Ana', role: 'supervisor', lines: null }, body: commands[name as keyof typeof commands].body.parse(body) }) as unknown as Command

const ranFor = HOURS * 3_600_000 / READ_MS

/** Ten hours in which the second machine is blind for a while in the third; an hour later somebody says that it ran, and of the first what its parts were worth. */
function lived() {
  const fold = new Fold(linePlans(config, 1).map((plan) => openLine(plan, null, [])))
  for (let read = 0; read <= ranFor; read++) {
    const at = later(START, read * READ_MS)
    for (const [i, equipment] of codes.entries()) {
      const blind = i === 1 && read >= 800 && read < 860
      const product = Math.floor(read / 500) % 2 === 0 ? 'A' : 'B'
      fold.tell('L1', { kind: 'sample', at, equipment, signals: blind ? { running: null, total_count: null, product: null } : { running: (Math.floor(read / 7) + i) % 5 !== 0, total_count: 3 * read, product } })
    }
    if (read === 1_300) fold.tell('L1', { kind: 'command', at: later(at, 100), command: said(later(at, 100), 'gap_declare', 'CAP', { at: rfc3339(later(START, 820 * READ_MS)), as: 'running' }) })
    if (read === 1_500) fold.tell('L1', { kind: 'command', at: later(at, 100), command: fold.withPast(said(later(at, 100), 'ideal_correct', 'FIL', { from: rfc3339(later(START, 3_600_000)), to: rfc3339(later(START, 2 * 3_600_000)), ideal_cycle_seconds: 2.5, reason: 'test' }), config) })
    fold.beat(later(at, 500))
  }
  return fold.replayed(START, later(START, ranFor * READ_MS))
}

t.test('parts that no row knows are told as if each were believed by itself', async (t) => {
  const [plan] = linePlans(config, 1)
  const { facts, rows, refusals } = lived()
  t.same(refusals, [])
  const kinds = new Set(facts.map(({ type }) => type))
  for (const type of ['gap_declared', 'ideal_corrected', 'product_changed', 'downtime_resolved'] as const) t.ok(kinds.has(type), type)
  for (const of of [[], rows.filter(({ minute }) => minute < START + 3 * 3_600_000), rows.filter(({ minute }) => minute < START + 9 * 3_600_000)]) {
    const telling = new Telling(lineBefore(plan!, null, of))
    let believed: Line = lineBefore(plan!, null, of)
    for (const [i, fact] of facts.entries()) {
      telling.tell(fact)
      believed = apply(believed, fact)
      if (i % 997 === 0) t.equal(snapshotOf(telling.line), snapshotOf(believed), `up to fact ${i + 1}, with ${of.length} rows`)
    }
    if (of.length === 0) for (const { losses: { bookings } } of believed.equipment) t.ok(bookings.length > 300, `${bookings.length} parts stand beside the line, more than it is told with`)
    t.equal(snapshotOf(telling.line), snapshotOf(believed))
    const [one, other] = [allTold(telling.line), allTold(believed)].map((line) => Array.from({ length: 4 }).reduce<{ line: Line; said: unknown[] }>(({ line, said: before }, _, turn) => {
      const now = later(START, ranFor * READ_MS + 60_000 + turn * 1_000)
      const beaten = solve(line, { kind: 'beat', at: now })
      const ended = flush(beaten.line, now)
      return { line: ended.line, said: [...before, beaten.drafts, beaten.rows, ended.drafts, ended.rows] }
    }, { line, said: [] }))
    t.strictSame(one!.said, other!.said, 'and its next turns say and write the same')
  }
})
