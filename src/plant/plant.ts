/** The virtual plant: a line that lives at a chosen pace, the PLC that shows it, the truth about it, and levers to disturb it. */

import { once } from 'node:events'
import { createWriteStream, type WriteStream } from 'node:fs'
import { never } from '../base/assert.js'
import { type Clock, systemClock } from '../base/clock.js'
import { type Log, silentLog } from '../base/log.js'
import { type Instant, type Ms, later, laterMono } from '../base/units.js'
import { type Refusal, refuse } from '../contract/refusals.js'
import { openControl } from './control.js'
import { Display } from './display.js'
import { bitsOf } from './fault-word.js'
import type { Pull } from './levers.js'
import { Line } from './line.js'
import type { Order, PlcOptions, RunningPlc } from './orders.js'
import { type Pace, endedAt, modelInstant, paced } from './pace.js'
import { type LineRecipe, baggingLine } from './recipe.js'
import type { PlantState, Steered } from './state.js'
import type { SwingBlock } from './swing.js'
import { Truth, type TruthTotals } from './truth.js'

export interface PlantOptions {
  readonly seed: number
  /** Model time per real time. All instants of the truth are model time. */
  readonly factor: number
  /** Where S7 clients connect on 127.0.0.1; 0 = any free port. */
  readonly s7Port: number
  /** Where EtherNet/IP clients connect on 127.0.0.1; 0 = any free port, `null` = nowhere, which is the default. */
  readonly logixPort?: number | null
  /** Where the levers and the truth are, over HTTP; 0 = any free port, `null` = no control port. */
  readonly controlPort: number | null
  /** Model time at the start; default: now, so that at factor 1 the plant lives by the wall clock. */
  readonly from?: Instant
  /** Model time after which everything stands still; default: never. */
  readonly runMs?: Ms
  /** Every happening as a line of JSON; some 18 MB for a day of the demo's line. */
  readonly truthFile?: string
  /** How often the blocks are written, in real time. */
  readonly stepMs?: Ms
  /** `false`: clients talk to the S7 server directly, and the faults of the network are not to be had. */
  readonly door?: boolean
  /**
   * `inside`: the first PLC lives in this process, which saves the memory of one; it needs the door. Once it was killed, the next
   * has a process of its own, because two servers of snap7 cannot share one. Default: `process`.
   */
  readonly plc?: 'inside' | 'process'
  /** PDU that every client gets; 0 = what it asks for. */
  readonly pduBytes?: number
  /** Further blocks of moving values, for benches. */
  readonly swing?: readonly SwingBlock[]
  readonly recipe?: LineRecipe
  readonly clock?: Clock
  readonly log?: Log
}

export interface Plant extends Steered {
  readonly s7Port: number
  readonly logixPort: number | null
  readonly controlPort: number | null
  readonly recipe: LineRecipe
  /** Resolves when model time has ended and the blocks show it. Never, when it has no end. */
  readonly ended: Promise<void>
  stop(): Promise<void>
}

/** Resolves when the S7 port accepts. */
export async function startPlant(options: PlantOptions): Promise<Plant> {
  const plant = new LivingPlant(options)
  try {
    await plant.start()
  } catch (thrown) {
    await plant.stop()
    throw thrown
  }
  return plant
}

class LivingPlant implements Plant {
  readonly recipe: LineRecipe
  readonly ended: Promise<void>
  readonly #options: PlantOptions
  readonly #clock: Clock
  readonly #log: Log
  readonly #line: Line
  readonly #display: Display
  readonly #truth: Truth
  readonly #file: WriteStream | null
  readonly #stopping = new AbortController()
  #end: () => void = () => {}
  #pace: Pace
  #factor: number
  #isPaused = false
  #plc: RunningPlc | null = null
  #s7Port: number
  #logixPort: number | null
  #pduBytes: number
  #control: { readonly port: number; close(): Promise<void> } | null = null
  #loop: Promise<void> = Promise.resolve()
  /** The levers wait for each other: two restarts at once would leave two PLCs. */
  #pulls: Promise<unknown> = Promise.resolve()

