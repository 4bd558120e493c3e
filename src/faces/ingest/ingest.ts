/** One worker of the ingest: takes batches off the broker, commits them, and tells each gateway how far its stream is safe. */

import type { Chance } from '../../base/chance.js'
import type { Clock } from '../../base/clock.js'
import type { Log } from '../../base/log.js'
import { retryWaits } from '../../base/retry.js'
import { laterMono } from '../../base/units.js'
import { type Batch, batch as batchSchema, presence, readTopic, topicsOf, laneOf, type Watermark } from '../../contract/upstream.js'
import { type Broker, type Connection, type Incoming, startLink } from '../mqtt/link.js'
import { unpacked } from '../mqtt/batch.js'
import { isUnreadable, openDatabase } from './database.js'
import { migrate } from './migrations.js'
import { bury, take, takePresence } from './take.js'
import { forEver, type Keep, tend } from './tend.js'

export interface IngestOptions {
  /** `postgres://user@host:5432/database` */
  readonly database: string
  readonly broker: Omit<Broker, 'clientId' | 'sessionSeconds'>
  readonly root: string
  /** Its name for ever: the broker keeps its share of the messages under it while it is away. Two workers must not have the same. */
  readonly worker: string
  /** Workers of one group share the messages. */
  readonly group: string
  /** How long facts, loss rows and samples stay in the database. Default: for ever. */
  readonly keep?: Keep
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
}

export interface Ingest {
  figures(): { readonly connected: boolean; readonly batches: number; readonly records: number; readonly again: number; readonly forks: number; readonly dead: number }
  stop(): Promise<void>
}

/** How long the broker keeps what arrives for a worker that is away; after that the gateways' own memory is the net. */
const SESSION_SECONDS = 7 * 86_400
const GAP_LOOK_MS = 60_000
/** How often parts are made and let go; they are made weeks ahead. */
const TEND_MS = 3_600_000
const DATABASE_WAIT_MS_MAX = 10_000

