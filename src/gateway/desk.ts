/** What a face may ask, tell and follow. The only door between the faces and the rest of the house. */

import { createHash } from 'node:crypto'
import type { Arrangement } from '../turn/arrangement.js'
import { given } from '../base/assert.js'
import type { Clock } from '../base/clock.js'
import type { Log } from '../base/log.js'
import type { Epoch, Instant } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import type { Config } from '../contract/config.js'
import type { Desk, Follower, Health, LiveView, Told } from '../contract/desk.js'
import type { Reading } from '../contract/events/catalogue.js'
import type { CommandRecord, Journal } from '../contract/journal.js'
import type { Language } from '../contract/language.js'
import { type Refusal, isRefusal, refuse } from '../contract/refusals.js'
import type { UpstreamDesk } from '../contract/upstream-figures.js'
import type { ViewName, ViewOptions } from '../contract/views.js'
import type { ExplainedTag } from '../contract/why.js'
import type { Announced, Cycle } from './cycle.js'
import { spansOf } from '../core/time/worked.js'
import { editsOfPast, editsPast } from './past-edits.js'
import type { PastWorkshop } from './past-workshop.js'
import type { Planner } from './planner.js'
import { dayOf, oeeOfPeriod, seriesOf, shiftOf, shiftsOf } from './figures.js'

export interface DeskParts {
  readonly gateway: string
  readonly version: string
  readonly epoch: () => Epoch
  readonly clock: Clock
  readonly log: Log
  readonly cycle: Pick<Cycle, 'arrangement' | 'lines' | 'head' | 'command' | 'worked' | 'note'>
  readonly journal: Journal
  readonly health: () => Health
  /** Why nothing may be ordered here just now; `null` when it may. Asked for every order. Default: it always may. */
  readonly fence?: () => Refusal | null
  /** Says so when whoever goes on may not know what was just recorded here. */
  readonly unsure?: () => Refusal | null
  /** The configuration of that version, while it is kept. */
  readonly configOf: (version: number) => Config | null
  readonly upstreams: () => readonly UpstreamDesk[]
  readonly planner: Planner
  /** Works out elsewhere what takes long; without, the turn does. */
  readonly workshop?: PastWorkshop
  readonly explainTag: (of: string, reached: (line: string) => boolean, at: Instant, language: Language) => ExplainedTag | Refusal
  /** Builds the data of a view from the lines as they are. */
  readonly viewOf: (name: ViewName, of: string, options: ViewOptions, at: Instant) => unknown
  /** Builds the readings of one equipment. */
  readonly readingsOf: (equipment: string, at: Instant) => readonly Reading[]
}

export interface OpenDesk extends Desk {
  /** The cycle tells the desk what a turn made; the desk tells its followers. */
  announce(announced: Announced): void
}

