/** Builds every part from the configuration; starts them in order, stops them in reverse. */

import { createHash } from 'node:crypto'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { assert, given } from './base/assert.js'
import { systemChance } from './base/chance.js'
import { systemClock } from './base/clock.js'
import type { Log } from './base/log.js'
import { openNotify } from './base/notify.js'
import { type Instant, rfc3339 } from './base/units.js'
import { loadConfig, sentenceOf } from './configure.js'
import type { Config } from './contract/config.js'
import type { Draft, DraftOf } from './contract/events/catalogue.js'
import { Fault } from './contract/faults.js'
import type { Remembered, Trimmed } from './contract/journal.js'
import type { Actor } from './contract/roles.js'
import { linePlans } from './core/plan.js'
import { startCycle } from './cycle.js'
import { demoJob, startDemo } from './demo.js'
import { openDesk } from './desk.js'
import { openAccess } from './faces/access/access.js'
import { openSessions } from './faces/access/sessions.js'
import { firstToken, openTokens } from './faces/access/tokens.js'
import { openApi } from './faces/api/api.js'
import { startLive } from './faces/live/live.js'
import { startUpstream } from './faces/mqtt/upstream.js'
import { openScreens } from './faces/screens/screens.js'
import { openServer } from './faces/server.js'
import { scanGroupsOf } from './field/groups.js'
import { startField } from './field/host.js'
import { healthOf } from './health.js'
import { openJournal } from './journal/journal.js'
import { recall } from './recall.js'
import { refOf, signalPlan } from './signals/plan.js'
import { Sampler } from './signals/sampler.js'
import { version } from './version.js'
import { readingsOf, viewOf } from './views.js'

export interface DaemonOptions {
  readonly configFile: string
  /** Brings the virtual plant along, in a process of its own. */
  readonly demo: boolean
  readonly port?: number
  readonly dataDir?: string
  readonly log: Log
  /** The daemon cannot go on, because the disk is not to be trusted. Called at most once; the caller ends the process. */
  readonly onBroken: (fault: Error) => void
}

export interface Daemon {
  /** Where the faces are: `http://127.0.0.1:8000`. */
  readonly address: string
  /** The administrator's token, on the first start only; it is shown once and stored hashed. */
  readonly firstToken: string | null
  /** Stops every part in reverse order; resolves when the journal is closed. */
  stop(reason: string): Promise<void>
}

/** What the configuration in force is called; a life cycle with versions comes with `config apply`. */
const CONFIG_VERSION = 1

/** Who acts when the gateway itself does. */
const gatewayActor: Actor = { id: 'gateway', name: 'gateway', role: 'admin', lines: null }

