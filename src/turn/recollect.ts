/** Reads back what a line has forgotten of a stop, for the command that edits it: few questions, each for a stretch of time. */

import { limits } from '../base/limits.js'
import { type Instant, instant, instantOf, later } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import type { Config } from '../contract/config.js'
import type { Fact, FactName, FactOf } from '../contract/events/catalogue.js'
import type { FactQuery, Journal } from '../contract/journal.js'
import type { Past } from '../contract/past.js'
import { storyOf } from '../contract/story.js'
import type { Line } from '../core/memory.js'
import { isForgotten } from '../core/past.js'

/** Without rows none is changed, which is what a replay wants. */
export type Remembering = Pick<Journal, 'facts' | 'rows'>
/** The configuration of that version, while it is kept. */
export type ConfigOf = (version: number) => Config | null

/** The command with what it needs of the past; as it is when it edits no stop, or one that the line still knows. `untilTurn`: only facts of earlier turns. */
export async function recollected(command: Command, line: Line | undefined, journal: Remembering, configOf: ConfigOf, untilTurn?: number): Promise<Command> {
  const named = stopsNamed(command)
  if (line === undefined || !named.some((id) => isForgotten(line, id))) return command
  const past = await pastOf(named, command, journal, configOf, untilTurn === undefined ? {} : { untilTurn })
  return past === null ? command : { ...command, past }
}

function stopsNamed(command: Command): string[] {
  switch (command.name) {
    case 'stop_reason': case 'stop_note': case 'stop_split': return [command.body.stop_id]
    case 'stop_merge': return [command.body.stop_id, command.body.with]
    default: return []
  }
}

/** What makes the time of an equipment, beside its stops. */
const states = ['state_changed'] as const
const works = ['job_started', 'job_paused', 'job_resumed', 'job_completed', 'job_cancelled', 'product_changed'] as const
const changes = ['changeover_started', 'changeover_completed'] as const
const house = ['config_applied', 'clock_stepped'] as const satisfies readonly FactName[]

/** So far back the last word about a state, a job or a changeover is looked for. */
const BEFORE_MS = 31 * 86_400_000
/** Recorded figures are large; a page of them must not hold the main thread. */
const FIGURES_PER_PAGE = 200

async function pastOf(ids: readonly string[], command: Command, journal: Remembering, configOf: ConfigOf, bound: Pick<FactQuery, 'untilTurn'>): Promise<Past | null> {
  const stories = await Promise.all(ids.map((id) => storyOf((stop) => journal.facts({ ...bound, stop, line: command.line, limit: limits.factsPerReadMax }), id)))
  const story = stories.flat()
  const equipment = story.find((fact) => fact.equipment !== null)?.equipment ?? null
  if (equipment === null) return null
  const { from, to } = hullOf(story, command.at)
  const last = (types: readonly FactName[], limit: number) => journal.facts({ ...bound, types, equipment, from: later(from, -BEFORE_MS), to: from, newestFirst: true, limit })
  const found = await Promise.all([
    last(states, 2), last(works, 4), last(changes, 2),
    every({ ...bound, types: [...states, ...works, ...changes, 'gap_declared'], equipment, from, to: later(to, 1) }, limits.factsPerReadMax),
    every({ ...bound, types: house, from, to: later(to, 1) }, limits.factsPerReadMax),
    recordedOver(equipment, from, to),
  ])
  const all = new Map([story, ...found].flat().map((fact) => [fact.seq, fact]))
  const ordered = [...all.values()].sort((one, other) => one.seq - other.seq)
  const versions = [...new Set(ordered.map(({ config }) => config))]
  return {
    equipment, facts: ordered,
    configs: new Map(versions.flatMap((version) => { const config = configOf(version); return config === null ? [] : [[version, config] as const] })),
    rows: await journal.rows({ equipment: [equipment], from: instant(Math.floor(from / MINUTE) * MINUTE), to }),
  }

  async function every(query: Omit<FactQuery, 'limit'>, limit: number): Promise<Fact[]> {
    const read: Fact[] = []
    for (let page = 0; page < limits.factPagesMax; page++) {
      const after = read.at(-1)?.seq
      const some = await journal.facts({ ...query, ...(after === undefined ? {} : { after }), limit })
      read.push(...some)
      if (some.length < limit) break
    }
    return read
  }

  /** The OEE that was told of hours, shifts and jobs over that time, and what was told of the line in the same breath. */
  async function recordedOver(of: string, start: Instant, end: Instant): Promise<Fact[]> {
    const own = (await every({ ...bound, types: ['oee_recorded'], equipment: of, from: start }, FIGURES_PER_PAGE)).filter((fact) => isOver(fact, start, end))
    const beside = await Promise.all([...new Set(own.map(({ at }) => at))].map((at) =>
      journal.facts({ ...bound, types: ['oee_recorded'], line: command.line, from: at, to: later(at, 1), limit: limits.factsPerReadMax })))
    return [...own, ...beside.flat().filter((fact) => fact.equipment === null && isOver(fact, start, end))]
  }
}

const MINUTE = 60_000

function isOver(fact: Fact, from: Instant, to: Instant): fact is FactOf<'oee_recorded'> {
  if (fact.type !== 'oee_recorded') return false
  const { window } = fact.body.figures
  return instantOf(window.from)! < to && instantOf(window.to)! > from
}

/** From the first instant that the story speaks of to the last; a stop that is open reaches to now. */
function hullOf(story: readonly Fact[], now: Instant): { readonly from: Instant; readonly to: Instant } {
  let from: number = now
  let to = 0
  const see = (start: Instant | null, end: Instant | null) => {
    if (start !== null) from = Math.min(from, start)
    to = Math.max(to, end ?? now)
  }
  const ended = new Set(story.flatMap((fact) => (fact.type === 'downtime_resolved' ? [fact.body.stop_id] : [])))
  for (const fact of story) {
    if (fact.type === 'downtime_event') see(fact.at, ended.has(fact.body.stop_id) ? fact.at : null)
    if (fact.type === 'downtime_resolved') see(instantOf(fact.body.from), fact.at)
    if (fact.type === 'gap_declared') see(instantOf(fact.body.from), instantOf(fact.body.to))
    if (fact.type === 'downtime_updated' && fact.body.to !== null) see(instantOf(fact.body.from), instantOf(fact.body.to))
  }
  return { from: instant(from), to: instant(to) }
}
