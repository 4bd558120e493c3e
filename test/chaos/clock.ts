/** A gateway whose wall clock is set while it runs and while it is off: by seconds, an hour, a day, and over both changes of summer time. */

import { mkdtempSync, openSync, closeSync, rmSync, writeFileSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { given } from '../../src/base/assert.js'
import { type Chance, seededChance } from '../../src/base/chance.js'
import { systemClock } from '../../src/base/clock.js'
import { type Instant, durationOf, instant, rfc3339 } from '../../src/base/units.js'
import type { Fact, FactName } from '../../src/contract/events/catalogue.js'
import { type LossRow, timeLeaves } from '../../src/contract/losses.js'
import { type Plant, startPlant } from '../../src/plant/plant.js'
import { type Gateway, type Site, type Written, configOf, siteOf, startGateway } from '../stories/gateway.js'
import { until } from '../support/child.js'
import { factsIn, lookInto } from '../support/recorded.js'
import { countsAll, machines, sees } from '../support/sight.js'
import { preload } from './preload.js'
import { type Trial, Wrong } from './trial.js'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** In Europe/Berlin, where the example stands. */
const changes = [instant(Date.UTC(2026, 2, 29, 1)), instant(Date.UTC(2026, 9, 25, 1))]
/** The plant lives so much faster than its gateway, so that parts are made around every step. */
const FACTOR = 10
/** How long it may be off, with all that it does not remember of the time before. */
const OFF_MS_MAX = 60_000

const kinds = ['step not told', 'told wrongly', 'blind for good', 'part lost or doubled', 'number missing', 'minute not whole'] as const
type Kind = (typeof kinds)[number]

export const clock: Trial = {
  name: 'the wall clock set by up to a day, and summer time', count: 100,
  async run(seed, count) {
    const wrong = new Wrong<Kind>(...kinds)
    let [facts, whileOff] = [0, 0]
    for (const [i, change] of changes.entries()) {
      const lived = await liveWith(seededChance(seed + i), change, Math.ceil(count / changes.length), wrong)
      facts += lived.facts
      whileOff += lived.whileOff
    }
    return { thrown: `${2 * Math.ceil(count / 2)} steps around the changes of a year, ${whileOff} of them while the gateway was off; ${facts} facts`, wrong: wrong.counts, details: wrong.details }
  },
}

/** The steps of one gateway, all within two days of an hour that comes twice or never. */
async function liveWith(chance: Chance, change: Instant, steps: number, wrong: Wrong<Kind>): Promise<{ readonly facts: number; readonly whileOff: number }> {
  const directory = mkdtempSync(join(tmpdir(), 'lineside-clock-'))
  const plant = await startPlant({ seed: 8, factor: FACTOR, s7Port: 0, logixPort: 0, controlPort: null })
  const hand = openHand(directory)
  const env = { LD_PRELOAD: preload('clock', directory), CLOCK_AHEAD: hand.path }
  let gateway: Gateway | null = null
  let whileOff = 0
  try {
    hand.set(instant(change - 3 * HOUR_MS))
    const site = await siteOf(directory, (config) => { hurry(config, plant) })
    await plant.pull({ lever: 'time/pause', body: {} })
    gateway = await startGateway(site, env)
    await sees(gateway)
    const before = partsOfPlant(plant)
    await plant.pull({ lever: 'time/resume', body: {} })

    for (let step = 0; step < steps; step++) {
      await sleep(chance.whole(0, 600))
      const now = hand.now()
      const to = instant(chance.happens(0.2) ? change - 2_000 : now + chance.pick([-1, 1]) * chance.pick([1_000, 90_000, HOUR_MS, DAY_MS]))
      // Wherever it goes, it stays near enough for a day to lead back; and what is less than half a second is no step.
      const near = Math.abs(to - change) > 2 * DAY_MS ? instant(change - 2_000) : to
      const wanted = Math.abs(near - now) < 1_000 ? instant(near + HOUR_MS) : near
      const of = `from ${rfc3339(now)} to ${rfc3339(wanted)}`
      if (chance.happens(0.15)) {
        whileOff++
        const head = await headOf(gateway)
        await gateway.kill()
        const byMs = hand.set(wanted)
        const started = await startGateway(site, env)
        gateway = started
        // Its first turn tells how the clock was set meanwhile; until then it shows what it remembers.
        await until('its first turn is told', async () => (await pageOf(started, head, 'gateway_started')).events.length > 0)
        // What was set forward cannot be told from having been off for longer.
        if (byMs <= -HOUR_MS) {
          const told = await toldStep(started, head)
          if (told === null) wrong.is('step not told', `while off, ${of}`)
          else if (Math.abs(told * 1_000 - byMs) > OFF_MS_MAX) wrong.is('told wrongly', `while off, ${of}: ${told} s`)
        }
      } else {
        const head = await headOf(gateway)
        const byMs = hand.set(wanted)
        const told = await toldStep(gateway, head)
        if (told === null) wrong.is('step not told', of)
        else if (Math.abs(told * 1_000 - byMs) > 500) wrong.is('told wrongly', `${of}: ${told} s`)
      }
      await sees(gateway).catch(() => { wrong.is('blind for good', of) })
    }
    await plant.pull({ lever: 'time/pause', body: {} })
    await countsAll(gateway, plant).catch(() => { wrong.is('blind for good', 'the last parts') })
    await gateway.stop()
    gateway = null
    const { facts, rows } = await recorded(site)
    judge(facts, rows, before, partsOfPlant(plant), wrong)
    return { facts: facts.length, whileOff }
  } finally {
    await gateway?.kill()
    await plant.stop()
    hand.close()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** The machines are as much faster to the gateway as they are. */
function hurry(config: Written, plant: Plant): void {
  const faster = (text: string): string => `${given(durationOf(text), text) / FACTOR}ms`
  for (const plc of config.plcs) Object.assign(plc, { port: plc.driver === 's7' ? plant.s7Port : plant.logixPort, cycle: '100ms' })
  for (const { ideal_cycle = {} } of config.products ?? []) for (const [code, cycle] of Object.entries(ideal_cycle)) ideal_cycle[code] = faster(cycle)
  for (const equipment of given(config.lines[0], 'a line').equipment) equipment.ideal_cycle = faster(equipment.ideal_cycle ?? '1s')
}

interface Hand {
  readonly path: string
  now(): Instant
  /** By how many milliseconds it moved. */
  set(to: Instant): number
  close(): void
}

function openHand(directory: string): Hand {
  const path = join(directory, 'ahead')
  writeFileSync(path, Buffer.alloc(8))
  const file = openSync(path, 'r+')
  let ahead = 0
  const now = (): Instant => instant(systemClock.now() + ahead)
  return {
    path, now,
    set(to) {
      const by = Math.round(to - now())
      ahead += by
      const bytes = Buffer.alloc(8)
      bytes.writeBigInt64LE(BigInt(ahead))
      writeSync(file, bytes, 0, 8, 0)
      return by
    },
    close() { closeSync(file) },
  }
}

/* ── the gateway ─────────────────────────────────────────────────────────────────────────────── */

interface Page { readonly events: readonly { readonly type: string; readonly data: { readonly by_seconds?: number } }[]; readonly head: number }

const pageOf = (gateway: Gateway, after: number, type: FactName = 'clock_stepped'): Promise<Page> => gateway.get<Page>(`/api/v1/enhanced/journal?after=${after}&limit=1000&types=${type}`)
const headOf = async (gateway: Gateway): Promise<number> => (await pageOf(gateway, 0)).head

/** By how many seconds the clock was said to have stepped after that number; `null` when nothing was said. */
async function toldStep(gateway: Gateway, after: number): Promise<number | null> {
  let told: number | null = null
  await until('the step is told', async () => {
    told = (await pageOf(gateway, after)).events[0]?.data.by_seconds ?? null
    return told !== null
  }).catch(() => undefined)
  return told
}

const recorded = (site: Site): Promise<{ readonly facts: readonly Fact[]; readonly rows: readonly LossRow[] }> => lookInto(site.dataDir, configOf(site), async (journal) => ({
  facts: await factsIn(journal), rows: await journal.rows({ equipment: machines, from: instant(0), to: instant(Date.UTC(2100, 0)) }),
}))

/* ── the judge ───────────────────────────────────────────────────────────────────────────────── */

type Parts = ReadonlyMap<string, number>

const partsOfPlant = (plant: Plant): Parts => new Map(machines.map((code) => {
  const { good, reject, startup_reject } = given(plant.truth().equipment[code], code).parts
  return [code, good + reject + startup_reject]
}))

/** Each part once, each number once, and no minute longer or shorter than it is, whichever way the clock went. */
function judge(facts: readonly Fact[], rows: readonly LossRow[], before: Parts, after: Parts, wrong: Wrong<Kind>): void {
  wrong.is('number missing', 'in the journal', facts.filter((fact, i) => fact.seq !== i + 1).length)
  for (const code of machines) {
    const told = facts.reduce((sum, fact) => sum + (fact.type === 'count_recorded' && fact.equipment === code ? fact.body.total : 0), 0)
    const made = given(after.get(code), code) - given(before.get(code), code)
    wrong.is('part lost or doubled', `${code}: ${made} made, ${told} told`, Math.abs(made - told))
    const minutes = new Map<Instant, number>()
    for (const row of rows) if (row.equipment === code) minutes.set(row.minute, (minutes.get(row.minute) ?? 0) + timeLeaves.reduce((ms, leaf) => ms + row.ms[leaf], 0))
    for (const [minute, ms] of minutes) if (ms !== 60_000) wrong.is('minute not whole', `${code}: ${rfc3339(minute)} has ${ms} ms`)
  }
}
