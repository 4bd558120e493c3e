/** Stops are edited days later as well as at once: the same rows, the same figures, out of a real journal. */

import t from 'tap'
import { manualClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, instant, instantOf, later, mono, rfc3339, seq } from '../../src/base/units.js'
import { commands } from '../../src/contract/commands.js'
import type { Command } from '../../src/contract/commands.js'
import { config as schema } from '../../src/contract/config.js'
import type { Draft, Fact, FactOf } from '../../src/contract/events/catalogue.js'
import type { Journal } from '../../src/contract/journal.js'
import { type LossRow, timeLeaves } from '../../src/contract/losses.js'
import { solve } from '../../src/core/line.js'
import { keyOf } from '../../src/core/losses/lossbook.js'
import type { Line } from '../../src/core/memory/memory.js'
import { isForgotten } from '../../src/core/past/past.js'
import { openJournal } from '../../src/journal/journal.js'
import { replayTrace } from '../../src/replay/replay.js'
import { readTrace } from '../../src/replay/trace.js'
import { recollected } from '../../src/turn/recollect.js'

const config = schema.parse({
  version: 1, gateway: { id: 'test', cycle: '1s' }, plcs: [], edits: { lock_after: '10d' },
  calendars: { day: { day_start: '06:00', shifts: [{ name: 'early', start: '06:00', end: '14:00', breaks: [{ start: '10:00', end: '10:30' }] }, { name: 'late', start: '14:00', end: '22:00' }] } },
  reasons: [
    { code: 'JAM', name: 'Jam', is_failure: true }, { code: 'CLEANING', name: 'Cleaning', category: 'planned' }, { code: 'NO_ORDER', name: 'No order', category: 'excluded' },
    { code: 'NO_FILM', name: 'No film', external: true },
  ],
  products: [{ code: 'A', ideal_cycle: { bag: '2s' } }],
  lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line 1', calendar: 'day', equipment: [
    { code: 'bag', name: 'Bagger', constraint: true, micro_stop: '120s' }, { code: 'pal', name: 'Palletizer', upstream: ['bag'] },
  ] }],
})

const DAY = '2026-03-24'
const at = (time: string): Instant => instantOf(`${DAY}T${time}Z`)!
const END = later(at('06:00:00'), 3 * 86_400_000)
const bag = (time: string, signals: object) => ({ at: `${DAY}T${time}Z`, equipment: 'bag', signals })
/** The counter at the end of an hour, so that its parts are told in it. */
const counted = (hour: number, total_count: number) => bag(`${String(hour - 1).padStart(2, '0')}:59:59`, { total_count })
const pal = (time: string, signals: object) => ({ at: `${DAY}T${time}Z`, equipment: 'pal', signals })
const asked = (when: Instant, name: string, body: object, equipment = 'bag') => ({ at: rfc3339(when), command: { name, equipment, body, by: 'ana' } })

/** A day with stops in hours, over a break, over a shift change, in a changeover and in blindness, and then two days of running. */
const day = [
  { at: `${DAY}T06:00:00Z`, equipment: 'pal', signals: { running: true, total_count: 0 } },
  bag('06:00:00', { running: true, total_count: 0, reject_count: 0 }),
  asked(at('06:00:30'), 'job_create', { job_id: 'J1', quantity: 90_000, product: 'A' }), asked(at('06:00:30'), 'job_assign', { job_id: 'J1' }), asked(at('06:00:30'), 'job_start', {}),
  bag('06:55:10', { running: false, total_count: 1_500 }), bag('07:05:40', { running: true }), counted(8, 2_400),
  pal('08:00:00', { total_count: 0, running: true }), pal('08:10:00', { total_count: 300 }), pal('08:20:00', { running: null, total_count: null }), pal('08:40:00', { running: true, total_count: 700 }), counted(9, 4_000),
  bag('09:50:00', { running: false, total_count: 5_000 }), bag('10:40:00', { running: true }),
  counted(11, 5_200), bag('11:00:00', { running: false }), bag('11:01:00', { running: true }),
  counted(12, 5_300), bag('12:00:00', { running: false }), bag('12:10:00', { running: null, total_count: null }), bag('12:20:00', { running: false, total_count: 5_400 }), bag('12:30:00', { running: true }), counted(13, 6_000),
  bag('13:50:00', { running: false, total_count: 7_000 }), bag('14:20:00', { running: true }), counted(15, 9_000),
  asked(at('15:00:00'), 'job_complete', {}),
  bag('15:30:00', { running: null, total_count: null }), bag('15:50:00', { running: true, total_count: 9_700 }), bag('16:20:00', { running: null }), bag('16:40:00', { running: true }),
  ...['+1', '+2'].flatMap((_, i) => [{ at: rfc3339(later(at('08:00:00'), (i + 1) * 86_400_000)), equipment: 'bag', signals: { total_count: 9_700 + 100 * (i + 1) } }]),
]
const last = { at: rfc3339(END), equipment: 'bag', signals: { total_count: 10_200 } }

