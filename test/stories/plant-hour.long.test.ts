/** A seeded hour of the plant over real S7 and EtherNet/IP frames: what the gateway says against what truly happened, undisturbed, killed now and then, and with every mishap there is. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import t from 'tap'
import { given } from '../../src/base/assert.js'
import { seededChance } from '../../src/base/chance.js'
import { systemClock } from '../../src/base/clock.js'
import { silentLog } from '../../src/base/log.js'
import { type Instant, durationOf, instant, instantOf, seq } from '../../src/base/units.js'
import { loadConfig } from '../../src/configuration/configure.js'
import type { StateClass } from '../../src/contract/config.js'
import type { Fact, FactOf } from '../../src/contract/events/catalogue.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { openJournal } from '../../src/journal/journal.js'
import { type Plant, startPlant } from '../../src/plant/plant.js'
import type { Happening } from '../../src/plant/happening.js'
import { type StateName, makesParts } from '../../src/plant/packml.js'
import type { EquipmentTruth } from '../../src/plant/truth.js'
import { type Site, type Written, siteOf, startGateway } from './gateway.js'
import { mishaps, pull } from './mishaps.js'

/** Fast enough to end within a minute, slow enough for each mishap to be felt and got over. */
const MISHAPS_FACTOR = 110
/** Model time runs so much faster, and every duration of the configuration is so much shorter. */
const FACTOR = 60
const POLL_MS = 20
const PLANT_STEP_MS = 10
const HOUR_MS = 3_600_000
const machines = ['BP01.PACK.BAG1.BL', 'BP01.PACK.BAG1', 'BP01.PACK.PAL1']

t.setTimeout(600_000)

t.test('an hour of the plant: every part once, every state and stop within a poll', { timeout: 240_000 }, async (t) => {
  const run = await liveAnHour(t.testdir(), 8841, async (site, ended) => {
    const gateway = await startGateway(site)
    await seesAll(site, gateway.get)
    return async () => { await ended; await sleep(10 * POLL_MS); await gateway.stop() }
  })
  for (const code of machines) {
    const facts = run.facts.filter((fact) => fact.equipment === code)
    t.strictSame(partsOf(facts), partsOfTruth(given(run.truth[code], code), run.before[code]!), `${code}: each part once`)

    const truth = intervalsOfTruth(run.happenings.filter((happening) => happening.equipment === code), run)
    const seen = intervalsOf(facts, run.to)
    // What is shorter than two polls cannot be seen for sure (domain note 2.5); everything longer must be.
    const lasting = truth.filter(({ from, to }) => to - from > 2 * run.toleranceMs)
    for (const one of lasting) {
      const found = seen.find((other) => other.kind === one.kind && Math.abs(other.from - one.from) <= run.toleranceMs && Math.abs(other.to - one.to) <= run.toleranceMs)
      t.ok(found !== undefined || brokenByShort(one, truth, run.toleranceMs), `${code}: ${one.kind} for ${Math.round(one.to - one.from)} ms, from and to within a poll`)
    }
    t.ok(lasting.length > 10, `${code}: the hour had ${lasting.length} stretches to find`)
    for (const one of seen.filter(({ from }) => from > run.from)) {
      t.ok(truth.some((other) => other.kind === one.kind && other.from <= one.to + run.toleranceMs && other.to >= one.from - run.toleranceMs), `${code}: nothing is made up`)
    }

    // Every stop longer than a few polls is told as one, under one name.
    const stops = facts.filter((fact): fact is FactOf<'downtime_resolved'> => fact.type === 'downtime_resolved')
    const standing = standstills(truth).filter(({ from, to }) => to - from > 2 * run.toleranceMs && to < run.to)
    for (const one of standing) {
      const found = stops.find((stop) => Math.abs(instantOf(stop.body.from)! - one.from) <= run.toleranceMs && Math.abs(stop.at - one.to) <= run.toleranceMs)
      t.ok(found !== undefined || brokenByShort(one, truth, run.toleranceMs), `${code}: a stop of ${Math.round(one.to - one.from)} ms is told, from and to within a poll`)
    }
    t.ok(standing.length > 3, `${code}: the hour had ${standing.length} stops to tell`)
  }
})

