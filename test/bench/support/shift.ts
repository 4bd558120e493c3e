/** A shift of two lines of five machines each, lived by the virtual plant, read ten times a second and recorded in a journal. */

import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { parse } from 'yaml'
import { given } from '../../../src/base/assert.js'
import { seededChance } from '../../../src/base/chance.js'
import { systemClock } from '../../../src/base/clock.js'
import { silentLog } from '../../../src/base/log.js'
import { type Instant, type Ms, instant, mono, seq } from '../../../src/base/units.js'
import { type Config, config } from '../../../src/contract/config.js'
import type { Fact } from '../../../src/contract/events/catalogue.js'
import type { Scan } from '../../../src/contract/scan.js'
import { openLine, snapshotOf } from '../../../src/core/snapshot.js'
import { linePlans } from '../../../src/core/time/plan.js'
import { scanGroupsOf } from '../../../src/field/groups.js'
import { GroupRead } from '../../../src/field/s7/group-read.js'
import { openJournal } from '../../../src/journal/journal.js'
import { imageOf } from '../../../src/plant/image.js'
import { Line } from '../../../src/plant/line.js'
import { type EquipmentRecipe, type LineRecipe, baggingLine } from '../../../src/plant/recipe.js'
import { signalPlan } from '../../../src/signals/plan.js'
import { Sampler } from '../../../src/signals/sampler.js'
import { type Standing, type Wiring, solveTurn } from '../../../src/turn/turn.js'

const PDU_BYTES = 480
const CYCLE_MS = 100
/** The second PLC is read half a cycle after the first. */
const PHASE_MS = 50
/** Turns that may stay unsealed at the end: those of the last chunk, which nothing follows. */
const UNSEALED_TURNS = 14_000

const [loader, bagger, palletizer] = baggingLine.equipment as [EquipmentRecipe, EquipmentRecipe, EquipmentRecipe]
const LINES = ['BP01', 'BP02'] as const

/** Loader, bagger, palletizer, and two more machines after them. */
const recipeOf = (line: string): LineRecipe => {
  const equipment = [loader, bagger, palletizer, palletizer, palletizer].map((machine, i) => ({ ...machine, code: `${line}.M${i + 1}`, db: 10 * (i + 1) }))
  return { ...baggingLine, code: line, equipment, inspection: null, stores: [60, 60, 60, 60], leader: `${line}.M2` }
}

const block = {
  running: 'X0.0', fault: 'X0.2', blocked: 'X0.3', starved: 'X0.4', changeover: 'X0.5', state: 'INT2', total_count: 'UDINT4', reject_count: 'UINT8', mode: 'INT10',
  fault_word: 'LWORD12', first_out: 'INT20', speed: 'REAL24',
}
const slow = { speed_set: 'REAL28', product: 'STRING36.20' }

/** The annotated example with two lines in the place of its own. */
export function shiftConfig(): Config {
  const raw = parse(readFileSync(new URL('../../../../config/lineside.yaml', import.meta.url), 'utf8')) as Record<string, unknown> & { lines: { equipment: { faults: unknown }[] }[]; products: Record<string, unknown>[] }
  const faults = raw.lines[0]!.equipment[0]!.faults
  const recipes = LINES.map(recipeOf)
  const tags = (equipment: EquipmentRecipe, i: number): [string, unknown][] => [
    ...Object.entries(block).map(([name, place]): [string, string] => [`m${i}_${name}`, `DB${equipment.db},${name === 'total_count' && equipment.totalBits === 16 ? 'UINT4' : place}`]),
    ...Object.entries(slow).map(([name, place]): [string, unknown] => [`m${i}_${name}`, { address: `DB${equipment.db},${place}`, class: 'slow' }]),
  ]
  return config.parse({
    ...raw,
    plcs: recipes.map((recipe) => ({ id: recipe.code.toLowerCase(), driver: 's7', host: '127.0.0.1', cycle: `${CYCLE_MS}ms`, tags: Object.fromEntries(recipe.equipment.flatMap(tags)) })),
    products: raw.products.map((product) => ({
      ...product, ideal_cycle: Object.fromEntries(recipes.flatMap((recipe) => recipe.equipment.map(({ code, idealMs }) => [code, `${idealMs[product['code'] as string]}ms`]))),
    })),
    lines: recipes.map((recipe, n) => ({
      id: `12345678-1234-5678-9abc-12345678901${n}`, code: recipe.code, name: recipe.code, calendar: 'three_shifts', target_oee: 0.85, oee_alert: { below: 0.7, for: '10m', clear_above: 0.72, window: 'hour' },
      equipment: recipe.equipment.map((machine, i) => ({
        code: machine.code, name: machine.code, constraint: i === 1, upstream: i === 0 ? [] : [recipe.equipment[i - 1]!.code], ideal_cycle: `${Math.min(...Object.values(machine.idealMs))}ms`,
        signals: Object.fromEntries([...Object.keys(block), 'product'].map((name) => [name, `${recipe.code.toLowerCase()}/m${i}_${name}`])),
        state: { from: 'packml' }, counters: { total_count: { modulus: 2 ** machine.totalBits }, reject_count: { modulus: 2 ** 16 } },
        faults, ...i === 1 ? { startup_good_parts: 20, quality_alert: { reject_ratio: 0.05, parts_min: 100, clear_ratio: 0.03 } } : {},
      })),
    })),
  })
}

