/** One machine: it takes a part, works on it, judges it and passes it on, unless something keeps it from doing so. */

import { assert } from '../base/assert.js'
import type { Chance } from '../base/chance.js'
import { type Instant, type Ms, later, since } from '../base/units.js'
import type { Batches } from './batches.js'
import { type Counter, counted, counterAt } from './counter.js'
import { type FaultWord, bitsOf, fallen, has, isNotice, noFaults, risen } from './fault-word.js'
import type { Tell } from './happening.js'
import { type Mishap, drawCourse, drawMishap } from './mishap.js'
import { OrderBook } from './order-book.js'
import { type ModeName, type StateName, makesParts, mayHold } from './packml.js'
import { type EquipmentRecipe, ownBits } from './recipe.js'
import type { Passed, Side } from './store.js'
import { Workmanship } from './workmanship.js'

/** How long a machine waits for a part or for room before it suspends itself. */
const PATIENCE_MS = 2_500
/** A suspended machine comes back when so many parts, or so much room, are there: it would only stutter otherwise. Of a small store it asks for half, so that two never wait for each other. */
const COMEBACK_PARTS = 6

/** A state on the way to another, and how long it lasts. */
interface Step {
  readonly state: StateName
  readonly ms: Ms
  /** What else happens as it is entered. */
  readonly enter?: (at: Instant) => void
}

interface PartInWork {
  leftMs: Ms
  spoilt: boolean
  /** `null` while it is worked on. */
  done: Passed | null
}

export class Equipment {
  readonly recipe: EquipmentRecipe
  state: StateName = 'stopped'
  mode: ModeName = 'production'
  product: string
  starved = false
  blocked = false
  changingOver = false
  /** Another machine of its line is changed over, and it comes to stand for that sooner or later. */
  lineChangesOver = false
  faults: FaultWord = noFaults
  total: Counter
  reject: Counter
  readonly orders: OrderBook | null
  /** Ever taken in, ever rejected, ever passed on. What is missing is in the machine. */
  readonly parts = { taken: 0, rejected: 0, passed: 0 }

  readonly #chance: Chance
  readonly #tell: Tell
  readonly #infeed: Side
  readonly #outfeed: Side
  readonly #batches: Batches | null
  readonly #workmanship: Workmanship
  /** What this machine does next by itself; `null` while it waits for a neighbour. */
  #next: { at: Instant; act: (at: Instant) => void } | null = null
  /** Faults that another fault will bring about. */
  #rises: { at: Instant; bit: number }[] = []
  #part: PartInWork | null = null
  #waitsFor: 'infeed' | 'outfeed' | null = null
  #cycleMs: Ms
  #reelLeft: number
  #stoodFrom: Instant | null = null

  constructor(recipe: EquipmentRecipe, product: string, infeed: Side, outfeed: Side, batches: Batches | null, chance: Chance, tell: Tell) {
    this.recipe = recipe
    this.product = product
    this.total = counterAt(recipe.totalBits, recipe.totalFirst)
    this.reject = counterAt(16, recipe.rejectFirst)
    this.orders = recipe.orders === null ? null : new OrderBook(recipe.orders)
    this.#infeed = infeed
    this.#outfeed = outfeed
    this.#batches = batches
    this.#chance = chance
    this.#workmanship = new Workmanship(recipe, chance)
    this.#tell = tell
    this.#reelLeft = recipe.reel?.parts ?? Infinity
    this.#cycleMs = this.#idealMs
  }