t.test('ten times SIGKILL in an hour of the plant: every part once, stops go on under their names', { timeout: 300_000 }, async (t) => {
  const chance = seededChance(4711)
  let killsCount = 0
  const run = await liveAnHour(t.testdir(), 4711, async (site, ended) => {
    let gateway = await startGateway(site)
    await seesAll(site, gateway.get)
    return async () => {
      let over = false
      void ended.then(() => { over = true })
      while (!over && killsCount < 10) {
        await sleep(1_500 + 3_500 * chance.unit())
        if (over) break
        await gateway.kill()
        killsCount++
        gateway = await startGateway(site)
      }
      await ended
      await sleep(50 * POLL_MS)
      await gateway.stop()
    }
  })
  t.equal(killsCount, 10)
  for (const code of machines) {
    const facts = run.facts.filter((fact) => fact.equipment === code)
    t.strictSame(partsOf(facts), partsOfTruth(given(run.truth[code], code), run.before[code]!), `${code}: each part once`)
    const opened = facts.filter((fact) => fact.type === 'downtime_event').map((fact) => fact.body.stop_id)
    t.equal(new Set(opened).size, opened.length, `${code}: no stop is opened twice`)
  }
  t.strictSame(run.facts.map((fact) => fact.seq), run.facts.map((_, i) => i + 1), 'numbers have no holes')
})

t.test('every mishap of PLCs and network at random in an hour: every part once, and no tag is left bad', { timeout: 240_000 }, async (t) => {
  const chance = seededChance(271828)
  const fired = new Map<string, number>()
  let isWell = false
  const run = await liveAnHour(t.testdir(), 271828, async (site, ended, plant) => {
    // A counter just below its top that falls to zero looks like one that rolled over, and the plant's begin there.
    await pull(plant, 'faults/restart', { zero_counters: 'true' })
    const gateway = await startGateway(site)
    await seesAll(site, gateway.get)
    const well = async () => (await gateway.get<{ plcs: PlcState[] }>('/api/v1/enhanced/lines/BP01/plcs')).plcs.every(({ state, bad_tags }) => state === 'online' && bad_tags.length === 0)
    const seen = async () => {
      await sleep(20 * POLL_MS)
      while (!(await well())) await sleep(5 * POLL_MS)
      await sleep(20 * POLL_MS)
    }
    return async () => {
      let over = false
      void ended.then(() => { over = true })
      while (!over || fired.size < mishaps.length) {
        const left = mishaps.filter(([name]) => !fired.has(name))
        const [name, befall] = chance.pick(left.length > 0 ? left : mishaps)
        fired.set(name, (fired.get(name) ?? 0) + 1)
        await befall(plant, chance, seen)
        await seen()
        await sleep(chance.whole(0, 800))
      }
      await ended
      await seen()
      isWell = await seesAllSignals(gateway.get)
      await gateway.stop()
    }
  }, MISHAPS_FACTOR)
  t.comment([...fired].map(([name, count]) => `${name} ${count}`).join(', '))
  t.equal(fired.size, mishaps.length, 'each of them happened')
  t.ok(isWell, 'no tag is left bad')
  for (const code of machines) {
    const facts = run.facts.filter((fact) => fact.equipment === code)
    t.strictSame(partsOf(facts), partsOfTruth(given(run.truth[code], code), run.before[code]!), `${code}: each part once`)
  }
  t.strictSame(run.facts.map((fact) => fact.seq), run.facts.map((_, i) => i + 1), 'numbers have no holes')
})

interface PlcState { readonly state: string; readonly bad_tags: readonly unknown[] }

/** Every signal of every machine has a value that can be believed. */
async function seesAllSignals(get: <T>(path: string) => Promise<T>): Promise<boolean> {
  for (const code of machines) {
    const { signals } = await get<{ signals: Readonly<Record<string, { quality: string }>> }>(`/api/v1/enhanced/equipment/${code}/signals`)
    if (Object.values(signals).some(({ quality }) => quality !== 'good')) return false
  }
  return true
}

/* ── the hour ────────────────────────────────────────────────────────────────────────────────── */

interface Hour {
  readonly facts: readonly Fact[]
  readonly truth: Readonly<Record<string, EquipmentTruth>>
  readonly happenings: readonly Happening[]
  /** Parts already made when the gateway first looked. */
  readonly before: Readonly<Record<string, EquipmentTruth['parts']>>
  readonly from: Instant
  readonly to: Instant
  readonly modelFrom: Instant
  /** How long a change can go unseen: a poll, the plant's own step, and what this machine held either of them up. */
  readonly toleranceMs: number
  readonly wallOf: (model: Instant) => number
}

/** Starts to watch; what it resolves with is called when the plant lives, and resolves when nothing is to be seen any more. */
type Begin = (site: Site, ended: Promise<void>, plant: Plant) => Promise<() => Promise<void>>

