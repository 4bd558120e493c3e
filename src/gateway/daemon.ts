/** Builds every part from the configuration; starts them in order, stops them in reverse. */

import { resolve } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { startAccessWatch } from './access-watch.js'
import { openAdmin } from './admin.js'
import { type Arrangement, arrangementOf } from '../turn/arrangement.js'
import { assert, given } from '../base/assert.js'
import { systemChance } from '../base/chance.js'
import { systemClock } from '../base/clock.js'
import { limits } from '../base/limits.js'
import type { Log } from '../base/log.js'
import { openNotify } from '../base/notify.js'
import { type Instant, rfc3339, seq } from '../base/units.js'
import type { Config } from '../contract/config.js'
import type { Health } from '../contract/desk.js'
import type { Draft, DraftOf } from '../contract/events/catalogue.js'
import { Fault } from '../contract/faults.js'
import type { Remembered, Trimmed } from '../contract/journal.js'
import { refuse } from '../contract/refusals.js'
import type { Actor } from '../contract/roles.js'
import type { LinkChange, Scan } from '../contract/scan.js'
import { startCycle } from './cycle.js'
import { dataDirectoryOf } from '../configuration/data-directory.js'
import { demoJob, startDemo } from './demo.js'
import { openDesk } from './desk.js'
import { openDoors, serveFaces } from './faces.js'
import type { BoxDesk } from '../faces/api/box.js'
import type { Upstream } from '../faces/mqtt/upstream.js'
import { noStandby } from '../faces/api/standby.js'
import { startNotify } from '../faces/notify/notify.js'
import { startField } from '../field/host.js'
import { healthOf } from './health.js'
import { settingsDesk } from './settings.js'
import { type InForce, decideInForce } from '../configuration/in-force.js'
import { LastReadings } from './last-readings.js'
import { openJournal } from '../journal/journal.js'
import { startLifeCycle } from '../configuration/life-cycle.js'
import { startLights } from './lights.js'
import { plansOfJournal } from '../turn/dated-plans.js'
import { recallByPages } from '../turn/recall.js'
import { version } from '../version.js'
import { configOfVersion, hashOf, inForce, openVersions, readSource } from '../configuration/versions.js'
import { Parts } from './parts.js'
import { startPastWorkshop } from './past-workshop.js'
import { startPlanner } from './planner.js'
import { type ActiveSide, startActiveSide } from './standby/active-side.js'
import { type Pair, noteGoesOn } from './standby/pair.js'
import type { Own, Taking } from './standby/standing.js'
import { readingsOf, viewOf } from './views.js'
import { tagMeant, whyTag } from './why.js'

export interface DaemonOptions {
  readonly configFile: string
  /** Brings the virtual plant along, in a process of its own. */
  readonly demo: boolean
  readonly port?: number
  readonly dataDir?: string
  readonly log: Log
  /** What only the process knows of itself. */
  readonly box: BoxDesk
  /** The daemon cannot go on, because the disk is not to be trusted. Called at most once; the caller ends the process. */
  readonly onBroken: (fault: Error) => void
}

export interface Daemon {
  /** Where the faces are: `http://127.0.0.1:8000`. */
  readonly address: string
  /** As it was at the start. */
  readonly config: Config
  /** The administrator's token, on the first start only; it is shown once and stored hashed. */
  readonly firstToken: string | null
  /** Stops every part in reverse order; resolves when the journal is closed. */
  stop(reason: string): Promise<void>
}

/** Who acts when the gateway itself does. */
const gatewayActor: Actor = { id: 'gateway', name: 'gateway', role: 'admin', lines: null }

