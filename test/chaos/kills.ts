/** Days of a seeded plant whose gateway is killed again and again: in the middle of a turn, of a commit, of a start. Whatever was told must be there, and the day must come out true. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { given } from '../../src/base/assert.js'
import { type Chance, seededChance } from '../../src/base/chance.js'
import { type Instant, instant, instantOf, rfc3339 } from '../../src/base/units.js'
import type { Fact } from '../../src/contract/events/catalogue.js'
import { linePlans } from '../../src/core/time/plan.js'
import type { Blind } from '../support/day.js'
import { Eye, type Site, plantOfDay, siteOfDay } from '../support/day-site.js'
import { type Judged, wrongsOf } from '../support/judge.js'
import { factsIn, lookInto } from '../support/recorded.js'
import type { Poll, Told } from './house.js'
import { type Trial, Wrong } from './trial.js'

const KILLS_A_DAY = 100
const DAY_MS = 86_400_000
/** Of the day, from one kill to the next; so a short run is the beginning of a day. */
const BETWEEN_MS = DAY_MS / KILLS_A_DAY
const POLLS_FIRST = 60
/** The last polls of a day find the gateway alive: what was made unseen is known only then. */
const POLLS_LAST = 40

export const killed: Trial = {
  name: 'kill -9 at random points of seeded days', count: 1_000,
  async run(seed, count, goesOn = () => true) {
    const wrong = new Wrong('lost or changed', 'number missing', 'stop opened twice', 'untrue', 'ended by itself')
    let [facts, days, starting] = [0, 0, 0]
    let left = count
    for (; left > 0 && goesOn(count - left); left -= KILLS_A_DAY, days++) {
      const of = `seed ${seed + days}`
      const lived = await liveAndKill(seed + days, Math.min(left, KILLS_A_DAY))
      for (const word of lived.endings) wrong.is('ended by itself', `${of}: ${word}`)
      const kept = new Map(lived.day.facts.map((fact) => [fact.seq, fact]))
      wrong.is('lost or changed', of, lived.told.filter((fact) => !isDeepStrictEqual(kept.get(fact.seq), fact)).length)
      wrong.is('number missing', of, lived.day.facts.filter((fact, i) => fact.seq !== i + 1).length)
      const opened = lived.day.facts.flatMap((fact) => (fact.type === 'downtime_event' ? [fact.body.stop_id] : []))
      wrong.is('stop opened twice', of, opened.length - new Set(opened).size)
      for (const sentence of wrongsOf(lived.day)) wrong.is('untrue', sentence)
      facts += lived.day.facts.length
      starting += lived.startingCount
    }
    return { thrown: `${count - Math.max(0, left)} kills, ${starting} of them of a gateway that was starting, in ${days} days; ${facts} facts`, wrong: wrong.counts, details: wrong.details }
  },
}

interface Lived {
  readonly day: Omit<Judged, 'facts'> & { readonly facts: readonly Fact[] }
  /** Announced by a gateway that may have been killed right after. */
  readonly told: readonly Fact[]
  readonly endings: readonly string[]
  readonly startingCount: number
}

