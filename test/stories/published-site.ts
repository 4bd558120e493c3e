/** A gateway with a past in which published statistics happened: its journal is made by replay, and its routes are asked over HTTP. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { stringify } from 'yaml'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, instant, later, mono, rfc3339, seq } from '../../src/base/units.js'
import { type Config, config as configSchema } from '../../src/contract/config.js'
import type { Snapshot, Turn } from '../../src/contract/journal.js'
import type { Scan } from '../../src/contract/scan.js'
import { qualities as known } from '../../src/contract/scan.js'
import { snapshotOf } from '../../src/core/snapshot.js'
import { openJournal } from '../../src/journal/journal.js'
import { replayTrace } from '../../src/replay/replay.js'
import { readTrace } from '../../src/replay/trace.js'
import { arrangementOf } from '../../src/turn/arrangement.js'
import { freePort } from '../support/ports.js'
import type { Site, Written } from './gateway.js'

const MINUTE = 60_000
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

/** Every past ends with the last full hour, so that a start has little to catch up with; in the time zone of the site that is midnight, whatever the hour of the test. */
const END = Math.floor(systemClock.now() / HOUR) * HOUR
const hourOfEnd = (END / HOUR) % 24
const timeZone = hourOfEnd <= 12 ? `Etc/GMT+${hourOfEnd}` : `Etc/GMT-${24 - hourOfEnd}`

/** What happened on one machine, on a line of its own under the same code. */
export interface Lived {
  readonly code: string
  /** How long ago it began: at a midnight, and all `ms` count from there. */
  readonly days: number
  /** What its line and its machine have beside what all have. */
  readonly line?: object
  readonly equipment?: object
  readonly calendar?: object
  /** Lines of a trace; the machine is added to them. */
  readonly lines: readonly { readonly ms: number; readonly signals?: object; readonly command?: object }[]
  /** Values of a recorded signal, one for each minute from `ms` on; its name is the code in small letters. */
  readonly recorded?: { readonly ms: number; readonly values: readonly number[] }
}

const instantIn = ({ days }: Pick<Lived, 'days'>, ms: number): Instant => instant(END - days * DAY + ms)
export const at = (lived: Pick<Lived, 'days'>, ms: number): string => rfc3339(instantIn(lived, ms))

/** Writes the configuration and the journal. Nothing runs yet. */
export async function siteThatLived(folder: string, machines: readonly Lived[]): Promise<Site> {
  const signals = machines.filter(({ recorded }) => recorded !== undefined).map(({ code }) => code.toLowerCase())
  const written: Written = {
    version: 1, gateway: { id: 'published', cycle: '10s', time_zone: timeZone }, reasons: [{ code: 'JAM', name: 'Jam', is_failure: true }, { code: 'MEETING', name: 'Meeting', category: 'excluded' }],
    // Nobody answers there: what it would say was recorded before.
    plcs: [{ id: 'plc', driver: 'modbus', host: '127.0.0.1', port: 9, cycle: '10s', tags: { running: 'C0', ...Object.fromEntries(signals.map((name, i) => [name, `HR${i * 4}:FLOAT64`])) } }],
    calendars: Object.fromEntries(machines.map(({ code, calendar }) => [code, calendar ?? { shifts: [{ name: 'all', start: '00:00', end: '00:00' }] }])),
    lines: machines.map(({ code, line = {}, equipment = {} }, i) => ({
      id: `12345678-1234-4678-9abc-1234567890${10 + i}`, code, name: code, calendar: code, ...line,
      equipment: [{
        code: `${code}.M`, name: code, ideal_cycle: '60s', micro_stop: '1s', counts: { slack: 1_000 }, faults: [{ bit: 0, code: 'JAM', name: 'Jam', reason: 'JAM' }, { bit: 1, code: 'MEETING', name: 'Meeting', reason: 'MEETING' }],
        ...(signals.includes(code.toLowerCase()) ? { signals: { running: 'plc/running', value: `plc/${code.toLowerCase()}` } } : {}), ...equipment,
      }],
    })),
  }
  const site = { configFile: join(folder, 'lineside.yaml'), dataDir: join(folder, 'data'), port: await freePort(), token: null }
  writeFileSync(site.configFile, stringify(written))
  await live(site.dataDir, configSchema.parse(written), machines)
  return site
}

/** What the gateway would have written down, had it been there, with the snapshots of an orderly end: what they know need not be solved again. */
async function live(directory: string, plant: Config, machines: readonly Lived[]): Promise<void> {
  const lives = machines.map((lived) => livedUnder(plant, lived))
  const facts = lives.flatMap((one) => one.facts).sort((one, other) => one.at - other.at)
  const rows = lives.flatMap((one) => one.rows)
  const { groups, isRecorded } = arrangementOf(plant, 1)
  const journal = await openJournal({ directory, clock: systemClock, log: silentLog, groups, recorded: isRecorded, lines: plant.lines.map(({ code }) => code), storage: { ...plant.storage, ballast: 0 } })
  let turns = 0
  const turn = (at: Instant, more: Partial<Turn>) => journal.append({ number: ++turns, at, mono: mono(turns), facts: [], scans: [], rows: [], commands: [], snapshots: [], ...more })
  for (const scan of scansOf(plant, machines)) await turn(scan.at, { scans: [scan] })
  const numbered = facts.map((fact, i) => ({ ...fact, epoch: journal.remembered.epoch, seq: seq(i + 1) }))
  for (let from = 0; from < Math.max(facts.length, rows.length); from += 2_000) await turn(instant(END), { facts: numbered.slice(from, from + 2_000), rows: rows.slice(from, from + 2_000) })
  const snapshots: Snapshot[] = lives.flatMap(({ lines }) => [...lines].map(([line, memory]) => ({ line, seq: seq(facts.length), at: instant(END), state: snapshotOf(memory) })))
  await turn(instant(END), { snapshots })
  await journal.close()
}

/** One line by itself, from its beginning to the end of all. */
function livedUnder(plant: Config, lived: Lived): ReturnType<typeof replayTrace> {
  const own = { ...plant, lines: plant.lines.filter(({ code }) => code === lived.code) }
  const equipment = `${lived.code}.M`
  const trace = [...lived.lines, { ms: lived.days * DAY, signals: {} }]
    .map(({ ms, ...told }) => ({ at: at(lived, ms), ...('command' in told ? { command: { equipment, ...told.command } } : { equipment, ...told }) }))
  const read = readTrace(trace.map((line) => JSON.stringify(line)).join('\n'), own)
  if ('errors' in read) throw new Error(read.errors[0]!.message)
  return replayTrace(own, read.moments)
}

/** What was recorded of the machines, in order; in every scan they run. */
function scansOf(plant: Config, machines: readonly Lived[]): Scan[] {
  const [group] = arrangementOf(plant, 1).groups
  if (group === undefined) return []
  const placeOf = (tag: string) => group.tags.findIndex(({ name }) => name === tag)
  const told = machines.flatMap((lived) => lived.recorded?.values.map((value, minute) => ({ at: later(instantIn(lived, lived.recorded!.ms), minute * MINUTE + MINUTE / 2), place: placeOf(lived.code.toLowerCase()), value })) ?? [])
  return told.sort((one, other) => one.at - other.at).map(({ at, place, value }, i) => {
    const values = new Float64Array(group.slots)
    values[group.tags[place]!.slot] = value
    values[group.tags[placeOf('running')]!.slot] = 1
    return { group: group.index, at, mono: mono(i + 1), values, qualities: Uint8Array.from(group.tags, (_, tag) => (tag === place || tag === placeOf('running') ? known.good : known.not_read)), texts: new Map() }
  })
}
