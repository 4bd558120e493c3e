/** A seeded hour of the plant over real S7 and EtherNet/IP frames: what the gateway says against what truly happened, undisturbed, killed now and then, and with every mishap there is. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { monitorEventLoopDelay } from 'node:perf_hooks'
import t from 'tap'
import { given } from '../../src/base/assert.js'
import { seededChance } from '../../src/base/chance.js'
import { systemClock } from '../../src/base/clock.js'
import { type Instant, type Ms, durationOf, instant, instantOf } from '../../src/base/units.js'
import type { StateClass } from '../../src/contract/config.js'
import type { Fact, FactOf } from '../../src/contract/events/catalogue.js'
import { scanGroupsOf } from '../../src/field/groups.js'
import { type Plant, startPlant } from '../../src/plant/plant.js'
import { type LineRecipe, baggingLine } from '../../src/plant/recipe.js'
import type { Happening } from '../../src/plant/happening.js'
import { type StateName, makesParts } from '../../src/plant/packml.js'
import type { EquipmentTruth } from '../../src/plant/truth.js'
import { until } from '../support/child.js'
import { freePort } from '../support/ports.js'
import { factsIn, lookInto } from '../support/recorded.js'
import { countsAll, machines, sees } from '../support/sight.js'
import { type Site, type Written, configOf, siteOf, startGateway } from './gateway.js'
import { mishaps, pull } from './mishaps.js'

/** Fast enough to end within a minute, slow enough for each mishap to be felt and got over. */
const MISHAPS_FACTOR = 110
/** Model time runs so much faster, and every duration of the configuration is so much shorter. */
const FACTOR = 60
const POLL_MS = 20
const PLANT_STEP_MS = 10
/** PLANT_HOURS=24 lives a day; an hour takes a minute. */
const HOURS = Number(process.env['PLANT_HOURS'] ?? 1)
const HOURS_MS = HOURS * 3_600_000

t.setTimeout(600_000 * Math.max(1, HOURS))
// The hours mostly pass by themselves, so all of them at once.
t.jobs = 3

/** A tester finds so little that its counter is near zero: when that is zeroed as well, nobody can tell (domain note 5.1). */
const WITHOUT_TESTER: LineRecipe = { ...baggingLine, inspection: null }

