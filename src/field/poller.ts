/** One PLC, read at its fixed cycle: connecting, polling, backing off, and saying at once when its values cannot be believed. */

import type { Chance } from '../base/chance.js'
import type { Clock } from '../base/clock.js'
import { limits } from '../base/limits.js'
import { retryWaits } from '../base/retry.js'
import { type Instant, type Mono, type Ms, laterMono, mono, sinceMono } from '../base/units.js'
import type { Driver, OpenInfo } from '../contract/driver.js'
import { Fault, type FaultCode } from '../contract/faults.js'
import type { Plc } from '../contract/plcs.js'
import { type LinkChange, type PlcHealth, type Scan, type ScanGroup, qualities } from '../contract/scan.js'
import { BadTags } from './bad-tags.js'
import { Budget, type Cost } from './budget.js'
import { emptyScan } from './parcel.js'
import { type Until, isOver } from './parcel.js'
import { Spread } from './spread.js'

export interface PollerParts {
  readonly plc: Plc
  /** The groups of this PLC. */
  readonly groups: readonly ScanGroup[]
  /** A fresh driver for every connection. */
  readonly makeDriver: () => Driver
  /** How far into the cycle this PLC is read, so that many are not asked at the same instant. */
  readonly phaseMs: Ms
  readonly clock: Clock
  readonly chance: Chance
  readonly onScan: (scan: Scan) => void
  readonly onLink: (change: LinkChange) => void
  /** How many scans nobody could take in time. */
  readonly forgottenCount: () => number
}

export interface Poller {
  health(): PlcHealth
  /** How long the driver's call under way is beyond its worst case; 0 when it is not. */
  overdueMs(): Ms
  /** Writes one tag ahead of the next reading; STANDBY_FENCED when the request that writes would leave after `until`. Rejects with a `Fault`. */
  write(group: number, tag: number, value: number | boolean | string | bigint, until?: Until | null): Promise<void>
  stop(): Promise<void>
}

export function startPoller(parts: PollerParts): Poller {
  const poller = new PlcPoller(parts)
  poller.start()
  return poller
}

/** How long a connection and a request may take. */
export function deadlinesOf(plc: Plc): { readonly connect: Ms; readonly request: Ms } {
  return { connect: limits.connectMs, request: plc.timeout ?? Math.min(1_000, Math.max(200, plc.cycle)) }
}

/** What opening a connection costs the PLC: TCP, ISO and S7 set-up, or their like. */
const OPEN_COST: Cost = { requests: 3, bytes: 300 }
/** What a request of a write and its reply take, about. */
const WRITE_BYTES = 100
const WATCHDOG_FACTOR = 1.5

interface Write { readonly group: number; readonly tag: number; readonly value: number | boolean | string | bigint; readonly until: Until | null; readonly done: () => void; readonly failed: (fault: Fault) => void }

class PlcPoller implements Poller {
  readonly #parts: PollerParts
  readonly #stop = new AbortController()
  readonly #deadlines: { readonly connect: Ms; readonly request: Ms }
  readonly #budget: Budget
  readonly #start: Mono
  readonly #jitter: Spread
  readonly #reading: Spread
  readonly #badTags: BadTags
  readonly #writes: Write[] = []
  /** What a reading of a group took last time; the estimate for the next. */
  readonly #costs = new Map<number, Cost>()
  /** The cycle from which on a group is due. */
  readonly #dueFrom = new Map<number, number>()
  #run: Promise<void> = Promise.resolve()
  #driver: Driver | null = null
  #state: PlcHealth['state'] = 'idle'
  #fault: FaultCode | null = null
  #detail: string | null = null
  #since: Instant
  #linkUp: boolean | null = null
  #open: OpenInfo | null = null
  /** The last cycle that was begun or given up; cycle k begins at `start + k × cycle`. */
  #cycle = -1
  #call: { readonly at: Mono; readonly worstMs: Ms } | null = null
  /** When the budget last forbade a cycle. */
  #shortAt: Mono | null = null
  #cyclesCount = 0
  #cyclesMissedCount = 0
  #requestsCount = 0
  #bytesCount = 0
  #reconnectsCount = 0
  /** How long the connection under way has been good for, up to its last whole cycle. */
  #goodMs: Ms = 0

  constructor(parts: PollerParts) {
    const { clock, plc, phaseMs } = parts
    this.#parts = parts
    this.#deadlines = deadlinesOf(plc)
    this.#start = laterMono(clock.mono(), phaseMs)
    this.#since = clock.now()
    this.#budget = new Budget({ requests: plc.budget.requests_per_second, bytes: plc.budget.bytes_per_second }, clock.mono())
    this.#jitter = new Spread(clock.mono())
    this.#reading = new Spread(clock.mono())
    this.#badTags = new BadTags(parts.groups)
  }

