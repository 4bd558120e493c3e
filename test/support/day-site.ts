/** Where a seeded day happens: a slowed plant, the configuration of the gateway that watches it, and its PLCs as they are read. */

import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { given } from '../../src/base/assert.js'
import { type Chance, seededChance } from '../../src/base/chance.js'
import { type Instant, type Mono, type Ms, instant } from '../../src/base/units.js'
import { type Config, config } from '../../src/contract/config.js'
import { type Scan, type ScanGroup, qualities } from '../../src/contract/scan.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { GroupRead } from '../../src/field/s7/group-read.js'
import type { Happening } from '../../src/plant/happening.js'
import { imageOf } from '../../src/plant/image.js'
import { Line } from '../../src/plant/line.js'
import type { Mishap } from '../../src/plant/mishap.js'
import { type LineRecipe, baggingLine } from '../../src/plant/recipe.js'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const PDU_BYTES = 480

export interface Site {
  readonly chance: Chance
  readonly pollMs: Ms
  readonly from: Instant
  readonly recipe: LineRecipe
  readonly config: Config
}

/** The same seed gives the same site. */
export function siteOfDay(seed: number): Site {
  const chance = seededChance(seed).fork('day')
  const pace = chance.whole(20, 50)
  const pollMs = chance.pick([2_000, 3_000, 5_000])
  const recipe = slowed(baggingLine, pace, chance)
  const from = instant(Date.UTC(2026, 2, 2 + (seed % 200)) + chance.whole(0, DAY_MS - 1))
  return { chance, pollMs, from, recipe, config: configOf(recipe, pollMs) }
}

/** The plant of a day, which was running for a while when the gateway first looked. */
export interface Watched {
  readonly plant: Line
  readonly happenings: readonly Happening[]
  /** Counted by the plant after the gateway's first look, by equipment. */
  readonly made: ReadonlyMap<string, { readonly total: number; readonly reject: number }>
  /** Whether anything happened since this was last asked. */
  readonly hasChanged: () => boolean
}

export function plantOfDay({ recipe, from }: Site, seed: number): Watched {
  const happenings: Happening[] = []
  const made = new Map(recipe.equipment.map(({ code }) => [code, { total: 0, reject: 0 }]))
  let changed = true
  const plant = new Line(recipe, seed, instant(from - HOUR_MS / 2), (happening) => {
    changed = true
    happenings.push(happening)
    if (happening.what !== 'part' || happening.at <= from) return
    const parts = given(made.get(happening.equipment), 'equipment')
    parts.total++
    if (happening.result !== 'good') parts.reject++
  })
  return {
    plant, happenings, made,
    hasChanged() {
      const has = changed
      changed = false
      return has
    },
  }
}

/** Reads the data blocks of the plant as a driver would, group by group; what did not change since is not read again. */
export class Eye {
  readonly groups: readonly ScanGroup[]
  readonly #reads: readonly GroupRead[]
  readonly #values: (Pick<Scan, 'values' | 'qualities' | 'texts'> | null)[]

  constructor(config: Config) {
    this.groups = scanGroupsOf(config.plcs).groups
    this.#reads = this.groups.map((group) => new GroupRead(group, PDU_BYTES))
    this.#values = this.groups.map(() => null)
  }

  look(plant: Line): void {
    const blocks = new Map(plant.equipment.map((equipment) => [equipment.recipe.db, imageOf(equipment)]))
    for (const [index, read] of this.#reads.entries()) {
      for (const { items } of read.plan.requests) for (const item of items) {
        const block = given(blocks.get(item.db), 'data block')
        read.image.set(block.subarray(item.start, item.start + item.bytes), item.at)
      }
      const { group } = read
      const into = { values: new Float64Array(group.slots), qualities: new Uint8Array(group.tags.length), texts: new Map<number, string>() }
      read.decodeInto(into, [])
      this.#values[index] = into
    }
  }

