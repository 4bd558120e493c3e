/** One lane of a stream: sends what follows the bookmark within a window, and moves the bookmark when the other side has it. */

import type { Chance } from '../../base/chance.js'
import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import type { Log } from '../../base/log.js'
import { type Ms, sinceMono } from '../../base/units.js'
import type { UpstreamConfig } from '../../contract/config.js'
import { faultOf } from '../../contract/faults.js'
import type { LaneFigures } from '../../contract/upstream-figures.js'
import { type Envelope, fitting, packed, type Rec } from './batch.js'
import { Bookmark } from './bookmark.js'
import { type Flight, Flights } from './flights.js'
import type { Connection } from './link.js'
import { Pace } from './pace.js'
import { Patience } from './patience.js'
import { verdictOf, wordsOf } from './reasons.js'
import { goneRecord, type Source } from './sources.js'
import type { Throttle } from './throttle.js'

export interface LaneParts {
  readonly source: Source
  readonly topic: string
  readonly envelope: Pick<Envelope, 'gateway' | 'epoch'>
  readonly upstream: Pick<UpstreamConfig, 'ack' | 'batch' | 'message' | 'deflate' | 'window' | 'in_flight' | 'ack_timeout'>
  readonly throttle: Throttle
  /** Of two boxes only this one has that number yet. */
  readonly isAlone: (number: number) => boolean
  /** The MES has a later number of this very epoch: the journal is an older copy. */
  readonly outrun: (number: number) => void
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

/** Facts that were sent as they happened, ahead of the history between: the numbers in (`from`, `to`]. */
interface Ahead { readonly from: number; to: number; underCount: number }

/** A watermark that repeats itself says that the MES lives and lacks what we sent; what is younger than this may still be on its way. */
const NUDGE_MS: Ms = 2_000

export class Lane {
  readonly #parts: LaneParts
  readonly #bookmark: Bookmark
  readonly #flights = new Flights()
  readonly #patience: Patience
  #sent = 0
  /** While a range is sent again on request, a watermark moves us only as far as it was sent again. */
  #againUntil = 0
  /** Read and not yet sent. */
  #next: readonly Rec[] = []
  #ahead: Ahead | null = null
  /** What just happened is next in turn, so it need not wait for the room that history of other lanes takes. */
  #isUrgent = false
  #connection: Connection | null = null
  /** Any rewind makes what is being read or published then somebody else's. */
  #turn = 0
  #isPaused = false
  #wake = new AbortController()
  #refusedAck: string | null = null
  /** What the MES says it has, beyond what was sent from here: it is sent all the same, but need not be waited for. */
  #known = 0
  readonly #count = { messages: 0, records: 0, bytes: 0, rewinds: 0, quarantined: 0, refusedAcks: 0 }
  readonly #pace: Pace

  constructor(parts: LaneParts) {
    this.#parts = parts
    this.#bookmark = new Bookmark(parts)
    this.#patience = new Patience(parts, parts.upstream.ack_timeout)
    this.#pace = new Pace(parts.clock)
  }

  /** Before the first connection. */
  async load(): Promise<void> {
    await this.#bookmark.load()
    this.#sent = this.#acked
  }

  figures(): LaneFigures {
    return {
      acked: this.#acked, sent: this.#sent, flightsCount: this.#flights.count, flightsBytes: this.#flights.bytes, messagesCount: this.#count.messages,
      recordBytes: this.#count.records === 0 ? null : this.#count.bytes / this.#count.records, numbersPerSecond: this.#pace.perSecond(),
      rewindsCount: this.#count.rewinds, quarantinedCount: this.#count.quarantined, refusedAcksCount: this.#count.refusedAcks, refusedAck: this.#refusedAck,
      held: this.#isPaused ? 'paused' : this.#patience.refusal, aheadTo: this.#ahead?.to ?? null,
    }
  }

