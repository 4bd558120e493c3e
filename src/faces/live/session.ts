/** One reader's conversation: told where it stands, brought up to date, then one of an audience. */

import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import { type Instant, type Mono, type Seq, rfc3339, seq, sinceMono } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import type { SocketConnection } from '../../contract/endpoints/sockets.js'
import type { Fact } from '../../contract/events/catalogue.js'
import { type RefusalCode, refusals } from '../../contract/refusals.js'
import type { Actor } from '../../contract/roles.js'
import type { Socket, SocketListener } from '../http.js'
import type { CatchUp } from './catch-up.js'
import type { Fanout } from './fanout.js'
import { type Scope, type Subscription, audienceKey, hears, readingTopics, subjects } from './scope.js'
import type { Stats } from './stats.js'
import { type About, type Wish, isMisread, readWish, typesOf } from './wishes.js'
import { factWords, socketWord, statusWords } from './words.js'

export const CLOSED_MALFORMED = 4000
/** The topic of the heartbeat. */
export const HEARTBEAT = 'heartbeat'

export interface SessionParts {
  readonly desk: Desk
  readonly clock: Clock
  readonly stats: Stats
  readonly fanout: Fanout
  readonly catchUp: CatchUp
  readonly heartbeatMs: number
  readonly began: (session: Session) => void
  readonly ended: (session: Session) => void
}

/** In an audience, or on the way to it. */
type Place = { readonly is: 'audience'; readonly key: string; readonly topic: string } | { readonly is: 'underway' } | { readonly is: 'gone' }

export class Session implements SocketListener {
  readonly id: string
  readonly actor: Actor
  readonly since: Instant
  readonly #scope: Scope
  readonly #parts: SessionParts
  #socket: Socket | null = null
  #subscriptions: readonly Subscription[] | null = null
  #place: Place = { is: 'underway' }
  #readingTopics: readonly string[] = []
  /** Complete up to here, for what this reader hears. */
  #heard = seq(0)
  #journey = 0
  #malformedInRow = 0
  #wishes: { at: Mono; count: number }
  #whenDrained: (() => void) | null = null

  constructor(id: string, actor: Actor, scope: Scope, parts: SessionParts) {
    this.id = id
    this.actor = actor
    this.#scope = scope
    this.#parts = parts
    this.since = parts.desk.now()
    this.#wishes = { at: parts.clock.mono(), count: 0 }
  }