  start(): void { this.#run = this.#live() }

  async stop(): Promise<void> {
    this.#stop.abort()
    await this.#driver?.close()
    await this.#run
  }

  overdueMs(): Ms {
    return this.#call === null ? 0 : Math.max(0, sinceMono(this.#parts.clock.mono(), this.#call.at) - this.#call.worstMs)
  }

  write(group: number, tag: number, value: number | boolean | string | bigint, until: Until | null = null): Promise<void> {
    if (this.#state !== 'online' || this.#writes.length >= limits.commandsMax) return Promise.reject(new Fault('PLC_LINK_LOST', { plc: this.#parts.plc.id }))
    return new Promise((done, failed) => { this.#writes.push({ group, tag, value, until, done, failed }) })
  }

  health(): PlcHealth {
    const { plc, clock } = this.#parts
    const at = clock.mono()
    if (this.#state !== 'online') this.#giveUpUntil(at)
    const short = this.#shortAt !== null && sinceMono(at, this.#shortAt) < limits.goodMsToForgive
    return {
      plc: plc.id, state: this.#state, fault: this.#fault ?? (short ? 'PLC_BUDGET' : null), detail: this.#detail, since: this.#since,
      pduBytes: this.#open?.pduBytes ?? null, pduFill: this.#open?.pduFill ?? null,
      requestsPerScan: this.#parts.groups.reduce((sum, group) => sum + (group.cycleMs === plc.cycle ? this.#costs.get(group.index)?.requests ?? 0 : 0), 0),
      cycleMs: plc.cycle, jitterMs: this.#jitter.read(at), readMs: this.#reading.read(at),
      cyclesCount: this.#cyclesCount, cyclesMissedCount: this.#cyclesMissedCount,
      requestsCount: this.#requestsCount, bytesCount: this.#bytesCount, reconnectsCount: this.#reconnectsCount, scansForgottenCount: this.#parts.forgottenCount(),
      badTags: this.#badTags.list(),
    }
  }

  /** The whole life: connect, poll, lose, wait, again. */
  async #live(): Promise<void> {
    const { clock, chance, makeDriver } = this.#parts
    const rule = { waitMsFirst: limits.reconnectMsFirst, waitMsMax: limits.reconnectMsMax, jitter: 0.2 }
    let waits = retryWaits(rule, chance)
    let waitMs: Ms = 0
    while (!this.#stop.signal.aborted) {
      const driver = this.#driver = makeDriver()
      this.#goodMs = 0
      try {
        await this.#connect(driver)
        await this.#poll(driver, clock.mono())
      } catch (thrown) {
        // Anything but a fault is ours: the process ends, and its supervisor starts it anew.
        if (!(thrown instanceof Fault)) throw thrown
        if (!this.#stop.signal.aborted) this.#lose(thrown)
      } finally {
        await driver.close()
      }
      // A link that held for longer than was waited for it was worth the wait, however often it breaks.
      if (this.#goodMs > Math.min(waitMs, limits.goodMsToForgive)) waits = retryWaits(rule, chance)
      if (this.#stop.signal.aborted) break
      waitMs = waits.next().value
      await clock.wait(laterMono(clock.mono(), waitMs), this.#stop.signal)
      this.#reconnectsCount++
    }
    this.#become('stopped', this.#fault)
  }

  async #connect(driver: Driver): Promise<void> {
    const { clock } = this.#parts
    this.#become('connecting', this.#fault)
    await clock.wait(laterMono(clock.mono(), this.#budget.waitMs(OPEN_COST, clock.mono())), this.#stop.signal)
    this.#spend(OPEN_COST)
    // Three handshakes, each with the connect deadline.
    this.#open = await this.#watched(3 * this.#deadlines.connect, () => driver.open())
    for (const [group, requests] of this.#open.requestsPerScan) this.#costs.set(group, { requests, bytes: this.#costs.get(group)?.bytes ?? requests * (this.#open.pduBytes ?? 500) })
    this.#dueFrom.clear()
    this.#become('online', null)
    this.#detail = null
  }

  /** One cycle after the other; returns when it is stopped, throws when the link is lost. */
  async #poll(driver: Driver, onlineAt: Mono): Promise<void> {
    const { clock, plc, groups } = this.#parts
    for (;;) {
      this.#giveUpUntil(clock.mono())
      this.#cycle++
      const deadline = laterMono(this.#start, this.#cycle * plc.cycle)
      await clock.wait(deadline, this.#stop.signal)
      if (this.#stop.signal.aborted) return
      const begun = clock.mono()
      this.#jitter.record(sinceMono(begun, deadline), begun)

      await this.#writeAll(driver)
      let missed = false
      for (const group of groups) {
        if (this.#cycle < (this.#dueFrom.get(group.index) ?? 0)) continue
        const cost = this.#costs.get(group.index) ?? OPEN_COST
        if (this.#budget.waitMs(cost, clock.mono()) > 0) { missed = true; continue }
        await this.#read(driver, group)
        const every = Math.round(group.cycleMs / plc.cycle)
        this.#dueFrom.set(group.index, (Math.floor(this.#cycle / every) + 1) * every)
        if (this.#stop.signal.aborted) return
      }
      if (missed) {
        this.#cyclesMissedCount++
        this.#shortAt = begun
      } else {
        this.#cyclesCount++
      }
      this.#reading.record(sinceMono(clock.mono(), begun), clock.mono())
      this.#goodMs = sinceMono(clock.mono(), onlineAt)
    }
  }

  async #read(driver: Driver, group: ScanGroup): Promise<void> {
    const { clock, onScan } = this.#parts
    const into = emptyScan(group)
    into.qualities.fill(qualities.not_read)
    const requests = this.#costs.get(group.index)?.requests ?? 1
    // A driver may ask a second time, when one bad tag spoiled its neighbours.
    const info = await this.#watched(2 * requests * this.#deadlines.request, () => driver.read(group, into, this.#badTags.quarantined(group.index, clock.mono())))
    const cost = { requests: info.requestsCount, bytes: info.bytesCount }
    this.#spend(cost)
    this.#costs.set(group.index, cost)
    this.#badTags.note(group.index, info.badTags, clock.mono())
    if (this.#linkUp !== true) this.#announce(true, null)
    onScan({ group: group.index, at: clock.now(), mono: clock.mono(), ...into })
  }

  async #writeAll(driver: Driver): Promise<void> {
    for (let write = this.#writes.shift(); write !== undefined; write = this.#writes.shift()) {
      const { group: index, tag, value, until, done, failed } = write
      const group = this.#parts.groups.find((group) => group.index === index)
      if (group === undefined || driver.write === undefined) { failed(new Fault('TAG_PROTECTED', { plc: this.#parts.plc.id })); continue }
      const requests = driver.writeRequestsCount ?? 1
      // Whoever asked may have lost the right to write while this waited, slept, or asked the PLC what it must know first.
      const leaves = (): void => { if (until !== null && isOver(until, this.#parts.clock)) throw new Fault('STANDBY_FENCED', { plc: this.#parts.plc.id }) }
      try {
        leaves()
        this.#spend({ requests, bytes: requests * WRITE_BYTES })
        await this.#watched(requests * this.#deadlines.request, () => driver.write!(group, tag, value, leaves))
        done()
      } catch (thrown) {
        if (!(thrown instanceof Fault)) throw thrown
        failed(thrown)
        // The link is as good as before: the tag was wrong, or the moment.
        if (!thrown.code.startsWith('TAG_') && thrown.code !== 'STANDBY_FENCED') throw thrown
      }
    }
  }

  async #watched<T>(worstMs: Ms, call: () => Promise<T>): Promise<T> {
    this.#call = { at: this.#parts.clock.mono(), worstMs: worstMs * WATCHDOG_FACTOR }
    try {
      return await call()
    } finally {
      this.#call = null
    }
  }

  #spend(cost: Cost): void {
    this.#budget.spend(cost, this.#parts.clock.mono())
    this.#requestsCount += cost.requests
    this.#bytesCount += cost.bytes
  }

  /** Counts the cycles whose time has passed as missed; they are never made up for. */
  #giveUpUntil(at: Mono): void {
    const next = Math.ceil((at - this.#start) / this.#parts.plc.cycle)
    const missed = next - 1 - this.#cycle
    if (missed <= 0) return
    this.#cyclesMissedCount += missed
    this.#cycle += missed
  }

  /** The link is gone: every value is bad from this moment on, and says why. */
  #lose(fault: Fault): void {
    const { clock, groups, onScan } = this.#parts
    // The cycle under way was begun and not finished.
    if (this.#state === 'online') this.#cyclesMissedCount++
    this.#become('backoff', fault.code)
    this.#detail = wordsOf(fault)
    for (const write of this.#writes.splice(0)) write.failed(fault)
    if (this.#linkUp === false) return
    this.#announce(false, fault.code)
    for (const group of groups) onScan(badScan(group, fault.code, clock.now(), clock.mono()))
  }

  #announce(up: boolean, fault: FaultCode | null): void {
    const { clock, plc, onLink } = this.#parts
    this.#linkUp = up
    onLink({ plc: plc.id, at: clock.now(), mono: clock.mono(), up, fault })
  }

  #become(state: PlcHealth['state'], fault: FaultCode | null): void {
    // Trying to connect and waiting to try again are one time of being away.
    if (state !== this.#state && !(isAway(state) && isAway(this.#state))) this.#since = this.#parts.clock.now()
    this.#state = state
    this.#fault = fault
  }
}

const isAway = (state: PlcHealth['state']): boolean => state === 'connecting' || state === 'backoff'

/** What was said with a fault beside its sentence; `null` when nothing was. */
export function wordsOf({ fields, cause }: Fault): string | null {
  const { plc: _, detail, ...others } = fields
  const words = [
    ...typeof detail === 'string' ? [detail] : cause instanceof Error ? [cause.message] : [],
    ...Object.entries(others).map(([name, value]) => `${name} ${String(value)}`),
  ]
  return words.length === 0 ? null : words.join(', ')
}

/** A scan that says: nobody can know. */
export function badScan(group: ScanGroup, fault: FaultCode, at: Instant, atMono: Mono): Scan {
  const quality = fault === 'PLC_TIMEOUT' ? qualities.timeout : qualities.link_down
  return { group: group.index, at, mono: mono(atMono), values: new Float64Array(group.slots), qualities: new Uint8Array(group.tags.length).fill(quality), texts: new Map() }
}
