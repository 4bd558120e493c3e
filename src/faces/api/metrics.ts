/** Figures for Prometheus. The only importer of prom-client, which is loaded at the first scrape. */

import type { Gauge, Registry } from 'prom-client'
import { threadHeaps } from '../../base/threads.js'
import { since } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import type { PlcHealth } from '../../contract/scan.js'
import type { LaneFigures } from '../../contract/upstream-figures.js'
import { type Backlog, backlogOf } from './backlog.js'
import { diskOf, wearOf } from './box.js'
import type { SocketDesk } from './sockets.js'
import type { StandbyDesk } from './standby.js'

interface Figure {
  readonly name: string
  readonly help: string
  readonly labels?: readonly string[]
  /** A counter only grows while the process lives; its name ends in `_total`. */
  readonly values: (at: Moment) => Iterable<readonly [number, Readonly<Record<string, string>>?]>
}

type Moment = Awaited<ReturnType<typeof moment>>

/** What one scrape looks at, all at the same time. */
async function moment(desk: Desk, sockets: SocketDesk, standby: Pick<StandbyDesk, 'state'>) {
  const upstreams = await Promise.all(desk.upstreams().map(async (upstream) => {
    const figures = upstream.figures()
    return { ...figures, backlog: await backlogOf(desk, figures) }
  }))
  const [sizes, disk] = await Promise.all([desk.sizes(), diskOf(desk.config.storage.directory)])
  return { at: desk.now(), upstreams, health: desk.health(), sizes, wear: wearOf(desk, sizes), disk, sockets: sockets.stats(), head: desk.head().seq, pair: standby.state() }
}

const spread = ({ p50, p99, max }: { readonly p50: number; readonly p99: number; readonly max: number }, labels: Readonly<Record<string, string>> = {}) =>
  [[p50 / 1_000, { ...labels, quantile: '0.5' }], [p99 / 1_000, { ...labels, quantile: '0.99' }], [max / 1_000, { ...labels, quantile: '1' }]] as const

function byCause({ plc, badTags }: PlcHealth): (readonly [number, Readonly<Record<string, string>>])[] {
  const causes = new Map<string, number>()
  for (const { fault, quality } of badTags) causes.set(fault ?? quality, (causes.get(fault ?? quality) ?? 0) + 1)
  return [...causes].map(([fault, count]) => [count, { plc, fault }])
}

const perLane = (upstreams: Moment['upstreams'], figure: (lane: LaneFigures) => number) =>
  upstreams.flatMap(({ name, lanes }) => Object.entries(lanes).map(([lane, figures]) => [figure(figures), { upstream: name, lane }] as const))

/** What is not known is left out. */
const perBacklog = (upstreams: Moment['upstreams'], figure: (backlog: Backlog) => number | null) => upstreams.flatMap(({ name, backlog }) => {
  const value = figure(backlog)
  return value === null ? [] : [[value, { upstream: name }] as const]
})

