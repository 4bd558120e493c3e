/** A gateway that stands by: the faces over a copy of the other box's journal. Nothing is polled, written, ordered or sent from here. */

import { resolve } from 'node:path'
import { systemClock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import { openNotify } from '../../base/notify.js'
import { type Instant, type Seq, epoch, instant, seq } from '../../base/units.js'
import { dataDirectoryOf } from '../../configuration/data-directory.js'
import type { LifeCycle, NotApplied } from '../../configuration/life-cycle.js'
import { configOfSource, configOfVersion, inForce, openVersions, readSource, type Versions } from '../../configuration/versions.js'
import { sentenceOf } from '../../configuration/configure.js'
import type { Config } from '../../contract/config.js'
import type { CopyPage } from '../../contract/copy.js'
import type { Health } from '../../contract/desk.js'
import type { Fact } from '../../contract/events/catalogue.js'
import { Fault } from '../../contract/faults.js'
import { type LossRow, rowCodesOf } from '../../contract/losses.js'
import type { PlanState } from '../../contract/plan.js'
import { refuse } from '../../contract/refusals.js'
import { apply } from '../../core/apply.js'
import type { Line } from '../../core/memory/memory.js'
import { openLine } from '../../core/snapshot.js'
import { openJournal } from '../../journal/journal.js'
import { arrangementOf } from '../../turn/arrangement.js'
import { plansOfJournal } from '../../turn/dated-plans.js'
import { recallByPages } from '../../turn/recall.js'
import { version } from '../../version.js'
import { openAdmin } from '../admin.js'
import { type Daemon, type DaemonOptions, overriding } from '../daemon.js'
import { openDesk } from '../desk.js'
import { openDoors, serveFaces } from '../faces.js'
import { Parts } from '../parts.js'
import { settingsDesk } from '../settings.js'
import { readingsOf, viewOf } from '../views.js'
import type { Pair } from './pair.js'
import type { Reconciled } from './reconcile.js'
import { type StandbySide, startStandbySide } from './standby-side.js'

export interface StandbyOptions extends DaemonOptions {
  /** Puts the journal aside and begins again. */
  readonly setAside: (why: Exclude<Reconciled, { is: 'earlier' }>) => void
  /** Begins again, under another configuration. */
  readonly begin: () => void
}

const noPlan: PlanState = { state: 'none', progress: 0, why: null, plan: null }
/** The longest live window is a production day of 25 hours. */
const ROWS_MS = 2 * 86_400_000

export async function startStandby(options: StandbyOptions, pair: Pair): Promise<Daemon> {
  const log = options.log.of('standby')
  const clock = systemClock
  const startedAt = clock.now()
  const file = resolve(options.configFile)
  const directory = dataDirectoryOf(file, options.dataDir)
  const versions = openVersions(directory)
  const followed = followedConfig(file, versions)
  const config = overriding(options, directory, pair.standing.own)(followed.config)
  const notify = openNotify(process.env, log)
  const parts = new Parts(log)
  try {
    const arrangement = arrangementOf(config, followed.version)
    const journal = await openJournal({
      directory, clock, log: log.of('journal'), groups: arrangement.groups, recorded: () => false, lines: [...arrangement.lines], storage: config.storage, beginning: { as: 'copy' },
      onBroken: options.onBroken, onTrimmed: (trimmed) => { log.info('the copy was trimmed', { what: trimmed.what, why: trimmed.why }) },
    })
    parts.add('journal', () => journal.close())
    const { remembered } = journal
    const lives = await journal.epochs()
    const from = { place: await journal.place(), epoch: lives.at(-1)?.epoch ?? '', snapshotsAfter: Math.max(0, ...remembered.snapshots.map((snapshot) => snapshot.seq)) }
    const life = epoch(from.epoch)
    let head: Seq = remembered.head
    let asOf: Instant | null = remembered.lastAt
    let takenCount = 0
    // What waits for its fact is the active box's to tell: only what facts made is shown here.
    const plans = await plansOfJournal(arrangement.plans, journal, startedAt, (number) => configOfVersion(versions, number))
    let lines = new Map((await recallByPages({ ...remembered, tail: [] }, journal, plans, arrangement.sampler, arrangement.lineOf)).lines.map((line) => [line.plan.line.code, line]))

    async function take(pages: readonly CopyPage[]): ReturnType<typeof journal.copy> {
      const place = await journal.copy(pages)
      const facts = pages.flatMap((page) => page.facts.map(factOf))
      const snapshots = new Map(pages.flatMap((page) => page.snapshots.map((snapshot) => [snapshot.line, snapshot] as const)))
      const last = pages.at(-1)!
      const rows = snapshots.size === 0 ? [] : await journal.rows({ equipment: config.lines.flatMap(rowCodesOf), from: instant((last.at ?? 0) - ROWS_MS), to: instant(Number.MAX_SAFE_INTEGER) })
      const now = epoch(last.epochs.at(-1)?.epoch ?? life)
      // Who is connected counts within an epoch, and a copy that was just begun may begin anywhere.
      if (now !== life) { options.begin(); return place }
      lines = new Map([...lines].map(([code, line]) => [code, lineAfter(line, facts, snapshots.get(code) ?? null, rows)]))
      head = seq(Math.max(place.seq, head))
      asOf = last.at === null ? asOf : instant(last.at)
      takenCount++
      desk.announce({ turn: last.turn, at: clock.now(), lines, facts, touched: new Set() })
      return place
    }

    const shown = {
      lineOf: (of: string): Line => lines.get(lines.has(of) ? of : arrangement.lineOf(of))!,
      sampler: arrangement.sampler, plcs: () => [], plcsOfLine: arrangement.plcsOfLine, plcsOfEquipment: arrangement.plcsOfEquipment, budgetOf: () => null,
    }
    const health = (): Health => {
      const { sentence, isWhole } = side.said()
      const none = { p50: 0, p99: 0, max: 0 }
      return {
        alive: true, ready: isWhole, reasons: isWhole ? [] : [sentence], warnings: [sentence], startedAt, lastTurnAt: asOf, turnsCount: takenCount, turnsMissedCount: 0, scansForgottenCount: 0,
        turnMs: none, stages: { read: none, solve: none, write: none, announce: none }, plcs: [],
      }
    }
    const active = () => refuse('STANDBY', { active: pair.config.peer })
    const desk = openDesk({
      upstreams: () => [], planner: { start: active, state: () => noPlan, stop: () => undefined }, explainTag: active,
      gateway: config.gateway.id, version, epoch: () => life, clock, log: log.of('desk'), journal, health, configOf: (number) => configOfVersion(versions, number), fence: active,
      cycle: { arrangement: () => arrangement, lines: () => lines, head: () => head, command: () => Promise.resolve(active()), worked: () => Promise.resolve(active()), note: () => undefined },
      viewOf: (name, of, wish, at) => viewOf(shown, name, of, wish, at), readingsOf: (equipment, at) => readingsOf(shown, equipment, at),
    })

    const lifeCycle = unchanging(followed.version, versions, pair.config.peer)
    const admin = await openAdmin({ directory, lifeCycle, log })
    parts.add('admin socket', () => admin.stop())
    const doors = await openDoors(directory, clock)
    const side: StandbySide = startStandbySide(pair, { journal, desk, house: { versions, ...doors }, keep: { keepMs: config.storage.samples.keep, bytes: config.storage.samples.bytes, factsKeepMs: config.storage.facts.keep }, file, take, from, setAside: options.setAside, begin: options.begin })
    parts.add('the other box', () => side.stop())
    const watchdog = setInterval(() => { notify.watchdog() }, WATCHDOG_MS)
    parts.add('watchdog', () => { clearInterval(watchdog) })
    const address = await serveFaces({ desk, house: { box: options.box, settings: settingsDesk(lifeCycle, versions, file), standby: side }, journal, doors, directory, config, clock, log, parts })
    notify.ready(`standing by at ${address}`)
    log.info('the gateway stands by', { address, gateway: config.gateway.id, following: pair.config.peer, epoch: life, seq: head, startMs: clock.now() - startedAt })
    return {
      address, config, firstToken: doors.firstToken,
      async stop(reason) {
        notify.stopping()
        log.info('the standby stops', { reason })
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

const WATCHDOG_MS = 1_000

/** What the active box has in force, as far as it was copied; before that, what the file of this box says. */
function followedConfig(file: string, versions: Versions): { readonly config: Config; readonly version: number } {
  const kept = inForce(versions)
  const loaded = kept === null ? readSource(file) : configOfSource(kept.source)
  if ('errors' in loaded) throw new Fault('CONFIG_INVALID', { errors: loaded.errors.slice(0, limits.errorsToldMax).map(sentenceOf) })
  return { config: loaded.config, version: kept?.version ?? 1 }
}

/** The bodies were checked where the facts were decided, and their checksums when they were written here. */
const factOf = ({ body, epoch: of, ...fact }: CopyPage['facts'][number]): Fact =>
  ({ type: fact.type, at: instant(fact.at), line: fact.line, equipment: fact.equipment, body: JSON.parse(body) as unknown, epoch: epoch(of), seq: seq(fact.seq), config: fact.config }) as Fact

function lineAfter(line: Line, facts: readonly Fact[], snapshot: CopyPage['snapshots'][number] | null, rows: readonly LossRow[]): Line {
  const { plan } = line
  if (snapshot === null) return facts.reduce<Line>(apply, line)
  return openLine(plan, snapshot.state, rows.filter((row) => row.line === plan.line.code), facts.filter((fact) => fact.seq > snapshot.seq))
}

/** The configuration is the active box's to change. */
function unchanging(number: number, versions: Versions, peer: string): LifeCycle {
  const refused: NotApplied = { refused: 'STANDBY', why: `this box stands by; its configuration is that of ${peer}`, details: [] }
  return {
    now: () => ({ version: number, hash: inForce(versions)?.hash ?? '', state: inForce(versions)?.state ?? 'good', warnings: [], rejected: null }),
    apply: () => Promise.resolve(refused), rollback: () => Promise.resolve(refused), warnings: () => [], stop: () => undefined,
  }
}