  /** There is something new to look at. */
  wake(): void { this.#wake.abort() }

  /**
   * What just happened, the numbers after `after`. While history is on its way it goes ahead of it: the receiver sees by the two numbers what
   * is missing between, and history fills that. What finds the way ahead full travels with history.
   */
  offer(after: number, recs: readonly Rec[]): void {
    const connection = this.#connection
    this.#isUrgent = after - this.#sent <= limits.factsPerReadMax
    if (connection === null || this.#isPaused || this.#patience.isHeld || this.#isUrgent) { this.wake(); return }
    if (this.#ahead !== null && (this.#ahead.to !== after || this.#ahead.underCount >= limits.upstreamAheadMax)) this.#ahead = null
    const ahead = this.#ahead ??= { from: after, to: after, underCount: 0 }
    for (let rest = recs; rest.length > 0;) {
      const { payload, count, text } = this.#message(rest, ahead.to, connection.packetBytesMax, true)
      ahead.to = rest[count - 1]!.to
      ahead.underCount++
      rest = rest.slice(count)
      this.#send(connection, payload, count, text, true, () => { ahead.underCount-- })
    }
  }

  pause(isPaused: boolean): void {
    this.#isPaused = isPaused
    this.wake()
  }

  /** Sends everything after a number again. */
  resend(after: number): void {
    this.#againUntil = Math.max(this.#againUntil, this.#sent, this.#acked)
    this.#bookmark.move(Math.min(after, this.#acked))
    this.#rewind('resend')
  }

  /** Sends over one connection until that ends. */
  async run(connection: Connection): Promise<void> {
    const { clock, log, source } = this.#parts
    // Nobody knows what of the last connection arrived, so everything since the bookmark goes again.
    this.#goBack()
    this.#known = 0
    this.#patience.renew()
    this.#connection = connection
    connection.ended.addEventListener('abort', () => {
      if (this.#connection === connection) this.#connection = null
      this.wake()
    }, { once: true })
    while (!connection.ended.aborted) {
      this.#wake = new AbortController()
      try {
        const isMore = this.#isFree() && await this.#sendOne(connection)
        if (isMore) continue
      } catch (thrown) {
        const fault = faultOf(thrown, 'UPSTREAM_LOST')
        if (connection.ended.aborted) return
        log.error('a lane could not be read', { lane: source.lane, fault: fault.code, ...fault.fields })
      }
      if (!connection.ended.aborted) await clock.wait(this.#patience.nextLook(this.#flights.count > 0), this.#wake.signal)
      if (this.#patience.ranOut(this.#flights.count > 0)) this.#rewind('no progress')
    }
  }

  /** The watermark of the MES: it has committed everything up to `to`. */
  async acknowledged(epoch: string, to: number): Promise<void> {
    const { source, envelope, log, upstream, clock } = this.#parts
    if (upstream.ack !== 'mes') return
    const refuse = (why: string, level: 'warn' | 'info' = 'warn'): void => {
      this.#count.refusedAcks++
      this.#refusedAck = `${to} of epoch ${epoch}: ${why}`
      log[level]('a watermark was refused', { lane: source.lane, why, epoch, to, acked: this.#acked })
    }
    // A retained watermark of an earlier epoch is what every broker has after a new one began.
    if (epoch !== envelope.epoch) { refuse('it is of another epoch'); return }
    if (to === this.#acked) {
      const since = this.#flights.oldestAt
      if (since !== null && sinceMono(clock.mono(), since) > NUDGE_MS) this.#rewind('the MES told where it stands')
      return
    }
    // Two workers may publish theirs in the wrong order, so this is told and is no trouble.
    if (to < this.#acked) { refuse('it is behind the one before', 'info'); return }
    // What was not sent from here may be another history under the same numbers. It is sent, and the MES says again how far it is;
    // what it has already it knows by its key.
    if (to > this.#sent && !(this.#ahead !== null && this.#sent >= this.#ahead.from && to <= this.#ahead.to)) {
      if (await source.reaches(to)) {
        this.#known = Math.max(this.#known, to)
        this.#patience.restart()
        this.wake()
        return
      }
      refuse('it is ahead of the journal: was an old copy of the data directory put back?')
      this.#parts.outrun(to)
      return
    }
    this.#advance(this.#againUntil > this.#acked ? Math.min(to, this.#sent) : to)
  }

  /** What was acknowledged is stored; call it when the connections are over. */
  settle(): Promise<void> { return this.#bookmark.settle() }

  /* ── sending ─────────────────────────────────────────────────────────────────────────────────── */

  #isFree(): boolean {
    const { upstream, throttle } = this.#parts
    if (this.#isPaused || this.#patience.isHeld || !(throttle.isOpen || this.#isUrgent)) return false
    const waitedFor = this.#flights.beyond(this.#known)
    return waitedFor.count < upstream.window && waitedFor.bytes < upstream.in_flight
  }

  get #acked(): number { return this.#bookmark.number }

  /** Something sets out that must arrive. */
  #setOut(to: number, bytes: number): Flight {
    if (this.#flights.count === 0) this.#patience.restart()
    this.#sent = to
    return this.#flights.begin(to, bytes, this.#parts.clock.mono())
  }

  /** Reads and publishes one message; returns whether there may be more. */
  async #sendOne(connection: Connection): Promise<boolean> {
    const { source, upstream } = this.#parts
    this.#meet()
    const turn = this.#turn
    const after = this.#sent
    if (this.#next.length === 0) {
      // Until nothing is left; what happens while we read is urgent again.
      const isUrgent = this.#isUrgent
      this.#isUrgent = false
      const read = await source.read(after, limits.factsPerReadMax)
      if (turn !== this.#turn || connection.ended.aborted) return true
      this.#next = read
      if (read.length > 0) this.#isUrgent ||= isUrgent
    }
    const border = this.#ahead !== null && this.#ahead.from > after ? this.#ahead.from : Number.POSITIVE_INFINITY
    const due = (this.#next.at(-1)?.to ?? 0) > border ? this.#next.filter(({ to }) => to <= border) : this.#next
    const recs = due.length > 0 ? due : this.#next
    if (recs.length === 0) return false
    const { payload, count, text } = this.#message(recs, after, connection.packetBytesMax, false)
    const { to } = recs[count - 1]!
    this.#next = this.#next.slice(count)
    const flight = this.#setOut(to, payload.length)
    this.#send(connection, payload, count, text, false, () => { if (turn === this.#turn) this.#taken(flight) })
    return this.#next.length > 0 || upstream.window > 1
  }

  /** History has come to where the facts begin that went ahead: what they cover need not be sent twice. */
  #meet(): void {
    const { upstream } = this.#parts
    const ahead = this.#ahead
    if (ahead === null || this.#sent < ahead.from) return
    this.#ahead = null
    // With a MES its watermark says whether they arrived; a broker must have said so of each.
    if (this.#sent >= ahead.to || (upstream.ack === 'puback' && ahead.underCount > 0)) return
    const flight = this.#setOut(ahead.to, 0)
    this.#next = []
    if (upstream.ack === 'puback') this.#taken(flight)
  }

  /** Publishes; `landed` is called when the broker has it. */
  #send(connection: Connection, payload: Buffer, count: number, textBytes: number, isCurrent: boolean, landed: () => void): void {
    const { topic, throttle } = this.#parts
    const turn = this.#turn
    const parcel = throttle.take(payload.length, textBytes, isCurrent)
    this.#count.messages++
    this.#count.records += count
    this.#count.bytes += payload.length
    connection.publish(topic, payload).then(
      (reason) => {
        throttle.answered(parcel)
        const verdict = verdictOf(reason)
        if (verdict === 'taken') landed()
        else if (turn === this.#turn) this.#hold(verdict, reason)
      },
      // The connection ended, and with it this round: the next one begins at the bookmark.
      () => { throttle.lost(parcel) },
    )
  }

  /** As many records as one packet can carry. A record that no packet can carry makes room for one that says so: it must not stop the lane. */
  #message(from: readonly Rec[], after: number, packetBytesMax: number, isCurrent: boolean): { readonly payload: Buffer; readonly count: number; readonly text: number } {
    const { source, upstream, envelope, clock, log, topic, throttle, isAlone } = this.#parts
    const room = packetBytesMax - Buffer.byteLength(topic) - 64
    let recs = from
    for (let count = fitting(recs, upstream.batch, Math.min(upstream.message, throttle.textBytesMax)); ; count = Math.max(1, count >> 1)) {
      const chosen = recs.slice(0, count)
      const payload = packed({ ...envelope, lane: source.lane, after, acked: this.#acked, sentAt: clock.now(), isHistory: !isCurrent && (this.#ahead !== null || recs.length > count), isAlone: isAlone(chosen.at(-1)!.to) }, chosen, upstream.deflate)
      if (payload.length <= room) return { payload, count, text: chosen.reduce((sum, { text }) => sum + text.length, 0) }
      if (count > 1) continue
      const { to } = recs[0]!
      this.#count.quarantined++
      log.error('a record is too large for the broker and stays behind', { lane: source.lane, number: to, bytes: payload.length, packetBytesMax })
      recs = [goneRecord(after + 1, to, 'too_large'), ...recs.slice(1)]
    }
  }

  /** The broker has it, which is enough only where nobody else acknowledges. */
  #taken(flight: Flight): void {
    if (this.#parts.upstream.ack !== 'puback') return
    const to = this.#flights.taken(flight)
    if (to !== null) this.#advance(to)
  }

  /** The broker does not want it now: back to the bookmark, and a look again later. */
  #hold(verdict: 'no_consumer' | 'later' | 'forbidden', reason: number): void {
    const { log, source } = this.#parts
    const words = wordsOf(reason)
    const waitMs = this.#patience.hold(words.meaning, verdict === 'forbidden')
    this.#goBack()
    log[verdict === 'forbidden' ? 'error' : 'warn']('the broker does not take our records', { lane: source.lane, ...words, waitMs: Math.round(waitMs) })
    this.wake()
  }

  /* ── moving ──────────────────────────────────────────────────────────────────────────────────── */

  #advance(to: number): void {
    this.#pace.add(to - this.#acked)
    this.#bookmark.move(to)
    this.#flights.arrived(to)
    if (this.#sent < to) {
      this.#sent = to
      this.#next = this.#next.filter((rec) => rec.to > to)
    }
    if (this.#acked >= this.#againUntil) this.#againUntil = 0
    this.#patience.renew()
    this.wake()
  }

  #rewind(why: string): void {
    this.#count.rewinds++
    this.#parts.log.info('a lane goes back to its bookmark', { lane: this.#parts.source.lane, why, acked: this.#acked, sent: this.#sent })
    this.#goBack()
    this.wake()
  }

  #goBack(): void {
    this.#turn++
    this.#flights.forget()
    this.#next = []
    this.#ahead = null
    this.#isUrgent = false
    this.#sent = this.#acked
    this.#patience.restart()
  }
}
