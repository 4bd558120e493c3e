/** A Sparkplug B 3.0 edge node: births, deaths and live values for a host that speaks nothing else, over a connection of its own. */

import type { Chance } from '../../../base/chance.js'
import type { Clock } from '../../../base/clock.js'
import { eitherOf } from '../../../base/either.js'
import { limits } from '../../../base/limits.js'
import type { Log } from '../../../base/log.js'
import { type Instant, type Mono, instant, laterMono, sinceMono } from '../../../base/units.js'
import type { UpstreamConfig } from '../../../contract/config.js'
import type { Desk } from '../../../contract/desk.js'
import type { Fact } from '../../../contract/events/catalogue.js'
import { Fault } from '../../../contract/faults.js'
import type { SparkplugFigures } from '../../../contract/upstream-figures.js'
import { brokerOf } from '../broker.js'
import { type Connection, type Incoming, startLink } from '../link.js'
import { BD_SEQ, REBIRTH, type Told, devicesOf, ofDevice, ofNode } from './metrics.js'
import { type Metric, decode, encode } from './payload.js'

export interface Edge {
  figures(): SparkplugFigures
  stop(): Promise<void>
}

export interface EdgeParts {
  readonly desk: Desk
  readonly config: UpstreamConfig
  readonly sparkplug: NonNullable<UpstreamConfig['sparkplug']>
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** Nothing is published while this says no. */
  readonly maySpeak: () => boolean
}

/** Sparkplug delivers at most once, and a connection is found dead long after it died: what was said meanwhile is said again, flagged as history. */
const HISTORY_MS_MIN = 60_000
const BIRTHS = 256