async function liveAnHour(directory: string, seed: number, begin: Begin, factor = FACTOR): Promise<Hour> {
  const truthFile = join(directory, 'truth.ndjson')
  const plant = await startPlant({ seed, factor: 0.01, s7Port: 0, logixPort: 0, controlPort: null, runMs: HOUR_MS, stepMs: PLANT_STEP_MS, truthFile })
  const hour = await lived(plant, directory, begin, factor).finally(() => plant.stop())
  return { ...hour, happenings: readFileSync(truthFile, 'utf8').trim().split('\n').map(happeningOf) }
}

async function lived(plant: Plant, directory: string, begin: Begin, factor: number): Promise<Omit<Hour, 'happenings'>> {
  await plant.pull({ lever: 'time/pause', body: {} })
  const site = await siteOf(directory, (config) => { hurry(config, plant, factor) })
  const finish = await begin(site, plant.ended, plant)
  const before = Object.fromEntries(Object.entries(plant.truth().equipment).map(([code, { parts }]) => [code, parts]))
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  await plant.pull({ lever: 'time/factor', body: { factor } })
  await plant.pull({ lever: 'time/resume', body: {} })
  const { modelFrom, from, wallOf } = datum(plant, factor)
  await finish()
  delay.disable()
  const truth = plant.truth()
  const { facts, scanGapMs } = await recorded(site)
  return {
    facts, truth: truth.equipment, before, from, modelFrom, wallOf, to: instant(wallOf(truth.at)),
    toleranceMs: scanGapMs + 2 * PLANT_STEP_MS + delay.max / 1e6,
  }
}

/** A line of the truth log, whose instants are text there. */
const happeningOf = (line: string): Happening => {
  const { at, ...rest } = JSON.parse(line) as Omit<Happening, 'at'> & { readonly at: string }
  return { ...rest, at: instantOf(at)! } as Happening
}

/** Waits until the gateway sees every machine: from here on no part may be missed. */
async function seesAll(site: Site, get: <T>(path: string) => Promise<T>): Promise<void> {
  for (const code of machines) {
    for (;;) {
      const status = await get<{ state: { state: string } }>(`/api/v1/enhanced/equipment/${code}/production-status`)
      if (status.state.state !== 'unknown') break
      await sleep(POLL_MS)
    }
  }
  if (site.token === null) throw new Error('the gateway printed no token')
}

/** The configuration of the demo for a plant that lives so many times faster. */
function hurry(config: Written, plant: Plant, factor: number): void {
  const faster = (text: string) => `${given(durationOf(text), text) / factor}ms`
  config.gateway.cycle = `${POLL_MS}ms`
  for (const plc of config.plcs) Object.assign(plc, { port: plc.driver === 's7' ? plant.s7Port : plant.logixPort, cycle: `${POLL_MS}ms`, budget: { requests_per_second: 2_000, bytes_per_second: 10_000_000 } })
  config.calendars = { three_shifts: { day_start: '00:00', shifts: [{ name: 'all_day', start: '00:00', end: '00:00' }] } }
  config.andon = {}
  for (const { ideal_cycle = {} } of config.products ?? []) for (const [code, cycle] of Object.entries(ideal_cycle)) ideal_cycle[code] = faster(cycle)
  for (const equipment of given(config.lines[0], 'a line').equipment) {
    Object.assign(equipment, { ideal_cycle: faster(equipment.ideal_cycle ?? '1s'), micro_stop: faster('120s'), cold_after: faster('30m') })
    delete equipment.changeover_standard
  }
}

/** Model time is a straight line over real time. */
function datum(plant: Plant, factor: number): Pick<Hour, 'from' | 'modelFrom' | 'wallOf'> {
  const modelFrom = plant.state().at
  const from = systemClock.now()
  return { modelFrom, from, wallOf: (model) => from + (model - modelFrom) / factor }
}

/** What the journal holds after the gateway has ended, and the longest time between two scans. */
async function recorded(site: Site): Promise<{ facts: Fact[]; scanGapMs: number }> {
  const loaded = loadConfig(site.configFile)
  if ('errors' in loaded) throw new Error(JSON.stringify(loaded.errors))
  const { groups } = scanGroupsOf(loaded.config.plcs)
  const journal = await openJournal({ directory: site.dataDir, clock: systemClock, log: silentLog, groups, recorded: () => true, storage: loaded.config.storage })
  try {
    const facts: Fact[] = []
    for (;;) {
      const more = await journal.facts({ after: seq(facts.at(-1)?.seq ?? 0), limit: 1_000 })
      if (more.length === 0) break
      facts.push(...more)
    }
    const from = facts[0]!.at
    const ats: number[] = []
    for (let at: Instant = from; ;) {
      const turns = await journal.turns(at, instant(Date.now()), 1_000)
      ats.push(...turns.flatMap((turn) => turn.scans.filter((scan) => scan.group === 0).map((scan) => scan.at)))
      if (turns.length < 1_000) break
      at = instant(turns.at(-1)!.at + 1)
    }
    return { facts, scanGapMs: Math.max(...ats.slice(1).map((at, i) => at - ats[i]!)) }
  } finally {
    await journal.close()
  }
}

