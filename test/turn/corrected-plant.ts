/** A line of three machines whose past is corrected: what it does in a day by chance, and what of two of its days is not the same. */

import fc from 'fast-check'
import { type Instant, instant, instantOf, later, rfc3339 } from '../../src/base/units.js'
import { config as schema } from '../../src/contract/config.js'
import { type LossRow, partCounts, timeLeaves } from '../../src/contract/losses.js'
import { keyOf } from '../../src/core/losses/lossbook.js'
import { type Replayed, replayTrace } from '../../src/replay/replay.js'
import { readTrace } from '../../src/replay/trace.js'

const MINUTE = 60_000
export const START = instantOf('2026-03-24T05:50:00Z')!

export interface Ideals { readonly fil: string; readonly A: string; readonly B: string; readonly transit?: string; readonly constraints?: Readonly<Record<string, string>> }

export const plant = ({ fil, A, B, transit = '0s', constraints = {} }: Ideals) => schema.parse({
  version: 1, gateway: { id: 'test', cycle: '10s' }, plcs: [],
  calendars: { day: { day_start: '06:00', shifts: [{ name: 'early', start: '06:00', end: '14:00', breaks: [{ start: '07:00', end: '07:15' }] }, { name: 'late', start: '14:00', end: '22:00' }] } },
  reasons: [{ code: 'JAM', name: 'Jam', is_failure: true }, { code: 'CLEANING', name: 'Cleaning', category: 'planned' }, { code: 'NO_ORDER', name: 'No order', category: 'excluded' }],
  products: [{ code: 'A', ideal_cycle: { fil: A, pal: '4s' } }, { code: 'B', ideal_cycle: { fil: B } }],
  lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line 1', calendar: 'day', constraints, equipment: [
    { code: 'fil', name: 'Filler', ideal_cycle: fil, constraint: true, startup_good_parts: 3, counts: { safety: 10 } },
    { code: 'lab', name: 'Labeller', ideal_cycle: '3s', upstream: ['fil'], transit: { fil: transit }, counts: { safety: 10 } },
    { code: 'pal', name: 'Palletizer', ideal_cycle: '3s', upstream: ['lab'], transit: { lab: transit }, counts: { safety: 10 } },
  ] }],
})

export function played(config: ReturnType<typeof plant>, lines: readonly object[]): Replayed {
  const read = readTrace(lines.map((line) => `${JSON.stringify(line)}\n`).join(''), config)
  if ('errors' in read) throw new Error(read.errors.map(({ line, message }) => `${line} ${message}`).join('\n'))
  return replayTrace(config, read.moments)
}

export const ask = (at: Instant, name: string, body: object, equipment = 'fil') => ({ at: rfc3339(at), command: { name, equipment, body, by: 'ana' } })
/** Whatever the line makes, the filler limits it, or another does with one product, or with each. */
export const movings = fc.constantFrom<Readonly<Record<string, string>>>({}, { B: 'pal' }, { A: 'lab', B: 'pal' })

/* ── a day ───────────────────────────────────────────────────────────────────────────────────── */

const step = fc.record({
  minutes: fc.integer({ min: 1, max: 40 }), seconds: fc.integer({ min: 0, max: 59 }),
  what: fc.constantFrom('run', 'run', 'run', 'stand', 'blind', 'product', 'start', 'complete', 'correct', 'rework') , of: fc.constantFrom('fil', 'fil', 'lab', 'pal'),
  parts: fc.integer({ min: 0, max: 400 }), rejects: fc.integer({ min: 0, max: 20 }),
})
export const day = fc.array(step, { minLength: 3, maxLength: 8 })
export type Day = readonly { readonly minutes: number; readonly seconds: number; readonly what: string; readonly of: string; readonly parts: number; readonly rejects: number }[]

/** What the plant does, and when it is over. */
export function traceOf(day: Day, begin = START): { readonly trace: readonly object[]; readonly end: Instant } {
  const counts = { fil: [0, 0], lab: [0, 0], pal: [0, 0] } as Record<string, [number, number]>
  const trace: object[] = []
  const say = (at: Instant, equipment: string, signals: object) => trace.push({ at: rfc3339(at), equipment, signals })
  let now = begin
  let jobs = 0
  let product = 'A'
  let stood = ''
  for (const of of ['fil', 'lab', 'pal']) say(now, of, { running: true, total_count: 0, reject_count: 0, product })
  for (const { minutes, seconds, what, of, parts, rejects } of day) {
    // Every machine counts once a minute; the one that is meant does something beside.
    for (let minute = 1; minute <= minutes; minute++) {
      now = later(now, MINUTE)
      for (const [code, count] of Object.entries(counts)) {
        if (what === 'blind' && code === of) continue
        const made = Math.floor(parts / minutes)
        // What starts again has made nothing yet.
        count[0] += (what === 'stand' && code === of) || (minute === 1 && code === stood) ? 0 : Math.min(made, 12)
        if (minute === 1 && code === of) count[1] += Math.min(rejects, made)
        say(now, code, { total_count: count[0], reject_count: count[1], running: !(what === 'stand' && code === of) })
      }
    }
    stood = what === 'stand' ? of : ''
    now = later(now, seconds * 1_000)
    switch (what) {
      case 'blind': say(now, of, { running: null, total_count: null, reject_count: null }); break
      case 'product': product = product === 'A' ? 'B' : 'A'; for (const code of ['fil', 'lab', 'pal']) say(now, code, { product }); break
      case 'start': jobs++; trace.push(ask(now, 'job_create', { job_id: `J${jobs}`, quantity: 9_000, product }), ask(now, 'job_assign', { job_id: `J${jobs}` }), ask(now, 'job_start', {})); break
      case 'complete': trace.push(ask(now, 'job_complete', {})); break
      case 'correct': trace.push(ask(now, 'counts_correct', { good: -1, reject: 1, reason: 'lot' }, of)); break
      case 'rework': trace.push(ask(now, 'rework_report', { good: 1 }, of)); break
    }
  }
  return { trace, end: instant(Math.ceil(now / MINUTE) * MINUTE) }
}

/** Rows by their keys, but those in which nothing stands. */
export const rowsOf = ({ rows }: Replayed, isMeant: (row: LossRow) => boolean = () => true): Readonly<Record<string, Pick<LossRow, 'ms' | 'parts'>>> => Object.fromEntries(rows
  .filter((row) => isMeant(row) && (timeLeaves.some((leaf) => row.ms[leaf] !== 0) || partCounts.some((count) => row.parts[count] !== 0)))
  .map((row) => [`${row.equipment} ${keyOf(row).replaceAll('\0', ' ')}`, { ms: row.ms, parts: row.parts }] as const).sort(([one], [other]) => one < other ? -1 : 1))

const rounded = (value: unknown): string => JSON.stringify(value, (_key, one: unknown) => (typeof one === 'number' ? Math.round(one * 1e9) / 1e9 || 0 : one))

/** What of the two is not the same, in words; `null` when all is. */
export function difference(one: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): string | null {
  const key = [...new Set([...Object.keys(one), ...Object.keys(other)])].find((name) => rounded(one[name]) !== rounded(other[name]))
  return key === undefined ? null : `${key}\n${rounded(one[key])}\n${rounded(other[key])}`
}