/** What people say of these stops, in their order. */
const edits: readonly (readonly [name: string, body: Record<string, unknown>])[] = [
  ['stop_reason', { stop_id: 'L1-S1', reason: 'NO_ORDER' }],
  ['stop_reason', { stop_id: 'L1-S2', reason: 'CLEANING' }],
  ['stop_split', { stop_id: 'L1-S2', at: `${DAY}T10:35:00Z`, reason: 'NO_FILM' }],
  ['stop_reason', { stop_id: 'L1-S3', reason: 'CLEANING' }],
  ['stop_note', { stop_id: 'L1-S4', note: 'power was off' }],
  ['stop_split', { stop_id: 'L1-S4', at: `${DAY}T12:05:00Z`, reason: 'CLEANING' }],
  ['stop_split', { stop_id: 'L1-S5', at: `${DAY}T13:55:00Z`, reason: 'CLEANING' }],
  ['stop_merge', { stop_id: 'L1-S5', with: 'L1-S8' }],
  ['stop_reason', { stop_id: 'L1-S5', reason: 'NO_ORDER', expected_revision: 2 }],
  ['stop_reason', { stop_id: 'L1-S1', reason: 'JAM' }],
]

function played(lines: readonly object[], under = config) {
  const read = readTrace(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), under)
  if ('errors' in read) throw new Error(read.errors.map(({ line, message }) => `${line} ${message}`).join('\n'))
  return replayTrace(under, read.moments)
}

const commandOf = (name: string, body: object, when: Instant, role = 'supervisor', equipment = 'bag') => ({
  name, at: when, line: 'L1', equipment, key: null, by: { id: 'ana', name: 'ana', role, lines: null }, body: commands[name as 'stop_note'].body.parse(body),
}) as unknown as Command

/** The facts and rows of a run in a journal of its own. */
async function journalled(directory: string, { facts, rows }: ReturnType<typeof played>): Promise<Journal> {
  const clock = manualClock(END)
  const journal = await openJournal({ directory, clock, log: silentLog, groups: [], recorded: () => false, storage: config.storage })
  const { epoch } = journal.remembered
  await journal.append({ number: 1, at: END, mono: mono(0), scans: [], commands: [], snapshots: [], facts: facts.map((fact) => ({ ...fact, epoch })), rows })
  return journal
}

/** Every row by its key, without what no time stands in. */
const timesOf = (rows: readonly LossRow[]) => Object.fromEntries(rows.filter(({ ms, parts }) => (timeLeaves.some((leaf) => ms[leaf] !== 0) || parts.good !== 0))
  .map((row) => [`${row.equipment} ${keyOf(row).replaceAll('\0', ' ')}`, { ms: row.ms, parts: row.parts }]).sort(([one], [other]) => (one as string) < (other as string) ? -1 : 1))

/** The last word about every hour, shift and job of the day. */
function figuresOf(facts: readonly Draft[]) {
  const recorded = facts.filter((fact): fact is FactOf<'oee_recorded'> => fact.type === 'oee_recorded' && fact.body.figures.window.from < `${DAY}T23:00:00.000Z`)
  return Object.fromEntries(recorded.map(({ equipment, body }) => [`${equipment ?? 'line'} ${body.interval} ${body.key}`, { ...body.figures, explain: '' }]))
}

type Tap = Pick<typeof t, 'same' | 'ok' | 'equal' | 'testdir'>

const rounded = (value: unknown): unknown => JSON.parse(JSON.stringify(value, (_key, one: unknown) => (typeof one === 'number' ? Number(one.toPrecision(12)) : one)))

