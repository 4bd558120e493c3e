/** A day of the whole gateway at accelerated time: PLCs, people, programs, screens, a broker and an MES around it, and nothing of it may grow for ever. */

import { appendFileSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { given } from '../../src/base/assert.js'
import { seededChance } from '../../src/base/chance.js'
import { systemClock } from '../../src/base/clock.js'
import { type Instant, instant, instantOf, mono, since } from '../../src/base/units.js'
import { type Plant, startPlant } from '../../src/plant/plant.js'
import { type Gateway, startGateway } from '../bench/support/gateway.js'
import { startIngestWorker } from '../bench/support/ingest-worker.js'
import { treeOf } from '../bench/support/process.js'
import { type Written, siteOf } from '../stories/gateway.js'
import { startMosquitto } from '../support/mosquitto.js'
import { startPostgres } from '../support/postgres.js'
import { type Collector, inspected, openCollector } from './collector.js'
import { type Allowed, type Looked, growthOf, plateauOf } from './flat.js'
import { type Held, heldBy, orNone, saidOf, telling } from './held.js'
import { type Life, startLife } from './life.js'
import { folderInMemory } from './memory.js'
import { type Pace, startPace } from './pace.js'
import { preload } from './preload.js'
import { type Kinds, grown, kindsIn, snapping } from './snapshots.js'
import { type GoesOn, type Outcome, type Trial, Wrong } from './trial.js'

/** How much faster than ours the gateway's clocks run while the machine has time for it, and how many minutes it lives by them. */
const FACTOR = Number(process.env['FASTER'] ?? 60)
const MINUTES = Number(process.env['HOURS'] ?? 24) * 60
const MINUTE_MS = 60_000
/** An evening in Europe/Berlin: the night that follows has an hour less, and then a production day ends. */
const BEGIN = instant(Date.UTC(2026, 2, 28, 17))
const POLL_MS = 1_000
const LOOKS = 240
/** How often the plant moves its machines: a few times for each reading. */
const PLANT_STEP_MS = 250
/** What has begun to live fills what it keeps; only then it is looked at. Half of a run that is no longer than that says at least something. */
const WARM_SHARE = 0.25
const WARM_HOURS = 1.5
/** Threads tell their heaps every five seconds of theirs. */
const THREADS_TOLD_MS = 6_000
/** Of what was asked. A gateway that answers nobody is flat too. */
const UNANSWERED_SHARE_MAX = 0.01
/** Of its cycles; some are lost to broken links. A machine that had no time for more has not lived through the day. */
const CYCLES_SHARE_MIN = 0.9
/** Hours at which the heap is looked at object by object, as in SNAPSHOTS=6,12,24. */
const SNAPSHOTS = (process.env['SNAPSHOTS'] ?? '').split(',').filter(Boolean).map(Number)

const files = { perDay: 4, noise: 4 }
/** Of what somebody holds until it is given back, what a day may add. Loss rows of four days are kept in memory, so a day in which they begin adds some. */
const measures = {
  'malloc MiB in use': { perDay: 16, noise: 2 }, 'heap MiB of the main thread': { perDay: 16, noise: 4 }, 'heap MiB of other threads': { perDay: 16, noise: 8 },
  'files but screens': files, threads: files, processes: files, 'active handles': files,
} as const satisfies Readonly<Record<string, Allowed>>
/** What comes and goes, and pages that are kept for later: of these the height counts, and by so much it may rise. */
const heights = { 'resident MiB': 24, 'resident MiB, no file': 24, screens: 10, 'log MiB (WAL)': 4, 'facts not taken': 400 } as const
type Trend = keyof typeof measures
type Height = keyof typeof heights
const trends = Object.keys(measures) as readonly Trend[]
const wandering = Object.keys(heights) as readonly Height[]

export const soak: Trial = {
  name: 'soak: a day at accelerated time', count: MINUTES,
  async run(seed, count, goesOn = () => true) {
    const wrong = new Wrong('grows', 'cannot be told', '500', 'unanswered', 'cycles missing', 'not taken', 'ended')
    // A disk keeps our pace, so to a faster gateway it would be so much slower than any.
    const directory = folderInMemory('soak')
    const pace = await startPace(directory, FACTOR, BEGIN)
    pace.hold()
    const [broker, plant, mes] = await Promise.all([startMosquitto(directory), startPlant({ seed, clock: pace, factor: 1, stepMs: PLANT_STEP_MS, s7Port: 0, logixPort: 0, controlPort: null }), startPostgres()])
    const endIngest = await startIngestWorker(mes.url, broker.url)
    let gateway: Gateway | null = null
    try {
      const site = await siteOf(directory, (config) => { surround(config, plant, broker.url) })
      const tells = telling(directory)
      // LEAK=files:96 and LEAK=bytes:64, so much a day, are the controls: with either the trial must fail.
      const preloads = [preload('faster', directory), ...tells.preloads, ...process.env['LEAK'] === undefined ? [] : [preload('leak', directory)]]
      pace.watch(process.pid)
      pace.go()
      gateway = await startGateway(site.configFile, { kept: directory, tokensCount: 20, env: {
        LD_PRELOAD: preloads.join(':'),
        ...pace.env, ...tells.env, NODE_OPTIONS: [inspected, ...SNAPSHOTS.length > 0 ? [snapping(directory)] : []].join(' '),
      } })
      // Time waits for those who answer as PLCs too: this process and children of it.
      for (const pid of treeOf(process.pid)) if (pid === gateway.pid || commandOf(pid).includes('plc-child')) pace.watch(pid)
      const collector = await openCollector(gateway)
      const text = readFileSync(site.configFile, 'utf8')
      const life = startLife({ gateway, plant, broker, pace, texts: [text, text.replace('stop_longer: 5m', 'stop_longer: 6m')] }, seededChance(seed), (what) => { wrong.is('500', what) })
      try {
        const watched = await watch({ gateway, pace, collector, folder: directory }, count, goesOn)
        collector.close()
        await life.stop()
        await taken(gateway).catch((error: unknown) => { wrong.is('not taken', String(error)) })
        return judged(watched, life, wrong)
      } catch (error) {
        wrong.is('ended', `${String(error)}\n${readFileSync(gateway.log, 'utf8').slice(-2_000)}`)
        await life.stop()
        return { thrown: 'it ended', wrong: wrong.counts, details: wrong.details }
      }
    } finally {
      await gateway?.stop()
      await Promise.all([endIngest(), plant.stop()])
      await Promise.all([broker.stop(), mes.stop(), pace.stop()])
      rmSync(directory, { recursive: true, force: true })
    }
  },
}

const commandOf = (pid: number): string => orNone('', () => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))