export function openDesk(parts: DeskParts): OpenDesk {
  const { clock, cycle, journal, log } = parts
  let named = namesIn(cycle.arrangement())
  const followers = new Set<Follower>()
  const asked = new Map<string, { readonly command: Command; readonly answer: Promise<Told | Refusal> }>()
  const readingDue = new Map<string, number>()
  const edit = editsOfPast(parts)
  /** By what it is of, then by what it is: joining the two for every request would cost more than finding them. */
  let views = new Map<string, Map<string, LiveView>>()
  // A restart must not make an old tag match, so tags carry the moment this desk opened.
  const opened = clock.now().toString(36)
  let generation = 0

  /** By which names lines and equipment are asked for, under the configuration in force. */
  function names() {
    const now = cycle.arrangement()
    return named.of === now ? named : (named = namesIn(now))
  }

  /** The line of that code, or the one that an equipment stands in. */
  const lineOf = (of: string) => given(cycle.lines().get(names().lineByEquipment.get(of) ?? of), `line of ${of}`)

  async function obey(command: Command): Promise<Told | Refusal> {
    const fenced = parts.fence?.() ?? null
    if (fenced !== null) return fenced
    const outcome = await (editsPast(command) ? edit(command) : cycle.command(command))
    return isRefusal(outcome) ? outcome : parts.unsure?.() ?? { ...outcome, again: false }
  }

  /** The same key and body give the stored answer; another body under the key is refused. */
  async function obeyOnce(key: string, command: Command): Promise<Told | Refusal> {
    const waiting = asked.get(key)
    if (waiting !== undefined) return same(waiting.command, command) ? again(await waiting.answer) : refuse('KEY_REUSED', { key })
    const answer = journal.commandByKey(key).then((record) => record === null ? obey(command) : answerOf(record, command))
    asked.set(key, { command, answer })
    try {
      return await answer
    } finally {
      asked.delete(key)
    }
  }

  async function answerOf(record: CommandRecord, command: Command): Promise<Told | Refusal> {
    if (!same(record, command)) return refuse('KEY_REUSED', { key: command.key })
    // Said anew: an older version may have written it down otherwise.
    if (record.refusal !== null) return refuse(record.refusal.refused, record.refusal.details)
    const facts = (await Promise.all(record.seqs.map((seq) => journal.fact(seq)))).filter((fact) => fact !== null)
    return { seq: record.seqs.at(-1) ?? cycle.head(), facts, again: true }
  }

  function tellFollowers(announced: Announced): void {
    const readings = followers.size === 0 ? [] : dueReadings(announced)
    for (const follower of followers) {
      try {
        if (announced.facts.length > 0) follower.facts(announced.facts)
        if (readings.length > 0) follower.readings?.(readings)
      } catch (thrown) {
        // A face must not be able to stop the line from being watched.
        log.error('a follower failed', { error: thrown instanceof Error ? (thrown.stack ?? thrown.message) : String(thrown) })
      }
    }
  }

  /** An equipment whose signals changed is read at once, then not again before its interval is over. */
  function dueReadings({ at, touched, facts }: Announced): Reading[] {
    const changed = new Set(touched)
    for (const fact of facts) if (fact.equipment !== null) changed.add(fact.equipment)
    const now = clock.mono()
    const readings: Reading[] = []
    for (const equipment of changed) {
      if (now < (readingDue.get(equipment) ?? 0)) continue
      readingDue.set(equipment, now + cycle.arrangement().config.server.reading_interval)
      readings.push(...parts.readingsOf(equipment, at))
    }
    return readings
  }

  return {
    gateway: parts.gateway,
    version: parts.version,
    get config() { return cycle.arrangement().config },
    get configVersion() { return cycle.arrangement().version },
    now: () => clock.now(),
    head: () => ({ epoch: parts.epoch(), seq: cycle.head() }),
    health: parts.health,
    line: (ref) => names().lineByRef.get(ref) ?? names().lineByRef.get(ref.toLowerCase()) ?? null,
    lineOf: (equipment) => names().lineByEquipment.get(equipment) ?? null,

    tell: (command) => command.key === null ? obey(command) : obeyOnce(`${command.by.id}/${command.key}`, { ...command, key: `${command.by.id}/${command.key}` }),

    view(name, of, options = AS_IT_IS) {
      const key = options === AS_IT_IS ? name : `${name}/${options.window ?? ''}/${options.equipment ?? ''}/${options.without?.join() ?? ''}`
      const kept = views.get(of)?.get(key)
      if (kept !== undefined) return kept
      const at = clock.now()
      const json = Buffer.from(JSON.stringify(parts.viewOf(name, of, options, at)))
      const view: LiveView = { json, etag: `"${opened}-${generation}"`, seq: cycle.head(), at }
      const viewsOf = views.get(of) ?? new Map<string, LiveView>()
      views.set(of, viewsOf.set(key, view))
      return view
    },

    follow(follower) {
      followers.add(follower)
      return () => { followers.delete(follower) }
    },

    facts: (query) => journal.facts(query),
    day: (ref, date) => {
      const line = cycle.lines().get(ref)
      return line === undefined ? null : dayOf(line, date)
    },
    oee: (query) => oeeOfPeriod(lineOf(query.of), query, journal),
    shift: (ref, id) => {
      const line = cycle.lines().get(ref)
      return line === undefined ? null : shiftOf(line, id)
    },
    corrected: (line) => spansOf(lineOf(line).plan.calendar),
    before: (line) => lineOf(line).plan.eras.map(({ to, plan }) => ({ to, version: plan.configVersion })),
    told: (line) => new Map(lineOf(line).equipment.flatMap(({ code, losses }) => (losses.now === null ? [] : [[code, losses.now] as const]))),
    explainTag: (of, reached, language = 'en') => parts.explainTag(of, reached, clock.now(), language),
    series: (query) => seriesOf(lineOf(query.of), query, journal),
    shifts: (query) => shiftsOf(lineOf(query.of), query, journal),
    stops: (query) => journal.stops(query),
    sums: (query) => journal.sums(query),
    rows: (query) => journal.rows(query),
    rowsWritten: (query) => journal.rowsWritten(query),
    samples: (query) => journal.samples(query),
    histories: (query) => journal.histories(query),
    sampled: (query) => journal.sampled(query),
    summaries: (query) => journal.summaries(query),
    overview: (query) => journal.overview(query),
    turns: (from, to, turnsMax) => journal.turns(from, to, turnsMax),
    record: (draft) => new Promise((written) => { cycle.note(draft, written) }),
    commands: (query) => journal.commands(query),
    sizes: () => journal.sizes(),
    epochs: () => journal.epochs(),
    upstreams: parts.upstreams,
    planConfig: (wish) => parts.planner.start(wish),
    plan: () => parts.planner.state(),
    bookmark: (name, number) => journal.bookmark(name, number),
    bookmarks: () => journal.bookmarks(),
    note: (name, value) => journal.note(name, value),
    notes: () => journal.notes(),

    announce(announced) {
      generation++
      views = new Map()
      tellFollowers(announced)
    },
  }
}

function namesIn(of: Arrangement) {
  const { lines } = of.config
  return {
    of,
    lineByRef: new Map(lines.flatMap(({ id, code }) => [[id.toLowerCase(), { id, code }], [code, { id, code }]] as const)),
    lineByEquipment: new Map(lines.flatMap((line) => line.equipment.map((equipment) => [equipment.code, line.code] as const))),
  }
}

const AS_IT_IS: ViewOptions = {}

const again = (told: Told | Refusal): Told | Refusal => isRefusal(told) ? told : { ...told, again: true }

type Asked = Pick<CommandRecord, 'name' | 'line' | 'equipment' | 'body'>

const same = (one: Asked, other: Asked): boolean =>
  one.name === other.name && one.line === other.line && one.equipment === other.equipment && digest(one.body) === digest(other.body)

const digest = (body: unknown): string => createHash('sha256').update(JSON.stringify(body)).digest('base64')