/** The same said at the end of the day and days later. */
async function saidTwice(t: Tap, edits: readonly (readonly [name: string, body: Record<string, unknown>, equipment?: string])[], { of: lived, config: under } = { of: day, config }): Promise<{ readonly line: Line; readonly said: readonly Draft[]; readonly early: ReturnType<typeof played> }> {
  const early = played([...lived.slice(0, -2), ...edits.map(([name, body, of], i) => asked(later(at('17:00:00'), i * 1_000), name, body, of)), ...lived.slice(-2), last], under)
  t.same(early.refusals, [])
  const plain = played([...lived, last], under)
  let line: Line = plain.lines.get('L1')!
  const journal = await journalled(t.testdir(), plain)
  const { epoch } = journal.remembered
  const said: Draft[] = []
  let head = plain.facts.length
  for (const [i, [name, body, of]] of edits.entries()) {
    const when = later(END, i * 60_000)
    const command = await recollected(commandOf(name, body, when, 'supervisor', of), line, journal, () => under)
    t.ok(command.past, `${name} ${JSON.stringify(body)} needs the journal`)
    const solved = solve(line, { kind: 'command', at: when, command })
    t.equal(solved.refusal, null, name)
    line = solved.line
    said.push(...solved.drafts)
    const facts: Fact[] = solved.drafts.map((draft) => ({ ...draft, epoch, seq: seq(++head), config: 1 }))
    await journal.append({ number: i + 2, at: when, mono: mono(0), scans: [], commands: [], snapshots: [], facts, rows: solved.rows })
  }
  const until = at('23:00:00')
  t.same(timesOf(await journal.rows({ equipment: ['bag', 'pal', 'L1'], from: at('06:00:00'), to: until })), timesOf(early.rows.filter(({ minute }) => minute < until)))
  t.same(rounded(figuresOf([...plain.facts, ...said])), rounded(figuresOf(early.facts)))
  await journal.close()
  return { line, said, early }
}

t.test('an edit days later leaves the rows and figures that the same edit leaves at once', async (t) => {
  t.ok(isForgotten(played([...day, last]).lines.get('L1')!, 'L1-S1'), 'three days are longer than memory')
  const { line, said, early } = await saidTwice(t, edits)
  const revisions = said.filter((fact) => fact.type === 'oee_recorded' && fact.body.interval === 'shift' && fact.body.key === `${DAY}/early` && fact.equipment === 'bag').map((fact) => (fact as FactOf<'oee_recorded'>).body.revision)
  t.same(revisions, revisions.map((_, i) => i + 1), 'each correction has the next revision')
  t.ok(revisions.length >= 6)
  t.match(said.find((fact) => fact.type === 'downtime_updated'), { body: { revision: 1, by: 'ana', reason: { code: 'NO_ORDER', source: 'operator' }, lost_seconds: 630 } })
  t.match(said.findLast((fact) => fact.type === 'downtime_updated'), { body: { revision: 2, reason: { code: 'JAM', source: 'edited' } } })
  t.equal(line.stopsCount, early.lines.get('L1')!.stopsCount, 'no name of a stop is given twice')
})

t.test('blind time that is declared days later is what it would have been at once, and so are the parts found in it', async (t) => {
  const { line, said, early } = await saidTwice(t, [
    ['gap_declare', { at: `${DAY}T15:40:00Z`, as: 'running' }],
    ['gap_declare', { at: `${DAY}T12:15:00Z`, as: 'stopped' }],
    ['gap_declare', { at: `${DAY}T16:30:00Z`, as: 'stopped', reason: 'JAM' }],
    ['stop_reason', { stop_id: 'L1-S4', reason: 'CLEANING' }],
    ['stop_reason', { stop_id: 'L1-S6', reason: 'NO_ORDER' }],
    ['gap_declare', { at: `${DAY}T08:30:00Z`, as: 'running' }, 'pal'],
  ])
  const hour = (fact: Draft) => fact.type === 'oee_recorded' && fact.equipment === 'bag' && fact.body.interval === 'hour' && fact.body.key === `${DAY}T15:00:00.000Z`
  t.match(said.find(hour), { body: { revision: 1, figures: { counts: { recovered: 0 }, times: { no_data: 0 }, coverage: 1 } } })
  t.match(early.facts.find(hour), { body: { revision: 0, figures: { counts: { recovered: 700 }, times: { no_data: 1_200 } } } }, 'and what was told before stands')
  t.match(said.filter(({ type }) => type === 'gap_declared'), [{ body: { stop_id: null } }, { body: { stop_id: null } }, { body: { stop_id: 'L1-S6', lost_seconds: 1_200 } }])
  t.match(said.find((fact) => fact.type === 'downtime_updated'), { body: { change: 'seen', stop_id: 'L1-S4', lost_seconds: 1_800 } })
  const lines = said.filter((fact): fact is FactOf<'oee_recorded'> => fact.type === 'oee_recorded' && fact.equipment === null && fact.body.interval === 'hour' && fact.body.key === `${DAY}T08:00:00.000Z`)
  t.match(lines, [{ body: { figures: { counts: { good: 700, recovered: 0 } } } }], 'parts that left the line while nobody saw them are its good parts')
  t.equal(line.stopsCount, early.lines.get('L1')!.stopsCount)
})