const figures: readonly Figure[] = [
  { name: 'lineside_alive', help: '1 while turns are finished.', values: ({ health }) => [[Number(health.alive)]] },
  { name: 'lineside_ready', help: '1 while the journal is writable and the configuration loaded.', values: ({ health }) => [[Number(health.ready)]] },
  { name: 'lineside_turns_total', help: 'Turns finished since the start.', values: ({ health }) => [[health.turnsCount]] },
  { name: 'lineside_turns_missed_total', help: 'Beats skipped because a turn was late.', values: ({ health }) => [[health.turnsMissedCount]] },
  { name: 'lineside_scans_forgotten_total', help: 'Scans that made room because turns could not keep up.', values: ({ health }) => [[health.scansForgottenCount]] },
  { name: 'lineside_turn_seconds', help: 'How long turns took lately, in seconds; quantile 1 is the longest.', labels: ['quantile'], values: ({ health }) => spread(health.turnMs) },
  { name: 'lineside_turn_stage_seconds', help: 'How long each stage of a turn took lately, in seconds.', labels: ['stage', 'quantile'],
    values: ({ health }) => Object.entries(health.stages).flatMap(([stage, times]) => spread(times, { stage })) },

  { name: 'lineside_plc_online', help: '1 while the PLC answers.', labels: ['plc'], values: ({ health }) => health.plcs.map(({ plc, state }) => [Number(state === 'online'), { plc }]) },
  { name: 'lineside_plc_cycles_total', help: 'Reading cycles of the PLC.', labels: ['plc'], values: ({ health }) => health.plcs.map(({ plc, cyclesCount }) => [cyclesCount, { plc }]) },
  { name: 'lineside_plc_cycles_missed_total', help: 'Reading cycles that were due and did not happen.', labels: ['plc'], values: ({ health }) => health.plcs.map(({ plc, cyclesMissedCount }) => [cyclesMissedCount, { plc }]) },
  { name: 'lineside_plc_requests_total', help: 'Requests sent to the PLC.', labels: ['plc'], values: ({ health }) => health.plcs.map(({ plc, requestsCount }) => [requestsCount, { plc }]) },
  { name: 'lineside_plc_bytes_total', help: 'Bytes read from the PLC.', labels: ['plc'], values: ({ health }) => health.plcs.map(({ plc, bytesCount }) => [bytesCount, { plc }]) },
  { name: 'lineside_plc_reconnects_total', help: 'Times the connection was opened again.', labels: ['plc'], values: ({ health }) => health.plcs.map(({ plc, reconnectsCount }) => [reconnectsCount, { plc }]) },
  { name: 'lineside_plc_bad_tags', help: 'Tags that cannot be read although the PLC answers.', labels: ['plc'], values: ({ health }) => health.plcs.map(({ plc, badTags }) => [badTags.length, { plc }]) },
  { name: 'lineside_plc_bad_tags_by_cause', help: 'Tags that cannot be read although the PLC answers, by the fault that keeps them.', labels: ['plc', 'fault'], values: ({ health }) => health.plcs.flatMap(byCause) },
  { name: 'lineside_plc_cycle_seconds', help: 'How often the PLC is read, in seconds.', labels: ['plc'], values: ({ health }) => health.plcs.map(({ plc, cycleMs }) => [cycleMs / 1_000, { plc }]) },
  { name: 'lineside_plc_requests_per_cycle', help: 'Requests that one reading of everything takes.', labels: ['plc'], values: ({ health }) => health.plcs.map(({ plc, requestsPerScan }) => [requestsPerScan, { plc }]) },
  { name: 'lineside_plc_pdu_bytes', help: 'The message size that the PLC granted, in bytes.', labels: ['plc'], values: ({ health }) => health.plcs.flatMap(({ plc, pduBytes }) => pduBytes === null ? [] : [[pduBytes, { plc }]]) },
  { name: 'lineside_plc_pdu_fill', help: 'How full the messages of a reading are, 0 to 1.', labels: ['plc'], values: ({ health }) => health.plcs.flatMap(({ plc, pduFill }) => pduFill === null ? [] : [[pduFill, { plc }]]) },
  { name: 'lineside_plc_jitter_seconds', help: 'Lateness of cycle starts over the last minute, in seconds.', labels: ['plc', 'quantile'], values: ({ health }) => health.plcs.flatMap(({ plc, jitterMs }) => spread(jitterMs, { plc })) },
  { name: 'lineside_plc_read_seconds', help: 'How long readings took over the last minute, in seconds.', labels: ['plc', 'quantile'], values: ({ health }) => health.plcs.flatMap(({ plc, readMs }) => spread(readMs, { plc })) },

  { name: 'lineside_journal_seq', help: 'The number the journal has reached.', values: ({ head }) => [[head]] },
  { name: 'lineside_journal_facts', help: 'Facts kept.', values: ({ sizes }) => [[sizes.factsCount]] },
  { name: 'lineside_journal_samples', help: 'Samples kept.', values: ({ sizes }) => [[sizes.samplesCount]] },
  { name: 'lineside_journal_turns_staged', help: 'Turns whose samples wait to be sealed into chunks.', values: ({ sizes }) => [[sizes.turnsStagedCount]] },
  { name: 'lineside_journal_database_bytes', help: 'Size of the database in bytes.', values: ({ sizes }) => [[sizes.databaseBytes]] },
  { name: 'lineside_journal_wal_bytes', help: 'Size of the write-ahead log in bytes.', values: ({ sizes }) => [[sizes.walBytes]] },
  { name: 'lineside_journal_free_bytes', help: 'Bytes free on the file system of the journal.', values: ({ disk }) => (disk === null ? [] : [[disk.free_bytes]]) },
  { name: 'lineside_journal_spare_bytes', help: 'Bytes inside the database that are free to be used again.', values: ({ sizes }) => [[sizes.freeBytes]] },
  { name: 'lineside_journal_written_bytes_per_day', help: 'What wears the flash: bytes written in a day at the pace since the start; absent in the first ten minutes.', values: ({ wear }) => (wear === null ? [] : [[wear]]) },

  { name: 'lineside_upstream_connected', help: '1 while the broker is connected.', labels: ['upstream'], values: ({ upstreams }) => upstreams.map(({ name, connected }) => [Number(connected), { upstream: name }]) },
  { name: 'lineside_upstream_behind', help: 'Facts that are not yet safe with the other side.', labels: ['upstream'], values: ({ upstreams }) => perBacklog(upstreams, ({ count }) => count) },
  { name: 'lineside_upstream_behind_bytes', help: 'About what they weigh on the wire.', labels: ['upstream'], values: ({ upstreams }) => perBacklog(upstreams, ({ bytes }) => bytes) },
  { name: 'lineside_upstream_behind_seconds', help: 'How long ago the oldest of them happened.', labels: ['upstream'], values: ({ upstreams, at }) => perBacklog(upstreams, ({ since: oldest }) => oldest === null ? 0 : since(at, oldest) / 1_000) },
  { name: 'lineside_upstream_drained_seconds', help: 'In how long they will be delivered at the pace of the last seconds; absent while nothing moves.', labels: ['upstream'], values: ({ upstreams }) => perBacklog(upstreams, ({ drainedInSeconds }) => drainedInSeconds) },
  { name: 'lineside_upstream_paused', help: '1 while a person holds it.', labels: ['upstream'], values: ({ upstreams }) => upstreams.map(({ name, paused }) => [Number(paused), { upstream: name }]) },
  { name: 'lineside_upstream_acked', help: 'The bookmark: everything up to this number is safe with the other side.', labels: ['upstream', 'lane'], values: ({ upstreams }) => perLane(upstreams, ({ acked }) => acked) },
  { name: 'lineside_upstream_in_flight', help: 'Messages that wait for their acknowledgement.', labels: ['upstream', 'lane'], values: ({ upstreams }) => perLane(upstreams, ({ flightsCount }) => flightsCount) },
  { name: 'lineside_upstream_held', help: '1 while a lane stands still: paused, or not wanted by the broker.', labels: ['upstream', 'lane'], values: ({ upstreams }) => perLane(upstreams, ({ held }) => Number(held !== null)) },
  { name: 'lineside_upstream_messages_total', help: 'Messages sent, those sent again too.', labels: ['upstream', 'lane'], values: ({ upstreams }) => perLane(upstreams, ({ messagesCount }) => messagesCount) },
  { name: 'lineside_upstream_rewinds_total', help: 'Times a lane went back to its bookmark because nothing moved.', labels: ['upstream', 'lane'], values: ({ upstreams }) => perLane(upstreams, ({ rewindsCount }) => rewindsCount) },
  { name: 'lineside_upstream_quarantined_total', help: 'Records too large for the broker, told by name in their place.', labels: ['upstream', 'lane'], values: ({ upstreams }) => perLane(upstreams, ({ quarantinedCount }) => quarantinedCount) },
  { name: 'lineside_upstream_refused_acks_total', help: 'Watermarks that could not be ours.', labels: ['upstream', 'lane'], values: ({ upstreams }) => perLane(upstreams, ({ refusedAcksCount }) => refusedAcksCount) },

  { name: 'lineside_upstream_pulls_total', help: 'Requests of the MES by what became of them.', labels: ['upstream', 'outcome'],
    values: ({ upstreams }) => upstreams.flatMap(({ name, pulls }) => (pulls === null ? [] : [
      [pulls.answeredCount - pulls.refusedCount, { upstream: name, outcome: 'answered' }], [pulls.refusedCount, { upstream: name, outcome: 'refused' }],
      [pulls.unanswerableCount, { upstream: name, outcome: 'unanswerable' }],
    ] as const)) },

  { name: 'lineside_upstream_uns_skipped_total', help: 'Events left out of the live lane because its link was away or too slow.', labels: ['upstream'],
    values: ({ upstreams }) => upstreams.flatMap(({ name, uns }) => (uns === null ? [] : [[uns.skippedCount, { upstream: name }] as const])) },

  { name: 'lineside_standby_active', help: '1 while this box works, also without a second one.', values: ({ pair }) => [[Number(pair.role !== 'standby')]] },
  { name: 'lineside_standby_whole', help: 'Standby: 1 while the copy can be gone on with. Absent on a box that works.', values: ({ pair }) => pair.whole === null ? [] : [[Number(pair.whole && pair.trouble === null)]] },
  { name: 'lineside_standby_behind_seconds', help: 'Standby: how old the copy is, in seconds.', values: ({ pair }) => pair.behind_seconds === null ? [] : [[pair.behind_seconds]] },
  { name: 'lineside_standby_samples_left_bytes', help: 'Standby: bytes of sealed samples that the active box has and this one has not. Absent until that is known.', values: ({ pair }) => pair.samples === null ? [] : [[pair.samples.left_bytes]] },
  { name: 'lineside_standby_peer_heard_seconds', help: 'How long ago the other box was heard, in seconds. Absent when it was not heard since the start.', values: ({ pair }) => pair.peer_heard_seconds === null ? [] : [[pair.peer_heard_seconds]] },
  { name: 'lineside_standby_fenced', help: '1 while the other box is not heard and may have taken over, so that nothing is ordered or written here.', values: ({ pair }) => [[Number(pair.fenced)]] },
  { name: 'lineside_standby_forks', help: 'Journals that this box has put aside, because the other one had gone on without knowing all of them.', values: ({ pair }) => [[pair.forks.length]] },

  { name: 'lineside_thread_heap_used_bytes', help: 'Bytes in objects of a thread beside the main one, garbage included, as it told a few seconds ago.', labels: ['thread'], values: () => threadHeaps().map(({ name, used }) => [used, { thread: name }]) },
  { name: 'lineside_thread_heap_bytes', help: 'Bytes that the heap of such a thread has of the machine.', labels: ['thread'], values: () => threadHeaps().map(({ name, held }) => [held, { thread: name }]) },
  { name: 'lineside_thread_external_bytes', help: 'Bytes outside of its heap that its objects hold, as buffers do.', labels: ['thread'], values: () => threadHeaps().map(({ name, external }) => [external, { thread: name }]) },

  { name: 'lineside_sockets', help: 'Open sockets.', values: ({ sockets }) => [[sockets.connections]] },
  { name: 'lineside_socket_messages_total', help: 'Messages sent to sockets.', labels: ['type'], values: ({ sockets }) => Object.entries(sockets.sent).map(([type, count]) => [count, { type }]) },
  { name: 'lineside_socket_queued_bytes', help: 'Bytes that wait for slow readers.', values: ({ sockets }) => [[sockets.queued_bytes]] },
  { name: 'lineside_sockets_closed_too_slow_total', help: 'Sockets closed because their reader was too slow.', values: ({ sockets }) => [[sockets.closed_too_slow]] },
]

/** Loads the library once; each call of the result is one scrape. */
export async function metricsOf(desk: Desk, sockets: SocketDesk, standby: Pick<StandbyDesk, 'state'>): Promise<() => Promise<string>> {
  // As a whole: in a bundle a CommonJS module has no names of its own.
  const { default: prometheus } = await import('prom-client')
  const { Counter, Gauge, Registry, collectDefaultMetrics } = prometheus
  const registry: Registry = new Registry()
  collectDefaultMetrics({ register: registry })
  const gauges: readonly (readonly [Figure, Gauge | InstanceType<typeof Counter>])[] = figures.map((figure) => {
    const options = { name: figure.name, help: figure.help, labelNames: [...figure.labels ?? []], registers: [registry] }
    return [figure, figure.name.endsWith('_total') ? new Counter(options) : new Gauge(options)]
  })
  return async () => {
    const at = await moment(desk, sockets, standby)
    for (const [figure, metric] of gauges) {
      const values = [...figure.values(at)]
      metric.reset()
      // One without labels is 0 now; what nobody knows is left out.
      if (values.length === 0 && figure.labels === undefined) metric.remove()
      for (const [value, labels = {}] of values) metric.inc(labels, value)
    }
    return registry.metrics()
  }
}