  get lines(): readonly string[] { return this.#scope.lines }
  get backlogBytes(): number { return this.#socket?.backlogBytes ?? 0 }

  describe(): SocketConnection {
    return {
      connection_id: this.id, actor: this.actor.name, since: rfc3339(this.since), lines: [...this.#scope.lines],
      equipment: this.#scope.equipment === null ? null : [this.#scope.equipment], subscriptions: this.#described(),
    }
  }

  opened(socket: Socket): void {
    this.#socket = socket
    this.#parts.began(this)
    socket.together(() => {
      const { asOf, text } = this.#status('initial_status')
      const { desk, heartbeatMs } = this.#parts
      this.#say('connection_established', socketWord('connection_established', desk.now(), asOf, {
        connection_id: this.id, gateway: desk.gateway, epoch: desk.head().epoch, seq: asOf, heartbeat_seconds: heartbeatMs / 1_000, event_types: [...subjects],
        scope: { lines: [...this.#scope.lines], equipment: this.#scope.equipment === null ? null : [this.#scope.equipment] },
      }))
      this.#say('initial_status', text)
      this.#listen()
      this.#heard = asOf
      if (asOf === this.#parts.fanout.head) this.#settle()
      else this.#travel(asOf)
    })
  }

  received(message: string | Buffer): void {
    if (!this.#mayWish()) { this.#error('TOO_MANY_REQUESTS', refusals.TOO_MANY_REQUESTS[1]); return }
    const wish = readWish(message)
    if (!isMisread(wish)) { this.#malformedInRow = 0; this.#obey(wish); return }
    this.#malformedInRow = wish.malformed ? this.#malformedInRow + 1 : 0
    this.#error(wish.code, wish.message)
    if (this.#malformedInRow >= limits.malformedInRowMax) this.close(CLOSED_MALFORMED, 'malformed messages')
  }

  drained(): void {
    this.#whenDrained?.()
    this.#whenDrained = null
  }

  closed(): void {
    if (this.#place.is === 'audience') this.#parts.fanout.leave(this.#place.key)
    for (const topic of this.#readingTopics) this.#parts.fanout.unlisten(topic)
    this.#readingTopics = []
    this.#place = { is: 'gone' }
    this.#journey++
    this.#socket = null
    this.drained()
    this.#parts.ended(this)
  }

  close(code: number, reason: string): void { this.#socket?.close(code, reason) }

  /** A heartbeat of its own while it is under way; in its audience it hears the common one. */
  beat(): void {
    const { desk, fanout, stats } = this.#parts
    if (this.#place.is === 'audience') stats.sent('ping')
    else this.#say('ping', socketWord('ping', desk.now(), this.#heard, { seq: fanout.head }))
  }

  /** The plant has changed: hear of new equipment, too. */
  refresh(): void { this.#listen() }

  #obey(wish: Wish): void {
    const { desk, fanout } = this.#parts
    switch (wish.type) {
      case 'ping': this.#say('pong', socketWord('pong', desk.now(), this.#heardNow(), { seq: fanout.head })); return
      case 'get_status': this.#say('status', this.#status('status').text); return
      case 'resume': this.#resume(wish.epoch, seq(wish.after_seq)); return
      case 'subscribe':
      case 'unsubscribe': this.#narrow(wish)
    }
  }

  /* Subscriptions. */

  #narrow(about: About): void {
    const asked = this.#asked(about)
    if ('code' in asked) { this.#error(asked.code, asked.message); return }
    const subscriptions = about.type === 'subscribe' ? [...this.#subscriptions ?? [], asked] : without(this.#subscriptions ?? [everything], asked)
    if (subscriptions.length > limits.subscriptionsPerSocketMax) {
      this.#error('TOO_MANY_SUBSCRIPTIONS', `at most ${limits.subscriptionsPerSocketMax} subscriptions a socket`)
      return
    }
    this.#subscriptions = subscriptions
    // Before it changes its audience: the reader learns the number up to which the old subscriptions were complete.
    this.#say('subscription_updated', socketWord('subscription_updated', this.#parts.desk.now(), this.#heardNow(), { subscriptions: this.#described() }))
    this.#listen()
    if (this.#place.is === 'audience') this.#settle()
  }

  #asked(about: About): Subscription | { readonly code: string; readonly message: string } {
    const types = typesOf(about)
    if ('unknown' in types) return { code: 'EVENT_UNKNOWN', message: `there is no event type ${JSON.stringify(types.unknown.slice(0, 80))}` }
    const { desk } = this.#parts
    const line = about.line_id === undefined || about.line_id === null ? null : desk.line(about.line_id)?.code
    if (line === undefined) return { code: 'LINE_UNKNOWN', message: refusals.LINE_UNKNOWN[1] }
    const equipment = about.equipment_code ?? null
    const lineOf = equipment === null ? null : desk.lineOf(equipment)
    if (equipment !== null && lineOf === null) return { code: 'EQUIPMENT_UNKNOWN', message: refusals.EQUIPMENT_UNKNOWN[1] }
    const isReached = [line, lineOf].every((one) => one === null || this.#scope.lines.includes(one))
      && (equipment === null || this.#scope.equipment === null || equipment === this.#scope.equipment)
    return isReached ? { types, line, equipment } : { code: 'FORBIDDEN', message: 'this is outside the scope of the socket' }
  }

  #described(): SocketConnection['subscriptions'] {
    const { desk } = this.#parts
    return (this.#subscriptions ?? []).map(({ types, line, equipment }) => ({
      event_types: [...types], line_id: line === null ? null : desk.line(line)?.id ?? line, equipment_code: equipment,
    }))
  }

  #listen(): void {
    const { desk, fanout } = this.#parts
    const before = new Set(this.#readingTopics)
    this.#readingTopics = readingTopics(desk, this.#scope, this.#subscriptions)
    for (const topic of this.#readingTopics) {
      if (before.delete(topic)) continue
      fanout.listen(topic)
      this.#socket?.subscribe(topic)
    }
    for (const topic of before) {
      fanout.unlisten(topic)
      this.#socket?.unsubscribe(topic)
    }
  }

  /* Being complete. */

  #heardNow(): Seq { return this.#place.is === 'audience' ? this.#parts.fanout.head : this.#heard }

  #resume(epoch: string, after: Seq): void {
    const { desk, fanout, stats } = this.#parts
    if (epoch !== desk.head().epoch || after > fanout.head) {
      void this.#parts.catchUp.firstSeq().then((first) => { this.#snapshotRequired(first) })
      return
    }
    stats.resumed()
    this.#leave()
    this.#travel(after)
  }

  #leave(): void {
    if (this.#place.is !== 'audience') return
    this.#parts.fanout.leave(this.#place.key)
    this.#socket?.unsubscribe(this.#place.topic)
    this.#socket?.unsubscribe(HEARTBEAT)
    this.#place = { is: 'underway' }
  }

  /** From `after` on through what was missed to the audience, with a ping of its own to mark the end. */
  #travel(after: Seq): void {
    this.#heard = after
    const journey = ++this.#journey
    void this.#parts.catchUp.run(after, {
      isOver: () => this.#journey !== journey || this.#socket === null,
      take: (facts) => this.#take(facts),
      arrived: (upTo) => {
        this.#heard = upTo
        this.#say('ping', socketWord('ping', this.#parts.desk.now(), upTo, { seq: upTo }))
        this.#settle()
      },
      lost: (firstSeq) => { this.#snapshotRequired(firstSeq); this.#settle() },
    })
  }

  /** Sends a page of missed facts; resolves when the peer has room for the next. */
  async #take(facts: readonly Fact[]): Promise<void> {
    const socket = this.#socket
    if (socket === null) return
    socket.together(() => {
      for (const fact of facts) {
        if (!hears(this.#scope, this.#subscriptions, fact)) continue
        this.#say(fact.type, factWords(fact, this.#parts.desk)(this.#heard))
        this.#heard = fact.seq
      }
    })
    if (socket.backlogBytes > 0 && this.#socket !== null) await new Promise<void>((resolve) => { this.#whenDrained = resolve })
  }

  /** Takes its place in the audience of its subscriptions. It is complete up to the head of the fan-out. */
  #settle(): void {
    const { fanout } = this.#parts
    const subscriptions = this.#subscriptions
    const key = audienceKey(this.#scope, subscriptions)
    if (this.#place.is === 'gone' || (this.#place.is === 'audience' && this.#place.key === key)) return
    const topic = fanout.join(key, (fact) => hears(this.#scope, subscriptions, fact))
    this.#socket?.subscribe(topic)
    this.#leave()
    // The common heartbeat says how far everybody is complete, so only who is hears it.
    this.#socket?.subscribe(HEARTBEAT)
    this.#place = { is: 'audience', key, topic }
  }

  #snapshotRequired(firstSeq: Seq): void {
    const { desk, fanout } = this.#parts
    this.#say('snapshot_required', socketWord('snapshot_required', desk.now(), fanout.head, {
      epoch: desk.head().epoch, first_seq: firstSeq, seq: fanout.head,
    }))
  }

  /* Speaking. */

  #status(type: 'initial_status' | 'status'): { asOf: Seq; text: string } {
    const { desk } = this.#parts
    const lines = this.#scope.equipment === null ? this.#scope.lines.map((line) => desk.view('line', line)) : []
    const equipment = this.#scope.equipment === null ? [] : [desk.view('equipment', this.#scope.equipment)]
    const asOf = [...lines, ...equipment].reduce((least, view) => view.seq < least ? view.seq : least, desk.head().seq)
    return { asOf, text: statusWords(type, desk.now(), asOf, { lines: lines.map((view) => view.json), equipment: equipment.map((view) => view.json) }) }
  }

  #say(type: string, text: string): void {
    if (this.#socket === null || this.#socket.send(text) === 'closed') return
    this.#parts.stats.sent(type)
  }

  #error(code: RefusalCode | (string & {}), message: string): void {
    this.#say('error', socketWord('error', this.#parts.desk.now(), this.#heardNow(), { code, message }))
  }

  #mayWish(): boolean {
    const now = this.#parts.clock.mono()
    if (sinceMono(now, this.#wishes.at) >= 1_000) this.#wishes = { at: now, count: 0 }
    return ++this.#wishes.count <= limits.socketWishesPerSecond
  }
}

const everything: Subscription = { types: new Set(subjects), line: null, equipment: null }

/** Takes the types away from every subscription with the same line and equipment; what is left empty goes. */
function without(subscriptions: readonly Subscription[], asked: Subscription): readonly Subscription[] {
  return subscriptions
    .map((one) => one.line === asked.line && one.equipment === asked.equipment ? { ...one, types: new Set([...one.types].filter((type) => !asked.types.has(type))) } : one)
    .filter((one) => one.types.size > 0)
}