/** Throws a `Fault`; CONFIG_INVALID carries a sentence for every error. With a `pair` it is the active one of two boxes. */
export async function startDaemon(options: DaemonOptions, pair: Pair | null = null): Promise<Daemon> {
  const { log } = options
  const clock = systemClock
  const startedAt = clock.now()
  const file = resolve(options.configFile)
  const directory = dataDirectoryOf(file, options.dataDir)
  const versions = openVersions(directory)
  const overridden = overriding(options, directory, pair?.standing.own ?? null)
  const start = decideInForce(readSource(file), versions, startedAt, overridden)
  const config = overridden(start.config)
  const taking = pair?.standing.taking ?? null
  for (const warning of start.warnings) log.error(warning, { errors: start.rejected?.errors ?? [] })
  // The configuration may only serve a network without TLS when it says that it means to.
  const exposure = config.server.trusted_segment && config.server.tls === undefined ? [`served on ${config.server.host} without TLS, as \`trusted_segment\` allows`] : []
  const notify = openNotify(process.env, log)
  const memory = new Parts(log)
  const work = new Parts(log)
  const faces = new Parts(log)
  /** The faces go first, so that nobody asks for what is gone; the journal outlives the work that it records. */
  const stopAll = async (): Promise<void> => { for (const parts of [faces, work, memory]) await parts.stop() }
  try {
    // The field's wiring comes first: the journal must know what a scan looks like before one arrives.
    const arrangement = arrangementOf(config, start.version)
    const journal = await openJournal({
      directory, clock, log: log.of('journal'), groups: arrangement.groups, recorded: arrangement.isRecorded, lines: [...arrangement.lines], storage: config.storage, stageMs: config.storage.samples.commit,
      ...(taking === null ? {} : { beginning: { as: 'take_over', from: taking.epoch, above: taking.above } }),
      onMoved: () => { notify.starting() }, onBroken: options.onBroken, onTrimmed: (trimmed) => { cycle.note(trimmedDraft(trimmed, clock.now())) },
    })
    memory.add('journal', () => journal.close())
    start.settle()
    const { remembered } = journal
    if (taking !== null) await noteGoesOn(journal, { epoch: remembered.epoch, previous: taking.epoch, from: taking.from })
    const started = [...takenDrafts(taking, pair?.config.box ?? '', startedAt), ...startDrafts(remembered, start, startedAt)]
    const plans = await plansOfJournal(arrangement.plans, journal, startedAt, (number) => configOfVersion(versions, number), started)
    const recalled = await recallByPages(remembered, journal, plans, arrangement.sampler, arrangement.lineOf)
    const cycle = startCycle({
      clock, log: log.of('cycle'), cycleMs: config.gateway.cycle, journal, arrangement,
      epoch: remembered.epoch, head: remembered.head, lastTurn: remembered.lastTurn, lastAt: remembered.lastAt, lines: recalled.lines, rows: recalled.rows,
      notes: [...recalled.drafts.map((draft) => ({ draft, applied: true })), ...started.map((draft) => ({ draft, applied: false }))],
      announce: (announced) => {
        // A fact tells of the takeover now, and a start need not do it again.
        if (pair !== null && pair.standing.taking !== null) pair.remember({ taking: null })
        desk.announce(announced)
      },
      turned: () => { notify.watchdog() },
      broken: options.onBroken,
    })
    work.add('cycle', () => cycle.stop())

    const shown = {
      lineOf(of: string) {
        const now = cycle.arrangement()
        const code = now.lines.has(of) ? of : now.lineOf(of)
        return given(cycle.lines().get(code), `line ${code}`)
      },
      sampler: { table: (equipment: string, at: Instant) => cycle.arrangement().sampler.table(equipment, at) },
      plcs: () => field.health(),
      plcsOfLine: (line: string) => cycle.arrangement().plcsOfLine(line),
      plcsOfEquipment: (equipment: string) => cycle.arrangement().plcsOfEquipment(equipment),
      budgetOf: (plc: string) => cycle.arrangement().config.plcs.find(({ id }) => id === plc)?.budget.requests_per_second ?? null,
    }
    const health = (): Health => healthOf({ startedAt, cycleMs: config.gateway.cycle, clock, cycle, plcs: field.health(), warnings: [...lifeCycle.warnings(), ...exposure, ...(side?.warnings() ?? [])] })
    const planner = startPlanner({ directory, clock, source: () => given(inForce(versions), 'the version in force').source })
    memory.add('planner', () => { planner.stop() })
    const workshop = startPastWorkshop({ directory, clock, inForce: () => cycle.arrangement(), flush: () => journal.flush() })
    memory.add('corrections', () => workshop.stop())
    const upstreams: Upstream[] = []
    const desk = openDesk({
      upstreams: () => upstreams, planner, workshop,
      explainTag: (of, reached, at, language) => {
        const { config, groups, sampler } = cycle.arrangement()
        const meant = tagMeant(config, of)
        return typeof meant === 'string' ? refuse('TAG_UNKNOWN', [{ path: 'tag', message: meant }]) : whyTag({ asked: 'gateway', gatewayTrouble: null, reached, config, groups, sampler, readings, health: field.health(), language }, meant, at)
      },
      gateway: config.gateway.id, version, epoch: () => remembered.epoch, clock, log: log.of('desk'), cycle, journal, health, 
      fence: () => (mayAct() ? null : refuse('STANDBY_FENCED', { peer: config.standby?.peer })), unsure: () => (side === null || side.mayAnswer() ? null : refuse('STANDBY_UNSURE', { peer: config.standby?.peer })), configOf: (number) => configOfVersion(versions, number),
      viewOf: (name, of, wish, at) => viewOf(shown, name, of, wish, at),
      readingsOf: (equipment, at) => readingsOf(shown, equipment, at),
    })

    let isOutrun = remembered.origin !== 'continued'
    /**
     * A whole data directory that was put back has everything with it by which the gate could have noticed, so the MES is the witness. What is
     * written from here on would have numbers that mean something else already; the next start begins above them. A start that began an
     * epoch believes no such thing, so whoever forges watermarks makes us start again once and not for ever.
     */
    function outrun(number: number): void {
      const head = cycle.head()
      if (isOutrun || number - head > limits.upstreamOutrunMax) return
      isOutrun = true
      const end = (): void => { options.onBroken(new Fault('JOURNAL_ROLLED_BACK', { head, told: number })) }
      void journal.outrun(seq(number)).then(end, end)
    }
    async function startUpstreams(): Promise<void> {
      for (const upstream of config.upstreams) {
        // Its library is the largest of all, and many a gateway has no upstream.
        const { startUpstream } = await import('../faces/mqtt/upstream.js')
        upstreams.push(await startUpstream({ desk: side?.shared.deskOf(desk) ?? desk, isAlone: (lane, number) => side?.shared.isAlone(lane, number) ?? false, config: upstream, clock, chance: systemChance, log: log.of(`upstream ${upstream.name}`), maySpeak: mayAct, outrun }))
      }
    }
    async function stopUpstreams(): Promise<void> { await Promise.all(upstreams.splice(0).map((upstream) => upstream.stop())) }
    /** Two boxes must not speak for one gateway: who may not act says nothing, and what waits is sent when he may. */
    let speaking: Promise<unknown> = Promise.resolve()
    const speak = (may: boolean): void => {
      speaking = speaking.then(may ? startUpstreams : stopUpstreams).catch((thrown: unknown) => { log.error('the upstreams could not be changed', { error: String(thrown) }) })
    }
    // One of two boxes asks the other before it acts, so this stands before everything that acts.
    const doors = await openDoors(directory, clock)
    const side: ActiveSide | null = pair === null ? null : startActiveSide(pair, {
      journal, desk, house: { versions, ...doors }, note: (draft) => { cycle.note(draft) }, endWork: () => work.stop(), onFence: speak,
    })
    faces.add('the other box', () => { side?.stop() })
    const mayAct = (): boolean => side === null || side.mayAct()
    work.add('upstreams', async () => { await speaking; await stopUpstreams() })
    if (side === null) await startUpstreams()
    else speak(mayAct())

    if (config.notify.length > 0) {
      const channels = await startNotify({ desk, clock, chance: systemChance, log: log.of('notify'), note: (draft) => { cycle.note(draft) } })
      work.add('notification', () => channels.stop())
    }

    if (options.demo) {
      const { s7Port, logixPort } = demoPorts(config)
      // The levers are beside the PLC, so that two demos on one machine do not meet.
      const demo = await startDemo({ seed: 1, factor: 1, s7Port, logixPort, controlPort: s7Port + 1 })
      work.add('virtual plant', () => demo.stop())
      if (remembered.head === 0) await desk.tell({ name: 'job_create', at: clock.now(), line: config.lines[0]!.code, equipment: null, by: gatewayActor, key: null, body: demoJob })
    }
    let readings = new LastReadings(arrangement.groups)
    const fieldParts = { clock, chance: systemChance, log: log.of('field'), onScan: (scan: Scan) => { readings.take(scan); cycle.scan(scan) }, onLink: (change: LinkChange) => { cycle.link(change) } }
    let field = startField(config.plcs, fieldParts)
    work.add('field', () => field.stop())
    assert(field.groups.length === arrangement.groups.length, 'the field reads the groups that the journal was opened with')

    /** Without a change to the PLCs no scan is missed; with one they are read anew when every line stands under its new plan. */
    async function move(next: Arrangement, draft: Draft): Promise<void> {
      const reconnects = !isDeepStrictEqual(next.config.plcs, cycle.arrangement().config.plcs)
      if (reconnects) await field.stop()
      await cycle.rearrange(next, draft)
      await journal.record(next.groups, next.isRecorded)
      if (!reconnects) return
      readings = new LastReadings(next.groups)
      field = startField(next.config.plcs, fieldParts)
    }
    /** Asked at the very moment, and once more beside the PLC: what waits there for its turn is not written late. */
    const write: typeof field.write = async (plc, tag, value) => {
      if (!mayAct()) throw new Fault('STANDBY_FENCED', { plc, tag })
      await field.write(plc, tag, value, ...(side === null ? [] : [() => side.actsMs()]))
    }
    const lights = startLights({ desk, write, clock, log: log.of('lights'), note: (draft) => { cycle.note(draft) } })
    work.add('stack lights', () => { lights.stop() })
    const lifeCycle = startLifeCycle({
      versions, arrangement: () => cycle.arrangement(), move, note: (draft) => { cycle.note(draft) }, health, clock, log: log.of('configuration'),
      rejected: start.rejected, warnings: start.warnings, fileHash: () => hashOf(readSource(file).source), overridden, broken: options.onBroken,
    })
    work.add('life cycle', () => { lifeCycle.stop() })
    const admin = await openAdmin({ directory, lifeCycle, log })
    work.add('admin socket', () => admin.stop())

    const house = { box: options.box, settings: settingsDesk(lifeCycle, versions, file), standby: side ?? noStandby(() => desk.head()) }
    const accessWatch = startAccessWatch({ directory, desk, clock, log: log.of('access') })
    faces.add('changes of access', () => { accessWatch.stop() })
    const address = await serveFaces({ desk, house, journal, doors, directory, config, clock, log, parts: faces })
    notify.ready(`serving ${address}`)
    log.info('the gateway works', { address, gateway: config.gateway.id, version, epoch: remembered.epoch, seq: remembered.head, startMs: clock.now() - startedAt })
    return {
      address,
      config,
      firstToken: doors.firstToken,
      async stop(reason) {
        notify.stopping()
        log.info('the gateway stops', { reason })
        cycle.note({ type: 'gateway_stopped', at: clock.now(), line: null, equipment: null, body: { reason } })
        await stopAll()
        notify.close()
      },
    }
  } catch (thrown) {
    await stopAll()
    notify.close()
    throw thrown
  }
}

