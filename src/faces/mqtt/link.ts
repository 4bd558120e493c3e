/** The way to a broker: one connection after another, each a client of its own. The only importer of mqtt. */

import { readFileSync } from 'node:fs'
import { Socket } from 'node:net'
import mqtt, { type IClientOptions, type IConnackPacket, type MqttClient } from 'mqtt'
import type { Chance } from '../../base/chance.js'
import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import type { Log } from '../../base/log.js'
import { retryWaits } from '../../base/retry.js'
import { type Mono, type Ms, laterMono, sinceMono } from '../../base/units.js'
import { Fault, faultOf } from '../../contract/faults.js'
import { wordsOf } from './reasons.js'

/**
 * The library remembers the four bytes of each length below 16,384 that a packet ever had. They are cut from Node's pool, and each holds the piece of it that it
 * was cut from: 8 KB, 128 MB with the years. Small pieces make it 8.
 */
Buffer.poolSize = 512

export interface Broker {
  /** `mqtt://host:1883` or `mqtts://host:8883`. */
  readonly url: string
  readonly clientId: string
  readonly user?: string
  readonly passwordFile?: string
  readonly caFile?: string
  readonly certFile?: string
  readonly keyFile?: string
  readonly keepaliveMs: Ms
  readonly waitMsMax: Ms
  /** The broker keeps our subscriptions and what arrives for them for so long. 0: every connection begins anew. */
  readonly sessionSeconds: number
}

export interface Publishing {
  readonly qos?: 0 | 1
  readonly retain?: boolean
  /** MQTT 5 only, as is the next; 3.1.1 leaves them out. */
  readonly correlation?: Buffer
  readonly expirySeconds?: number
}

/** What the broker published to us. Its PUBACK waits for the handler. */
export interface Incoming {
  readonly topic: string
  readonly payload: Buffer
  readonly retain: boolean
  /** Where an answer is expected, and by what it is known. MQTT 5 only. */
  readonly responseTopic?: string
  readonly correlation?: Buffer
}

/** One network connection. It is never opened again; whatever waits on it rejects when it ends. */
export interface Connection {
  /** The largest packet the broker takes. */
  readonly packetBytesMax: number
  readonly ended: AbortSignal
  /** Resolves with the reason code of the PUBACK, 0 for QoS 0; waits while the broker has as many as it takes at once. Rejects with UPSTREAM_LOST. */
  publish(topic: string, payload: string | Buffer, how?: Publishing): Promise<number>
  /** Rejects with UPSTREAM_REFUSED when a filter is not granted. */
  subscribe(filters: readonly string[]): Promise<void>
  /** Says goodbye to the broker, in time or not at all; the link then tries again. */
  drop(fault: Fault): void
}

/** What the broker says for us when we are gone without a goodbye. */
export interface Will {
  readonly topic: string
  readonly payload: string | Buffer
  /** Default true. */
  readonly retain?: boolean
}

export interface LinkParts {
  readonly broker: Broker
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** Asked before each connection is opened and before each publication leaves; nothing but a farewell goes out while it says no. Default: it never does. */
  readonly maySpeak?: () => boolean
  /** Made anew for each connection, before it is opened. */
  readonly will?: () => Promise<Will>
  /** The CONNECT is on its way, and with it the will. */
  readonly connecting?: () => void
  readonly up: (connection: Connection) => void
  readonly down: (fault: Fault) => void
  /** When it rejects the connection is dropped, and the broker delivers again. */
  readonly message: (incoming: Incoming) => Promise<void> | void
}

export interface Link {
  readonly isUp: boolean
  /** Ends the link; `farewell` is said first when there is a connection. */
  stop(farewell?: (connection: Connection) => Promise<unknown>): Promise<void>
}

/** How long an orderly goodbye may take. */
const FAREWELL_MS: Ms = 2_000
/** MQTT 5, 3.2.2.3: without the property a broker takes this many. */
const RECEIVE_MAXIMUM = 65_535
const CONNECT_MS: Ms = 10_000

/**
 * mqtt.js keeps no queue for us, replays nothing and never reconnects: a client lives as long as its connection. So a record is
 * never in two places, nothing old is sent before what a new session must say first, and a refused CONNECT does not end the attempts.
 */