  /** When this machine acts next by itself; `Infinity` when only a neighbour can move it. */
  get nextAt(): number {
    let at = this.#next?.at ?? Infinity
    for (const rise of this.#rises) if (rise.at < at) at = rise.at
    return at
  }

  /** Actual and set speed in parts per minute. */
  get speed(): number { return this.state === 'execute' && this.#waitsFor === null ? 60_000 / this.#cycleMs : 0 }
  get speedSet(): number { return 60_000 / this.#idealMs }

  /** What its PLC says: it is changed over, or stands because its line is. */
  get showsChangeover(): boolean { return this.changingOver || (this.lineChangesOver && this.state === 'suspended') }

  start(at: Instant): void {
    this.#pass(at, [...this.#fromStopped()], (then) => this.#execute(then))
  }

  /** Does what is due at `at`, which must be `nextAt`. */
  act(at: Instant): void {
    const rise = this.#rises.find((candidate) => candidate.at <= at)
    if (rise !== undefined) {
      this.#rises = this.#rises.filter((other) => other !== rise)
      return this.#rise(at, rise.bit)
    }
    const next = this.#next
    assert(next !== null && next.at <= at, 'a machine acts when it is due')
    this.#next = null
    next.act(at)
  }

  /** Looks whether a neighbour has ended its waiting; true when it has. */
  look(at: Instant): boolean {
    if (this.#waitsFor === null || (this.state !== 'execute' && this.state !== 'suspended')) return false
    const side = this.#waitsFor === 'infeed' ? this.#infeed : this.#outfeed
    const enough = this.state === 'suspended' ? Math.min(COMEBACK_PARTS, Math.ceil(side.capacity / 2)) : 1
    if ((side === this.#infeed ? side.count : side.room) < enough) return false
    this.#waitsFor = null
    if (this.state === 'suspended') this.#unsuspend(at)
    else this.#work(at)
    return true
  }

  /** Makes something go wrong now. False when the machine is changing over, where nothing runs that could fail. */
  suffer(at: Instant, mishap: Mishap): boolean {
    if (this.changingOver || this.state === 'completing') return false
    if (has(this.faults, mishap.bit)) return true
    const isMending = this.state === 'held' || this.state === 'holding' || this.state === 'aborted' || this.state === 'aborting'
    if (isMending) this.#rise(at, mishap.bit)
    else this.#fail(at, mishap)
    return true
  }

  /** A tester counts here what it found of another machine. */
  countFound(): void {
    this.total = counted(this.total)
    this.reject = counted(this.reject)
  }

  /** The raw counters fall to zero, as after a cold restart or a program download. */
  zeroCounters(at: Instant): void {
    this.total = counterAt(this.total.bits, 0)
    this.reject = counterAt(16, 0)
    this.orders?.zeroLatch()
    this.#tell({ at, equipment: this.recipe.code, what: 'counters_zeroed' })
  }

  /** How many parts are in the machine itself. */
  get partsInside(): number { return this.#part === null ? 0 : 1 }

  get #idealMs(): Ms {
    const ms = this.recipe.idealMs[this.product]
    assert(ms !== undefined, 'every machine knows every product')
    return ms
  }

  /* ── working ─────────────────────────────────────────────────────────────────────────────────── */

  #execute(at: Instant): void {
    this.#enter(at, 'execute')
    this.#work(at)
  }

  /** In execute: whatever comes next, be it a part, a neighbour, a new reel or a new product. */
  #work(at: Instant): void {
    if (this.#part === null) {
      if (this.#batches?.isDone === true) return this.#changeOver(at)
      if (this.#reelLeft === 0) return this.#fail(at, this.recipe.reel!.end)
      if (this.#infeed.count < 1) return this.#waitFor(at, 'infeed')
      this.#infeed.take()
      this.parts.taken++
      this.#cycleMs = this.#workmanship.drawCycle(this.#idealMs)
      this.#part = { leftMs: this.#cycleMs, spoilt: false, done: null }
    }
    if (this.#part.done !== null) return this.#passOn(at, this.#part.done)
    this.#runPart(at, this.#part)
  }

  /** Works on the part until it is done, or until something goes wrong on the way. */
  #runPart(at: Instant, part: PartInWork): void {
    const mishap = drawMishap(this.recipe.mishaps, part.leftMs, this.#chance)
    if (mishap === null) return this.#at(later(at, part.leftMs), (then) => { part.leftMs = 0; this.#finish(then, part) })
    const runsMs = this.#chance.whole(0, part.leftMs - 1)
    this.#at(later(at, runsMs), (then) => {
      part.leftMs -= runsMs
      part.spoilt ||= this.#chance.happens(mishap.spoils)
      this.#fail(then, mishap)
    })
  }

  #finish(at: Instant, part: PartInWork): void {
    const { isStartup } = this.#workmanship
    const result = this.#workmanship.judge(part.spoilt)
    part.done = { product: this.product, isStartup }
    this.total = counted(this.total)
    if (result !== 'good') this.reject = counted(this.reject)
    this.#tell({ at, equipment: this.recipe.code, what: 'part', result, product: this.product })
    this.#finishOrder(at)
    this.#batches?.made()
    this.#wearReel(at)
    if (result !== 'good') {
      this.#part = null
      this.parts.rejected++
    }
    this.#work(at)
  }

  #finishOrder(at: Instant): void {
    const change = this.orders?.made(this.total.value)
    if (change !== undefined && change !== null) this.#tell({ at, equipment: this.recipe.code, what: 'order_changed', ...change })
  }

  #passOn(at: Instant, part: Passed): void {
    if (this.#outfeed.room < 1) return this.#waitFor(at, 'outfeed')
    this.#outfeed.put(part)
    this.parts.passed++
    this.#part = null
    this.#work(at)
  }

  #wearReel(at: Instant): void {
    const reel = this.recipe.reel
    if (reel === null) return
    this.#reelLeft--
    if (this.#reelLeft === reel.promptAt) this.#rise(at, reel.promptBit)
  }

  /* ── waiting for neighbours ──────────────────────────────────────────────────────────────────── */

  #waitFor(at: Instant, side: 'infeed' | 'outfeed'): void {
    this.#waitsFor = side
    this.#at(later(at, PATIENCE_MS), (then) => this.#suspend(then, side))
  }

  #suspend(at: Instant, side: 'infeed' | 'outfeed'): void {
    this.starved = side === 'infeed'
    this.blocked = side === 'outfeed'
    this.#rise(at, this.starved ? ownBits.noInfeed : ownBits.outfeedFull)
    this.#pass(at, [{ state: 'suspending', ms: 600 }], (then) => this.#enter(then, 'suspended'))
  }

  #unsuspend(at: Instant): void {
    this.#endSuspension(at)
    this.#pass(at, [{ state: 'unsuspending', ms: 800 }], (then) => this.#execute(then))
  }

  #endSuspension(at: Instant): void {
    this.starved = false
    this.blocked = false
    this.#fall(at, ownBits.noInfeed)
    this.#fall(at, ownBits.outfeedFull)
  }

