/** Scans through signals and core: a thousand signals on ten machines that all change in every scan, and the same line at an ordinary pace. */

import { epoch, instant, mono, seq } from '../../src/base/units.js'
import { config } from '../../src/contract/config.js'
import type { Scan } from '../../src/contract/scan.js'
import { openLine } from '../../src/core/snapshot.js'
import { linePlans } from '../../src/core/time/plan.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { signalPlan } from '../../src/signals/plan.js'
import { Sampler } from '../../src/signals/sampler.js'
import { type Standing, type Wiring, solveTurn } from '../../src/turn/turn.js'
import { type Bench, median } from './bench.js'

const MACHINES = 10
/** Of each machine, besides the four that have rules. */
const ANALOGS = 96
const CYCLE_MS = 100
const TURNS = 3_000
const ROUNDS = 5
const START = Date.UTC(2026, 2, 30, 6)

const roles = ['running', 'total_count', 'reject_count', 'speed'] as const
const tagsOf = (machine: number): Record<string, string> => ({
  [`m${machine}_running`]: `DB${machine + 1},X0.0`, [`m${machine}_total_count`]: `DB${machine + 1},UDINT2`,
  [`m${machine}_reject_count`]: `DB${machine + 1},UDINT6`, [`m${machine}_speed`]: `DB${machine + 1},REAL10`,
  ...Object.fromEntries(Array.from({ length: ANALOGS }, (_, i) => [`m${machine}_a${i}`, `DB${machine + 1},REAL${14 + 4 * i}`])),
})

const plant = config.parse({
  version: 1, gateway: { id: 'bench' },
  plcs: [{ id: 'plc', driver: 's7', host: '127.0.0.1', tags: Object.assign({}, ...Array.from({ length: MACHINES }, (_, machine) => tagsOf(machine))) as object }],
  calendars: { day: { shifts: [{ name: 'all', start: '06:00', end: '06:00' }] } },
  lines: [{
    id: '12345678-1234-5678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'day',
    equipment: Array.from({ length: MACHINES }, (_, machine) => ({
      code: `M${machine}`, name: 'Machine', constraint: machine === 0, ideal_cycle: '100ms',
      signals: Object.fromEntries(Object.keys(tagsOf(machine)).map((tag) => [tag.slice(tag.indexOf('_') + 1), `plc/${tag}`])),
    })),
  }],
})

/** Values per second of a line that lives through so many turns; `share` of the analog values move in each. */
function pace(share: number): { readonly valuesPerSecond: number; readonly samplesPerSecond: number; readonly usPerTurn: number } {
  const { groups } = scanGroupsOf(plant.plcs)
  const group = groups[0]!
  const plans = linePlans(plant, 1)
  const sampler = new Sampler(signalPlan(plant, groups))
  let samplesCount = 0
  const wiring: Wiring = {
    epoch: epoch('e'), configVersion: 1, lineOfEquipment: () => 'L1', linesOfPlc: () => ['L1'],
    signals: { samples: (scan) => { const samples = sampler.samples(scan); samplesCount += samples.length; return samples }, step: (byMs) => { sampler.step(byMs) } },
  }
  let standing: Standing = { lines: new Map([['L1', openLine(plans[0]!, null, [])]]), head: seq(0), linksSince: new Map() }
  const width = roles.length + ANALOGS
  const scanAt = (turn: number): Scan => {
    const values = new Float64Array(group.slots)
    for (let machine = 0; machine < MACHINES; machine++) {
      const from = machine * width
      values[from] = 1
      // A part of every machine in each scan at full pace, else one now and then.
      values[from + 1] = Math.floor(turn * share) + 1
      values[from + 2] = Math.floor(turn * share / 50)
      values[from + 3] = 60 + Math.sin(turn / 10)
      for (let i = roles.length; i < width; i++) values[from + i] = i % 100 < share * 100 ? turn + i : i
    }
    return { group: 0, at: instant(START + turn * CYCLE_MS), mono: mono(turn * CYCLE_MS), values, qualities: new Uint8Array(group.tags.length), texts: new Map() }
  }
  let spentMs = 0
  for (let turn = 0; turn < TURNS; turn++) {
    const scan = scanAt(turn)
    const from = performance.now()
    standing = solveTurn(standing, { scans: [scan], links: [], commands: [], notes: [], rows: [], stepMs: 0, last: false }, scan.at, wiring).standing
    spentMs += performance.now() - from
  }
  return { valuesPerSecond: TURNS * MACHINES * width / spentMs * 1_000, samplesPerSecond: samplesCount / spentMs * 1_000, usPerTurn: spentMs / TURNS * 1_000 }
}

export const bench: Bench = {
  name: 'core',
  peers: [],
  async run() {
    pace(1)
    const all = Array.from({ length: ROUNDS }, () => pace(1))
    const some = Array.from({ length: ROUNDS }, () => pace(0.1))
    return [
      { figure: 'signal values per second, all of 1,000 change', value: Math.round(median(all.map((one) => one.valuesPerSecond))), unit: '/s', target: { atLeast: 200_000 } },
      { figure: 'the same, least of 5', value: Math.round(Math.min(...all.map((one) => one.valuesPerSecond))), unit: '/s', target: null },
      { figure: 'machines told per second, all change', value: Math.round(median(all.map((one) => one.samplesPerSecond))), unit: '/s', target: null },
      { figure: 'a turn, all change', value: median(all.map((one) => one.usPerTurn)), unit: 'µs', target: null },
      { figure: 'a turn, one in ten changes', value: median(some.map((one) => one.usPerTurn)), unit: 'µs', target: null },
    ]
  },
}