export function startLink(parts: LinkParts): Link {
  const { broker, clock, chance, log } = parts
  const stopping = new AbortController()
  let current: { readonly connection: OneConnection; readonly isUp: boolean } | null = null
  let version: 4 | 5 = 5
  const maySpeak = parts.maySpeak ?? (() => true)

  async function run(): Promise<void> {
    const rule = { waitMsFirst: Math.min(limits.upstreamWaitMsFirst, broker.waitMsMax), waitMsMax: broker.waitMsMax, jitter: 1 }
    let waits = retryWaits(rule, chance)
    while (!stopping.signal.aborted) {
      const { fault, upMs } = await live()
      if (stopping.signal.aborted) return
      // A broker that throws us out right after CONNACK must not be stormed, so only a connection that lasted forgives.
      if (upMs >= limits.upstreamForgiveMs) waits = retryWaits(rule, chance)
      const waitMs = Math.round(waits.next().value)
      log.warn('upstream is not connected', { fault: fault.code, ...fault.fields, remedy: fault.remedy, waitMs })
      parts.down(fault)
      await clock.wait(laterMono(clock.mono(), waitMs), stopping.signal)
    }
  }

  /** From the attempt to the end of the connection. */
  async function live(): Promise<{ readonly fault: Fault; readonly upMs: Ms }> {
    let upAt: Mono | null = null
    try {
      if (!maySpeak()) throw new Fault('STANDBY_FENCED')
      const options = optionsOf(broker, version)
      const will = await parts.will?.()
      const client = mqtt.connect(broker.url, { ...options, ...(will === undefined ? {} : { will: { retain: true, ...will, payload: Buffer.from(will.payload), qos: 1 } }) })
      const connection = new OneConnection(client, broker, clock, parts.message, () => stopping.signal.aborted || maySpeak())
      current = { connection, isUp: false }
      client.on('packetsend', ({ cmd }) => { if (cmd === 'connect') parts.connecting?.() })
      client.on('connect', (connack) => {
        if (connection.ended.aborted) return
        connection.begin(connack)
        upAt = clock.mono()
        current = { connection, isUp: true }
        log.info('upstream is connected', { url: broker.url, version, sessionPresent: connack.sessionPresent })
        parts.up(connection)
      })
      client.connect()
      const fault = await connection.over
      if (version === 5 && [0x01, 0x84].includes(Number(fault.fields['reason']))) version = 4
      return { fault, upMs: upAt === null ? 0 : sinceMono(clock.mono(), upAt) }
    } catch (thrown) {
      return { fault: faultOf(thrown, 'UPSTREAM_UNREACHABLE', { url: broker.url }), upMs: 0 }
    } finally {
      current = null
    }
  }

  const running = run()
  return {
    get isUp() { return current?.isUp === true },
    async stop(farewell) {
      stopping.abort()
      const was = current
      if (was !== null) {
        const until = clock.wait(laterMono(clock.mono(), FAREWELL_MS))
        if (was.isUp && farewell !== undefined) await Promise.race([farewell(was.connection).catch(() => undefined), until])
        await was.connection.close(until)
      }
      await running
    },
  }
}

function optionsOf(broker: Broker, version: 4 | 5): IClientOptions {
  const read = (file: string | undefined): Buffer | undefined => {
    if (file === undefined) return undefined
    try {
      return readFileSync(file)
    } catch (error) {
      throw new Fault('UPSTREAM_FILE', { file }, error)
    }
  }
  const isDurable = broker.sessionSeconds > 0
  return withoutUndefined({
    clientId: broker.clientId, protocolVersion: version, keepalive: Math.max(1, Math.round(broker.keepaliveMs / 1_000)), connectTimeout: CONNECT_MS,
    clean: !isDurable, properties: version === 5 ? { sessionExpiryInterval: broker.sessionSeconds } : undefined,
    reconnectPeriod: 0, manualConnect: true, resubscribe: false, queueQoSZero: false,
    // Without it the library would hold a buffer for each number there is of two bytes, 6 MB of them.
    writeCache: false,
    username: broker.user, password: read(broker.passwordFile)?.toString('utf8').trimEnd(),
    ca: read(broker.caFile), cert: read(broker.certFile), key: read(broker.keyFile),
    // There is deliberately no setting for this: a broker that cannot prove who it is gets nothing. Node asks for TLS 1.2 at least.
    rejectUnauthorized: true,
  })
}

