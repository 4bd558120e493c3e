/** Upstream: how fast a backlog reaches PostgreSQL, beside a bare mqtt.js publisher with the same batches; how much time fits into a buffer; what an idle upstream costs. */

import { mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import mqtt from 'mqtt'
import { given } from '../../src/base/assert.js'
import { type Seq, seq } from '../../src/base/units.js'
import type { Fact } from '../../src/contract/events/catalogue.js'
import { topicsOf } from '../../src/contract/upstream.js'
import { fitting, packed, type Rec } from '../../src/faces/mqtt/batch.js'
import { factRecord } from '../../src/faces/mqtt/sources.js'
import { startGateway } from '../support/gateway.js'
import { type Mosquitto, startMosquitto } from '../support/mosquitto.js'
import { type Postgres, startPostgres } from '../support/postgres.js'
import { type Bench, type Figure, median } from './bench.js'
import { startGateway as startShipped } from './support/gateway.js'
import { startIngestWorker } from './support/ingest-worker.js'
import { cpuMs, treeOf } from './support/process.js'
import { recordShift, shiftConfig } from './support/shift.js'

const FACTS = 150_000
const FACTS_PER_TURN = 1_000
const ROUNDS = 3
/** Two lines of five machines are recorded for the shorter time and for the longer one: what lies between has no beginning in it. */
const SHIFTS_MS = [1_800_000, 5_400_000] as const
const BUFFER_BYTES = 500e6
const IDLE_MS = 20_000
/** As the configuration has them by default. */
const BATCH = 500
const MESSAGE_BYTES = 128_000
const WINDOW = 16

interface Peers { readonly broker: Mosquitto; readonly postgres: Postgres }

/** How long until the database has all facts of a gateway. */
async function arrived({ postgres }: Peers, gateway: string, last: number): Promise<void> {
  for (;;) {
    const [row] = await postgres.rows<{ contiguous: string }>(`SELECT contiguous FROM lineside.streams WHERE gateway = $1 AND lane = 'j'`, [gateway])
    if (Number(row?.contiguous ?? 0) >= last) return
    await sleep(20)
  }
}

/** The gateway's way: from its journal, and each round under a name that no bookmark is kept for. */
async function drained(peers: Peers, directory: string, round: number): Promise<number> {
  const from = performance.now()
  const gateway = await startGateway({ directory, id: `drain-${round}`, upstreams: [{ name: `mes-${round}`, url: peers.broker.url, lanes: ['facts'] }] })
  const began = performance.now()
  await arrived(peers, `drain-${round}`, FACTS)
  const ms = performance.now() - began
  if (began - from > 5_000) throw new Error('the journal took long to open')
  await gateway.stop()
  return FACTS / ms * 1_000
}

/** The same batches, made before and published by mqtt.js alone, so many in flight as the gateway has. */
async function bare(peers: Peers, payloads: readonly Buffer[], gateway: string): Promise<number> {
  const client = await mqtt.connectAsync(peers.broker.url, { protocolVersion: 5 })
  const topic = topicsOf('lineside/v1', gateway).up('facts')
  const began = performance.now()
  let next = 0
  await Promise.all(Array.from({ length: WINDOW }, async () => {
    for (let payload = payloads[next++]; payload !== undefined; payload = payloads[next++]) await client.publishAsync(topic, payload, { qos: 1 })
  }))
  await arrived(peers, gateway, FACTS)
  const ms = performance.now() - began
  await client.endAsync()
  return FACTS / ms * 1_000
}

/** All facts of a journal as the messages that its gateway would send. */
function batchesOf(recs: readonly Rec[], gateway: string, epoch: string): Buffer[] {
  const payloads: Buffer[] = []
  for (let at = 0, after = 0; at < recs.length;) {
    const some = recs.slice(at, at + fitting(recs.slice(at, at + BATCH), BATCH, MESSAGE_BYTES))
    payloads.push(packed({ gateway, epoch, lane: 'facts', after, acked: 0, sentAt: Date.now(), isHistory: true, isAlone: false }, some, true))
    at += some.length
    after = some.at(-1)!.to
  }
  return payloads
}

async function drain(peers: Peers, bodies: readonly object[]): Promise<Figure[]> {
  const directory = mkdtempSync(join(tmpdir(), 'lineside-drain-'))
  try {
    const filling = await startGateway({ directory, upstreams: [] })
    for (let count = 0; count < FACTS; count += FACTS_PER_TURN) await filling.happen(FACTS_PER_TURN, { body: (number) => bodies[number % bodies.length]! })
    const { epoch } = filling.desk.head()
    const recs: Rec[] = []
    for (let after: Seq = seq(0); recs.length < FACTS;) {
      const facts: readonly Fact[] = await filling.desk.facts({ after, limit: FACTS_PER_TURN })
      after = given(facts.at(-1), 'a fact').seq
      recs.push(...facts.map((fact) => ({ to: fact.seq, text: JSON.stringify(factRecord(fact, epoch)) })))
    }
    await filling.stop()
    const ours: number[] = []
    const theirs: number[] = []
    // In turns, so that whatever else the machine does meets both.
    for (let round = 0; round < ROUNDS; round++) {
      theirs.push(await bare(peers, batchesOf(recs, `bare-${round}`, epoch), `bare-${round}`))
      ours.push(await drained(peers, directory, round))
    }
    return [
      { figure: `facts from the journal into PostgreSQL, ${FACTS} of them`, value: median(ours), unit: '/s', target: { atLeast: 20_000 } },
      { figure: 'the same batches by a bare mqtt.js publisher', value: median(theirs), unit: '/s', target: null },
      { figure: 'ours over bare mqtt.js', value: median(ours.map((one, round) => one / theirs[round]!)), unit: '×', target: { atLeast: 0.8 } },
      { figure: `the same, least of ${ROUNDS}`, value: Math.min(...ours.map((one, round) => one / theirs[round]!)), unit: '×', target: null },
      { figure: `the same, most of ${ROUNDS}`, value: Math.max(...ours.map((one, round) => one / theirs[round]!)), unit: '×', target: null },
    ]
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The processor time of a gateway with an upstream that has nothing to say, beyond that of one without. */
async function idle({ broker }: Peers): Promise<number> {
  const of = (id: string, upstreams: readonly object[]) => startShipped({
    version: 1, gateway: { id, enterprise: 'acme', site: 'berlin', area: 'packing' }, plcs: [], calendars: { always: {} }, upstreams,
    lines: [{ id: '12345678-1234-5678-9abc-123456789012', code: 'BP01', name: 'Bagging', calendar: 'always', equipment: [{ code: 'BAG1', name: 'Bagger', constraint: true, signals: {}, state: { from: 'counts' } }] }],
  })
  const [without, withOne] = await Promise.all([of('alone', []), of('idle', [{ name: 'mes', url: broker.url }])])
  try {
    await sleep(5_000)
    const before = [without, withOne].map(({ pid }) => cpuMs(treeOf(pid)))
    await sleep(IDLE_MS)
    const [alone, connected] = [without, withOne].map(({ pid }, i) => cpuMs(treeOf(pid)) - before[i]!)
    return (connected! - alone!) / IDLE_MS
  } finally {
    await Promise.all([without.stop(), withOne.stop()])
  }
}

export const bench: Bench = {
  name: 'drain',
  peers: [],
  async run() {
    const directory = mkdtempSync(join(tmpdir(), 'lineside-upstream-'))
    const shift = await recordShift(shiftConfig(), join(directory, 'short'), SHIFTS_MS[0])
    await recordShift(shiftConfig(), join(directory, 'long'), SHIFTS_MS[1])
    const bytesOf = (name: string): number => statSync(join(directory, name, 'journal.db')).size
    const bytesPerHour = (bytesOf('long') - bytesOf('short')) / ((SHIFTS_MS[1] - SHIFTS_MS[0]) / 3_600_000)
    mkdirSync(join(directory, 'broker'))
    const broker = await startMosquitto(join(directory, 'broker'), ['max_inflight_messages 0', 'max_queued_messages 0'])
    const postgres = await startPostgres()
    const stopIngest = await startIngestWorker(postgres.url, broker.url)
    try {
      const drains = await drain({ broker, postgres }, shift.facts.map(({ body }) => body))
      return [
        ...drains,
        { figure: 'ten machines buffered with their samples in 500 MB', value: BUFFER_BYTES / bytesPerHour, unit: 'h', target: { atLeast: 72 } },
        { figure: 'an idle upstream, of a core', value: 100 * await idle({ broker, postgres }), unit: '%', target: { atMost: 1 } },
      ]
    } finally {
      await stopIngest()
      await broker.stop()
      await postgres.stop()
      rmSync(directory, { recursive: true, force: true })
    }
  },
}