  /* ── failing and being mended ────────────────────────────────────────────────────────────────── */

  #fail(at: Instant, mishap: Mishap): void {
    this.#waitsFor = null
    this.#rise(at, mishap.bit)
    this.#endSuspension(at)
    const { repairMs, follows } = drawCourse(mishap, this.#chance)
    for (const { bit, afterMs } of follows) this.#rises.push({ at: later(at, afterMs), bit })
    const mend = (then: Instant) => this.#mend(then, mishap)
    const steps: Step[] = mishap.leadsTo === 'held' && mayHold(this.state)
      ? [{ state: 'holding', ms: 300 }, { state: 'held', ms: repairMs }, { state: 'unholding', ms: 700, enter: mend }]
      : [{ state: 'aborting', ms: 400 }, { state: 'aborted', ms: repairMs }, { state: 'clearing', ms: 1_500, enter: mend }, ...this.#fromStopped()]
    this.#pass(at, steps, (then) => this.#execute(then))
  }

  #mend(at: Instant, mishap: Mishap): void {
    const reel = this.recipe.reel
    if (reel !== null && mishap.bit === reel.end.bit) {
      this.#reelLeft = reel.parts
      this.#fall(at, reel.promptBit)
    }
    for (const bit of bitsOf(this.faults)) if (!isNotice(bit)) this.#fall(at, bit)
  }

  #fromStopped(): Step[] {
    return [{ state: 'stopped', ms: 1_000 }, { state: 'resetting', ms: 1_200 }, { state: 'idle', ms: 800 }, { state: 'starting', ms: 2_000 }]
  }

  /* ── changing over ───────────────────────────────────────────────────────────────────────────── */

  #changeOver(at: Instant): void {
    const batches = this.#batches!
    const batch = batches.next()
    const begin = (then: Instant) => {
      this.changingOver = true
      this.#rise(then, ownBits.batchDone)
      this.#tell({ at: then, equipment: this.recipe.code, what: 'changeover_began', from: this.product, to: batch.product })
    }
    const toManual = () => { this.mode = 'manual' }
    const toProduction = (then: Instant) => {
      this.mode = 'production'
      this.product = batch.product
      this.#fall(then, ownBits.batchDone)
    }
    this.#pass(at, [
      { state: 'completing', ms: 1_500 }, { state: 'complete', ms: 5_000, enter: begin }, { state: 'stopping', ms: 500 },
      { state: 'stopped', ms: batch.changeoverMs, enter: toManual },
      { state: 'resetting', ms: 1_200, enter: toProduction }, { state: 'idle', ms: 800 }, { state: 'starting', ms: 2_000 },
    ], (then) => {
      this.changingOver = false
      batches.begin(batch)
      this.#workmanship.startCold()
      this.#tell({ at: then, equipment: this.recipe.code, what: 'changeover_ended', product: batch.product })
      this.#execute(then)
    })
  }

  /* ── states and bits ─────────────────────────────────────────────────────────────────────────── */

  #at(at: Instant, act: (at: Instant) => void): void { this.#next = { at, act } }

  /** Goes through the steps, each for its time, and then on to `then`. */
  #pass(at: Instant, steps: readonly Step[], then: (at: Instant) => void): void {
    const [step, ...rest] = steps
    if (step === undefined) return then(at)
    step.enter?.(at)
    this.#enter(at, step.state)
    this.#at(later(at, step.ms), (next) => this.#pass(next, rest, then))
  }

  #enter(at: Instant, to: StateName): void {
    const from = this.state
    if (from === to) return
    if (makesParts(from) && !makesParts(to)) this.#stoodFrom = at
    if (makesParts(to) && this.#stoodFrom !== null) {
      this.#workmanship.startAfter(since(at, this.#stoodFrom))
      this.#stoodFrom = null
    }
    this.state = to
    this.#tell({ at, equipment: this.recipe.code, what: 'state', from, to })
  }

  #rise(at: Instant, bit: number): void {
    if (has(this.faults, bit)) return
    const before = this.faults
    this.faults = risen(before, bit)
    this.#tell({ at, equipment: this.recipe.code, what: 'fault_rose', bit, first: before.firstOut === null && this.faults.firstOut === bit })
  }

  #fall(at: Instant, bit: number): void {
    if (!has(this.faults, bit)) return
    this.faults = fallen(this.faults, bit)
    this.#tell({ at, equipment: this.recipe.code, what: 'fault_fell', bit })
  }
}
