/** The live lane: retained state and events in the unified namespace, over a connection of its own. What it cannot say now it never says. */

import type { Chance } from '../../base/chance.js'
import type { Clock } from '../../base/clock.js'
import { eitherOf } from '../../base/either.js'
import { limits } from '../../base/limits.js'
import type { Log } from '../../base/log.js'
import { laterMono } from '../../base/units.js'
import type { UpstreamConfig } from '../../contract/config.js'
import type { Desk } from '../../contract/desk.js'
import type { Fact } from '../../contract/events/catalogue.js'
import { placeOf, type UnsFigures } from '../../contract/uns.js'
import { brokerOf } from './broker.js'
import { type Connection, startLink } from './link.js'
import { eventOf, everything, type Namespace, payloadOf, valuesOf } from './values.js'

export interface Uns {
  figures(): UnsFigures
  stop(): Promise<void>
}

export interface UnsParts {
  readonly desk: Desk
  readonly config: UpstreamConfig
  readonly namespace: Namespace
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** Nothing is published while this says no. */
  readonly maySpeak: () => boolean
}

/** Resolves when it knows which topics it once left at the broker: those of equipment that is gone are cleared. */
export async function startUns({ desk, config, namespace, clock, chance, log, maySpeak }: UnsParts): Promise<Uns> {
  const note = `upstream/${config.name}/uns`
  const presence = `${placeOf(namespace.root, desk.config.gateway, null, null)}/_gateway_v1/${desk.gateway}`
  // It is our own note.
  const standing = new Set(JSON.parse((await desk.notes()).get(note) ?? '[]') as string[])
  const count = { published: 0, skipped: 0, events: 0 }
  let session: Session | null = null

  const link = startLink({
    broker: brokerOf(config, desk.gateway, '-uns'), clock, chance, log, maySpeak,
    will: () => Promise.resolve({ topic: presence, payload: JSON.stringify({ online: false }) }),
    up(connection) {
      session = new Session(connection)
      session.run().catch((thrown: unknown) => { if (!connection.ended.aborted) log.error('the live lane failed', { error: String(thrown) }) })
    },
    down: () => { session = null },
    message: () => undefined,
  })

  const unfollow = desk.follow({
    facts(facts) {
      for (const fact of facts) tell(fact)
      for (const { line, equipment } of facts) touch(line, equipment)
      if (facts.some(({ type }) => type === 'config_applied')) session?.touch(everything(desk.config))
    },
    readings(readings) { for (const { line, equipment } of readings) touch(line, equipment) },
  })

  /** Over this connection, now, or not at all. */
  function tell(fact: Fact): void {
    if (session === null || count.events >= limits.unsEventsMax) { count.skipped++; return }
    const { topic, payload } = eventOf(desk, namespace, fact)
    count.events++
    session.connection.publish(topic, payload).then(() => { count.published++ }, () => { count.skipped++ }).finally(() => { count.events-- })
  }

  /** What happened at an equipment is news of its line too; what happened at a line, of all its equipment. */
  function touch(line: string | null, equipment: string | null): void {
    if (line === null) return
    const codes = equipment === null ? desk.config.lines.find(({ code }) => code === line)?.equipment.map(({ code }) => code) ?? [] : [equipment]
    session?.touch([line, ...codes])
  }

  /** One connection: what the broker has of us may be lost, so everything is said again. */
  class Session {
    readonly connection: Connection
    /** What was said over this connection, by topic, and what is on its way. */
    readonly #said = new Map<string, string>()
    readonly #under = new Set<string>()
    readonly #dirty = new Set<string>()
    #wake = new AbortController()

    constructor(connection: Connection) { this.connection = connection }

    touch(codes: readonly string[]): void {
      for (const code of codes) this.#dirty.add(code)
      this.#wake.abort()
    }

    /** Looks at what changed, at most so often, and once a heartbeat at everything: ratios move while nothing happens. */
    async run(): Promise<void> {
      const { ended } = this.connection
      await this.connection.publish(presence, JSON.stringify({ online: true, version: desk.version }), { retain: true })
      let everythingAt = clock.mono()
      while (!ended.aborted) {
        this.#wake = new AbortController()
        if (clock.mono() >= everythingAt) {
          this.touch(everything(desk.config))
          everythingAt = laterMono(clock.mono(), config.heartbeat)
        }
        await this.#sayAll()
        await clock.wait(laterMono(clock.mono(), limits.unsPauseMs), ended)
        if (this.#dirty.size === 0) await clock.wait(everythingAt, eitherOf(ended, this.#wake.signal))
      }
    }

    async #sayAll(): Promise<void> {
      const known = new Set(everything(desk.config))
      const codes = [...this.#dirty].filter((code) => known.has(code))
      this.#dirty.clear()
      const standingBefore = standing.size
      for (const code of codes) {
        for (const [topic, value] of valuesOf(desk, namespace, code)) {
          const content = JSON.stringify(value)
          if (this.#said.get(topic) === content || (value === null && !standing.has(topic) && !this.#said.has(topic))) continue
          // While one is under way its successor waits here, and is the newest when its turn comes.
          if (this.#under.has(topic)) { this.#dirty.add(code); continue }
          this.#said.set(topic, content)
          this.#say(topic, payloadOf(value, namespace.profile, desk.now()))
        }
      }
      if (codes.length === known.size) await this.#clear()
      if (standing.size !== standingBefore) await desk.note(note, JSON.stringify([...standing]))
    }

    #say(topic: string, payload: string): void {
      this.#under.add(topic)
      if (payload === '') standing.delete(topic)
      else standing.add(topic)
      this.connection.publish(topic, payload, { retain: true }).then(
        () => { count.published++; this.#under.delete(topic); if (this.#dirty.size > 0) this.#wake.abort() },
        // The connection ended, and the next one says everything.
        () => undefined,
      )
    }

    /** Topics of what the configuration no longer has would lie at the broker for ever. */
    async #clear(): Promise<void> {
      const gone = [...standing].filter((topic) => !this.#said.has(topic))
      for (const topic of gone) {
        await this.connection.publish(topic, '', { retain: true })
        standing.delete(topic)
      }
      if (gone.length > 0) await desk.note(note, JSON.stringify([...standing]))
    }
  }

  return {
    figures: () => ({ connected: link.isUp, topicsCount: standing.size, publishedCount: count.published, skippedCount: count.skipped }),
    async stop() {
      unfollow()
      await link.stop((connection) => connection.publish(presence, JSON.stringify({ online: false }), { retain: true }))
    },
  }
}