async function liveAndKill(seed: number, kills: number): Promise<Lived> {
  const site = siteOfDay(seed)
  const { pollMs, from, recipe, config } = site
  const chance = seededChance(seed).fork('kills')
  const to = instant(from + Math.ceil((kills * BETWEEN_MS) / pollMs) * pollMs)
  const { plant, happenings, made, hasChanged } = plantOfDay(site, seed)
  const eye = new Eye(config)
  const directory = mkdtempSync(join(tmpdir(), 'lineside-kills-'))
  const told: Fact[] = []
  const endings: string[] = []
  const blind: Blind[] = []
  const end = instant(to - POLLS_LAST * pollMs)
  let [startingCount, polls, left] = [0, 0, kills]
  let house: House | null = null
  let isDoomed = false
  let downFrom: Instant | null = null
  let startAt: Instant = from
  // The first counters are on the disk: what was made before is nobody's.
  let killAt = instant(from + POLLS_FIRST * pollMs)

  /** Until somebody switches it on again: the service manager after a moment, or a person after a while. */
  const down = (at: Instant): void => {
    left--
    downFrom ??= at
    startAt = instant(at + Math.min(pollMs + chance.exponential(chance.pick([0, 2 * pollMs, 20 * pollMs, 5 * 60_000])), (end - at) / 2))
    killAt = instant(startAt + pollMs + ((end - startAt) / Math.max(1, left)) * chance.unit())
    house = null
    isDoomed = false
  }

  try {
    for (let at = from; at <= to; at = instant(at + pollMs)) {
      plant.advance(at)
      if (at < startAt) continue
      if (house === null) {
        house = startHouse(directory, seed, at, chance)
        // A start is as good a moment as any, once there is something to lose.
        if (left > 0 && downFrom !== null && at < end && chance.happens(0.1)) {
          isDoomed = true
          house.killAfter(chance.whole(0, 400))
        }
        if (!await house.ready()) {
          if (!isDoomed) endings.push(`a start at ${rfc3339(at)}`)
          startingCount++
          down(at)
          continue
        }
        if (downFrom !== null) blind.push({ from: downFrom, to: at, why: 'power' })
        downFrom = null
      }
      if (hasChanged()) eye.look(plant)
      if (left > 0 && at >= killAt && at < end && !isDoomed) {
        isDoomed = true
        house.killAfter(chance.pick([0, 0.2, 0.5, 1, 2, 5]) * chance.unit())
      }
      const facts = await house.poll({ at, scans: eye.scans(at, polls++, null) })
      if (facts !== null) told.push(...facts)
      if (facts === null) {
        if (!isDoomed) endings.push(`at ${rfc3339(at)}`)
        down(at)
      } else if (chance.unit() < 2 * pollMs / DAY_MS) plant.cause(chance.pick(plant.equipment), chance.whole(0, 7))
    }
    if (house === null || isDoomed || left > 0) throw new Error(`seed ${seed}: the day ended with ${left} kills to do`)
    await house.leave()
    const { facts, rows, plan } = await recorded(directory, site)
    return { day: { seed, pollMs, from, to, plan, recipe, happenings, facts, rows, made, blind: blind.map((one) => withUnwritten(one, facts)) }, told, endings, startingCount }
  } finally {
    await house?.kill()
    rmSync(directory, { recursive: true, force: true })
  }
}

/** Turns that waited for a common commit when it was killed were not seen either: at most a few milliseconds of ours, which in such a day are minutes. */
function withUnwritten(blind: Blind, facts: readonly Fact[]): Blind {
  const started = facts.find((fact) => fact.type === 'gateway_started' && fact.at === blind.to)
  const seen = started?.type === 'gateway_started' && started.body.last_seen !== null ? instantOf(started.body.last_seen) : null
  return { ...blind, from: instant(Math.min(blind.from, seen ?? blind.from)) }
}

/* ── the gateway ─────────────────────────────────────────────────────────────────────────────── */

interface House {
  /** False when it ended before. */
  ready(): Promise<boolean>
  /** What was announced; `null` when it ended before it answered. */
  poll(poll: Poll): Promise<readonly Fact[] | null>
  killAfter(ms: number): void
  kill(): Promise<void>
  leave(): Promise<void>
}

function startHouse(directory: string, seed: number, at: Instant, chance: Chance): House {
  // Some turns wait for a common commit, as they do on site for a second of their own time.
  const stageMs = chance.pick([0, 2])
  const child: ChildProcess = fork(new URL('./house.js', import.meta.url), [directory, String(seed), String(at), String(stageMs)], { env: { PATH: process.env['PATH'] }, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'], serialization: 'advanced' })
  const exited = once(child, 'exit')
  const heard: Told[] = []
  let hear = (): void => undefined
  child.on('message', (told: Told) => { heard.push(told); hear() })
  /** The next word, or `null` when there will be none. */
  const word = async (): Promise<Told | null> => {
    if (heard.length === 0) await Promise.race([new Promise<void>((resolve) => { hear = resolve }), exited])
    return heard.shift() ?? null
  }
  const house: House = {
    ready: async () => (await word()) !== null,
    async poll(poll) {
      child.send(poll, () => undefined)
      return (await word())?.facts ?? null
    },
    killAfter(ms) {
      if (ms === 0) child.kill('SIGKILL')
      else setTimeout(() => { child.kill('SIGKILL') }, ms)
    },
    async kill() { child.kill('SIGKILL'); await exited },
    async leave() { child.send('leave'); await exited },
  }
  return house
}

const recorded = (directory: string, { config, from }: Site): Promise<Pick<Lived['day'], 'facts' | 'rows' | 'plan'>> => lookInto(directory, config, async (journal) => {
  const plan = given(linePlans(config, 1)[0], 'a line')
  const rows = await journal.rows({ equipment: [...plan.equipment.keys()], from: instant(from - 60_000), to: instant(from + 2 * DAY_MS) })
  return { facts: await factsIn(journal), rows, plan }
})