/** Makes the tables, then works until it is stopped. Rejects when the database cannot be had at the start. */
export async function startIngest(options: IngestOptions): Promise<Ingest> {
  const { clock, chance, log, root, keep = forEver } = options
  const database = openDatabase(options.database, log)
  const stopping = new AbortController()
  const count = { batches: 0, records: 0, again: 0, forks: 0, dead: 0 }
  let connection: Connection | null = null
  try {
    await migrate(database)
    await tend(database, keep, clock.now())
  } catch (thrown) {
    await database.close()
    throw thrown
  }

  const link = startLink({
    broker: { ...options.broker, clientId: `lineside-${options.group}-${options.worker}`, sessionSeconds: SESSION_SECONDS },
    clock, chance, log, message: hear, down: () => { connection = null },
    up(opened) {
      connection = opened
      begin(opened).catch((thrown: unknown) => { log.error('the ingest could not begin', { error: String(thrown) }) })
    },
  })
  const watching = watchGaps()
  const tending = tendOn()

  async function begin(opened: Connection): Promise<void> {
    await opened.subscribe([`$share/${options.group}/${root}/+/up/+`, `${root}/+/st`])
    // A gateway that sent while nobody was here hears at once where we stand, and sends again what we lack.
    const { rows } = await database.query<{ gateway: string; lane: string; epoch: string; contiguous: string }>(`
      SELECT DISTINCT ON (gateway, lane) gateway, lane, epoch, contiguous FROM lineside.streams ORDER BY gateway, lane, epoch DESC`)
    for (const { gateway, lane, epoch, contiguous } of rows) acknowledge(gateway, lane, epoch, Number(contiguous))
  }

  /** Resolves after the commit: only then the broker may forget the message. */
  async function hear({ topic, payload, retain }: Incoming): Promise<void> {
    const place = readTopic(root, topic)
    if (place === null) return
    if (place.kind === 'st') {
      const said = presence.safeParse(jsonOf(payload.toString('utf8')))
      if (said.success) await sure(() => takePresence(database, place.gateway, said.data, retain))
      return
    }
    const read = readBatch(payload)
    if (typeof read === 'string' || read.batch.gw !== place.gateway || read.batch.lane !== place.name) {
      const why = typeof read === 'string' ? read : 'the batch is of another gateway or lane than its topic'
      log.error('a message could not be read and was put with the dead letters', { topic, bytes: payload.length, why })
      count.dead++
      await sure(() => bury(database.query, topic, payload, why))
      return
    }
    const taken = await sure(() => take(database, read.batch, read.text, topic))
    if (taken === null) return
    count.batches++
    count.records += taken.recordsCount
    count.again += taken.againCount
    count.forks += taken.forksCount
    count.dead += taken.deadCount
    if (taken.forksCount > 0) log.error('two histories of one gateway: the same numbers came with another content', { gateway: read.batch.gw, epoch: read.batch.ep, forks: taken.forksCount, after: read.batch.after, to: read.batch.to })
    acknowledge(read.batch.gw, read.batch.lane, read.batch.ep, taken.reached)
  }

  /** Tries until the database takes it; what it can never take is said and dropped. */
  async function sure<T>(work: () => Promise<T>): Promise<T | null> {
    for (const waitMs of retryWaits({ waitMsFirst: 200, waitMsMax: DATABASE_WAIT_MS_MAX, jitter: 0.5 }, chance)) {
      try {
        return await work()
      } catch (error) {
        if (isUnreadable(error)) { log.error('the database refuses what it was given', { error: String(error) }); return null }
        if (stopping.signal.aborted) throw error
        log.warn('the database does not answer', { error: String(error), waitMs: Math.round(waitMs) })
        await clock.wait(laterMono(clock.mono(), waitMs), stopping.signal)
      }
    }
    return null
  }

  function acknowledge(gateway: string, letter: string, epoch: string, to: number): void {
    const lane = laneOf(letter)
    if (lane === null || connection === null) return
    const watermark: Watermark = { v: 1, ep: epoch, to }
    // A watermark that is lost is told again with the next batch, or when the gateway goes back to its bookmark.
    connection.publish(topicsOf(root, gateway).ack(lane), JSON.stringify(watermark), { retain: true }).catch(() => undefined)
  }

  async function tendOn(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.wait(laterMono(clock.mono(), TEND_MS), stopping.signal)
      if (stopping.signal.aborted) return
      try {
        const { made, dropped } = await tend(database, keep, clock.now())
        if (made.length + dropped.length > 0) log.info('the tables were tended', { made: made.join(', '), dropped: dropped.join(', ') })
      } catch (error) {
        log.warn('the tables could not be tended', { error: String(error) })
      }
    }
  }

  async function watchGaps(): Promise<void> {
    while (!stopping.signal.aborted) {
      await clock.wait(laterMono(clock.mono(), GAP_LOOK_MS), stopping.signal)
      if (stopping.signal.aborted) return
      try {
        const { rows } = await database.query<Record<string, unknown>>(`SELECT * FROM lineside.gaps WHERE since < now() - interval '1 minute' ORDER BY since LIMIT 20`)
        for (const gap of rows) log.warn('numbers are missing in a stream', gap)
      } catch (error) {
        log.warn('the database does not answer', { error: String(error) })
      }
    }
  }

  return {
    figures: () => ({ connected: link.isUp, ...count }),
    async stop() {
      stopping.abort()
      await link.stop()
      await Promise.all([watching, tending])
      await database.close()
    },
  }
}

function readBatch(payload: Buffer): { readonly batch: Batch; readonly text: string } | string {
  let text: string
  try {
    text = unpacked(payload)
  } catch (error) {
    return `it does not unfold: ${String(error)}`
  }
  const read = batchSchema.safeParse(jsonOf(text))
  return read.success ? { batch: read.data, text } : `it is no batch: ${read.error.issues.slice(0, 3).map((issue) => `${issue.path.join('.')} ${issue.message}`).join('; ')}`
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return null
  }
}