export interface RecordedShift {
  readonly from: Instant
  readonly to: Instant
  readonly turnsCount: number
  /** One for each machine in each of its scans. */
  readonly samplesCount: number
  readonly facts: readonly Fact[]
}

/** How often, in the time of the shift, what waits is written, and the lines are kept whole. */
export interface Pace { readonly commitMs: Ms; readonly snapshotMs: Ms }
/** Quickly filled: a commit now and then, and no snapshots. */
const hasty: Pace = { commitMs: 25_000, snapshotMs: Infinity }
/** As the gateway does it (`journal/stage.ts`, `cycle.ts`). */
export const asGateway = (made: Config): Pace => ({ commitMs: made.storage.samples.commit, snapshotMs: 60_000 })

/** Lives the shift, solves it as the gateway would, and leaves its turns, facts and rows in a journal in the directory. */
export async function recordShift(made: Config, directory: string, lastsMs: Ms, { commitMs, snapshotMs }: Pace = hasty): Promise<RecordedShift> {
  const { groups } = scanGroupsOf(made.plcs)
  const from = instant(Date.UTC(2026, 2, 30, 4))
  const to = instant(from + lastsMs)
  const chance = seededChance(3)
  const journal = await openJournal({
    directory, clock: systemClock, log: silentLog, groups, recorded: () => true, stageMs: 1_000,
    storage: { ballast: 0, facts: { keep: 1e12, bytes: 1e12 }, samples: { keep: 1e12, bytes: 1e12, chunk: made.storage.samples.chunk } },
  })
  const plans = linePlans(made, 1)
  const lineOf = new Map(plans.flatMap(({ line }) => line.equipment.map(({ code }) => [code, line.code] as const)))
  const wiring: Wiring = { epoch: journal.remembered.epoch, configVersion: 1, signals: new Sampler(signalPlan(made, groups)), lineOfEquipment: (code) => given(lineOf.get(code), code), linesOfPlc: (plc) => [plc.toUpperCase()] }
  const plcs = LINES.map((code, n) => {
    let changed = true
    const plant = new Line(recipeOf(code), n + 1, instant(from - 1_800_000), () => { changed = true })
    const reads = groups.filter(({ plc }) => plc === code.toLowerCase()).map((group) => new GroupRead(group, PDU_BYTES))
    const latest = reads.map(({ group }) => ({ values: new Float64Array(group.slots), qualities: new Uint8Array(group.tags.length), texts: new Map<number, string>() }))
    const look = (at: Instant): void => {
      plant.advance(at)
      if (!changed) return
      changed = false
      const blocks = new Map(plant.equipment.map((equipment) => [equipment.recipe.db, imageOf(equipment)]))
      for (const [i, read] of reads.entries()) {
        for (const { items } of read.plan.requests) for (const item of items) read.image.set(given(blocks.get(item.db), 'data block').subarray(item.start, item.start + item.bytes), item.at)
        const reading = { values: new Float64Array(read.group.slots), qualities: new Uint8Array(read.group.tags.length), texts: new Map<number, string>() }
        read.decodeInto(reading, [])
        latest[i] = reading
      }
    }
    return { reads, latest, look, machines: plant.equipment.length }
  })
  const facts: Fact[] = []
  let standing: Standing = { lines: new Map(plans.map((plan) => [plan.line.code, openLine(plan, null, [])])), head: journal.remembered.head, linksSince: new Map() }
  let turnsCount = 0
  let samplesCount = 0
  let [commitAt, snapshotAt] = [from + commitMs, from + snapshotMs]
  for (let beat: number = from, number = 1; beat < to; beat += CYCLE_MS) {
    for (const [n, { reads, latest, look, machines }] of plcs.entries()) {
      // A reading takes a moment, and not always the same.
      const at = instant(beat + n * PHASE_MS + chance.whole(2, 4))
      look(at)
      const scans = reads.flatMap(({ group }, i): Scan[] =>
        group.class === 'slow' && Math.round((beat - from) / CYCLE_MS) % Math.round(group.cycleMs / CYCLE_MS) !== 0 ? [] : [{ group: group.index, at, mono: mono(at - from), ...latest[i]! }])
      const notes = number > 1 ? [] : [{ draft: { type: 'gateway_started' as const, at, line: null, equipment: null, body: { version: 'bench', config: 1, previous_epoch: null, last_seen: null, clean: true } }, applied: false }]
      const solved = solveTurn(standing, { scans, links: [], commands: [], notes, rows: [], stepMs: 0, last: false }, at, wiring)
      standing = solved.standing
      facts.push(...solved.facts)
      const written = journal.append({ number, at, mono: mono(at - from), facts: solved.facts, scans, rows: solved.rows, commands: [], snapshots: at < snapshotAt ? [] : [...standing.lines].map(([line, kept]) => ({ line, seq: standing.head, at, state: snapshotOf(kept) })) })
      if (at >= snapshotAt) snapshotAt += snapshotMs
      // As in the gateway, nothing follows a turn with facts before it is on the disk.
      if (solved.facts.length > 0) await written
      else if (at >= commitAt) await journal.flush()
      if (at >= commitAt) commitAt += commitMs
      number++
      turnsCount++
      samplesCount += machines
    }
  }
  for (let sizes = await journal.sizes(); sizes.turnsStagedCount >= UNSEALED_TURNS; sizes = await journal.sizes()) await sleep(200)
  await journal.close()
  return { from, to, turnsCount, samplesCount, facts: facts.map((fact, i) => ({ ...fact, seq: seq(i + 1) })) }
}