/* ── what facts and truth say ────────────────────────────────────────────────────────────────── */

interface Parts { readonly good: number; readonly reject: number; readonly total: number }

function partsOf(facts: readonly Fact[]): Parts {
  const records = facts.filter((fact): fact is FactOf<'count_recorded'> => fact.type === 'count_recorded')
  const sum = (what: 'good' | 'reject' | 'total') => records.reduce((parts, { body }) => parts + body[what], 0)
  return { good: sum('good'), reject: sum('reject'), total: sum('total') }
}

function partsOfTruth({ parts }: EquipmentTruth, before: EquipmentTruth['parts']): Parts {
  const good = parts.good - before.good
  const reject = parts.reject - before.reject + parts.startup_reject - before.startup_reject
  return { good, reject, total: good + reject }
}

/** What an equipment does, as coarsely as both sides name it alike: a held machine with a fault bit is stopped to PackML and faulted to us. */
type Kind = 'running' | 'standing' | 'waiting' | 'idle' | 'changeover' | 'unknown'
interface Stretch { readonly kind: Kind; readonly from: number; readonly to: number }

const kindOfClass: Readonly<Record<StateClass, Kind>> = {
  running: 'running', stopped: 'standing', faulted: 'standing', starved: 'waiting', blocked: 'waiting', idle: 'idle',
  changeover: 'changeover', maintenance: 'standing', setup: 'changeover', unknown: 'unknown',
}

function intervalsOf(facts: readonly Fact[], to: Instant): Stretch[] {
  const changes = facts.filter((fact): fact is FactOf<'state_changed'> => fact.type === 'state_changed')
  return merged(changes.map((change, i) => ({ kind: kindOfClass[change.body.state], from: change.at, to: changes[i + 1]?.at ?? to }))).filter(({ kind }) => kind !== 'unknown')
}

function intervalsOfTruth(happenings: readonly Happening[], { wallOf, modelFrom, to }: Hour): Stretch[] {
  const stretches: Stretch[] = []
  let changesOver = false
  let kind: Kind = 'standing'
  let from: number = modelFrom
  for (const happening of happenings) {
    if (happening.what === 'changeover_began') changesOver = true
    if (happening.what === 'changeover_ended') changesOver = false
    if (happening.what !== 'state') continue
    stretches.push({ kind, from: wallOf(instant(from)), to: wallOf(happening.at) })
    kind = kindOfState(happening.to, changesOver, kind)
    from = happening.at
  }
  return merged([...stretches, { kind, from: wallOf(instant(from)), to }]).slice(1)
}

/** Acting states on the way out belong to the wait state they come from (domain note 6.1). */
function kindOfState(state: StateName, changesOver: boolean, before: Kind): Kind {
  if (makesParts(state)) return 'running'
  if (changesOver) return 'changeover'
  switch (state) {
    case 'suspending': case 'suspended': case 'unsuspending': return 'waiting'
    case 'idle': case 'complete': return 'idle'
    case 'starting': case 'resetting': return before
    default: return 'standing'
  }
}

function merged(stretches: readonly Stretch[]): Stretch[] {
  const all: Stretch[] = []
  for (const stretch of stretches) {
    const last = all.at(-1)
    if (last?.kind === stretch.kind) all[all.length - 1] = { ...last, to: stretch.to }
    else all.push(stretch)
  }
  return all
}

/** Times without parts, whatever they are called. */
function standstills(stretches: readonly Stretch[]): Stretch[] {
  return merged(stretches.map((stretch) => (stretch.kind === 'running' || stretch.kind === 'changeover' ? stretch : { ...stretch, kind: 'standing' as const }))).filter(({ kind }) => kind === 'standing')
}

/** A neighbour too short to be seen for sure may join this stretch to the one behind it. */
function brokenByShort(one: Stretch, all: readonly Stretch[], toleranceMs: number): boolean {
  return all.some((other) => other.to - other.from <= 2 * toleranceMs && (Math.abs(other.to - one.from) < 1 || Math.abs(other.from - one.to) < 1))
}
