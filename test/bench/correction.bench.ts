/** A day of ten busy machines corrected afterwards: how long that takes, and how long it ever holds the loop that polls and answers meanwhile. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, type Seq, instant, later, mono, rfc3339, seq } from '../../src/base/units.js'
import type { Command } from '../../src/contract/commands.js'
import { config } from '../../src/contract/config.js'
import type { Journal } from '../../src/contract/journal.js'
import { isRefusal } from '../../src/contract/refusals.js'
import type { Line } from '../../src/core/memory/memory.js'
import { openLine } from '../../src/core/snapshot.js'
import { linePlans } from '../../src/core/time/plan.js'
import { startCycle } from '../../src/gateway/cycle.js'
import { editsOfPast } from '../../src/gateway/past-edits.js'
import { startPastWorkshop } from '../../src/gateway/past-workshop.js'
import { type JournalOptions, openJournal } from '../../src/journal/journal.js'
import { Fold } from '../../src/replay/replay.js'
import { arrangementOf } from '../../src/turn/arrangement.js'
import { type Bench, type Figure, median } from './bench.js'

const HOUR_MS = 3_600_000
const READ_MS = 10_000
const LIVED_MS = 30 * HOUR_MS
const ROUNDS = 3

const codes = Array.from({ length: 10 }, (_, i) => `M${i + 1}`)
const signals = Object.fromEntries(['running', 'total_count', 'reject_count', 'product'].map((name) => [name, `plc/${name}`]))
const shift = (name: string, start: string, end: string, pause: string) => ({ name, start, end, breaks: [{ start: `${pause}:00`, end: `${pause}:30` }] })
const plant = config.parse({
  version: 1, gateway: { id: 'bench', time_zone: 'Europe/Berlin' },
  plcs: [{ id: 'plc', driver: 's7', host: '127.0.0.1', tags: { running: 'DB1,X0.0', total_count: 'DB1,UDINT4', reject_count: 'DB1,UDINT8', product: 'DB1,STRING20.20' } }],
  calendars: { three: { day_start: '06:00', shifts: [shift('early', '06:00', '14:00', '10'), shift('late', '14:00', '22:00', '18'), shift('night', '22:00', '06:00', '02')] } },
  products: [{ code: 'A', ideal_cycle: { M2: '2s' } }, { code: 'B' }],
  lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'three', equipment: codes.map((code, i) => ({
    code, name: code, ideal_cycle: '2s', signals, constraint: i === 1, upstream: i === 0 ? [] : [codes[i - 1]], ...i > 1 ? { transit: { [codes[i - 1]!]: '60s' } } : {},
  })) }],
})

const said = (at: Instant, name: string, equipment: string | null, body: object): Command =>
  ({ name, at, line: 'L1', equipment, key: null, by: { id: 'bench', name: 'bench', role: 'admin', lines: null }, body }) as unknown as Command

/** Each machine stands for a minute now and then, half the day long not all of them at once; a job every two hours. */
function lived(from: Instant, to: Instant): Fold {
  const fold = new Fold(linePlans(plant, 1).map((plan) => openLine(plan, null, [])))
  const made = codes.map(() => 0)
  let product = 'A'
  for (let at = from; at <= to; at = later(at, READ_MS)) {
    const read = (at - from) / READ_MS
    const minute = Math.floor(read / 6)
    for (const [i, equipment] of codes.entries()) {
      const stands = (minute * 7 + i * 13) % 31 === 0
      if (!stands && read > 0) made[i]! += 5
      fold.tell('L1', { kind: 'sample', at: later(at, i * 7), equipment, signals: { running: !stands, total_count: made[i]!, reject_count: Math.floor(made[i]! / 100), product } })
    }
    if (read > 0 && read % 720 === 0) {
      const [job, when] = [`J${read / 720}`, later(at, 200)]
      product = product === 'A' ? 'B' : 'A'
      const commands = [...read === 720 ? [] : [said(when, 'job_complete', 'M2', {})], said(when, 'job_create', 'M2', { job_id: job, quantity: 9_000, product }), said(when, 'job_assign', 'M2', { job_id: job }), said(when, 'job_start', 'M2', {})]
      for (const command of commands) fold.tell('L1', { kind: 'command', at: when, command })
    }
    fold.beat(later(at, 500))
  }
  return fold
}