/**
 * What holds for every configuration: what is of this box alone, where the configuration may come from another one; and what the command line
 * says in place of settings. The directory was settled before the configuration could be read.
 */
export function overriding({ port }: Pick<DaemonOptions, 'port'>, directory: string, own: Own | null): (config: Config) => Config {
  return (config) => {
    const { server, storage, standby } = own ?? config
    return { ...config, standby, server: { ...server, port: port ?? server.port }, storage: { ...storage, directory } }
  }
}

/** Where the demo's configuration expects its PLCs; the one on EtherNet/IP may be missing. */
function demoPorts(config: Config): { readonly s7Port: number; readonly logixPort: number | null } {
  const portOf = (driver: 's7' | 'eip') => config.plcs.flatMap((plc) => plc.driver === driver && 'port' in plc ? [plc.port] : [])[0]
  const s7Port = portOf('s7')
  if (s7Port === undefined) throw new Fault('CONFIG_INVALID', { errors: ['the demo needs a PLC with driver s7'] })
  return { s7Port, logixPort: portOf('eip') ?? null }
}

const takenDrafts = (taking: Taking | null, box: string, at: Instant): Draft[] => taking === null ? [] : [{
  type: 'taken_over', at, line: null, equipment: null,
  body: { box, from_epoch: taking.epoch, from_seq: taking.from.seq, from_rows: taking.from.rows, why: taking.why, silent_seconds: taking.silentMs === null ? null : taking.silentMs / 1_000 },
}]

/** What the first turn says of the gateway itself. */
function startDrafts(remembered: Remembered, start: InForce, at: Instant): Draft[] {
  const about = { at, line: null, equipment: null } as const
  const drafts: Draft[] = []
  if (start.applied !== null) drafts.push({ type: 'config_applied', ...about, body: { version: start.version, ...start.applied, changes: [...start.applied.changes] } })
  if (start.rejected !== null) drafts.push({ type: 'config_rejected', ...about, body: { ...start.rejected, errors: [...start.rejected.errors] } })
  return [...drafts, {
    type: 'gateway_started', ...about,
    body: {
      version, config: start.version, previous_epoch: remembered.previousEpoch, clean: remembered.clean,
      last_seen: remembered.lastAt === null ? null : rfc3339(remembered.lastAt),
    },
  }]
}

const trimmedDraft = (trimmed: Trimmed, at: Instant): DraftOf<'journal_trimmed'> => ({
  type: 'journal_trimmed', at, line: null, equipment: null,
  body: {
    what: trimmed.what, from_seq: trimmed.fromSeq, to_seq: trimmed.toSeq, from: rfc3339(trimmed.from), to: rfc3339(trimmed.to),
    why: trimmed.why, unacknowledged: trimmed.unacknowledged,
  },
})
