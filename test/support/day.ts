/** A day of a seeded plant, read by a gateway without any I/O: plant, image, decoding, signals, core. The truth is kept beside it. */

import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { given } from '../../src/base/assert.js'
import { type Chance, seededChance } from '../../src/base/chance.js'
import { type Epoch, type Instant, type Ms, type Mono, instant, rfc3339, seq } from '../../src/base/units.js'
import { type Config, config } from '../../src/contract/config.js'
import type { Draft, Fact } from '../../src/contract/events/catalogue.js'
import type { Input } from '../../src/contract/inputs.js'
import type { Remembered, Snapshot } from '../../src/contract/journal.js'
import type { LossRow } from '../../src/contract/losses.js'
import { type Scan, type ScanGroup, qualities } from '../../src/contract/scan.js'
import { apply } from '../../src/core/apply.js'
import { type Solved, flush, solve } from '../../src/core/line.js'
import { openLine, snapshotOf } from '../../src/core/snapshot.js'
import { keyOf } from '../../src/core/lossbook.js'
import type { Line as CoreLine } from '../../src/core/memory.js'
import { type LinePlan, linePlans } from '../../src/core/plan.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { GroupRead } from '../../src/field/s7/group-read.js'
import type { Happening } from '../../src/plant/happening.js'
import { imageOf } from '../../src/plant/image.js'
import { Line } from '../../src/plant/line.js'
import type { Mishap } from '../../src/plant/mishap.js'
import { type LineRecipe, baggingLine } from '../../src/plant/recipe.js'
import { recall } from '../../src/turn/recall.js'
import { signalPlan } from '../../src/signals/plan.js'
import { Sampler } from '../../src/signals/sampler.js'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000
const PDU_BYTES = 480

/** What was done to the gateway, and when it could not see. */
export interface Blind { readonly from: Instant; readonly to: Instant; readonly why: 'link' | 'power' | 'tag' }

export interface DayStory {
  readonly seed: number
  readonly pollMs: Ms
  readonly from: Instant
  readonly to: Instant
  readonly plan: LinePlan
  readonly recipe: LineRecipe
  readonly happenings: readonly Happening[]
  readonly facts: readonly Draft[]
  readonly rows: readonly LossRow[]
  readonly line: CoreLine
  /** Counted by the plant after the gateway's first look, by equipment. */
  readonly made: ReadonlyMap<string, { readonly total: number; readonly reject: number }>
  readonly blind: readonly Blind[]
}

/** The same seed gives the same day. */
export function liveDay(seed: number): DayStory {
  const chance = seededChance(seed).fork('day')
  const pace = chance.whole(20, 50)
  const pollMs = chance.pick([2_000, 3_000, 5_000])
  const recipe = slowed(baggingLine, pace, chance)
  const from = instant(Date.UTC(2026, 2, 2 + (seed % 200)) + chance.whole(0, DAY_MS - 1))
  const to = instant(from + DAY_MS)

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
  const blind: Blind[] = []
  const gateway = new Gateway(configOf(recipe, pollMs))
  const troubles = troublesOf(chance, from, to, pollMs, gateway.tagsCount)
  let trouble = troubles.shift()
  let powered = true
  for (let at = from; at <= to; at = instant(at + pollMs)) {
    plant.advance(at)
    if (trouble !== undefined && at >= trouble.to) {
      if (trouble.kind === 'power') gateway.start(at)
      blind.push({ from: trouble.from, to: at, why: trouble.kind === 'power' ? 'power' : trouble.kind === 'tag' ? 'tag' : 'link' })
      trouble = troubles.shift()
      powered = true
    }
    const now = trouble !== undefined && at >= trouble.from ? trouble : null
    if (now?.kind === 'power') {
      if (powered) gateway.cut()
      powered = false
      continue
    }
    if (now?.kind === 'link') { gateway.blind(at); continue }
    if (changed) gateway.look(plant)
    changed = false
    gateway.poll(at, now?.kind === 'tag' ? now.tag : null)
    if (chance.unit() < 2 * pollMs / DAY_MS) misfortune(plant, chance, at)
  }
  gateway.flush(to)
  return { seed, pollMs, from, to, plan: gateway.plan, recipe, happenings, facts: gateway.facts, rows: [...gateway.rows.values()], line: gateway.line, made, blind }
}