/** Writes what was lived into the journal. Nothing but the lines stays in memory, as in a gateway. */
async function filled(journal: Journal, now: Instant): Promise<{ readonly lines: readonly Line[]; readonly head: Seq; readonly lastTurn: number }> {
  const { facts: told, rows, lines } = lived(later(now, -LIVED_MS), later(now, -READ_MS)).replayed(later(now, -LIVED_MS), now)
  const facts = told.map((fact, i) => ({ ...fact, epoch: journal.remembered.epoch, seq: seq(i + 1) }))
  let lastTurn = 0
  for (let i = 0; i < Math.max(facts.length, rows.length); i += 500) {
    lastTurn++
    await journal.append({ number: lastTurn, at: now, mono: mono(lastTurn), facts: facts.slice(i, i + 500), scans: [], rows: rows.slice(i, i + 500).filter(({ ms }) => ms.running >= 0), commands: [], snapshots: [] })
  }
  return { lines: [...lines.values()], head: seq(facts.length), lastTurn }
}

interface Corrected { readonly ms: number; readonly heldMs: number; readonly missed: number; readonly facts: number }

async function corrected(directory: string, say: (to: Instant) => Command): Promise<Corrected> {
  const arrangement = arrangementOf(plant, 1)
  const options: JournalOptions = { directory, clock: systemClock, log: silentLog, groups: arrangement.groups, recorded: () => true, storage: { ...plant.storage, ballast: 0 } }
  const journal = await openJournal(options)
  const now = systemClock.now()
  const { lines, head, lastTurn } = await filled(journal, now)
  const cycle = startCycle({
    clock: systemClock, log: silentLog, cycleMs: plant.gateway.cycle, arrangement, epoch: journal.remembered.epoch, head, lastTurn, lastAt: null,
    lines, notes: [], rows: [], journal, announce: () => undefined, turned: () => undefined, broken: (fault) => { throw fault },
  })
  const workshop = startPastWorkshop({ directory, clock: systemClock, inForce: () => arrangement, flush: () => journal.flush() })
  const edit = editsOfPast({ clock: systemClock, cycle, journal, configOf: () => plant, workshop })
  await systemClock.wait(mono(systemClock.mono() + 3_000))
  const command = say(instant(Math.floor((now - 6 * 60_000) / 60_000) * 60_000))
  const delay = monitorEventLoopDelay({ resolution: 1 })
  delay.enable()
  const from = performance.now()
  const missedBefore = cycle.figures().turnsMissedCount
  const outcome = await edit(command)
  const ms = performance.now() - from
  // A beat that was missed is counted with the next one.
  await systemClock.wait(mono(systemClock.mono() + 3 * plant.gateway.cycle))
  const missed = cycle.figures().turnsMissedCount - missedBefore
  delay.disable()
  if (isRefusal(outcome)) throw new Error(`${outcome.refused}: ${JSON.stringify(outcome.details)}`)
  await workshop.stop()
  await cycle.stop()
  await journal.close()
  return { ms, heldMs: delay.max / 1e6 - 1, missed, facts: outcome.facts.length }
}

async function rounds(say: (to: Instant) => Command): Promise<Corrected> {
  const all: Corrected[] = []
  for (let round = 0; round < ROUNDS; round++) {
    const directory = mkdtempSync(join(tmpdir(), 'lineside-correction-'))
    try {
      all.push(await corrected(directory, say))
    } finally {
      rmSync(directory, { recursive: true })
    }
  }
  return { ms: median(all.map(({ ms }) => ms)), heldMs: median(all.map(({ heldMs }) => heldMs)), missed: median(all.map(({ missed }) => missed)), facts: all[0]!.facts }
}

const over = (hours: number, to: Instant) => ({ from: rfc3339(later(to, -hours * HOUR_MS)), to: rfc3339(to), reason: 'bench' })

export const bench: Bench = {
  name: 'correction',
  peers: [],
  asGateway: true,
  async run() {
    const cases = [
      ['the ideal time of one machine over 26 h', (to: Instant) => said(to, 'ideal_correct', 'M2', { ...over(26, to), ideal_cycle_seconds: 1.7 })],
      ['the calendar of a line of ten over 2 h', (to: Instant) => said(to, 'calendar_correct', null, { ...over(2, to), as: 'closed' })],
      ['the calendar of a line of ten over 26 h', (to: Instant) => said(to, 'calendar_correct', null, { ...over(26, to), as: 'closed' })],
    ] as const
    const figures: Figure[] = []
    for (const [what, say] of cases) {
      const { ms, heldMs, missed } = await rounds(say)
      figures.push({ figure: `${what}, until it is told`, value: ms, unit: 'ms', target: null }, { figure: 'main loop held meanwhile, longest', value: heldMs, unit: 'ms', target: { atMost: 10 } }, { figure: `cycles of ${plant.gateway.cycle} ms missed meanwhile`, value: missed, unit: '', target: { atMost: 1 } })
    }
    return figures
  },
}