  /** What the `turn`th poll gives; the slow groups come with every third. */
  scans(at: Instant, turn: number, badTag: number | null): Scan[] {
    return this.groups.flatMap((group) => {
      if (group.class === 'slow' && turn % 3 !== 0) return []
      const read = given(this.#values[group.index], 'what was looked at')
      if (badTag === null || group.index !== 0) return [{ group: group.index, at, mono: monoOf(at), ...read }]
      const spoilt = read.qualities.slice()
      spoilt[badTag] = qualities.not_found
      return [{ group: group.index, at, mono: monoOf(at), ...read, qualities: spoilt }]
    })
  }

  /** A poll that the PLC did not answer. */
  blind(at: Instant): Scan[] {
    return this.groups.map((group) => ({
      group: group.index, at, mono: monoOf(at), values: new Float64Array(group.slots), qualities: new Uint8Array(group.tags.length).fill(qualities.link_down), texts: new Map(),
    }))
  }
}

/** In a simulated day both clocks go alike. */
export const monoOf = (at: Instant): Mono => (at as number) as Mono

/** A machine fails in a way that its recipe does not know, or a program download zeroes the counters right after a poll. */
export function misfortune(plant: Line, chance: Chance, at: Instant): void {
  const equipment = chance.pick(plant.equipment)
  if (chance.happens(0.5)) { plant.cause(equipment, chance.whole(0, 7)); return }
  // Near either end of the range nobody can tell a reset from a rollover or a correction (domain note 5.1).
  const apart = (counter: { readonly bits: number; readonly value: number }) => counter.value > 100 && counter.value < 2 ** counter.bits - 100
  if (apart(equipment.total) && apart(equipment.reject)) equipment.zeroCounters(at)
}

/** Machines so much slower, with everything else as often as before, so that two hundred days pass in a minute. */
function slowed(recipe: LineRecipe, pace: number, chance: Chance): LineRecipe {
  const likelier = (mishap: Mishap): Mishap => ({ ...mishap, mtbfMs: mishap.mtbfMs * (0.5 + 2 * chance.unit()) })
  return {
    ...recipe,
    // Rejects that are found late and jobs of the PLC have days of their own (`core/rules/late`, `core/rules/latched`).
    inspection: null,
    batchPartsMin: Math.ceil(recipe.batchPartsMin / pace), batchPartsMax: Math.ceil(recipe.batchPartsMax / pace),
    equipment: recipe.equipment.map((one) => ({
      ...one,
      idealMs: Object.fromEntries(Object.entries(one.idealMs).map(([product, ms]) => [product, ms * pace])),
      // Near enough to the top that every day rolls a counter over.
      totalFirst: one.totalBits === 16 ? 2 ** 16 - chance.whole(1, 2_000) : 2 ** 32 - chance.whole(1, 2_000),
      rejectFirst: 2 ** 16 - chance.whole(1, 20),
      mishaps: one.mishaps.map(likelier),
      reel: one.reel === null ? null : { ...one.reel, parts: Math.ceil(one.reel.parts / pace * 4), promptAt: 5 },
    })),
  }
}

const root = new URL('../../../', import.meta.url)
let example: unknown

function configOf(recipe: LineRecipe, pollMs: Ms): Config {
  example ??= parse(readFileSync(new URL('config/lineside.yaml', root), 'utf8'))
  const raw = structuredClone(example) as { plcs: { id: string; cycle: string; slow_every: number; tags: Record<string, unknown> }[]; products: { code: string; ideal_cycle: Record<string, string> }[]; lines: { oee_alert?: object; equipment: { code: string; ideal_cycle: string; no_data?: string; signals: Record<string, string>; counters: Record<string, { late?: object }>; jobs?: object }[] }[] }
  overS7(raw)
  for (const plc of raw.plcs) { plc.cycle = `${pollMs}ms`; plc.slow_every = 3 }
  // Looking at the OEE of the last hour every minute is most of a quiet day's work.
  if (pollMs !== 2_000) delete raw.lines[0]!.oee_alert
  for (const product of raw.products) {
    for (const { code, idealMs } of recipe.equipment) product.ideal_cycle[code] = `${idealMs[product.code]}ms`
  }
  for (const [i, equipment] of raw.lines[0]!.equipment.entries()) equipment.ideal_cycle = `${Math.min(...Object.values(recipe.equipment[i]!.idealMs))}ms`
  for (const equipment of raw.lines[0]!.equipment) {
    delete equipment.counters['reject_count']?.late
    delete equipment.jobs
    // Nor does the truth know of a changeover that another machine's PLC tells.
    for (const name of ['job', 'total_latched', ...equipment.code === recipe.leader ? [] : ['changeover']]) delete equipment.signals[name]
  }
  return config.parse(raw)
}

/** The days are read from data blocks alone: the bagger's tags stand in one, too. */
function overS7(raw: { plcs: { id: string; tags: Record<string, unknown> }[]; lines: { equipment: { signals: Record<string, string> }[] }[] }): void {
  const block = {
    running: 'X0.0', auto: 'X0.1', fault: 'X0.2', blocked: 'X0.3', starved: 'X0.4', changeover: 'X0.5', state: 'INT2', total: 'UDINT4', reject: 'UINT8', mode: 'INT10', faults: 'LWORD12', first_out: 'INT20', speed: 'REAL24',
  }
  raw.plcs = raw.plcs.filter(({ id }) => id !== 'bagger')
  const [packer] = raw.plcs
  for (const [name, place] of Object.entries(block)) packer!.tags[`bag_${name}`] = `DB20,${place}`
  packer!.tags['bag_speed_set'] = { address: 'DB20,REAL28', class: 'slow' }
  packer!.tags['bag_product'] = { address: 'DB20,STRING36.20', class: 'slow' }
  for (const { signals } of raw.lines[0]!.equipment) for (const [signal, tag] of Object.entries(signals)) signals[signal] = tag.replace('bagger/', 'packer/bag_')
}