t.test('an hour of the plant: every part once, every state and stop within a poll', { buffered: true }, async (t) => {
  const run = await live(t.testdir(), { seed: 8841, runMs: HOURS_MS }, async (site, plant) => {
    const gateway = await startGateway(site)
    await sees(gateway)
    return async () => { await plant.ended; await countsAll(gateway, plant); await gateway.stop() }
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
    t.ok(truth.length > 20, `${code}: the hour had ${truth.length} stretches`)
    t.comment(`${code}: ${lasting.length} of ${truth.length} stretches lasted long enough to be looked for`)
    for (const one of seen.filter(({ from }) => from > run.from)) {
      t.ok(truth.some((other) => other.kind === one.kind && other.from <= one.to + run.toleranceMs && other.to >= one.from - run.toleranceMs), `${code}: nothing is made up`)
    }

    // Every stop longer than a few polls is told as one, under one name.
    const stops = facts.filter((fact): fact is FactOf<'downtime_resolved'> => fact.type === 'downtime_resolved')
    const stood = standstills(truth)
    const standing = stood.filter(({ from, to }) => to - from > 2 * run.toleranceMs && to < run.to)
    for (const one of standing) {
      const found = stops.find((stop) => Math.abs(instantOf(stop.body.from)! - one.from) <= run.toleranceMs && Math.abs(stop.at - one.to) <= run.toleranceMs)
      t.ok(found !== undefined || brokenByShort(one, truth, run.toleranceMs), `${code}: a stop of ${Math.round(one.to - one.from)} ms is told, from and to within a poll`)
    }
    t.ok(stood.length > 8, `${code}: the hour had ${stood.length} stops`)
    t.comment(`${code}: ${standing.length} of ${stood.length} stops lasted long enough to be looked for`)
  }
})

t.test('ten times SIGKILL while the plant makes parts: every part once, stops go on under their names', { buffered: true }, async (t) => {
  const chance = seededChance(4711)
  const run = await live(t.testdir(), { seed: 4711 }, async (site, plant) => {
    let gateway = await startGateway(site)
    await sees(gateway)
    return async () => {
      for (let kills = 0; kills < 10; kills++) {
        await sleep(500 + 2_000 * chance.unit())
        await gateway.kill()
        gateway = await startGateway(site)
      }
      await pull(plant, 'time/freeze', { after_ms: '0' })
      await plant.ended
      await countsAll(gateway, plant)
      await gateway.stop()
    }
  })
  for (const code of machines) {
    const facts = run.facts.filter((fact) => fact.equipment === code)
    t.strictSame(partsOf(facts), partsOfTruth(given(run.truth[code], code), run.before[code]!), `${code}: each part once`)
    const opened = facts.filter((fact) => fact.type === 'downtime_event').map((fact) => fact.body.stop_id)
    t.equal(new Set(opened).size, opened.length, `${code}: no stop is opened twice`)
  }
  t.strictSame(run.facts.map((fact) => fact.seq), run.facts.map((_, i) => i + 1), 'numbers have no holes')
})

t.test('every mishap of PLCs and network at random in an hour: every part once, and no tag is left bad', { buffered: true }, async (t) => {
  const chance = seededChance(271828)
  const fired = new Map<string, number>()
  const run = await live(t.testdir(), { seed: 271828, runMs: HOURS_MS, factor: MISHAPS_FACTOR, recipe: WITHOUT_TESTER }, async (site, plant) => {
    // A counter just below its top that falls to zero looks like one that rolled over, and the plant's begin there.
    await pull(plant, 'faults/restart', { zero_counters: 'true' })
    const gateway = await startGateway(site)
    await sees(gateway)
    const well = async () => (await gateway.get<{ plcs: PlcState[] }>('/api/v1/enhanced/lines/BP01/plcs')).plcs.every(({ state, bad_tags }) => state === 'online' && bad_tags.length === 0)
    const seen = async () => {
      await sleep(20 * POLL_MS)
      while (!(await well())) await sleep(5 * POLL_MS)
      await sleep(20 * POLL_MS)
    }
    return async () => {
      let over = false
      void plant.ended.then(() => { over = true })
      while (!over || fired.size < mishaps.length) {
        const left = mishaps.filter(([name]) => !fired.has(name))
        const [name, befall] = chance.pick(left.length > 0 ? left : mishaps)
        fired.set(name, (fired.get(name) ?? 0) + 1)
        await befall(plant, chance, async () => { await seen(); await countsAll(gateway, plant) })
        await seen()
        await sleep(chance.whole(0, 800))
      }
      await plant.ended
      await seen()
      await countsAll(gateway, plant)
      await until('no tag is left bad', () => seesAllSignals(gateway.get))
      await gateway.stop()
    }
  })
  t.comment([...fired].map(([name, count]) => `${name} ${count}`).join(', '))
  t.equal(fired.size, mishaps.length, 'each of them happened')
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
type Begin = (site: Site, plant: Plant) => Promise<() => Promise<void>>

interface Wish { readonly seed: number; readonly runMs?: Ms; readonly factor?: number; readonly recipe?: LineRecipe }

async function live(directory: string, { factor = FACTOR, ...wish }: Wish, begin: Begin): Promise<Hour> {
  const truthFile = join(directory, 'truth.ndjson')
  // Ports that nobody is given by chance while a PLC restarts.
  const port = await freePort()
  const plant = await startPlant({ ...wish, factor: 0.01, s7Port: port, logixPort: port + 1, controlPort: null, stepMs: PLANT_STEP_MS, truthFile })
  const hour = await lived(plant, directory, begin, factor).finally(() => plant.stop())
  return { ...hour, happenings: readFileSync(truthFile, 'utf8').trim().split('\n').map(happeningOf) }
}

async function lived(plant: Plant, directory: string, begin: Begin, factor: number): Promise<Omit<Hour, 'happenings'>> {
  await pull(plant, 'time/pause')
  const site = await siteOf(directory, (config) => { hurry(config, plant, factor) })
  const finish = await begin(site, plant)
  const before = Object.fromEntries(Object.entries(plant.truth().equipment).map(([code, { parts }]) => [code, parts]))
  const delay = monitorEventLoopDelay({ resolution: 5 })
  delay.enable()
  await pull(plant, 'time/factor', { factor: String(factor) })
  await pull(plant, 'time/resume')
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
    // The truth knows a changeover only of the machine that is changed over.
    if (equipment.code !== plant.recipe.leader) delete equipment.signals?.['changeover']
    const late = equipment.counters?.['reject_count']?.late
    if (late !== undefined) late.delay = faster(late.delay)
    if (plant.recipe.inspection === null) delete equipment.counters?.['reject_count']?.late
    // Where this machine holds the plant up, its counters then leap, and so many times further.
    equipment.counts = { ...equipment.counts, slack: 5 * factor }
  }
}

/** Model time is a straight line over real time. */
function datum(plant: Plant, factor: number): Pick<Hour, 'from' | 'modelFrom' | 'wallOf'> {
  const modelFrom = plant.state().at
  const from = systemClock.now()
  return { modelFrom, from, wallOf: (model) => from + (model - modelFrom) / factor }
}

/** What the journal holds after the gateway has ended, and the longest time between two scans that tell of a machine's state. */
const recorded = (site: Site): Promise<{ readonly facts: readonly Fact[]; readonly scanGapMs: number }> => lookInto(site.dataDir, configOf(site), async (journal) => {
  const facts = await factsIn(journal)
  const telling = new Set(scanGroupsOf(configOf(site).plcs).groups.filter((group) => group.class === 'normal').map(({ index }) => index))
  const last = new Map<number, Instant>()
  let scanGapMs = 0
  for (let from = facts[0]!.at; ;) {
    const turns = await journal.turns(from, systemClock.now(), 1_000)
    for (const { group, at } of turns.flatMap(({ scans }) => scans)) {
      if (!telling.has(group)) continue
      scanGapMs = Math.max(scanGapMs, at - (last.get(group) ?? at))
      last.set(group, at)
    }
    if (turns.length < 1_000) return { facts, scanGapMs }
    from = instant(turns.at(-1)!.at + 1)
  }
})

/* ── what facts and truth say ────────────────────────────────────────────────────────────────── */

interface Parts { readonly good: number; readonly reject: number; readonly total: number }

function partsOf(facts: readonly Fact[]): Parts {
  const records = facts.filter((fact): fact is FactOf<'count_recorded'> => fact.type === 'count_recorded')
  const found = facts.filter((fact): fact is FactOf<'rejects_found'> => fact.type === 'rejects_found')
  const sum = (what: 'good' | 'reject') => [...records, ...found].reduce((parts, { body }) => parts + body[what], 0)
  return { good: sum('good'), reject: sum('reject'), total: records.reduce((parts, { body }) => parts + body.total, 0) }
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