/** The palletizer limits the line with A and the bagger with B, which comes at 11:30. Each stands in the time of the other too. */
const moving = {
  config: { ...config, products: [...config.products, { code: 'B', ideal_cycle: { bag: 3_000 } }], lines: config.lines.map((line) => ({ ...line, constraints: { A: 'pal' } })) },
  of: [...day, pal('07:00:00', { running: false }), pal('07:20:00', { running: true }), pal('12:40:00', { running: false }), pal('12:55:00', { running: true }), pal('14:30:00', { total_count: 2_000 }),
    ...[['job_complete', {}], ['job_create', { job_id: 'J2', quantity: 90_000, product: 'B' }], ['job_assign', { job_id: 'J2' }], ['job_start', {}]].map(([name, body]) => asked(at('11:30:00'), name as string, body as object))]
    .sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0)),
}

t.test('where the constraint moves with the product, an edit and a declaration days later leave the line what they leave it at once, whichever machine they are about', async (t) => {
  const stops = [['S1', 'NO_ORDER'], ['S2', 'NO_ORDER'], ['S6', 'CLEANING'], ['S7', 'NO_ORDER'], ['S2', 'JAM'], ['S3', 'CLEANING']].map(([id, reason]) => ['stop_reason', { stop_id: `L1-${id}`, reason }] as const)
  const { early } = await saidTwice(t, [
    ...stops, ['gap_declare', { at: `${DAY}T12:15:00Z`, as: 'stopped' }], ['gap_declare', { at: `${DAY}T08:30:00Z`, as: 'running' }, 'pal'], ['gap_declare', { at: `${DAY}T15:40:00Z`, as: 'running' }],
    ['stop_split', { stop_id: 'L1-S3', at: `${DAY}T10:35:00Z`, reason: 'NO_FILM' }],
  ], moving)
  t.ok(early.rows.filter(({ equipment, ms }) => equipment === 'L1' && ms.running !== 0).length > 20, 'the line has rows of its own')
  t.match(early.facts.findLast((fact) => fact.type === 'oee_recorded' && fact.equipment === null && fact.body.key === `${DAY}/early`), { body: { figures: { constraint: 'pal', constraints: [{ equipment_code: 'pal' }, { equipment_code: 'bag' }] } } })
})

t.test('an ideal time that is corrected days later is worth what it would have been at once', async (t) => {
  const { said } = await saidTwice(t, [
    ['gap_declare', { at: `${DAY}T12:15:00Z`, as: 'running' }],
    ['ideal_correct', { from: `${DAY}T06:00:00Z`, to: `${DAY}T13:00:00Z`, product: 'A', ideal_cycle_seconds: 3, reason: 'nameplate' }],
    ['stop_reason', { stop_id: 'L1-S1', reason: 'NO_ORDER' }],
    ['ideal_correct', { from: `${DAY}T08:30:00Z`, to: `${DAY}T15:55:00Z`, ideal_cycle_seconds: 2.5, reason: 'a new knife' }],
    ['ideal_correct', { from: `${DAY}T08:05:00Z`, to: `${DAY}T09:00:00Z`, ideal_cycle_seconds: 4, reason: 'nameplate' }, 'pal'],
  ])
  t.match(said.filter(({ type }) => type === 'ideal_corrected'), [{ body: { revision: 1, previous: [{ product: 'A', ideal_cycle_seconds: 2 }] } }, { body: { revision: 2 } }, { equipment: 'pal', body: { revision: 1 } }])
  t.ok(said.filter((fact) => fact.type === 'oee_recorded' && fact.equipment === null && fact.body.interval === 'hour').length >= 2, 'and so is what the line is told')
})

