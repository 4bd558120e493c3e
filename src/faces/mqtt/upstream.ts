/** One upstream: a broker that gets every fact and loss row, and samples if it is to, and hears whether we are there. */

import type { Chance } from '../../base/chance.js'
import type { Clock } from '../../base/clock.js'
import type { Log } from '../../base/log.js'
import { type Instant, laterMono } from '../../base/units.js'
import type { UpstreamConfig } from '../../contract/config.js'
import type { Desk } from '../../contract/desk.js'
import { type Fault, faultOf } from '../../contract/faults.js'
import { type Lane as LaneName, laneNames, laneOf, type Presence, readTopic, topicsOf, watermark } from '../../contract/upstream.js'
import type { UpstreamDesk } from '../../contract/upstream-figures.js'
import { brokerOf } from './broker.js'
import { Lane } from './lane.js'
import { lineUpOf } from './line-up.js'
import { type Connection, type Incoming, startLink } from './link.js'
import { openPulls } from './pull.js'
import { plainly } from './reasons.js'
import { factsSource, recordsOf, rowsSource, samplesSource, type Source } from './sources.js'
import { startEdge } from './sparkplug/edge.js'
import { Throttle } from './throttle.js'
import { startUns } from './uns.js'

export interface Upstream extends UpstreamDesk {
  stop(): Promise<void>
}

export interface UpstreamParts {
  readonly desk: Desk
  readonly config: UpstreamConfig
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  /** Of two boxes only this one has that number of a lane yet. */
  readonly isAlone: (lane: LaneName, number: number) => boolean
  /** Two boxes must not speak for one gateway: nothing is published while this says no. */
  readonly maySpeak: () => boolean
  /** The MES has this number of the present epoch, and the journal has not. */
  readonly outrun: (number: number) => void
}