const withoutUndefined = (options: { [K in keyof IClientOptions]: IClientOptions[K] | undefined }): IClientOptions =>
  Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined))

class OneConnection implements Connection {
  readonly over: Promise<Fault>
  readonly #client: MqttClient
  readonly #broker: Broker
  readonly #clock: Clock
  readonly #maySpeak: () => boolean
  readonly #ending = new AbortController()
  readonly #reasons = new Map<number, number>()
  /** When each publish that waits for its PUBACK was sent, oldest first. */
  readonly #flights = new Map<number, Mono>()
  readonly #waiting: (() => void)[] = []
  #flightsCount = 0
  #receiveMaximum = RECEIVE_MAXIMUM
  #packetBytesMax = Number.MAX_SAFE_INTEGER
  #isBegun = false
  #nextFlight = 1
  #over!: (fault: Fault) => void

  constructor(client: MqttClient, broker: Broker, clock: Clock, message: LinkParts['message'], maySpeak: () => boolean) {
    this.#maySpeak = maySpeak
    this.#client = client
    this.#broker = broker
    this.#clock = clock
    this.over = new Promise((resolve) => { this.#over = resolve })
    client.on('error', (error) => { this.end(faultBy(error, broker.url)) })
    client.on('disconnect', ({ reasonCode = 0 }) => { this.end(new Fault('UPSTREAM_LOST', { url: broker.url, reason: reasonCode, ...wordsOf(reasonCode) })) })
    client.on('close', () => { this.end(new Fault(this.#isBegun ? 'UPSTREAM_LOST' : 'UPSTREAM_UNREACHABLE', { url: broker.url })) })
    client.on('packetreceive', (packet) => {
      // On success the callback of `publish` gets our own packet, so a reason like "nobody subscribes" is seen only here.
      if (packet.cmd === 'puback' && packet.messageId !== undefined) this.#reasons.set(packet.messageId, packet.reasonCode ?? 0)
    })
    client.handleMessage = (packet, done) => {
      const { topic, payload, retain, properties } = packet
      const { responseTopic, correlationData: correlation } = properties ?? {}
      const asked = { ...(responseTopic === undefined ? {} : { responseTopic }), ...(correlation === undefined ? {} : { correlation }) }
      void this.#hear(async () => { await message({ topic, payload: typeof payload === 'string' ? Buffer.from(payload) : payload, retain, ...asked }) }, done)
    }
  }

  get ended(): AbortSignal { return this.#ending.signal }
  get packetBytesMax(): number { return this.#packetBytesMax }

  begin({ properties }: IConnackPacket): void {
    this.#isBegun = true
    this.#receiveMaximum = properties?.receiveMaximum ?? RECEIVE_MAXIMUM
    this.#packetBytesMax = properties?.maximumPacketSize ?? Number.MAX_SAFE_INTEGER
    // Small packets must not wait for the acknowledgement of the ones before: Nagle and delayed ACK cost 40 ms a turn.
    const { stream } = this.#client
    if (stream instanceof Socket) stream.setNoDelay(true)
    void this.#watch()
  }

  async publish(topic: string, payload: string | Buffer, { qos = 1, retain = false, correlation, expirySeconds }: Publishing = {}): Promise<number> {
    while (qos === 1 && this.#flightsCount >= this.#receiveMaximum && !this.ended.aborted) await new Promise<void>((go) => { this.#waiting.push(go) })
    if (!this.#maySpeak()) this.end(new Fault('STANDBY_FENCED'))
    if (this.ended.aborted) throw this.#lost()
    const number = qos === 1 ? this.#takeOff() : 0
    return new Promise((resolve, reject) => {
      const properties = { ...(correlation === undefined ? {} : { correlationData: correlation }), ...(expirySeconds === undefined ? {} : { messageExpiryInterval: expirySeconds }) }
      this.#client.publish(topic, payload, { qos, retain, properties }, (error, packet) => {
        if (qos === 1) this.#land(number)
        const { code } = (error ?? {}) as { readonly code?: unknown }
        if (typeof code === 'number') resolve(code)
        else if (error !== null && error !== undefined) reject(this.#lost(error))
        else resolve(this.#reasonOf(packet?.messageId))
      })
    })
  }

  async subscribe(filters: readonly string[]): Promise<void> {
    if (this.ended.aborted) throw this.#lost()
    return new Promise((resolve, reject) => {
      this.#client.subscribe([...filters], { qos: 1 }, (error, granted) => {
        const refused = granted?.find(({ qos }) => qos >= 0x80)
        if (refused !== undefined || (error !== null && 'code' in error)) reject(new Fault('UPSTREAM_REFUSED', { url: this.#broker.url, filter: refused?.topic ?? filters.join(' ') }, error))
        else if (error !== null) reject(this.#lost(error))
        else resolve()
      })
    })
  }

  /** Ends it at once. Idempotent: the first fault is the reason. */
  end(fault: Fault): void {
    if (this.ended.aborted) return
    this.#ending.abort()
    this.#client.end(true)
    for (const go of this.#waiting.splice(0)) go()
    this.#over(fault)
  }

  drop(fault: Fault): void {
    if (this.ended.aborted) return
    // What was published before goes out before the DISCONNECT does.
    this.#client.end(false)
    void this.#clock.wait(laterMono(this.#clock.mono(), FAREWELL_MS), this.ended).then(() => { this.end(fault) })
    this.#client.once('close', () => { this.end(fault) })
  }

  /** Says goodbye to the broker, until then at the latest. */
  async close(until: Promise<void>): Promise<void> {
    if (!this.ended.aborted && this.#client.connected) await Promise.race([new Promise((done) => { this.#client.end(false, done) }), until])
    this.end(new Fault('UPSTREAM_LOST', { url: this.#broker.url, why: 'stopped' }))
  }

  /** The PUBACK goes out when `done` is called, so not before the message was taken. */
  async #hear(take: () => Promise<void>, done: () => void): Promise<void> {
    if (this.ended.aborted) return
    try {
      await take()
    } catch (thrown) {
      this.end(faultOf(thrown, 'UPSTREAM_LOST', { url: this.#broker.url }))
    }
    if (!this.ended.aborted) done()
  }

  #takeOff(): number {
    const number = this.#nextFlight++
    this.#flightsCount++
    this.#flights.set(number, this.#clock.mono())
    return number
  }

  #land(number: number): void {
    this.#flightsCount--
    this.#flights.delete(number)
    this.#waiting.shift()?.()
  }

  #reasonOf(messageId: number | undefined): number {
    const reason = messageId === undefined ? 0 : this.#reasons.get(messageId) ?? 0
    if (messageId !== undefined) this.#reasons.delete(messageId)
    return reason
  }

  /** A broker may answer pings and no publish; keep-alive does not notice, so the oldest flight tells. */
  async #watch(): Promise<void> {
    const patienceMs = 2 * this.#broker.keepaliveMs
    while (!this.ended.aborted) {
      await this.#clock.wait(laterMono(this.#clock.mono(), this.#broker.keepaliveMs / 2), this.ended)
      const [oldest] = this.#flights.values()
      if (oldest !== undefined && sinceMono(this.#clock.mono(), oldest) > patienceMs) this.end(new Fault('UPSTREAM_LOST', { url: this.#broker.url, why: 'the broker answers pings but acknowledges nothing', waitedMs: patienceMs }))
    }
  }

  #lost(cause?: unknown): Fault { return new Fault('UPSTREAM_LOST', { url: this.#broker.url }, cause) }
}

/** Refused with a code, or not reached at all. */
function faultBy(error: Error & { readonly code?: unknown }, url: string): Fault {
  if (typeof error.code === 'number') return new Fault('UPSTREAM_REFUSED', { url, reason: error.code, ...wordsOf(error.code) }, error)
  return new Fault('UPSTREAM_UNREACHABLE', { url, why: error.message }, error)
}
