/** What truly happened: every part, state, fault and stop with its instant, to hold the gateway's figures against. */

import { type Hash, createHash } from 'node:crypto'
import { assert, given, never } from '../base/assert.js'
import { limits } from '../base/limits.js'
import { type Instant, type Ms, rfc3339, since } from '../base/units.js'
import type { StateClass } from '../contract/config.js'
import { NOTICE_BIT_FIRST } from './fault-word.js'
import { type Happening, type PartResult, partResults } from './happening.js'
import { type StateName, makesParts, stateNames } from './packml.js'
import { ownBits } from './recipe.js'

/** A time in which no parts were made, whatever the cause. */
export interface TrueStop {
  readonly from: Instant
  /** `null` while it lasts. */
  readonly to: Instant | null
  /** The class of the first state it waited in. */
  readonly class: StateClass
  /** The fault that the PLC had latched; `null` when none rose. */
  readonly firstOut: number | null
}

export interface EquipmentTruth {
  readonly parts: Readonly<Record<PartResult, number>>
  /** How many of its rejects were found later, further down the line. */
  readonly foundLater: number
  readonly partsByProduct: Readonly<Record<string, number>>
  readonly state: StateName
  readonly stateFrom: Instant
  /** Milliseconds in each PackML state and in each class; each sums to the time since the start. */
  readonly stateMs: Readonly<Record<StateName, Ms>>
  readonly classMs: Readonly<Partial<Record<StateClass, Ms>>>
  /** Oldest first; no more than `limits.plantStopsMax`, of `stopsCount` in all. */
  readonly stops: readonly TrueStop[]
  readonly stopsCount: number
}

export interface TruthTotals {
  readonly from: Instant
  readonly at: Instant
  readonly happeningsCount: number
  /** SHA-256 over the lines of the log: equal runs have equal hashes. */
  readonly hash: string
  readonly equipment: Readonly<Record<string, EquipmentTruth>>
}

/** Keeps the truth about these machines from `from` on, when all stand stopped. `writeLine` gets each line of the log. */
export class Truth {
  readonly #from: Instant
  readonly #books: ReadonlyMap<string, Book>
  readonly #hash: Hash = createHash('sha256')
  readonly #writeLine: (line: string) => void
  #happeningsCount = 0

  constructor(equipment: readonly string[], from: Instant, writeLine: (line: string) => void) {
    this.#from = from
    this.#books = new Map(equipment.map((code) => [code, new Book(from)]))
    this.#writeLine = writeLine
  }

  /** Believes a happening, which is never older than the one before. */
  record(happening: Happening): void {
    const line = `${JSON.stringify({ ...happening, at: rfc3339(happening.at) })}\n`
    this.#hash.update(line)
    this.#writeLine(line)
    this.#happeningsCount++
    given(this.#books.get(happening.equipment), 'the book of the equipment').enter(happening)
  }

  /** All that is true at `at`, which is not before the last happening. */
  totals(at: Instant): TruthTotals {
    return {
      from: this.#from, at, happeningsCount: this.#happeningsCount,
      hash: this.#hash.copy().digest('hex'),
      equipment: Object.fromEntries([...this.#books].map(([code, book]) => [code, book.at(at)])),
    }
  }
}

/** The truth about one machine. */
class Book {
  readonly #parts: Record<PartResult, number> = zeros(partResults)
  readonly #partsByProduct: Record<string, number> = {}
  #foundLater = 0
  readonly #stateMs: Record<StateName, Ms> = zeros(stateNames)
  readonly #classMs: Partial<Record<StateClass, Ms>> = {}
  readonly #stops: TrueStop[] = []
  #stopsCount = 0
  #stop: TrueStop | null
  #state: StateName = 'stopped'
  #class: StateClass = 'stopped'
  #since: Instant
  #changesOver = false
  readonly #bits = new Set<number>()
  #firstOut: number | null = null

  constructor(from: Instant) {
    this.#since = from
    this.#stop = { from, to: null, class: 'stopped', firstOut: null }
    this.#stopsCount = 1
  }

  enter(happening: Happening): void {
    switch (happening.what) {
      case 'part':
        this.#parts[happening.result]++
        this.#partsByProduct[happening.product] = (this.#partsByProduct[happening.product] ?? 0) + 1
        return
      case 'reject_found':
        this.#parts.good--
        this.#parts[happening.result]++
        this.#foundLater++
        return
      case 'state': return this.#changeState(happening.at, happening.to)
      case 'fault_rose':
        if (happening.bit >= NOTICE_BIT_FIRST) return
        this.#bits.add(happening.bit)
        if (happening.first) this.#firstOut = happening.bit
        if (this.#stop !== null && this.#stop.firstOut === null) this.#stop = { ...this.#stop, firstOut: this.#firstOut }
        return
      case 'fault_fell':
        this.#bits.delete(happening.bit)
        if (this.#bits.size === 0) this.#firstOut = null
        return
      case 'changeover_began': this.#changesOver = true; return
      case 'changeover_ended': this.#changesOver = false; return
      case 'counters_zeroed': case 'order_changed': return
    }
  }

  at(at: Instant): EquipmentTruth {
    const openMs = since(at, this.#since)
    assert(openMs >= 0, 'the truth is asked for a time that has come')
    return {
      parts: { ...this.#parts }, foundLater: this.#foundLater, partsByProduct: { ...this.#partsByProduct },
      state: this.#state, stateFrom: this.#since,
      stateMs: { ...this.#stateMs, [this.#state]: this.#stateMs[this.#state] + openMs },
      classMs: { ...this.#classMs, [this.#class]: (this.#classMs[this.#class] ?? 0) + openMs },
      stops: this.#stop === null ? [...this.#stops] : [...this.#stops, this.#stop],
      stopsCount: this.#stopsCount,
    }
  }

  #changeState(at: Instant, to: StateName): void {
    const ms = since(at, this.#since)
    this.#stateMs[this.#state] += ms
    this.#classMs[this.#class] = (this.#classMs[this.#class] ?? 0) + ms
    const stood = !makesParts(this.#state)
    this.#class = this.#classOf(to)
    this.#state = to
    this.#since = at
    const stands = !makesParts(to)
    if (stands && !stood) this.#openStop(at)
    if (!stands && stood) this.#closeStop(at)
  }

  #openStop(at: Instant): void {
    this.#stop = { from: at, to: null, class: this.#class, firstOut: this.#firstOut }
    this.#stopsCount++
  }

  #closeStop(at: Instant): void {
    this.#stops.push({ ...given(this.#stop, 'the open stop'), to: at })
    if (this.#stops.length > limits.plantStopsMax) this.#stops.shift()
    this.#stop = null
  }

  /** The class that the domain rules give a state. Acting states on the way out keep what they come from. */
  #classOf(state: StateName): StateClass {
    if (this.#changesOver && !makesParts(state)) return 'changeover'
    switch (state) {
      case 'execute': case 'completing': return 'running'
      case 'holding': case 'held': case 'unholding': case 'stopping': case 'stopped': return 'stopped'
      case 'aborting': case 'aborted': case 'clearing': return 'faulted'
      case 'suspending': return this.#bits.has(ownBits.noInfeed) ? 'starved' : 'blocked'
      case 'idle': case 'complete': return 'idle'
      case 'suspended': case 'unsuspending': case 'starting': case 'resetting': return this.#class
      default: return never(state)
    }
  }
}

function zeros<K extends string>(keys: readonly K[]): Record<K, number> {
  // Object.fromEntries forgets which keys it was given.
  return Object.fromEntries(keys.map((key) => [key, 0])) as Record<K, number>
}