/** Read every second, kept for hours, told to an MES and shown to a host: so in a day everything that is ever done is done often. */
function surround(config: Written, plant: Plant, broker: string): void {
  // The others live at our pace: what they may take is as much longer to a faster gateway.
  const [patience, keepalive] = ['20s', '10m']
  for (const plc of config.plcs) Object.assign(plc, { port: plc.driver === 's7' ? plant.s7Port : plant.logixPort, cycle: `${POLL_MS}ms`, timeout: patience })
  config.gateway.cycle = `${POLL_MS}ms`
  config.storage = { ...config.storage, facts: { keep: '12h' }, samples: { keep: '4h' } }
  config.upstreams = [
    { name: 'mes', url: broker, ack: 'mes', ack_timeout: '5m', keepalive, samples: { tags: ['packer/*'] }, uns: {} },
    { name: 'host', url: broker, client_id: 'soak-host', keepalive, lanes: [], sparkplug: { group: 'Bagging' } },
  ]
}

/* ── what is looked at ───────────────────────────────────────────────────────────────────────── */

type Reading = Readonly<Record<Trend | Height, number>>
interface Look { readonly hours: number; readonly reading: Reading; readonly held: Held }
interface Watched {
  /** By the gateway's own clock. */
  readonly looked: readonly Look[]
  readonly kinds: readonly Kinds[]
  readonly seq: number
  /** Of all PLCs. */
  readonly cycles: number
  readonly cyclesDue: number
  /** How often a driver began anew: the machine had no time for it. */
  readonly driverStarts: number
  readonly realMinutes: number
}
interface Site { readonly gateway: Gateway; readonly pace: Pace; readonly collector: Collector; readonly folder: string }