/** Throws a `Fault`; CONFIG_INVALID carries a sentence for every error. */
export async function startDaemon(options: DaemonOptions): Promise<Daemon> {
  const { log } = options
  const clock = systemClock
  const startedAt = clock.now()
  const config = configOf(options)
  const notify = openNotify(process.env, log)
  const parts = new Parts(log)
  try {
    // The field's wiring comes first: the journal must know what a scan looks like before one arrives.
    const { groups } = scanGroupsOf(config.plcs)
    const wiring = wiringOf(config)
    const sampler = new Sampler(signalPlan(config, groups))

    const journal = await openJournal({
      directory: config.storage.directory, clock, log: log.of('journal'), groups, recorded: wiring.isRecorded, storage: config.storage,
      onBroken: options.onBroken, onTrimmed: (trimmed) => { cycle.note(trimmedDraft(trimmed, clock.now())) },
    })
    parts.add('journal', () => journal.close())
    const { remembered } = journal
    const recalled = recall(remembered, linePlans(config, CONFIG_VERSION), sampler, wiring.lineOf)

    const started = startDrafts(remembered, config, startedAt)
    const cycle = startCycle({
      clock, log: log.of('cycle'), cycleMs: config.gateway.cycle, journal,
      wiring: { epoch: remembered.epoch, configVersion: CONFIG_VERSION, signals: sampler, lineOfEquipment: wiring.lineOf, linesOfPlc: wiring.linesOfPlc },
      head: remembered.head, lastTurn: remembered.lastTurn, lines: recalled.lines, rows: recalled.rows,
      notes: [...recalled.drafts.map((draft) => ({ draft, applied: true })), ...started.map((draft) => ({ draft, applied: false }))],
      announce: (announced) => { desk.announce(announced) },
      turned: () => { notify.watchdog() },
      broken: options.onBroken,
    })
    parts.add('cycle', () => cycle.stop())

    const lineNow = (code: string) => given(cycle.lines().get(code), `line ${code}`)
    const shown = { lineOf: (of: string) => lineNow(wiring.lines.has(of) ? of : wiring.lineOf(of)), sampler, plcs: () => field.health(), plcsOfLine: wiring.plcsOfLine, plcsOfEquipment: wiring.plcsOfEquipment }
    const desk = openDesk({
      gateway: config.gateway.id, version, config, configVersion: CONFIG_VERSION, epoch: remembered.epoch, clock, log: log.of('desk'), cycle, journal,
      health: () => healthOf({ startedAt, cycleMs: config.gateway.cycle, clock, cycle, plcs: field.health() }),
      viewOf: (name, of, wish, at) => viewOf(shown, name, of, wish, at),
      readingsOf: (equipment, at) => readingsOf(shown, equipment, at),
    })

    for (const upstream of config.upstreams) {
      const started = await startUpstream({ desk, config: upstream, clock, chance: systemChance, log: log.of(`upstream ${upstream.name}`) })
      parts.add(`upstream ${upstream.name}`, () => started.stop())
    }

    if (options.demo) {
      const s7Port = demoPort(config)
      // The levers are beside the PLC, so that two demos on one machine do not meet.
      const demo = await startDemo({ seed: 1, factor: 1, s7Port, controlPort: s7Port + 1 })
      parts.add('virtual plant', () => demo.stop())
      if (remembered.head === 0) await desk.tell({ name: 'job_create', at: clock.now(), line: config.lines[0]!.code, equipment: null, by: gatewayActor, key: null, body: demoJob })
    }
    const field = startField(config.plcs, { clock, chance: systemChance, log: log.of('field'), onScan: (scan) => { cycle.scan(scan) }, onLink: (change) => { cycle.link(change) } })
    parts.add('field', () => field.stop())
    assert(field.groups.length === groups.length, 'the field reads the groups that the journal was opened with')

    const tokens = openTokens(config.storage.directory, clock)
    const shownOnce = firstToken(tokens)
    const sessions = openSessions({ directory: config.storage.directory, clock, tokenHolds: (id) => tokens.holds(id) })
    const access = openAccess({ tokens, clock, sessions })
    const live = startLive({ desk, clock, access, refused: (refusal) => api.refused(refusal) })
    parts.add('sockets', () => { live.stop() })
    const api = openApi({ desk, access, sockets: live, log: log.of('api') })
    const screens = { desk, clock, access, sessions, directory: fileURLToPath(new URL('../hmi', import.meta.url)), secure: config.server.tls !== undefined, refused: api.refused }
    const server = await openServer({
      adapter: config.server.adapter, host: config.server.host, port: config.server.port,
      tls: config.server.tls === undefined ? null : { certFile: config.server.tls.cert_file, keyFile: config.server.tls.key_file },
      handler: openScreens(screens, api.handler), upgrade: live.upgrade, refused: api.refused, log: log.of('server'), limits: { socketBacklogBytesMax: config.server.socket_backlog },
    })
    live.attach(server)
    parts.add('server', () => server.stop())

    const address = `${config.server.tls === undefined ? 'http' : 'https'}://${config.server.host.includes(':') ? `[${config.server.host}]` : config.server.host}:${server.port}`
    notify.ready(`serving ${address}`)
    log.info('the gateway works', { address, gateway: config.gateway.id, version, epoch: remembered.epoch, seq: remembered.head, startMs: clock.now() - startedAt })
    return {
      address,
      firstToken: shownOnce,
      async stop(reason) {
        notify.stopping()
        log.info('the gateway stops', { reason })
        cycle.note({ type: 'gateway_stopped', at: clock.now(), line: null, equipment: null, body: { reason } })
        await parts.stop()
      },
    }
  } catch (thrown) {
    await parts.stop()
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

function configOf({ configFile, port, dataDir }: DaemonOptions): Config {
  const loaded = loadConfig(resolve(configFile))
  if ('errors' in loaded) throw new Fault('CONFIG_INVALID', { errors: loaded.errors.map(sentenceOf) })
  const { config } = loaded
  return {
    ...config,
    server: { ...config.server, port: port ?? config.server.port },
    storage: { ...config.storage, directory: dataDir === undefined ? config.storage.directory : resolve(dataDir) },
  }
}

/** Which line an equipment stands in, which PLCs feed what, and which tags are kept. */
function wiringOf(config: Config) {
  const lineOfEquipment = new Map<string, string>()
  const plcsOfEquipment = new Map<string, ReadonlySet<string>>()
  const bound = new Set<string>()
  for (const line of config.lines) {
    for (const equipment of line.equipment) {
      const refs = Object.values(equipment.signals).map((signal) => refOf(signal.tag))
      for (const { plc, tag } of refs) bound.add(`${plc}/${tag}`)
      lineOfEquipment.set(equipment.code, line.code)
      plcsOfEquipment.set(equipment.code, new Set(refs.map(({ plc }) => plc)))
    }
  }
  const plcsOfLine = (code: string): ReadonlySet<string> =>
    new Set(config.lines.find((line) => line.code === code)?.equipment.flatMap((equipment) => [...(plcsOfEquipment.get(equipment.code) ?? [])]))
  const tags = new Map(config.plcs.flatMap((plc) => Object.entries(plc.tags).map(([name, tag]) => [`${plc.id}/${name}`, tag] as const)))
  const linesOfPlc = new Map(config.plcs.map((plc) => [plc.id, config.lines.map((line) => line.code).filter((code) => plcsOfLine(code).has(plc.id))]))
  return {
    lines: new Set(config.lines.map((line) => line.code)),
    lineOf: (equipment: string): string => given(lineOfEquipment.get(equipment), `line of ${equipment}`),
    linesOfPlc: (plc: string): readonly string[] => linesOfPlc.get(plc) ?? [],
    plcsOfLine,
    plcsOfEquipment: (equipment: string): ReadonlySet<string> => plcsOfEquipment.get(equipment) ?? new Set(),
    isRecorded: (plc: string, tag: string): boolean => tags.get(`${plc}/${tag}`)?.record ?? bound.has(`${plc}/${tag}`),
  }
}

/** Where the demo's configuration expects its S7 PLC. */
function demoPort(config: Config): number {
  const plc = config.plcs.find((candidate) => candidate.driver === 's7')
  if (plc === undefined) throw new Fault('CONFIG_INVALID', { errors: ['the demo needs a PLC with driver s7'] })
  return plc.port
}

/** What the first turn says of the gateway itself. */
function startDrafts(remembered: Remembered, config: Config, at: Instant): Draft[] {
  const started: DraftOf<'gateway_started'> = {
    type: 'gateway_started', at, line: null, equipment: null,
    body: {
      version, config: CONFIG_VERSION, previous_epoch: remembered.previousEpoch, clean: remembered.clean,
      last_seen: remembered.lastAt === null ? null : rfc3339(remembered.lastAt),
    },
  }
  if (remembered.head > 0) return [started]
  const hash = createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 16)
  const applied: DraftOf<'config_applied'> = {
    type: 'config_applied', at, line: null, equipment: null, body: { version: CONFIG_VERSION, previous: null, hash, by: 'gateway', changes: [] },
  }
  return [applied, started]
}

const trimmedDraft = (trimmed: Trimmed, at: Instant): DraftOf<'journal_trimmed'> => ({
  type: 'journal_trimmed', at, line: null, equipment: null,
  body: {
    what: trimmed.what, from_seq: trimmed.fromSeq, to_seq: trimmed.toSeq, from: rfc3339(trimmed.from), to: rfc3339(trimmed.to),
    why: trimmed.why, unacknowledged: trimmed.unacknowledged,
  },
})
