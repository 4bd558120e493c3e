/** Scans become samples: each equipment's signals that changed, and the table of all as they are now. Forgets on restart. */

import { type Instant, type Ms, later, rfc3339, since } from '../base/units.js'
import type { Sample, SignalValue } from '../contract/inputs.js'
import { type Scan, qualities, qualityNames } from '../contract/scan.js'
import type { ViewData } from '../contract/views.js'
import type { Binding, GroupPlan } from './plan.js'
import { type Settled, settle } from './settle.js'
import { valueOf } from './value.js'

type SignalTable = ViewData<'signals'>['signals']

export class Sampler {
  readonly #plan: readonly GroupPlan[]
  #groups: readonly Group[]

  constructor(plan: readonly GroupPlan[]) {
    this.#plan = plan
    this.#groups = plan.map((group) => new Group(group))
  }

  /** The samples that a scan makes, oldest first. Usually none: what has not changed is not told. */
  samples(scan: Scan): readonly Sample[] { return this.#groups[scan.group]?.samples(scan) ?? NOTHING }

  /** What the last samples told was not heard: the next scans tell everything. */
  forget(): void { this.#groups = this.#plan.map((group) => new Group(group)) }

  /** The wall clock stepped: what was read before goes along, so that nothing lies in the future and no time between readings is made. */
  step(byMs: Ms): void { for (const group of this.#groups) group.step(byMs) }

  /** Every signal of an equipment with its quality and age, also while a short gap is bridged. */
  table(equipment: string, now: Instant): SignalTable {
    const table: SignalTable = {}
    for (const group of this.#groups) group.tell(equipment, now, table)
    return table
  }
}

const NOTHING: readonly never[] = []
const NEVER: Settled = { value: null, turnedAt: null }

/** The signals of one scan group. Plain arrays by position of the binding: most scans only compare numbers. */
class Group {
  readonly #bindings: readonly Binding[]
  readonly #settled: Settled[]
  /** The slots as last read. */
  #values: Float64Array | null = null
  /** The reading that gave them, when all its signals are good and settled: the same arrays again tell nothing. */
  #calm: Pick<Scan, 'values' | 'qualities' | 'texts'> | null = null
  readonly #qualities: Uint8Array
  /** The last good reading of what is bad now; NaN while it is good. */
  readonly #goodAt: Float64Array
  readonly #misses: Uint32Array
  /** What core was last told is that nobody can know. Not so at a start: core may remember what was before it. */
  readonly #lost: Uint8Array
  #at: Instant | null = null
  /** The reading before: the next is only asked for when one is there. */
  #before: Instant | null = null

  constructor(plan: GroupPlan) {
    this.#bindings = plan.bindings
    const count = plan.bindings.length
    this.#settled = plan.bindings.map(() => NEVER)
    this.#qualities = new Uint8Array(count).fill(qualities.not_read)
    this.#goodAt = new Float64Array(count).fill(Number.NaN)
    this.#misses = new Uint32Array(count)
    this.#lost = new Uint8Array(count)
  }

  samples(scan: Scan): readonly Sample[] {
    if (this.#calm !== null && scan.values === this.#calm.values && scan.qualities === this.#calm.qualities && scan.texts === this.#calm.texts) {
      this.#note(scan.at)
      return NOTHING
    }
    let found: Found | null = null
    let isCalm = true
    for (let i = 0; i < this.#bindings.length; i++) {
      const binding = this.#bindings[i]!
      const quality = scan.qualities[binding.tag]!
      if (quality === qualities.good && this.#qualities[i] === qualities.good && this.#same(i, binding, scan) && this.#settled[i]!.turnedAt === null) continue
      found = this.#look(i, binding, quality, scan, found)
      isCalm &&= this.#qualities[i] === qualities.good && this.#settled[i]!.turnedAt === null
    }
    this.#note(scan.at)
    this.#calm = isCalm ? scan : null
    this.#values = scan.values
    return found === null ? NOTHING : found.samples()
  }

  #note(at: Instant): void {
    this.#before = this.#at
    this.#at = at
  }

  #same(i: number, binding: Binding, scan: Scan): boolean {
    const before = this.#values
    if (before === null) return false
    if (binding.kind === 'text') return scan.texts.get(binding.tag) === this.#settled[i]!.value
    for (let slot = binding.slot; slot < binding.slot + binding.slots; slot++) if (before[slot] !== scan.values[slot]) return false
    return true
  }

  #look(i: number, binding: Binding, quality: number, scan: Scan, found: Found | null): Found | null {
    const read = quality === qualities.good ? valueOf(binding, scan) : null
    if (read === null) return this.#miss(i, binding, quality === qualities.good ? qualities.not_a_number : quality, scan, found)
    const wasGood = this.#qualities[i] === qualities.good
    const readBefore = wasGood ? this.#at : Number.isNaN(this.#goodAt[i]) ? null : this.#goodAt[i] as Instant
    this.#qualities[i] = qualities.good
    this.#goodAt[i] = Number.NaN
    this.#misses[i] = 0
    const before = this.#settled[i]!
    const after = settle(this.#lost[i] === 1 ? NEVER : before, read, scan.at, binding)
    this.#lost[i] = 0
    this.#settled[i] = after
    return after.value === before.value ? found : (found ?? new Found()).add(binding, after.value, scan.at, readBefore, wasGood ? this.#before : null)
  }

  /** A short gap is bridged; after it, nobody can know since the last good reading. */
  #miss(i: number, binding: Binding, quality: number, scan: Scan, found: Found | null): Found | null {
    if (this.#qualities[i] === qualities.good && this.#at !== null) this.#goodAt[i] = this.#at
    this.#qualities[i] = quality
    this.#misses[i]!++
    if (this.#lost[i] === 1 || this.#misses[i]! <= binding.holdPolls) return found
    this.#lost[i] = 1
    this.#settled[i] = NEVER
    const goodAt = Number.isNaN(this.#goodAt[i]) ? scan.at : this.#goodAt[i] as Instant
    return (found ?? new Found()).add(binding, null, goodAt, null)
  }

  step(byMs: Ms): void {
    if (this.#at !== null) this.#at = later(this.#at, byMs)
    if (this.#before !== null) this.#before = later(this.#before, byMs)
    for (let i = 0; i < this.#bindings.length; i++) {
      this.#goodAt[i]! += byMs
      const settled = this.#settled[i]!
      if (settled.turnedAt !== null) this.#settled[i] = { ...settled, turnedAt: later(settled.turnedAt, byMs) }
    }
  }

  tell(equipment: string, now: Instant, table: SignalTable): void {
    for (let i = 0; i < this.#bindings.length; i++) {
      const { equipment: of, signal, unit } = this.#bindings[i]!
      if (of !== equipment) continue
      const good = this.#qualities[i] === qualities.good
      const at = good ? this.#at : Number.isNaN(this.#goodAt[i]) ? null : this.#goodAt[i] as Instant
      const { value } = this.#settled[i]!
      table[signal] = {
        value: typeof value === 'bigint' ? String(value) : value, unit, quality: qualityNames[this.#qualities[i]!] ?? 'not_read',
        at: at === null ? null : rfc3339(at), age_seconds: at === null ? null : since(now, at) / 1_000,
      }
    }
  }
}

/** Changes on their way into samples: one per equipment and instant, what was lost before what was read. */
class Found {
  readonly #samples: { kind: 'sample'; at: Instant; since?: Instant; askedAfter?: Instant; equipment: string; signals: Record<string, SignalValue> }[] = []

  add(binding: Binding, value: SignalValue, at: Instant, before: Instant | null, askedAfter: Instant | null = null): this {
    let sample = this.#samples.findLast((one) => one.equipment === binding.equipment && one.at === at)
    if (sample === undefined) this.#samples.push(sample = { kind: 'sample', at, equipment: binding.equipment, signals: {}, ...before === null ? {} : { since: before }, ...askedAfter === null ? {} : { askedAfter } })
    sample.signals[binding.signal] = value
    return this
  }

  samples(): readonly Sample[] { return this.#samples.length === 1 ? this.#samples : this.#samples.sort((a, b) => a.at - b.at) }
}
