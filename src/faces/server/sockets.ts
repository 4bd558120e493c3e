/** The open sockets of a server: what each may keep waiting, who reads too slowly, who has fallen silent. */

import type { Log } from '../../base/log.js'
import { type Clock, systemClock } from '../../base/clock.js'
import { type Mono, laterMono } from '../../base/units.js'
import type { Sent, ServerLimits, Socket, SocketListener } from '../http.js'

/** What an adapter can do with the connection beneath a socket. No call may throw while the connection is open. */
export interface Wire {
  readonly address: string
  backlogBytes(): number
  send(text: string | Buffer): void
  ping(): void
  together(work: () => void): void
  subscribe(topic: string): void
  unsubscribe(topic: string): void
  /** The closing handshake. */
  close(code: number, reason: string): void
  /** The end, without a word. */
  cut(): void
}

export const CLOSED_NO_CODE = 1005
export const CLOSED_BROKEN = 1006
export const CLOSED_RESTARTING = 1012
export const CLOSED_SLOW = 4008

const SWEEP_MS = 250

/** Started with the server, stopped with it. */
export class Sockets {
  readonly #limits: ServerLimits
  readonly #log: Log
  readonly #clock: Clock
  readonly #open = new Set<OpenSocket>()
  readonly #timer: NodeJS.Timeout
  #publishedBytes = 0
  #slowCount = 0

  constructor(limits: ServerLimits, log: Log, clock: Clock = systemClock) {
    this.#limits = limits
    this.#log = log
    this.#clock = clock
    this.#timer = setInterval(() => { this.sweep() }, SWEEP_MS).unref()
  }

  get count(): number { return this.#open.size }
  get isFull(): boolean { return this.#open.size >= this.#limits.socketsMax }
  get slowCount(): number { return this.#slowCount }

  backlogBytes(): number {
    let sum = 0
    for (const socket of this.#open) sum += socket.backlogBytes
    return sum
  }

  open(wire: Wire, listener: SocketListener): OpenSocket {
    const socket = new OpenSocket(wire, listener, this)
    this.#open.add(socket)
    this.safely(() => { listener.opened(socket) }, socket)
    return socket
  }

  forget(socket: OpenSocket): void { this.#open.delete(socket) }

  /** A burst of publishing must not wait for the next sweep to find out who does not read. */
  published(bytes: number): void {
    const before = this.#publishedBytes
    this.#publishedBytes += bytes
    const mark = this.#limits.socketBacklogBytesMax / 2
    if (before < mark && this.#publishedBytes >= mark) setImmediate(() => { this.sweep() })
  }

  isBehind(backlogBytes: number): boolean { return backlogBytes > this.#limits.socketBacklogBytesMax }

  countSlow(socket: OpenSocket): Mono {
    this.#slowCount++
    this.#log.warn('socket reads too slowly', { address: socket.address, backlogBytes: socket.backlogBytes })
    return laterMono(this.#clock.mono(), this.#limits.slowMs)
  }

  now(): Mono { return this.#clock.mono() }

  sweep(): void {
    this.#publishedBytes = 0
    const now = this.#clock.mono()
    for (const socket of this.#open) socket.look(now, this.#limits.socketQuietMs)
  }

  closeAll(code: number, reason: string): void {
    for (const socket of [...this.#open]) socket.close(code, reason)
  }

  stop(): void { clearInterval(this.#timer) }

  /** A listener that throws loses its socket, not the server. */
  safely(work: () => void, socket: OpenSocket): void {
    try {
      work()
    } catch (thrown) {
      this.#log.error('socket listener failed', { error: String(thrown), stack: thrown instanceof Error ? thrown.stack : undefined })
      socket.close(1011, 'internal error')
    }
  }
}

/** `leaving` sockets are beyond their backlog: they get nothing more, and go when they have read it or when time is up. */
type State = { readonly is: 'open' } | { readonly is: 'leaving'; readonly until: Mono } | { readonly is: 'closed' }

export class OpenSocket implements Socket {
  readonly #wire: Wire
  readonly #listener: SocketListener
  readonly #all: Sockets
  readonly #topics = new Set<string>()
  #state: State = { is: 'open' }
  #heardAt: Mono
  #pingedAt: Mono

  constructor(wire: Wire, listener: SocketListener, all: Sockets) {
    this.#wire = wire
    this.#listener = listener
    this.#all = all
    this.#heardAt = this.#pingedAt = all.now()
  }

  get address(): string { return this.#wire.address }
  get backlogBytes(): number { return this.#state.is === 'closed' ? 0 : this.#wire.backlogBytes() }
  get topics(): ReadonlySet<string> { return this.#topics }
  get isOpen(): boolean { return this.#state.is === 'open' }

  send(text: string | Buffer): Sent {
    if (this.#state.is !== 'open') return 'closed'
    this.#wire.send(text)
    const waiting = this.backlogBytes
    if (waiting === 0) return 'sent'
    if (this.#all.isBehind(waiting)) this.#leave()
    return 'backlogged'
  }

  together(work: () => void): void {
    if (this.#state.is === 'closed') work()
    else this.#wire.together(work)
  }

  subscribe(topic: string): void {
    if (this.#state.is !== 'open' || this.#topics.has(topic)) return
    this.#topics.add(topic)
    this.#wire.subscribe(topic)
  }

  unsubscribe(topic: string): void {
    if (this.#state.is === 'closed' || !this.#topics.delete(topic)) return
    this.#wire.unsubscribe(topic)
  }

  close(code: number, reason: string): void {
    if (this.#state.is === 'closed') return
    this.#wire.close(code, reason)
    this.closed(code)
  }

  /* What the adapter reports. */

  heard(): void { this.#heardAt = this.#all.now() }

  received(message: string | Buffer): void {
    this.heard()
    if (this.#state.is === 'open') this.#all.safely(() => { this.#listener.received(message) }, this)
  }

  drained(): void {
    if (this.backlogBytes > 0) return
    if (this.#state.is === 'leaving') this.close(CLOSED_SLOW, 'reads too slowly; resume from the last number')
    else if (this.#state.is === 'open') this.#all.safely(() => { this.#listener.drained() }, this)
  }

  closed(code: number): void {
    if (this.#state.is === 'closed') return
    const told = this.#state.is === 'leaving' ? CLOSED_SLOW : code
    this.#state = { is: 'closed' }
    this.#topics.clear()
    this.#all.forget(this)
    this.#all.safely(() => { this.#listener.closed(told) }, this)
  }

  look(now: Mono, quietMs: number): void {
    switch (this.#state.is) {
      case 'closed': return
      case 'leaving':
        if (now >= this.#state.until) this.#wire.cut()
        return
      case 'open':
        if (this.#all.isBehind(this.backlogBytes)) this.#leave()
        // A peer that drips one byte of a frame now and then is never idle to the library; but it cannot answer a ping.
        else if (now - this.#heardAt > quietMs) this.#wire.cut()
        else if (now - Math.max(this.#heardAt, this.#pingedAt) > quietMs / 3) { this.#pingedAt = now; this.#wire.ping() }
    }
  }

  #leave(): void {
    for (const topic of this.#topics) this.#wire.unsubscribe(topic)
    this.#topics.clear()
    this.#state = { is: 'leaving', until: this.#all.countSlow(this) }
  }
}