/** Until so many minutes have passed by the gateway's own clock, as fast as the machine has time for. */
async function watch({ gateway, pace, collector, folder }: Site, minutes: number, goesOn: GoesOn): Promise<Watched> {
  const begun = systemClock.mono()
  const from = pace.mono()
  const looked: Look[] = []
  const kinds: Kinds[] = []
  const cycles = counter('lineside_plc_cycles_total')
  for (let look = 1; ; look++) {
    await pace.wait(mono(from + look * minutes * MINUTE_MS / LOOKS))
    // Garbage is nobody's, and how much of it there is says nothing but when it was last collected.
    await collector.collect()
    await pace.sleep(THREADS_TOLD_MS)
    const { at, figures } = await figuresOf(gateway)
    const lived = (since(at, BEGIN) - from) / MINUTE_MS
    const hours = lived / 60
    const held = heldBy(gateway.pid, folder, figures)
    if (Math.floor(hours) > Math.floor(looked.at(-1)?.hours ?? 0)) console.error(`${hours.toFixed(1)} h: ${saidOf(held)}`)
    looked.push({ hours, reading: readingOf(gateway, figures, held), held })
    if (process.env['READINGS'] !== undefined) appendFileSync(process.env['READINGS'], `${JSON.stringify(looked.at(-1))}\n`)
    cycles.add(figures)
    if (lived >= minutes || !goesOn(lived)) {
      const seq = figures.get('lineside_journal_seq') ?? 0
      return { looked, kinds, seq, cycles: cycles.sum, cyclesDue: cycles.count * lived * MINUTE_MS / POLL_MS, driverStarts: cycles.starts, realMinutes: (systemClock.mono() - begun) / MINUTE_MS }
    }
    const mark = SNAPSHOTS[kinds.length]
    if (mark !== undefined && hours >= mark) {
      // It stands still while it writes, and so does its time.
      pace.hold()
      kinds.push(await kindsIn(gateway.pid, folder))
      pace.go()
    }
  }
}

/** Adds up a counter of each PLC; a driver that begins again counts from nothing. */
function counter(name: string) {
  const before = new Map<string, number>()
  return {
    sum: 0, starts: 0,
    get count() { return before.size },
    add(figures: ReadonlyMap<string, number>): void {
      for (const [key, value] of figures) {
        if (!key.startsWith(`${name}{`)) continue
        const was = before.get(key) ?? 0
        this.starts += Number(value < was)
        this.sum += value < was ? value : value - was
        before.set(key, value)
      }
    },
  }
}

