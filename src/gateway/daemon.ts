/** Builds every part from the configuration; starts them in order, stops them in reverse. */

import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { isDeepStrictEqual } from 'node:util'
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
import { openAccess } from '../faces/access/access.js'
import { openPeople } from '../faces/access/people.js'
import { openSessions } from '../faces/access/sessions.js'
import { firstToken, openTokens } from '../faces/access/tokens.js'
import { openApi } from '../faces/api/api.js'
import type { BoxDesk } from '../faces/api/box.js'
import { startLive } from '../faces/live/live.js'
import type { Upstream } from '../faces/mqtt/upstream.js'
import { startNotify } from '../faces/notify/notify.js'
import { openScreens } from '../faces/screens/screens.js'
import { leaveServed, removeServed, urlOf } from '../faces/served.js'
import { openServer } from '../faces/server.js'
import { startField } from '../field/host.js'
import { healthOf } from './health.js'
import { settingsDesk } from './settings.js'
import { type InForce, decideInForce } from '../configuration/in-force.js'
import { LastReadings } from './last-readings.js'
import { openJournal } from '../journal/journal.js'
import { startLifeCycle } from '../configuration/life-cycle.js'
import { startLights } from './lights.js'
import { recall } from '../turn/recall.js'
import { version } from '../version.js'
import { configOfVersion, hashOf, inForce, openVersions, readSource } from '../configuration/versions.js'
import { startPlanner } from './planner.js'
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