  constructor(options: PlantOptions) {
    const clock = options.clock ?? systemClock
    const from = options.from ?? clock.now()
    this.recipe = options.recipe ?? baggingLine
    this.#options = options
    this.#clock = clock
    this.#log = options.log ?? silentLog
    this.#s7Port = options.s7Port
    this.#logixPort = options.logixPort ?? null
    this.#pduBytes = options.pduBytes ?? 0
    this.#factor = options.factor
    this.#file = options.truthFile === undefined ? null : createWriteStream(options.truthFile)
    this.#truth = new Truth(this.recipe.equipment.map(({ code }) => code), from, (line) => { this.#file?.write(line) })
    this.#line = new Line(this.recipe, options.seed, from, (happening) => this.#truth.record(happening))
    this.#display = new Display(this.#line, clock, this.#log)
    const until = options.runMs === undefined ? null : later(from, options.runMs)
    this.#pace = { mono: clock.mono(), at: from, factor: options.factor, until }
    this.ended = new Promise((resolve) => { this.#end = resolve })
  }

  get s7Port(): number { return this.#s7Port }
  get logixPort(): number | null { return this.#logixPort }
  get controlPort(): number | null { return this.#control?.port ?? null }

  async start(): Promise<void> {
    await this.#startPlc()
    if (this.#options.controlPort !== null) this.#control = await openControl(this.#options.controlPort, this)
    // Model time begins when somebody can look.
    this.#pace = { ...this.#pace, mono: this.#clock.mono() }
    this.#loop = this.#live()
  }

  state(): PlantState {
    this.#catchUp()
    return {
      at: this.#line.now, factor: this.#factor, isPaused: this.#isPaused, until: this.#pace.until,
      plcPid: this.#plc?.isAlive === true ? this.#plc.pid : null, s7Port: this.#s7Port, logixPort: this.#logixPort,
      stores: this.#line.stores.map((store) => store.count),
      equipment: this.#line.equipment.map((equipment) => ({
        code: equipment.recipe.code, db: equipment.recipe.db, state: equipment.state, product: equipment.product, order: equipment.orders?.name ?? null,
        totalRaw: equipment.total.value, rejectRaw: equipment.reject.value,
        faultBits: bitsOf(equipment.faults), firstOut: equipment.faults.firstOut,
      })),
    }
  }

  truth(): TruthTotals {
    this.#catchUp()
    return this.#truth.totals(this.#line.now)
  }

  pull(pull: Pull): Promise<Refusal | null> {
    const done = this.#pulls.then(() => this.#obey(pull))
    this.#pulls = done.catch(() => null)
    return done
  }

  async #obey(pull: Pull): Promise<Refusal | null> {
    this.#catchUp()
    this.#log.info('lever pulled', { lever: pull.lever, body: pull.body })
    const refused = await this.#apply(pull)
    await this.#display.show(this.#plc)
    return refused
  }

  async #apply(pull: Pull): Promise<Refusal | null> {
    switch (pull.lever) {
      case 'faults/hang': return this.#order({ do: 'lock' })
      case 'faults/silence': return this.#disturb({ do: 'hush' })
      case 'faults/slow': return this.#disturb({ do: 'slow', ms: pull.body.ms })
      case 'faults/pull': return this.#disturb({ do: 'pull' })
      case 'faults/drop': return this.#disturb({ do: 'drop' })
      case 'faults/pdu': return this.#setPdu(pull.body.bytes)
      case 'faults/release': return this.#order({ do: 'release' })
      case 'faults/kill': return this.#kill()
      case 'faults/restart': return this.#restart(pull.body.zero_counters)
      case 'faults/download': return this.#download(pull.body.ms)
      case 'faults/machine': return this.#causeFault(pull.body.equipment, pull.body.bit)
      case 'line/changeover': return this.#endBatch()
      case 'time/pause': return this.#setPace(true, this.#factor)
      case 'time/resume': return this.#setPace(false, this.#factor)
      case 'time/factor': return this.#setPace(this.#isPaused, pull.body.factor)
      case 'time/freeze': return this.#freeze(pull.body.at ?? later(this.#line.now, pull.body.after_ms ?? 0))
      default: return never(pull)
    }
  }

  async stop(): Promise<void> {
    this.#stopping.abort()
    // A PLC that is stopped by a signal answers no order: only killing it frees who waits for it.
    await this.#kill()
    await this.#loop
    await this.#control?.close()
    if (this.#file !== null) {
      this.#file.end()
      await once(this.#file, 'close')
    }
  }

  /* ── living and showing ──────────────────────────────────────────────────────────────────────── */

  async #live(): Promise<void> {
    const stepMs = this.#options.stepMs ?? 20
    for (let next = this.#clock.mono(); !this.#stopping.signal.aborted; next = laterMono(this.#clock.mono(), stepMs)) {
      await this.#clock.wait(next, this.#stopping.signal)
      this.#catchUp()
      await this.#display.show(this.#plc)
      if (this.#line.now === this.#pace.until) this.#end()
    }
  }

  #catchUp(): void { this.#line.advance(modelInstant(this.#pace, this.#clock.mono())) }

  /* ── levers ──────────────────────────────────────────────────────────────────────────────────── */

  async #order(order: Exclude<Order, { do: 'open' }>): Promise<Refusal | null> {
    if (this.#plc?.isAlive !== true) return refuse('PLANT_PLC_DEAD')
    await this.#plc.obey(order)
    return null
  }

  /** Orders to the network in front of the PLC. */
  async #disturb(order: Exclude<Order, { do: 'open' }>): Promise<Refusal | null> {
    return this.#options.door === false ? refuse('PLANT_NO_DOOR') : this.#order(order)
  }

  async #startPlc(): Promise<void> {
    const { door = true, swing = [] } = this.#options
    const options: PlcOptions = { port: this.#s7Port, logixPort: this.#logixPort, door, pduBytes: this.#pduBytes, ...this.#display.begin(), swing }
    this.#plc = this.#options.plc === 'inside' && this.#plc === null
      ? await (await import('./plc.js')).Plc.open(options)
      : await (await import('./plc-process.js')).PlcProcess.start(options)
    this.#s7Port = this.#plc.port
    this.#logixPort = this.#plc.logixPort
  }

  async #kill(): Promise<null> {
    await this.#plc?.kill()
    return null
  }

