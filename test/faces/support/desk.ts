/** A desk over a plant that lives in memory: small rules, but the real port, so that faces can be tried without PLCs and disks. */

import { isDeepStrictEqual } from 'node:util'
import { never } from '../../../src/base/assert.js'
import type { Clock } from '../../../src/base/clock.js'
import { type Instant, epoch, later, rfc3339, seq } from '../../../src/base/units.js'
import type { Command, CommandName } from '../../../src/contract/commands.js'
import type { Config } from '../../../src/contract/config.js'
import type { Desk, Health, LiveView, PastDesk, Told } from '../../../src/contract/desk.js'
import { type Fact, type FactName, catalogue } from '../../../src/contract/events/catalogue.js'
import { type LossRow, partCounts, timeLeaves } from '../../../src/contract/losses.js'
import type { Oee } from '../../../src/contract/oee.js'
import { type Refusal, isRefusal, refuse } from '../../../src/contract/refusals.js'
import type { AndonView, ViewData, ViewName, ViewOptions } from '../../../src/contract/views.js'
import { andonsOf } from '../../../src/analysis/andons.js'
import { stopsOf } from '../../../src/analysis/stops.js'
import { stopFacts } from '../../../src/contract/told-stop.js'
import { isoOf } from '../../../src/analysis/iso.js'
import { noSums } from '../../../src/core/losses/sums.js'
import { loadConfig } from '../../../src/configuration/configure.js'

export const exampleConfig = (): Config => {
  const loaded = loadConfig(new URL('../../../../config/lineside.yaml', import.meta.url).pathname)
  if (!('config' in loaded)) throw new Error('the example configuration has errors')
  return loaded.config
}

/** The example plant with a second line, so that a token may reach one and not the other. */
export function twoLines(): Config {
  const config = exampleConfig()
  const [first] = config.lines
  const second = {
    ...first!, id: '87654321-4321-8765-cba9-876543210987', code: 'BP02', name: 'Bagging line 2',
    equipment: [{ ...first!.equipment[1]!, code: 'BP02.PACK.BAG1', upstream: [] }],
  }
  return { ...config, lines: [first!, second] }
}

export interface MemoryDesk extends Desk, PastDesk {
  /** Writes a fact down, as a turn would. */
  happen<N extends FactName>(type: N, at: Instant, equipment: string | null, body: Extract<Fact, { type: N }>['body'], line?: string): Fact
  /** Begins the next turn: live views are made anew. */
  turn(): void
  /** Makes the next question of this kind fail. */
  breakNext(what: 'tell' | 'view' | 'facts', thrown: Error): void
  health: () => Health
  ready: boolean
}

type Job = ViewData<'jobs'>['jobs'][number]