/** Throws a `Fault`; CONFIG_INVALID carries a sentence for every error. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { log } = options
  const clock = systemClock
  const startedAt = clock.now()
  const file = resolve(options.configFile)
  const directory = dataDirectoryOf(file, options.dataDir)
  const versions = openVersions(directory)
  const start = decideInForce(readSource(file), versions, startedAt)
  const overridden = overriding(options, directory)
  const config = overridden(start.config)
  for (const warning of start.warnings) log.error(warning, { errors: start.rejected?.errors ?? [] })
  // The configuration may only serve a network without TLS when it says that it means to.
  const exposure = config.server.trusted_segment && config.server.tls === undefined ? [`served on ${config.server.host} without TLS, as \`trusted_segment\` allows`] : []
  const notify = openNotify(process.env, log)
  const parts = new Parts(log)
  try {
    // The field's wiring comes first: the journal must know what a scan looks like before one arrives.
    const arrangement = arrangementOf(config, start.version)
    const journal = await openJournal({
      directory, clock, log: log.of('journal'), groups: arrangement.groups, recorded: arrangement.isRecorded, lines: [...arrangement.lines], storage: config.storage,
      onBroken: options.onBroken, onTrimmed: (trimmed) => { cycle.note(trimmedDraft(trimmed, clock.now())) },
    })
    parts.add('journal', () => journal.close())
    start.settle()
    const { remembered } = journal
    const recalled = recall(remembered, arrangement.plans, arrangement.sampler, arrangement.lineOf)

    const started = startDrafts(remembered, start, startedAt)
    const cycle = startCycle({
      clock, log: log.of('cycle'), cycleMs: config.gateway.cycle, journal, arrangement,
      epoch: remembered.epoch, head: remembered.head, lastTurn: remembered.lastTurn, lastAt: remembered.lastAt, lines: recalled.lines, rows: recalled.rows,
      notes: [...recalled.drafts.map((draft) => ({ draft, applied: true })), ...started.map((draft) => ({ draft, applied: false }))],
      announce: (announced) => { desk.announce(announced) },
      turned: () => { notify.watchdog() },
      broken: options.onBroken,
    })
    parts.add('cycle', () => cycle.stop())

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
    }
    const health = (): Health => healthOf({ startedAt, cycleMs: config.gateway.cycle, clock, cycle, plcs: field.health(), warnings: [...lifeCycle.warnings(), ...exposure] })
    const planner = startPlanner({ directory, clock, source: () => given(inForce(versions), 'the version in force').source })
    parts.add('planner', () => { planner.stop() })
    const upstreams: Upstream[] = []
    const desk = openDesk({
      upstreams: () => upstreams, planner,
      explainTag: (of, reached, at, language) => {
        const { config, groups, sampler } = cycle.arrangement()
        const meant = tagMeant(config, of)
        return typeof meant === 'string' ? refuse('TAG_UNKNOWN', [{ path: 'tag', message: meant }]) : whyTag({ asked: 'gateway', gatewayTrouble: null, reached, config, groups, sampler, readings, health: field.health(), language }, meant, at)
      },
      gateway: config.gateway.id, version, epoch: remembered.epoch, clock, log: log.of('desk'), cycle, journal, health, configOf: (number) => configOfVersion(versions, number),
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
    for (const upstream of config.upstreams) {
      // Its library is the largest of all, and many a gateway has no upstream.
      const { startUpstream } = await import('../faces/mqtt/upstream.js')
      const started = await startUpstream({ desk, config: upstream, clock, chance: systemChance, log: log.of(`upstream ${upstream.name}`), outrun })
      upstreams.push(started)
      parts.add(`upstream ${upstream.name}`, () => started.stop())
    }

    if (config.notify.length > 0) {
      const channels = await startNotify({ desk, clock, chance: systemChance, log: log.of('notify'), note: (draft) => { cycle.note(draft) } })
      parts.add('notification', () => channels.stop())
    }

    if (options.demo) {
      const { s7Port, logixPort } = demoPorts(config)
      // The levers are beside the PLC, so that two demos on one machine do not meet.
      const demo = await startDemo({ seed: 1, factor: 1, s7Port, logixPort, controlPort: s7Port + 1 })
      parts.add('virtual plant', () => demo.stop())
      if (remembered.head === 0) await desk.tell({ name: 'job_create', at: clock.now(), line: config.lines[0]!.code, equipment: null, by: gatewayActor, key: null, body: demoJob })
    }
    let readings = new LastReadings(arrangement.groups)
    const fieldParts = { clock, chance: systemChance, log: log.of('field'), onScan: (scan: Scan) => { readings.take(scan); cycle.scan(scan) }, onLink: (change: LinkChange) => { cycle.link(change) } }
    let field = startField(config.plcs, fieldParts)
    parts.add('field', () => field.stop())
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
    const lights = startLights({ desk, write: (plc, tag, value) => field.write(plc, tag, value), clock, log: log.of('lights'), note: (draft) => { cycle.note(draft) } })
    parts.add('stack lights', () => { lights.stop() })
    const lifeCycle = startLifeCycle({
      versions, arrangement: () => cycle.arrangement(), move, note: (draft) => { cycle.note(draft) }, health, clock, log: log.of('configuration'),
      rejected: start.rejected, warnings: start.warnings, fileHash: () => hashOf(readSource(file).source), overridden, broken: options.onBroken,
    })
    parts.add('life cycle', () => { lifeCycle.stop() })
    const admin = await openAdmin({ directory, lifeCycle, log })
    parts.add('admin socket', () => admin.stop())

    const tokens = openTokens(directory, clock)
    const shownOnce = firstToken(tokens)
    const people = openPeople(directory, clock)
    const sessions = openSessions({ directory, clock, tokenHolds: (id) => tokens.holds(id), personHolds: (id) => people.holds(id) })
    const access = openAccess({ tokens, clock, sessions })
    const live = startLive({ desk, clock, access, refused: (refusal) => api.refused(refusal) })
    parts.add('sockets', () => { live.stop() })
    const api = openApi({ desk, access, sockets: live, house: { box: options.box, doors: { tokens, people }, settings: settingsDesk(lifeCycle, versions, file) }, log: log.of('api') })
    const screens = { desk, clock, access, sessions, people, directory: fileURLToPath(new URL('../../hmi', import.meta.url)), secure: config.server.tls !== undefined, refused: api.refused }
    const server = await openServer({
      adapter: config.server.adapter, host: config.server.host, port: config.server.port,
      tls: config.server.tls === undefined ? null : { certFile: config.server.tls.cert_file, keyFile: config.server.tls.key_file },
      handler: openScreens(screens, api.handler), upgrade: live.upgrade, refused: api.refused, log: log.of('server'), limits: { socketBacklogBytesMax: config.server.socket_backlog },
    })
    live.attach(server)
    parts.add('server', () => server.stop())

    leaveServed(directory, { url: urlOf({ ...config.server, port: server.port }), certificateFile: config.server.tls?.cert_file ?? null })
    parts.add('address', () => { removeServed(directory) })
    const address = `${config.server.tls === undefined ? 'http' : 'https'}://${config.server.host.includes(':') ? `[${config.server.host}]` : config.server.host}:${server.port}`
    notify.ready(`serving ${address}`)
    log.info('the gateway works', { address, gateway: config.gateway.id, version, epoch: remembered.epoch, seq: remembered.head, startMs: clock.now() - startedAt })
    return {
      address,
      config,
      firstToken: shownOnce,
      async stop(reason) {
        notify.stopping()
        log.info('the gateway stops', { reason })
        cycle.note({ type: 'gateway_stopped', at: clock.now(), line: null, equipment: null, body: { reason } })
        await parts.stop()
        notify.close()
      },
    }
  } catch (thrown) {
    await parts.stop()
    notify.close()
    throw thrown
  }
}

/** The running parts, in the order in which they were started. */
class Parts {
  readonly #log: Log
  readonly #stops: { readonly name: string; readonly stop: () => Promise<void> | void }[] = []

  constructor(log: Log) { this.#log = log }

  add(name: string, stop: () => Promise<void> | void): void { this.#stops.push({ name, stop }) }

  /** In reverse order; a part that does not stop keeps no other from stopping. */
  async stop(): Promise<void> {
    for (const { name, stop } of this.#stops.splice(0).reverse()) {
      try {
        await stop()
      } catch (thrown) {
        this.#log.error('a part did not stop', { part: name, error: String(thrown) })
      }
    }
  }
}

/** What the command line says in place of settings. The directory was settled before the configuration could be read. */
function overriding({ port }: DaemonOptions, directory: string): (config: Config) => Config {
  return (config) => ({ ...config, server: { ...config.server, port: port ?? config.server.port }, storage: { ...config.storage, directory } })
}

/** Where the demo's configuration expects its PLCs; the one on EtherNet/IP may be missing. */
function demoPorts(config: Config): { readonly s7Port: number; readonly logixPort: number | null } {
  const portOf = (driver: 's7' | 'eip') => config.plcs.flatMap((plc) => plc.driver === driver && 'port' in plc ? [plc.port] : [])[0]
  const s7Port = portOf('s7')
  if (s7Port === undefined) throw new Fault('CONFIG_INVALID', { errors: ['the demo needs a PLC with driver s7'] })
  return { s7Port, logixPort: portOf('eip') ?? null }
}

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