/** Machines so much slower, with everything else as often as before, so that two hundred days pass in a minute. */
function slowed(recipe: LineRecipe, pace: number, chance: Chance): LineRecipe {
  const likelier = (mishap: Mishap): Mishap => ({ ...mishap, mtbfMs: mishap.mtbfMs * (0.5 + 2 * chance.unit()) })
  return {
    ...recipe,
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

type Trouble = { readonly from: Instant; readonly to: Instant } & ({ readonly kind: 'link' | 'power' } | { readonly kind: 'tag'; readonly tag: number })

/** Cables, power and tags that fail, one after another. */
function troublesOf(chance: Chance, from: Instant, to: Instant, pollMs: Ms, tagsCount: number): Trouble[] {
  const troubles: Trouble[] = []
  for (let at: number = from + 60_000; ;) {
    at += Math.ceil(chance.exponential(4 * HOUR_MS)) + 20 * pollMs
    const end = at + Math.ceil(pollMs + chance.exponential(chance.pick([2 * pollMs, 20 * pollMs, 15 * 60_000])))
    // The day ends in sight of the counters: what was made unseen is known only then.
    if (end + 20 * pollMs >= to) return troubles
    const times = { from: instant(at), to: instant(end) }
    const kind = chance.pick(['link', 'link', 'power', 'tag'] as const)
    troubles.push(kind === 'tag' ? { ...times, kind, tag: chance.whole(0, tagsCount - 1) } : { ...times, kind })
    at = end
  }
}

/** A machine fails in a way that its recipe does not know, or a program download zeroes the counters right after a poll. */
function misfortune(plant: Line, chance: Chance, at: Instant): void {
  const equipment = chance.pick(plant.equipment)
  if (chance.happens(0.5)) { plant.cause(equipment, chance.whole(0, 7)); return }
  // Near either end of the range nobody can tell a reset from a rollover or a correction (domain note 5.1).
  const apart = (counter: { readonly bits: number; readonly value: number }) => counter.value > 100 && counter.value < 2 ** counter.bits - 100
  if (apart(equipment.total) && apart(equipment.reject)) equipment.zeroCounters(at)
}

const root = new URL('../../../', import.meta.url)
let example: unknown

function configOf(recipe: LineRecipe, pollMs: Ms): Config {
  example ??= parse(readFileSync(new URL('config/lineside.yaml', root), 'utf8'))
  const raw = structuredClone(example) as { plcs: { id: string; cycle: string; slow_every: number; tags: Record<string, unknown> }[]; products: { code: string; ideal_cycle: Record<string, string> }[]; lines: { oee_alert?: object; equipment: { code: string; ideal_cycle: string; no_data?: string; signals: Record<string, string> }[] }[] }
  overS7(raw)
  for (const plc of raw.plcs) { plc.cycle = `${pollMs}ms`; plc.slow_every = 3 }
  // Looking at the OEE of the last hour every minute is most of a quiet day's work.
  if (pollMs !== 2_000) delete raw.lines[0]!.oee_alert
  for (const product of raw.products) {
    for (const { code, idealMs } of recipe.equipment) product.ideal_cycle[code] = `${idealMs[product.code]}ms`
  }
  for (const [i, equipment] of raw.lines[0]!.equipment.entries()) equipment.ideal_cycle = `${Math.min(...Object.values(recipe.equipment[i]!.idealMs))}ms`
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

/** Everything of the daemon between the bytes of a PLC and its journal, with a journal that is a few arrays. */
class Gateway {
  readonly plan: LinePlan
  readonly facts: Fact[] = []
  readonly rows = new Map<string, LossRow>()
  readonly tagsCount: number
  line: CoreLine
  readonly #config: Config
  readonly #groups: readonly ScanGroup[]
  readonly #reads: readonly GroupRead[]
  #sampler: Sampler
  #snapshot: Snapshot | null = null
  #snapshotAt = 0
  /** Turns since the last fact, as the journal stages them. */
  #tail: { at: Instant; scans: Scan[] }[] = []
  #lastAt: Instant | null = null
  #turns = 0
  #values: (Pick<Scan, 'values' | 'qualities' | 'texts'> | null)[]

  constructor(made: Config) {
    this.#config = made
    this.plan = linePlans(made, 1)[0]!
    this.#groups = scanGroupsOf(made.plcs).groups
    this.#reads = this.#groups.map((group) => new GroupRead(group, PDU_BYTES))
    this.tagsCount = this.#groups[0]!.tags.length
    this.#sampler = new Sampler(signalPlan(made, this.#groups))
    this.line = openLine(this.plan, null, [])
    this.#values = this.#groups.map(() => null)
  }

  /** Reads the data blocks of the plant, as a driver would. */
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

  poll(at: Instant, badTag: number | null): void {
    const scans = this.#groups.flatMap((group) => {
      if (group.class === 'slow' && this.#turns % 3 !== 0) return []
      const read = this.#values[group.index]!
      if (badTag === null || group.index !== 0) return [{ group: group.index, at, mono: mono(at), ...read }]
      const spoilt = read.qualities.slice()
      spoilt[badTag] = qualities.not_found
      return [{ group: group.index, at, mono: mono(at), ...read, qualities: spoilt }]
    })
    this.#turn(at, scans)
  }

  /** A poll that the PLC did not answer. */
  blind(at: Instant): void {
    this.#turn(at, this.#groups.map((group) => ({
      group: group.index, at, mono: mono(at), values: new Float64Array(group.slots), qualities: new Uint8Array(group.tags.length).fill(qualities.link_down), texts: new Map(),
    })))
  }

  #turn(at: Instant, scans: Scan[]): void {
    this.#turns++
    const before = this.facts.length
    for (const scan of scans) for (const sample of this.#sampler.samples(scan)) this.#tell(sample)
    this.#tell({ kind: 'beat', at })
    if (this.facts.length > before) this.#tail = []
    else this.#tail.push({ at, scans })
    this.#lastAt = at
    if (this.facts.length - this.#snapshotAt > 400 && this.facts.length > before) {
      this.#snapshotAt = this.facts.length
      this.#snapshot = { line: this.plan.line.code, seq: seq(this.facts.length), at, state: snapshotOf(this.line) }
    }
  }

  #tell(input: Input): void { this.#hear(solve(this.line, input)) }

  #hear(solved: Solved): void {
    this.line = solved.line
    for (const draft of solved.drafts) this.#note(draft)
    for (const row of solved.rows) this.rows.set(`${row.equipment} ${keyOf(row)}`, row)
  }

  #note(draft: Draft): void { this.facts.push({ ...draft, epoch: EPOCH, seq: seq(this.facts.length + 1), config: 1 }) }

  flush(at: Instant): void { this.#hear(flush(this.line, at)) }

  /** The power fails: all that is not in the journal is gone. */
  cut(): void {
    this.#sampler = new Sampler(signalPlan(this.#config, this.#groups))
  }

  /** Begins again from the journal, as the daemon does. */
  start(at: Instant): void {
    const snapshots = this.#snapshot === null ? [] : [this.#snapshot]
    const remembered: Pick<Remembered, 'snapshots' | 'facts' | 'tail' | 'rows'> = {
      snapshots, facts: this.facts.slice(this.#snapshot?.seq ?? 0), rows: [...this.rows.values()],
      tail: this.#tail.map((turn, index) => ({ ...turn, number: index, mono: mono(turn.at) })),
    }
    const recalled = recall(remembered, [this.plan], this.#sampler, () => this.plan.line.code)
    this.line = recalled.lines[0]!
    for (const draft of recalled.drafts) this.#note(draft)
    for (const row of recalled.rows) this.rows.set(`${row.equipment} ${keyOf(row)}`, row)
    const started: Draft = {
      type: 'gateway_started', at, line: null, equipment: null,
      body: { version: 'test', config: 1, previous_epoch: null, last_seen: this.#lastAt === null ? null : rfc3339(this.#lastAt), clean: false },
    }
    this.#note(started)
    this.line = apply(this.line, started)
    this.#tail = []
  }
}

const EPOCH = 'day' as Epoch
const mono = (at: Instant): Mono => (at as number) as Mono
