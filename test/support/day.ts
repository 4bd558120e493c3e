/** A day of a seeded plant, read by a gateway without any I/O: plant, image, decoding, signals, core. The truth is kept beside it. */

import type { Chance } from '../../src/base/chance.js'
import { type Epoch, type Instant, type Ms, instant, rfc3339, seq } from '../../src/base/units.js'
import type { Config } from '../../src/contract/config.js'
import type { Draft, Fact } from '../../src/contract/events/catalogue.js'
import type { Input } from '../../src/contract/inputs.js'
import type { Remembered, Snapshot } from '../../src/contract/journal.js'
import type { LossRow } from '../../src/contract/losses.js'
import type { Scan, ScanGroup } from '../../src/contract/scan.js'
import { apply } from '../../src/core/apply.js'
import { type Solved, flush, solve } from '../../src/core/line.js'
import { openLine, snapshotOf } from '../../src/core/snapshot.js'
import { keyOf } from '../../src/core/losses/lossbook.js'
import type { Line as CoreLine } from '../../src/core/memory/memory.js'
import { type LinePlan, linePlans } from '../../src/core/time/plan.js'
import type { Happening } from '../../src/plant/happening.js'
import type { LineRecipe } from '../../src/plant/recipe.js'
import { recall } from '../../src/turn/recall.js'
import { signalPlan } from '../../src/signals/plan.js'
import { Sampler } from '../../src/signals/sampler.js'
import { Eye, misfortune, monoOf, plantOfDay, siteOfDay } from './day-site.js'

const DAY_MS = 86_400_000
const HOUR_MS = 3_600_000

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
  const site = siteOfDay(seed)
  const { chance, pollMs, recipe, from } = site
  const to = instant(from + DAY_MS)
  const { plant, happenings, made, hasChanged } = plantOfDay(site, seed)
  const eye = new Eye(site.config)
  const blind: Blind[] = []
  const gateway = new Gateway(site.config, eye.groups)
  const troubles = troublesOf(chance, from, to, pollMs, eye.groups[0]!.tags.length)
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
    if (now?.kind === 'link') { gateway.turn(at, eye.blind(at)); continue }
    if (hasChanged()) eye.look(plant)
    gateway.turn(at, eye.scans(at, gateway.turns, now?.kind === 'tag' ? now.tag : null))
    if (chance.unit() < 2 * pollMs / DAY_MS) misfortune(plant, chance, at)
  }
  gateway.flush(to)
  return { seed, pollMs, from, to, plan: gateway.plan, recipe, happenings, facts: gateway.facts, rows: [...gateway.rows.values()], line: gateway.line, made, blind }
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

/** Everything of the daemon between the bytes of a PLC and its journal, with a journal that is a few arrays. */
class Gateway {
  readonly plan: LinePlan
  readonly facts: Fact[] = []
  readonly rows = new Map<string, LossRow>()
  turns = 0
  line: CoreLine
  readonly #config: Config
  readonly #groups: readonly ScanGroup[]
  #sampler: Sampler
  #snapshot: Snapshot | null = null
  #snapshotAt = 0
  /** Turns since the last fact, as the journal stages them. */
  #tail: { at: Instant; scans: Scan[] }[] = []
  #lastAt: Instant | null = null

  constructor(made: Config, groups: readonly ScanGroup[]) {
    this.#config = made
    this.plan = linePlans(made, 1)[0]!
    this.#groups = groups
    this.#sampler = new Sampler(signalPlan(made, groups))
    this.line = openLine(this.plan, null, [])
  }

  turn(at: Instant, scans: Scan[]): void {
    this.turns++
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
      tail: this.#tail.map((turn, index) => ({ ...turn, number: index, mono: monoOf(turn.at) })),
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