  async #restart(zeroCounters: boolean): Promise<null> {
    await this.#kill()
    if (zeroCounters) this.#zeroCounters()
    await this.#startPlc()
    return null
  }

  #setPdu(bytes: number): Promise<null> {
    this.#pduBytes = bytes
    return this.#restart(false)
  }

  async #download(ms: Ms): Promise<Refusal | null> {
    if (this.#options.door === false) return refuse('PLANT_NO_DOOR')
    this.#zeroCounters()
    this.#display.blank(ms)
    await this.#display.show(this.#plc)
    return this.#disturb({ do: 'drop' })
  }

  #zeroCounters(): void {
    for (const equipment of this.#line.equipment) equipment.zeroCounters(this.#line.now)
  }

  #causeFault(code: string, bit: number): Refusal | null {
    const equipment = this.#line.of(code)
    if (equipment === undefined) return refuse('EQUIPMENT_UNKNOWN', { equipment: code })
    return this.#line.cause(equipment, bit) ? null : refuse('CHANGEOVER_RUNNING', { equipment: code })
  }

  #endBatch(): null {
    this.#line.endBatch()
    return null
  }

  #setPace(isPaused: boolean, factor: number): null {
    this.#isPaused = isPaused
    this.#factor = factor
    this.#pace = paced(this.#pace, this.#clock.mono(), isPaused ? 0 : factor)
    return null
  }

  #freeze(until: Instant): null {
    this.#pace = endedAt(this.#pace, this.#clock.mono(), until)
    return null
  }
}