export async function startEdge({ desk, config, sparkplug, clock, chance, log, maySpeak }: EdgeParts): Promise<Edge> {
  const { group, node = desk.gateway, primary_host: host } = sparkplug
  const topicOf = (kind: string, device?: string): string => `spBv1.0/${group}/${kind}/${node}${device === undefined ? '' : `/${device}`}`
  const stateTopics = host === undefined ? [] : [`spBv1.0/STATE/${host}`, `STATE/${host}`]
  const note = `upstream/${config.name}/bdseq`
  const count = { births: 0, published: 0 }
  let bdSeq = Number((await desk.notes()).get(note) ?? BIRTHS - 1)
  /** Whether a CONNECT carried this number: one that never left is used by the next attempt. */
  let isUsed = true
  let session: Session | null = null
  /** The newest word of the primary host; an older one is ignored, also over another connection. */
  let hostSaidAt = 0
  let lastLiveAt: Instant | null = null

  const death = (): Buffer => encode({ at: desk.now(), metrics: [{ name: BD_SEQ, type: 'Int64', saysType: true, at: desk.now(), value: bdSeq }] })

  const link = startLink({
    broker: brokerOf(config, desk.gateway, '-spb'), clock, chance, log, maySpeak,
    async will() {
      if (isUsed) {
        bdSeq = (bdSeq + 1) % BIRTHS
        await desk.note(note, String(bdSeq))
        isUsed = false
      }
      return { topic: topicOf('NDEATH'), payload: death(), retain: false }
    },
    connecting() { isUsed = true },
    up(connection) {
      session = new Session(connection)
      session.run().catch((thrown: unknown) => { if (!connection.ended.aborted) log.error('the Sparkplug edge node failed', { error: String(thrown) }) })
    },
    down: () => { session = null },
    message: hear,
  })

  const unfollow = desk.follow({
    facts(facts) {
      for (const { line, equipment, type } of facts) {
        if (type === 'config_applied') session?.askRebirth()
        session?.touch(line, equipment)
      }
    },
    readings(readings) { for (const { line, equipment } of readings) session?.touch(line, equipment) },
  })

  function hear({ topic, payload }: Incoming): void {
    if (stateTopics.includes(topic)) return hearHost(topic, payload)
    if (topic !== topicOf('NCMD')) return
    // A command without sense is no reason to end a connection.
    if (decode(payload)?.some(({ name, value }) => name === REBIRTH && value === true) === true) session?.askRebirth()
    else log.warn('a Sparkplug command asks for nothing that there is', { topic, bytes: payload.length })
  }

  function hearHost(topic: string, payload: Buffer): void {
    const said = topic.startsWith('STATE/') ? legacyStateOf(payload, desk.now()) : stateOf(payload)
    if (said === null) { log.warn('the primary host says something without sense', { topic }); return }
    if (said.at < hostSaidAt) return
    hostSaidAt = said.at
    session?.hostIs(said.online)
  }

  /** One connection: nothing is said before the birth, and everything in one order. */
  class Session {
    readonly #connection: Connection
    readonly #dirty = new Set<string>()
    readonly #aliases = new Map<string, number>()
    /** What the host knows, by alias. */
    readonly #known = new Map<number, Told['value']>()
    #devices: readonly string[] = []
    #seq = 0
    #isBorn = false
    /** What it said over this very connection counts. */
    #isHostThere = host === undefined
    #rebirth = false
    #lastBirth: Mono | null = null
    #wake = new AbortController()

    constructor(connection: Connection) { this.#connection = connection }

    touch(line: string | null, equipment: string | null): void {
      if (line !== null) this.#dirty.add(NODE)
      for (const code of equipment !== null ? [equipment] : this.#devices) this.#dirty.add(code)
      this.#wake.abort()
    }

    askRebirth(): void {
      this.#rebirth = true
      this.#wake.abort()
    }

    get isHostThere(): boolean { return this.#isHostThere }

    hostIs(online: boolean): void {
      this.#isHostThere = online
      if (!online && this.#isBorn) void this.leave()
      this.#wake.abort()
    }

    /** The host is away: die in order, and wait for it over a new connection. */
    async leave(): Promise<void> {
      await this.die()
      this.#connection.drop(new Fault('UPSTREAM_LOST', { url: config.url, why: `the primary host ${host ?? ''} is offline` }))
    }

    async die(): Promise<void> {
      if (!this.#isBorn) return
      this.#isBorn = false
      await this.#publish(topicOf('NDEATH'), death())
    }

    async run(): Promise<void> {
      const { ended } = this.#connection
      await this.#connection.subscribe([topicOf('NCMD'), ...stateTopics])
      while (!ended.aborted && !this.#isHostThere) await this.#woken(laterMono(clock.mono(), config.heartbeat))
      if (ended.aborted) return
      const saidUntil = lastLiveAt ?? desk.now()
      this.#birth()
      await this.#tellHistory(saidUntil)
      while (!ended.aborted) {
        const restMs = this.#lastBirth === null ? 0 : limits.sparkplugRebirthMs - sinceMono(clock.mono(), this.#lastBirth)
        if (this.#rebirth && restMs <= 0) this.#birth()
        if (this.#isBorn) this.#tellLive()
        await clock.wait(laterMono(clock.mono(), limits.unsPauseMs), ended)
        if (this.#rebirth) await clock.wait(laterMono(clock.mono(), Math.max(0, restMs)), ended)
        else if (this.#dirty.size === 0) await this.#woken(laterMono(clock.mono(), config.heartbeat))
      }
    }

    async #woken(until: Mono): Promise<void> {
      this.#wake = new AbortController()
      await clock.wait(until, eitherOf(this.#connection.ended, this.#wake.signal))
    }

    /** Everything that will ever be said, with its name, alias and type; then the values as they are. A rebirth keeps the aliases and bdSeq. */
    #birth(): void {
      const at = desk.now()
      this.#rebirth = false
      this.#lastBirth = clock.mono()
      this.#known.clear()
      this.#dirty.clear()
      this.#seq = 0
      const own: Metric[] = [{ name: BD_SEQ, type: 'Int64', saysType: true, at, value: bdSeq }, { name: REBIRTH, type: 'Boolean', saysType: true, at, value: false }]
      const present = devicesOf(desk)
      const gone = this.#devices.filter((code) => !present.includes(code))
      this.#say('NBIRTH', undefined, [...own, ...this.#bornMetrics(NODE, ofNode(desk), at)], at)
      for (const device of gone) this.#say('DDEATH', device, [], at)
      for (const device of present) this.#say('DBIRTH', device, this.#bornMetrics(device, ofDevice(desk, device), at), at)
      this.#devices = present
      this.#isBorn = true
      lastLiveAt = at
      count.births++
    }

    #bornMetrics(of: string, metrics: ReadonlyMap<string, Told>, at: Instant): Metric[] {
      return [...metrics].map(([name, { type, value }]) => {
        const alias = this.#aliasOf(of, name)
        this.#known.set(alias, value)
        return { name, alias, type, saysType: true, at, value }
      })
    }

    #aliasOf(of: string, name: string): number {
      const key = `${of}\n${name}`
      const alias = this.#aliases.get(key) ?? this.#aliases.size + 1
      this.#aliases.set(key, alias)
      return alias
    }

    /** Only what changed, by alias. */
    #tellLive(): void {
      const codes = [...this.#dirty].filter((code) => code === NODE || this.#devices.includes(code))
      this.#dirty.clear()
      const at = desk.now()
      for (const code of codes) {
        const metrics = [...code === NODE ? ofNode(desk) : ofDevice(desk, code)].flatMap(([name, { type, value }]): Metric[] => {
          const alias = this.#aliasOf(code, name)
          if (!this.#known.has(alias) || this.#known.get(alias) === value) return []
          this.#known.set(alias, value)
          return [{ alias, type, saysType: false, at, value }]
        })
        if (metrics.length > 0) this.#say(code === NODE ? 'NDATA' : 'DDATA', code === NODE ? undefined : code, metrics, at)
      }
      lastLiveAt = at
    }

    /** The states since shortly before the last word that may have been lost, as far as they are in the journal. */
    async #tellHistory(saidUntil: Instant): Promise<void> {
      const from = instant(saidUntil - Math.max(HISTORY_MS_MIN, 2 * config.keepalive))
      const facts = await desk.facts({ types: ['state_changed'], from, to: desk.now(), limit: limits.sparkplugHistoryMax })
      for (const device of this.#devices) {
        const metrics = facts.flatMap((fact): Metric[] => (isStateOf(fact, device) ? [{ alias: this.#aliasOf(device, 'state'), type: 'String', saysType: false, at: fact.at, value: fact.body.state, isHistorical: true }] : []))
        if (metrics.length > 0 && this.#isBorn) this.#say('DDATA', device, metrics, desk.now())
      }
    }

    /** Numbered when it is said, in the order in which it is said. */
    #say(kind: string, device: string | undefined, metrics: readonly Metric[], at: Instant): void {
      void this.#publish(topicOf(kind, device), encode({ at, metrics, seq: this.#seq }))
      this.#seq = (this.#seq + 1) % BIRTHS
    }

    async #publish(topic: string, payload: Buffer): Promise<void> {
      // A connection that ends says so itself; the next one begins with a birth.
      await this.#connection.publish(topic, payload, { qos: 0 }).then(() => { count.published++ }, () => undefined)
    }
  }

  return {
    figures: () => ({ connected: link.isUp, hostOnline: host === undefined ? null : session?.isHostThere ?? false, bdSeq, birthsCount: count.births, publishedCount: count.published }),
    async stop() {
      unfollow()
      await link.stop(async () => { await session?.die() })
    },
  }
}

/** In place of a device's code; no code is empty. */
const NODE = ''

const isStateOf = (fact: Fact, device: string): fact is Extract<Fact, { type: 'state_changed' }> => fact.type === 'state_changed' && fact.equipment === device

/** Sparkplug 3.0, section 6.4.25: JSON, with the time of the host's own CONNECT. */
function stateOf(payload: Buffer): { readonly at: number; readonly online: boolean } | null {
  try {
    const said = JSON.parse(payload.toString('utf8')) as { readonly online?: unknown; readonly timestamp?: unknown } | null
    return typeof said?.online === 'boolean' && typeof said.timestamp === 'number' ? { at: said.timestamp, online: said.online } : null
  } catch {
    return null
  }
}

/** Before 3.0 a host said ONLINE or OFFLINE, and not when. */
function legacyStateOf(payload: Buffer, now: number): { readonly at: number; readonly online: boolean } | null {
  const text = payload.toString('utf8')
  return text === 'ONLINE' || text === 'OFFLINE' ? { at: now, online: text === 'ONLINE' } : null
}