export function openMemoryDesk(config: Config, clock: Clock): MemoryDesk {
  const facts: Fact[] = []
  const jobs = new Map<string, Job>()
  const keys = new Map<string, { command: Command; answer: Told | Refusal }>()
  const broken = new Map<string, Error>()
  const startedAt = clock.now()
  let views = new Map<string, LiveView>()
  let paused = false
  let turns = 1
  let ids = 0

  const equipmentOf = (code: string) => config.lines.flatMap(({ equipment }) => equipment).find((each) => each.code === code)!
  const lineOf = (code: string): string | null => config.lines.find(({ equipment }) => equipment.some((each) => each.code === code))?.code ?? null
  const microMsOf = (code: string): number => equipmentOf(code).micro_stop
  const failing = (what: string): void => {
    const thrown = broken.get(what)
    broken.delete(what)
    if (thrown !== undefined) throw thrown
  }
  const happen: MemoryDesk['happen'] = (type, at, equipment, body, line = equipment === null ? config.lines[0]!.code : lineOf(equipment)!) => {
    // The body was given as the one of this type.
    const fact = { type, at, line, equipment, body, epoch: epoch('e1'), seq: seq(facts.length + 1), config: 1 } as unknown as Fact
    facts.push(fact)
    return fact
  }
  const stops = () => stopsOf(facts, clock.now(), microMsOf)
  const calls = (line: string): AndonView[] => andonsOf(facts).filter((call) => call.line === line && call.status !== 'resolved')

  function obey(command: Command): Fact[] | Refusal {
    const { at, line, equipment, by } = command
    const running = [...jobs.values()].find((job) => job.equipment_code === equipment && job.status === 'in_progress')
    const example = (type: FactName, body: object = {}): Fact[] =>
      [happen(type, at, equipment, { ...catalogue[type].example, ...body } as never, line)]
    const onCall = (id: string, type: 'andon_acknowledged' | 'andon_attended' | 'andon_updated' | 'andon_resolved', body: object): Fact[] | Refusal => {
      const call = andonsOf(facts).find(({ andon_id }) => andon_id === id)
      if (call === undefined) return refuse('ANDON_UNKNOWN', { andon_id: id })
      return call.status === 'resolved' && !(call.unseen && type === 'andon_acknowledged') ? refuse('ANDON_ENDED', { andon_id: id }) : example(type, { andon_id: id, by: by.name, ...body })
    }
    const onStop = (id: string, revision: number | undefined, body: object): Fact[] | Refusal => {
      const stop = stops().find(({ stop_id }) => stop_id === id)
      if (stop === undefined) return refuse('STOP_UNKNOWN', { stop_id: id })
      if (revision !== undefined && revision !== stop.revision) return refuse('STALE_REVISION', { revision: stop.revision })
      const { from, to, reason, cause } = stop
      return [happen('downtime_updated', at, stop.equipment_code, {
        stop_id: id, revision: stop.revision + 1, change: 'note', reason, cause, from, to, merged: null, split_off: null, note: null, by: by.name, ...body,
      } as never)]
    }
    switch (command.name) {
      case 'job_create': {
        const { body } = command
        if (jobs.has(body.job_id)) return refuse('JOB_EXISTS', { job_id: body.job_id })
        const order = { name: null, product: null, priority: 50, planned_start: null, due: null, attributes: {}, revision: 1, ...body }
        jobs.set(body.job_id, { ...order, status: 'created', line, equipment_code: null, good: 0, reject: 0, reworked_good: 0, started_at: null, clock_from: null, ended_at: null } as Job)
        return [happen('job_created', at, null, { ...order, by: by.name } as never, line)]
      }
      case 'job_assign': {
        const job = jobs.get(command.body.job_id)
        if (job === undefined) return refuse('JOB_UNKNOWN', { job_id: command.body.job_id })
        jobs.set(job.job_id, { ...job, status: 'assigned', equipment_code: equipment })
        return [happen('job_assigned', at, equipment, { ...command.body, by: by.name })]
      }
      case 'job_start': {
        if (running !== undefined) return refuse('JOB_ALREADY_RUNNING', { job_id: running.job_id })
        const job = [...jobs.values()].find((each) => each.equipment_code === equipment && each.status === 'assigned')
        if (job === undefined) return refuse('JOB_NOT_ASSIGNED')
        jobs.set(job.job_id, { ...job, status: 'in_progress', started_at: rfc3339(at), clock_from: rfc3339(at) })
        return example('job_started', { job_id: job.job_id, target: job.quantity })
      }
      case 'job_complete': {
        if (running === undefined) return refuse('JOB_NOT_RUNNING')
        jobs.set(running.job_id, { ...running, status: 'completed', ended_at: rfc3339(at) })
        return example('job_completed', { job_id: running.job_id, completion_notes: command.body.completion_notes })
      }
      case 'andon_raise': {
        const open = calls(line).find((call) => call.equipment_code === equipment && call.andon_type === command.body.event_type)
        if (open !== undefined) return refuse('ANDON_ALREADY_OPEN', { andon_id: open.andon_id })
        const { event_type, priority, description } = command.body
        return example('andon_event', { andon_id: `${line}-A${++ids}`, andon_type: event_type, priority, description, by: by.name })
      }
      case 'andon_acknowledge': return onCall(command.body.andon_id, 'andon_acknowledged', { comment: command.body.comment })
      case 'andon_attend': return onCall(command.body.andon_id, 'andon_attended', { comment: command.body.comment })
      case 'andon_cancel': return onCall(command.body.andon_id, 'andon_resolved', { comment: command.body.comment, second_pull: true })
      case 'andon_resolve': return onCall(command.body.andon_id, 'andon_resolved', { comment: command.body.comment })
      case 'andon_comment': return onCall(command.body.andon_id, 'andon_updated', { comment: command.body.comment })
      case 'stop_reason': {
        const known = config.reasons.find(({ code }) => code === command.body.reason)
        if (known === undefined) return refuse('REASON_UNKNOWN', { reason: command.body.reason })
        const { code, name, category, is_failure, external } = known
        return onStop(command.body.stop_id, command.body.expected_revision, { change: 'reason', reason: { code, name, category, is_failure, external, source: 'operator', by: by.name } })
      }
      case 'stop_note': return onStop(command.body.stop_id, command.body.expected_revision, { note: command.body.note })
      case 'stop_split': return onStop(command.body.stop_id, command.body.expected_revision, { change: 'split' })
      case 'stop_merge': return onStop(command.body.stop_id, command.body.expected_revision, { change: 'merge', merged: command.body.with })
      case 'jobs_import': case 'schedule_set': return example('job_updated')
      case 'andon_shelve': return example('andon_shelved')
      case 'andon_unshelve': return example('andon_unshelved')
      default: return example(factOf[command.name])
    }
  }

  function told(command: Command): Told | Refusal {
    const outcome = obey(command)
    return isRefusal(outcome) ? outcome : { seq: outcome.at(-1)!.seq, facts: outcome, again: false }
  }

  const figures = (from: Instant, to: Instant): Oee =>
    ({ ...catalogue.oee_update.example, window: { from: rfc3339(from), to: rfc3339(to) }, warnings: [] })

  function dataOf(name: ViewName, of: string, options: ViewOptions): unknown {
    const at = clock.now()
    const line = config.lines.find(({ code }) => code === of) ?? config.lines.find(({ code }) => code === lineOf(of))!
    const oee = figures(startedAt, at)
    const current = stops().find((stop) => stop.equipment_code === of && stop.to === null) ?? null
    const job = [...jobs.values()].find((each) => each.equipment_code === of && each.status === 'in_progress') ?? null
    const state = { state: current === null ? 'running' : current.state, state_code: null, since: rfc3339(startedAt), seconds: (at - startedAt) / 1_000, reason: current?.reason ?? null }
    const signals = {
      signals: { speed: { value: 61.5, unit: 'parts/min', quality: 'good', at: rfc3339(at), age_seconds: 0.1 } },
      connection: [{ plc: 'packer', connected: true, fault: null, since: rfc3339(startedAt) }],
    }
    const counts = { good: 59, reject: 1, total: 60 }
    const context = { shift: null, operators: ['ana'], job_id: job?.job_id ?? null, product: 'BAG500', changeover: null, startup: null }
    const equipment = (code: string) => ({
      equipment_code: code, name: equipmentOf(code).name, line: line.code, line_id: line.id, constraint: equipmentOf(code).constraint, state,
      production_context: context, current_job: job, counts, job_counts: null, speed: 61.5, speed_unit: 'parts/min', active_faults: [], current_stop: current,
    })
    const has = (part: 'plc_data' | 'oee' | 'downtime' | 'plc_metrics'): boolean => options.without?.includes(part) !== true
    const { job_id, ...rest } = context
    switch (name) {
      case 'production_status': return {
        equipment_code: of, line_id: line.id, state, production_context: { ...rest, operator: 'ana', job: job_id }, current_job: job, counts,
        ...(has('plc_data') ? { plc_data: signals } : {}), ...(has('oee') ? { oee } : {}), ...(has('downtime') ? { downtime: current } : {}),
      }
      case 'real_time_oee': return { equipment_oee: Object.fromEntries(line.equipment.filter(({ code }) => options.equipment === undefined || options.equipment === code).map(({ code }) => [code, oee])), line_oee: oee }
      case 'job_progress': return job === null ? { status: 'no_active_job', equipment_code: of } : {
        status: 'active', equipment_code: of, job, progress: { target: job.quantity, good: 0, reject: 0, remaining: job.quantity, fraction: 0 },
        pace: { target_now: null, ahead_parts: null, ahead_seconds: null, takt_seconds: null }, expected_finish: { p10: null, p50: null, p90: null }, ...(has('plc_metrics') ? { plc_metrics: signals } : {}),
      }
      case 'downtime_now': return { current_downtime: current }
      case 'andon_now': return { active_events: calls(line.code) }
      case 'equipment': return { ...equipment(of), oee }
      case 'line': return {
        line_id: line.id, code: line.code, name: line.name, method: line.method, target_oee: line.target_oee, shift: null, oee,
        target: { target_now: null, actual: 59, gap: null }, andons: calls(line.code), unseen: { count: 0, newest: [] }, next_planned: null,
        equipment: line.equipment.map(({ code }) => ({ ...equipment(code), oee: oee.oee, availability: oee.availability, performance: oee.performance, quality: oee.quality })),
      }
      case 'signals': return signals
      case 'plcs': return { plcs: [] }
      case 'operators': return { operators: [{ operator: 'ana', team: null, active: true, line: line.code, equipment: [] }] }
      case 'jobs': return { jobs: [...jobs.values()].filter((each) => each.line === line.code).toReversed() }
      default: return never(name)
    }
  }

  const desk: MemoryDesk = {
    gateway: config.gateway.id, version: '0.1.0', config, configVersion: 1, ready: true,
    now: () => clock.now(),
    head: () => ({ epoch: epoch('e1'), seq: seq(facts.length) }),
    health: () => ({
      alive: true, ready: desk.ready, warnings: [], reasons: desk.ready ? [] : ['the journal cannot be written'], startedAt, lastTurnAt: startedAt, turnsCount: turns, turnsMissedCount: 0, scansForgottenCount: 0,
      turnMs: quick, stages: { read: quick, solve: quick, write: quick, announce: quick },
      plcs: [{
        plc: 'packer', state: 'online', fault: null, detail: null, since: startedAt, pduBytes: 480, requestsPerScan: 2, pduFill: 0.9, cycleMs: 100, jitterMs: quick, readMs: quick,
        cyclesCount: 10, cyclesMissedCount: 0, requestsCount: 20, bytesCount: 900, reconnectsCount: 0, scansForgottenCount: 0,
        badTags: ['a', 'b'].map((tag) => ({ tag, quality: 'not_found', fault: 'TAG_NOT_FOUND', detail: 'DB9 is not there' })),
      }],
    }),
    line: (ref) => {
      const line = config.lines.find(({ id, code }) => id === ref.toLowerCase() || code === ref)
      return line === undefined ? null : { id: line.id, code: line.code }
    },
    lineOf,
    day: (line, date) => {
      const from = Date.parse(`${date}T06:00:00Z`) as Instant
      return Number.isNaN(from) || desk.line(line) === null ? null : { from, to: later(from, 24 * 3_600_000) }
    },
    async tell(command) {
      failing('tell')
      if (command.key === null) return told(command)
      const key = `${command.by.id}/${command.key}`
      const before = keys.get(key)
      if (before === undefined) {
        const answer = told(command)
        keys.set(key, { command, answer })
        return answer
      }
      if (before.command.name !== command.name || before.command.equipment !== command.equipment || !isDeepStrictEqual(before.command.body, command.body)) return refuse('KEY_REUSED')
      return isRefusal(before.answer) ? before.answer : { ...before.answer, again: true }
    },
    view(name, of, options = {}) {
      failing('view')
      const key = `${name}/${of}/${JSON.stringify(options)}`
      const kept = views.get(key)
      if (kept !== undefined) return kept
      const view = { json: Buffer.from(JSON.stringify(dataOf(name, of, options))), etag: `"e1-${turns}-${views.size}"`, seq: seq(facts.length), at: clock.now() }
      views.set(key, view)
      return view
    },
    follow: () => () => undefined,
    async facts({ after, limit, types, line, equipment, from, to, newestFirst, stop, stops }) {
      failing('facts')
      const found = facts.filter((fact) => (after === undefined || fact.seq > after) && (types === undefined || types.includes(fact.type)) && (line === undefined || fact.line === line)
        && (equipment === undefined || fact.equipment === equipment) && (from === undefined || fact.at >= from) && (to === undefined || fact.at < to)
        && (stops === undefined || 'stop_id' in fact.body && stops.includes(String(fact.body.stop_id)) || 'split_off' in fact.body && stops.includes(String(fact.body.split_off)))
        && (stop === undefined || (stopFacts as readonly FactName[]).includes(fact.type) && ('stop_id' in fact.body && fact.body.stop_id === stop || 'split_off' in fact.body && fact.body.split_off === stop)))
      return (newestFirst === true ? found.toReversed() : found).slice(0, limit)
    },
    // What the journal has not listed is heard in its facts.
    stops: async () => { failing('stops'); return null },
    oee: async ({ from, to }) => figures(from, to),
    shift: () => null,
    told: () => new Map(), corrected: () => [], before: () => [],
    explainEquipment: async ({ of, from, to }) => ({ of, window: { from: rfc3339(from), to: rfc3339(to) }, oee: figures(from, to), factors: [], leaves: [], parts: [], reworked: [], ideal_corrections: [], calendar_corrections: [], slices: [], counts: [], iso_22400: isoOf(noSums, noSums), configs: [1] }),
    explainLine: async ({ of, from, to }) => ({ of, window: { from: rfc3339(from), to: rfc3339(to) }, method: 'constraint', oee: figures(from, to), ote: { method: 'ote', ote: null, steps: [], unreliable: [] }, from_before: 0, made_of: [] }),
    explainTag: (of, reached) => of !== 'packer/bl_speed' ? refuse('TAG_UNKNOWN') : {
      plc: 'packer', tag: 'bl_speed', address: 'DB10,REAL24', driver: 's7', place: '127.0.0.1:10102', asked: 'gateway', value: 61.5, unit: 'parts/min', quality: 'good', at: rfc3339(startedAt), age_seconds: 0.1,
      verdict: 'well', because: null, finding: 'everything is as it should be', remedy: null, steps: [], uses: reached('BP01') ? [{ line: 'BP01', equipment_code: 'BP01.PACK.BAG1.BL', signal: 'speed', value: 61.5, quality: 'good' }] : [],
    },
    series: async ({ from, to, by }) => [{ key: by === 'whole' ? null : by === 'hour' ? rfc3339(from) : by, oee: figures(from, to) }],
    shifts: async ({ from, to }) => [{ key: '2026-03-24/early', oee: figures(from, to), netRunMs: new Map([['BAG500', 1]]) }],
    sums: async ({ equipment, edges }) => equipment.map((code) => minute(code, lineOf(code)!, edges[0]!)),
    rows: async ({ equipment, from }) => equipment.map((code) => minute(code, lineOf(code)!, from)),
    rowsWritten: async () => [],
    sampled: () => Promise.resolve(null),
    samples: async ({ from }) => [{ at: from, value: 2, quality: 'good' }, { at: later(from, 1_000), value: null, quality: 'link_down' }],
    histories: async ({ slots, from }) => slots.map(() => [{ at: from, value: 2, quality: 'good' }, { at: later(from, 1_000), value: null, quality: 'link_down' }]),
    overview: async ({ slots, parts = 0 }) => slots.map(({ tag }) => (tag.includes('product') ? { n: 0, mean: null, min: null, max: null, means: [] } : { n: 3, mean: 2, min: 1, max: 3, means: Array.from({ length: parts }, (_, i) => (i === 1 ? null : 2)) })),
    summaries: async ({ windows }) => windows.map(() => ({ n: 1, mean: 2, min: 2, max: 2, first: 2, last: 2 })),
    turns: async () => [],
    record: async (draft) => { facts.push({ ...draft, epoch: epoch('e1'), seq: seq(facts.length + 1), config: 1 }) },
    commands: async () => [],
    sizes: async () => ({ factsCount: facts.length, factSeqFirst: seq(1), samplesCount: 0, turnsStagedCount: 0, databaseBytes: 4_096, walBytes: 0, freeBytes: 1e9, writtenBytesPerDay: 0 }),
    epochs: async () => [{ epoch: epoch('e1'), first: seq(1), previous: null, previousHead: null, at: startedAt, why: 'created' }],
    planConfig: ({ hours }) => (hours > 100 ? refuse('PLAN_RUNNING') : { state: 'running', progress: 0, why: null, plan: null }),
    plan: () => ({ state: 'failed', progress: 0.5, why: 'its process ended', plan: null }),
    upstreams: () => [{
      figures: () => ({
        name: 'mes', url: 'mqtt://broker:1883', connected: true, trouble: null, lastTrouble: null, paused, sessionsCount: 1,
        lanes: { facts: { acked: 0, sent: 0, flightsCount: 0, flightsBytes: 0, messagesCount: 1, recordBytes: 80, numbersPerSecond: 20, rewindsCount: 0, quarantinedCount: 0, refusedAcksCount: 0, refusedAck: null, held: paused ? 'paused' : null, aheadTo: null } },
        pulls: { answeredCount: 3, refusedCount: 1, unanswerableCount: 0, waitingCount: 0 },
        uns: { connected: true, topicsCount: 20, publishedCount: 100, skippedCount: 0 },
        sparkplug: { connected: true, hostOnline: null, bdSeq: 7, birthsCount: 1, publishedCount: 40 },
      }),
      pause: async (isPaused) => { paused = isPaused },
      resend: () => undefined,
    }],
    bookmark: async () => undefined,
    bookmarks: async () => new Map(),
    note: async () => undefined,
    notes: async () => new Map(),
    happen,
    turn() {
      turns++
      views = new Map()
    },
    breakNext: (what, thrown) => { broken.set(what, thrown) },
  }
  return desk
}