/** Every figure of /metrics, by name and labels, and when that was to the gateway. */
async function figuresOf({ address, tokens }: Gateway): Promise<{ readonly at: Instant; readonly figures: ReadonlyMap<string, number> }> {
  const headers = { authorization: `Bearer ${tokens[0]}` }
  const said = async (path: string): Promise<string> => {
    const answer = await fetch(`${address}${path}`, { headers, signal: AbortSignal.timeout(LOOK_MS_MAX) })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text.slice(0, 200)}`)
    return text
  }
  // A busy machine may keep it waiting for longer than a faster gateway keeps a connection, or takes for an answer that is too late.
  for (let tries = 0; ; tries++) {
    try {
      const figures = (await said('/metrics')).split('\n').flatMap((line) => { const at = line.lastIndexOf(' '); return line.startsWith('#') || at === -1 ? [] : [[line.slice(0, at), Number(line.slice(at + 1))] as const] })
      const { meta } = JSON.parse(await said('/api/v1/enhanced/lines/BP01')) as { meta: { timestamp: string } }
      return { at: given(instantOf(meta.timestamp), 'an instant'), figures: new Map(figures) }
    } catch (error) {
      if (tries >= TRIES_MAX) throw error
      await sleep(200)
    }
  }
}
const TRIES_MAX = 20
const LOOK_MS_MAX = 10_000

function readingOf({ pid }: Gateway, figures: ReadonlyMap<string, number>, held: Held): Reading {
  const alive = treeOf(pid)
  const sum = (of: (pid: number) => number): number => alive.reduce((total, one) => total + orNone(0, () => of(one)), 0)
  const mib = (one: number, name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1] ?? 0) / 1_024
  const figure = (name: string): number => figures.get(name) ?? 0
  const screens = figure('lineside_sockets')
  return {
    'resident MiB': sum((one) => mib(one, 'VmRSS')), 'resident MiB, no file': sum((one) => mib(one, 'RssAnon')), 'malloc MiB in use': held.used + held.usedOfDrivers, 'heap MiB of the main thread': held.objects,
    'heap MiB of other threads': held.objectsOfThreads,
    'files but screens': sum((one) => readdirSync(`/proc/${one}/fd`).length) - screens, threads: sum((one) => readdirSync(`/proc/${one}/task`).length), processes: alive.length,
    'active handles': figure('nodejs_active_handles_total'), screens, 'log MiB (WAL)': figure('lineside_journal_wal_bytes') / 2 ** 20, 'facts not taken': figure('lineside_upstream_behind{upstream="mes"}'),
  }
}

/** Resolves when the MES has committed whatever had happened by now. */
async function taken(gateway: Gateway): Promise<void> {
  let head: number | null = null
  let acked = 0
  for (const end = systemClock.mono() + TAKEN_MS_MAX; systemClock.mono() < end; await sleep(200)) {
    const { figures } = await figuresOf(gateway)
    head ??= figures.get('lineside_journal_seq') ?? 0
    acked = figures.get('lineside_upstream_acked{upstream="mes",lane="facts"}') ?? 0
    if (acked >= head) return
  }
  throw new Error(`${acked} of ${head} facts`)
}
const TAKEN_MS_MAX = 120_000

/* ── the judge ───────────────────────────────────────────────────────────────────────────────── */

function judged({ looked, kinds, seq, cycles, cyclesDue, driverStarts, realMinutes }: Watched, life: Life, wrong: Wrong<'grows' | 'cannot be told' | 'unanswered' | 'cycles missing' | '500' | 'not taken' | 'ended'>): Outcome {
  const hours = looked.at(-1)?.hours ?? 0
  const warm = looked.filter((one) => one.hours >= Math.max(hours * WARM_SHARE, Math.min(WARM_HOURS, hours / 2)))
  const ofWarm = (name: Trend | Height): Looked[] => warm.map(({ hours, reading }) => ({ hours, value: reading[name] }))
  const lines = trends.map((name) => {
    const { first, last, largest, perDay, between, seenFrom, verdict } = growthOf(ofWarm(name), measures[name])
    const said = `${name}: ${first.toFixed(1)} first, ${last.toFixed(1)} last, ${largest.toFixed(1)} at most; ${perDay.toFixed(2)} a day (95 %: ${between.map((bound) => bound.toFixed(1)).join(' to ')}), ${measures[name].perDay} allowed; ${seenFrom.toFixed(1)} a day more would be seen`
    if (verdict === 'grows') wrong.is('grows', said)
    if (verdict === 'unknown') wrong.is('cannot be told', said)
    return said
  })
  for (const name of wandering) {
    const { largest, before, after, verdict } = plateauOf(ofWarm(name), heights[name])
    const said = `${name}: ${largest.toFixed(1)} at most, ${before.toFixed(1)} in the middle third and ${after.toFixed(1)} in the last, ${heights[name]} more allowed`
    if (verdict === 'grows') wrong.is('grows', said)
    lines.push(said)
  }
  const asked = [...life.answers.values()].reduce((sum, times) => sum + times, 0)
  const unanswered = [...life.unanswered.values()].reduce((sum, times) => sum + times, 0)
  const told = (counts: ReadonlyMap<number | string, number>): string => [...counts].sort(([a], [b]) => String(a).localeCompare(String(b))).map(([what, times]) => `${times} × ${what}`).join(', ')
  if (unanswered > asked * UNANSWERED_SHARE_MAX) wrong.is('unanswered', `of ${asked}: ${told(life.unanswered)}`, unanswered)
  if (cycles < cyclesDue * CYCLES_SHARE_MIN) wrong.is('cycles missing', `${cycles} of ${Math.round(cyclesDue)}`, Math.round(cyclesDue - cycles))
  return {
    thrown: `${hours.toFixed(1)} h in ${realMinutes.toFixed(1)} min: ${cycles} of ${Math.round(cyclesDue)} cycles, ${driverStarts} drivers that the machine kept waiting, ${seq} facts, ${told(life.answers)}, `
      + `${unanswered} cut off${unanswered === 0 ? '' : ` (${told(life.unanswered)})`}, ${life.socketsCount} screens, ${life.breaksCount} broken links`,
    wrong: wrong.counts, details: wrong.details, figures: [...lines, ...grown(kinds, 30)],
  }
}