export async function startUpstream({ desk, config, clock, chance, log, isAlone, maySpeak, outrun }: UpstreamParts): Promise<Upstream> {
  const { epoch } = desk.head()
  const topics = topicsOf(config.root, desk.gateway)
  const sessionNote = `upstream/${config.name}/session`
  const pauseNote = `upstream/${config.name}/paused`
  const notes = await desk.notes()
  let session = Number(notes.get(sessionNote) ?? 0)
  let isPaused = notes.has(pauseNote)
  let trouble: Fault | null = null
  let lastTrouble: { readonly at: Instant; readonly said: string } | null = null
  let current: Connection | null = null

  const throttle = new Throttle(clock, config.in_flight, () => { for (const lane of running.values()) lane.wake() })
  const sources: Partial<Record<LaneName, Source>> = {
    ...(config.lanes.includes('facts') ? { facts: factsSource(desk, config.name) } : {}),
    ...(config.lanes.includes('rows') ? { rows: rowsSource(desk, config.name) } : {}),
    ...(config.samples === undefined ? {} : { samples: samplesSource(desk, config.name, config.samples.tags) }),
  }
  // In the order of their urgency: who comes first is woken first when there is room again.
  const running = new Map(laneNames.flatMap((name) => (sources[name] === undefined ? [] : [[name, new Lane({
    source: sources[name], topic: topics.up(name), envelope: { gateway: desk.gateway, epoch }, upstream: config, throttle, isAlone: (number) => isAlone(name, number), outrun: name === 'facts' ? outrun : () => undefined, clock, chance, log,
  })] as const])))
  for (const lane of running.values()) {
    await lane.load()
    lane.pause(isPaused)
  }
  const pulls = config.pull === undefined ? null : openPulls({
    desk, answersBelow: topics.answersBelow, log, acked: () => Object.fromEntries([...running].map(([name, lane]) => [name, lane.figures().acked])),
    samples: config.samples?.tags ?? null,
    actor: { id: `upstream/${config.name}`, name: config.name, role: config.pull.role, lines: config.pull.lines ?? null },
  })
  const uns = config.uns === undefined ? null : await startUns({ desk, config, namespace: config.uns, clock, chance, log, maySpeak })
  const edge = config.sparkplug === undefined ? null : await startEdge({ desk, config, sparkplug: config.sparkplug, clock, chance, log, maySpeak })
  const unfollow = desk.follow({ facts(facts) {
    const [first] = facts
    if (first !== undefined) running.get('facts')?.offer(first.seq - 1, recordsOf(facts, first.seq - 1, epoch))
  } })

  const link = startLink({
    broker: brokerOf(config, desk.gateway), clock, chance, log, maySpeak,
    async will() {
      // Stored before it is used: a number that went out must not go out again.
      await desk.note(sessionNote, String(session + 1))
      session++
      return { topic: topics.presence, payload: JSON.stringify({ v: 1, online: false, sess: session } satisfies Presence) }
    },
    up(connection) {
      trouble = null
      current = connection
      throttle.begin()
      begin(connection).catch((thrown: unknown) => { if (!connection.ended.aborted) complain(faultOf(thrown, 'UPSTREAM_LOST')) })
    },
    down: troubled,
    message: hear,
  })

  /** First our ears, then the news that we are here, then what there is to tell. */
  async function begin(connection: Connection): Promise<void> {
    await connection.subscribe([topics.acks, ...(pulls === null ? [] : [topics.pulls])])
    const beats = heartbeat(connection)
    await Promise.all([beats, ...[...running.values()].map((lane) => lane.run(connection))])
  }

  async function heartbeat(connection: Connection): Promise<void> {
    while (!connection.ended.aborted) {
      await connection.publish(topics.presence, JSON.stringify(presenceNow()), { retain: true })
      await clock.wait(laterMono(clock.mono(), config.heartbeat), connection.ended)
    }
  }

  function presenceNow(): Presence {
    const { enterprise, site, area, time_zone } = desk.config.gateway
    return {
      v: 1, online: true, sess: session, ep: epoch, head: desk.head().seq, at: desk.now(), ver: desk.version, heartbeat_seconds: config.heartbeat / 1_000,
      enterprise, site, area, time_zone,
      lines: lineUpOf(desk.config),
    }
  }

  async function hear(incoming: Incoming): Promise<void> {
    const { topic, payload } = incoming
    const place = readTopic(config.root, topic)
    if (place?.gateway !== desk.gateway) return
    if (place.kind === 'cmd' && current !== null) pulls?.take(current, place.name, incoming)
    const name = place.kind === 'ack' ? laneOf(place.name) : null
    const lane = name === null ? undefined : running.get(name)
    if (lane === undefined) return
    const said = watermark.safeParse(jsonOf(payload))
    // Whoever publishes rubbish must not be able to end the connection with it.
    if (said.success) await lane.acknowledged(said.data.ep, said.data.to)
    else log.warn('a watermark makes no sense', { topic, bytes: payload.length })
  }

  function troubled(fault: Fault): void {
    trouble = fault
    lastTrouble = { at: desk.now(), said: plainly(fault) }
  }

  function complain(fault: Fault): void {
    troubled(fault)
    log.error('upstream cannot work', { upstream: config.name, fault: fault.code, ...fault.fields, remedy: fault.remedy })
  }

  return {
    figures: () => ({
      name: config.name, url: config.url, connected: link.isUp, sessionsCount: session,
      trouble: trouble === null ? null : plainly(trouble), lastTrouble, paused: isPaused,
      lanes: Object.fromEntries([...running].map(([name, lane]) => [name, lane.figures()])),
      pulls: pulls?.figures() ?? null, uns: uns?.figures() ?? null, sparkplug: edge?.figures() ?? null,
    }),
    async pause(wanted) {
      await desk.note(pauseNote, wanted ? 'yes' : null)
      isPaused = wanted
      for (const lane of running.values()) lane.pause(wanted)
    },
    resend(from) { running.get('facts')?.resend(Math.max(0, from - 1)) },
    async stop() {
      unfollow()
      await Promise.all([uns?.stop(), edge?.stop()])
      await link.stop((connection) => connection.publish(topics.presence, JSON.stringify({ v: 1, online: false, sess: session } satisfies Presence), { retain: true }))
      for (const lane of running.values()) await lane.settle()
    },
  }
}

function jsonOf(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString('utf8'))
  } catch {
    return null
  }
}