const quick = { p50: 1, p99: 2, max: 3 }

/** What commands without a rule of their own here lead to. */
const factOf: Readonly<Record<Exclude<CommandName, `andon_${string}` | `stop_${string}` | 'jobs_import' | 'schedule_set' | 'job_create' | 'job_assign' | 'job_start' | 'job_complete'>, FactName>> = {
  job_update: 'job_updated', job_accept: 'job_accepted', job_pause: 'job_paused', job_resume: 'job_resumed', job_cancel: 'job_cancelled',
  changeover_start: 'changeover_started', changeover_complete: 'changeover_completed', startup_release: 'startup_released', rework_report: 'parts_reworked', counts_correct: 'counts_corrected', quality_report: 'quality_issue',
  operator_sign_on: 'operator_signed_on', operator_create: 'operator_created', operator_update: 'operator_updated', operator_sign_off: 'operator_signed_off', gap_declare: 'gap_declared', ideal_correct: 'ideal_corrected', calendar_correct: 'calendar_corrected',
}

/** A minute of running. */
function minute(equipment: string, line: string, at: Instant): LossRow {
  const zeros = <K extends string>(names: readonly K[]): Record<K, number> => Object.fromEntries(names.map((name) => [name, 0])) as Record<K, number>
  return {
    line, equipment, minute: at, shift: null, job: null, product: null, idealMs: 1_000, revision: 0,
    ms: { ...zeros(timeLeaves), running: 60_000 }, parts: { ...zeros(partCounts), good: 58, production_reject: 1 },
  }
}