t.test('parts that are found days later, where people corrected ideal times of a part of that shift, are worth to the line what they would have been at once', async (t) => {
  const { said } = await saidTwice(t, [
    ['ideal_correct', { from: `${DAY}T06:00:00Z`, to: `${DAY}T09:00:00Z`, product: 'A', ideal_cycle_seconds: 3, reason: 'nameplate' }],
    ['ideal_correct', { from: `${DAY}T08:05:00Z`, to: `${DAY}T09:00:00Z`, ideal_cycle_seconds: 4, reason: 'nameplate' }, 'pal'],
    ['gap_declare', { at: `${DAY}T08:30:00Z`, as: 'running' }, 'pal'],
    ['gap_declare', { at: `${DAY}T12:15:00Z`, as: 'running' }],
    ['gap_declare', { at: `${DAY}T15:40:00Z`, as: 'running' }],
  ])
  const shift = said.filter((fact): fact is FactOf<'oee_recorded'> => fact.type === 'oee_recorded' && fact.equipment === null && fact.body.interval === 'shift' && fact.body.key === `${DAY}/early`)
  t.same(shift.map(({ body }) => body.revision), [1, 2, 3, 4])
})

t.test('an edit days later is told no for the same reasons as at once', async (t) => {
  const plain = played([...day, last])
  const journal = await journalled(t.testdir(), plain)
  const line = plain.lines.get('L1')!
  const refusalOf = async (name: string, body: object, when = END, role = 'supervisor') => {
    const command = await recollected(commandOf(name, body, when, role), line, journal, () => null)
    return solve(line, { kind: 'command', at: when, command }).refusal?.refused ?? null
  }
  t.equal(await refusalOf('stop_reason', { stop_id: 'L1-S99', reason: 'JAM' }), 'STOP_UNKNOWN')
  t.equal(await refusalOf('stop_reason', { stop_id: 'L1-S1', reason: 'NONSENSE' }), 'REASON_UNKNOWN')
  t.equal(await refusalOf('stop_reason', { stop_id: 'L1-S1', reason: 'JAM', expected_revision: 3 }), 'STALE_REVISION')
  t.equal(await refusalOf('stop_split', { stop_id: 'L1-S1', at: `${DAY}T07:05:40Z` }), 'SPLIT_OUTSIDE')
  t.equal(await refusalOf('stop_merge', { stop_id: 'L1-S1', with: 'L1-S2' }), 'MERGE_NOT_ADJACENT')
  t.equal(await refusalOf('gap_declare', { at: `${DAY}T15:10:00Z`, as: 'running' }), 'GAP_UNKNOWN', 'everybody saw it then')
  t.equal(await refusalOf('gap_declare', { at: `${DAY}T15:40:00Z`, as: 'stopped', reason: 'NONSENSE' }), 'REASON_UNKNOWN')
  const before = await recollected(commandOf('gap_declare', { at: `${DAY}T05:00:00Z`, as: 'running' }, END), line, journal, () => null)
  t.match(solve(line, { kind: 'command', at: END, command: before }).refusal, { refused: 'GAP_FORGOTTEN', details: [{}, {}, { path: 'known_from', message: `${DAY}T06:00:00.000Z` }] }, 'the journal says how far it reaches')
  const locked = instant(at('14:00:00') + 11 * 86_400_000)
  t.equal(await refusalOf('stop_reason', { stop_id: 'L1-S1', reason: 'JAM' }, locked), 'SHIFT_LOCKED')
  t.equal(await refusalOf('stop_reason', { stop_id: 'L1-S1', reason: 'JAM' }, locked, 'admin'), null)
  await journal.close()
})

t.test('the parts of a stop cost what the whole did, over a break and over blind time', async (t) => {
  const { facts } = played([...day.slice(0, -2), ...edits.map(([name, body], i) => asked(later(at('17:00:00'), i * 1_000), name, body)), last])
  const lost = (id: string) => facts.flatMap((fact) => (fact.type === 'downtime_updated' || fact.type === 'downtime_resolved') && fact.body.stop_id === id ? [fact.body.lost_seconds] : []).at(-1)
  t.equal(lost('L1-S2'), 15 * 60, 'up to the break, and from its end to 10:35')
  t.equal(lost('L1-S6'), 5 * 60)
  t.equal(lost('L1-S4'), 5 * 60)
  t.equal(lost('L1-S7'), 15 * 60, 'ten minutes of it nobody saw')
})
