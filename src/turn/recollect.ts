/** Reads back what a line has forgotten of a stop or of a blind time, for the command that edits it: few questions, each for a stretch of time. */

import { limits } from '../base/limits.js'
import { type Instant, type Seq, instant, instantOf, later, seq } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import type { Config } from '../contract/config.js'
import type { Fact, FactName, FactOf } from '../contract/events/catalogue.js'
import type { FactQuery, Journal } from '../contract/journal.js'
import { Fault } from '../contract/faults.js'
import type { Past } from '../contract/past.js'
import { type LossRow, rowCodesOf } from '../contract/losses.js'
import { storyOf } from '../contract/story.js'
import type { Line } from '../core/memory/memory.js'
import { isGapForgotten } from '../core/past/blindness.js'
import { jobsTouched, timeOfClocks } from '../core/past/job-clocks.js'
import { isForgotten } from '../core/past/past.js'
import { isMoving, lateMsOf, underWayMs } from '../core/time/plan.js'
import type { Period } from '../core/time/calendar.js'
import { shiftsBetween } from '../core/time/shifts.js'

/** Without rows none is changed, which is what a replay wants. */
export type Remembering = Pick<Journal, 'facts' | 'rows'>
/** The configuration of that version, while it is kept. */
export type ConfigOf = (version: number) => Config | null

/** What a replay may know: facts of turns before that one, and of those no later one than the original rested on. */
export interface Bound { readonly untilTurn?: number; readonly factsTo?: Seq | undefined }

/** The command with what it needs of the past; as it is when it edits nothing of it, or what the line still knows. */
export async function recollected(command: Command, line: Line | undefined, journal: Remembering, configOf: ConfigOf, bound: Bound = {}): Promise<Command> {
  if (line === undefined) return command
  const reading = new Recollection(command, line, journal, configOf, bound)
  const past = await pastOf(command, line, reading)
  return past === null ? command : { ...command, past }
}

async function pastOf(command: Command, line: Line, reading: Recollection): Promise<Past | null> {
  if (command.name === 'gap_declare') {
    const at = instantOf(command.body.at)!
    return command.equipment !== null && isGapForgotten(line, command.equipment, at) ? reading.gap(command.equipment, at) : null
  }
  if (command.name === 'ideal_correct') return command.equipment === null ? null : reading.period(command.equipment, { from: instantOf(command.body.from)!, to: instantOf(command.body.to)! })
  if (command.name === 'calendar_correct') return reading.calendar({ from: instantOf(command.body.from)!, to: instantOf(command.body.to)! })
  const named = stopsNamed(command)
  return named.some((id) => isForgotten(line, id)) ? reading.stops(named) : null
}

/** Whether a command reads and values a whole past, of the whole line. */
export function isLong(command: Command, line: Line): boolean {
  return command.name === 'ideal_correct' || command.name === 'calendar_correct' || (command.name === 'gap_declare' && command.equipment !== null && isGapForgotten(line, command.equipment, instantOf(command.body.at)!))
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
const changes = ['changeover_started', 'changeover_completed', 'changeover_measured'] as const
const stops = ['downtime_event', 'downtime_updated', 'downtime_resolved'] as const satisfies readonly FactName[]
const counts = ['count_recorded', 'rejects_found', 'parts_reworked'] as const satisfies readonly FactName[]
/** What people said of it later, whenever that was. */
const told = ['gap_declared', 'counts_corrected', 'ideal_corrected', 'calendar_corrected'] as const satisfies readonly FactName[]
/** Edits after which the figures of a line were told again. */
const editing = ['downtime_updated', 'gap_declared', 'ideal_corrected', 'calendar_corrected'] as const satisfies readonly FactName[]
const house = ['config_applied', 'clock_stepped'] as const satisfies readonly FactName[]

/** So far back the last word about a state, a job or a changeover is looked for. */
const BEFORE_MS = 31 * 86_400_000
/** Recorded figures are large; a page of them must not hold the main thread. */
const FIGURES_PER_PAGE = 200
const FACTS_PER_PAGE = 500

/** What one command needs. */
class Recollection {
  readonly #command: Command
  readonly #line: Line
  readonly #journal: Remembering
  readonly #configOf: ConfigOf
  readonly #bound: Bound

  constructor(command: Command, line: Line, journal: Remembering, configOf: ConfigOf, bound: Bound) {
    this.#command = command
    this.#line = line
    this.#journal = journal
    this.#configOf = configOf
    this.#bound = bound
  }

  /** `null` when the journal knows none of them. */
  async stops(ids: readonly string[]): Promise<Past | null> {
    const story = await this.#storyOf(ids)
    const equipment = story.find((fact) => fact.equipment !== null)?.equipment ?? null
    return equipment === null ? null : this.#around(equipment, story, hullOf(story, this.#command.at), null)
  }

  /** `null` when the journal has no word about the equipment. Where it begins only later, that is what is handed in: then it says how far it reaches. */
  async gap(equipment: string, at: Instant): Promise<Past | null> {
    const [[state], [next]] = await Promise.all([this.#last(equipment, states, later(at, 1), 1), this.#read({ types: states, equipment, from: later(at, 1), limit: 1 })])
    const first = state ?? next
    if (first === undefined) return null
    const isBlind = state?.type === 'state_changed' && state.body.state === 'unknown'
    const gap = isBlind ? { from: state.at, to: next?.at ?? this.#command.at } : { from: at, to: later(at, 1) }
    const [opened] = await this.#last(equipment, ['downtime_event'], later(gap.from, 1), 1)
    const story = opened?.type === 'downtime_event' ? await this.#storyOf([opened.body.stop_id]) : []
    const hull = story.length === 0 ? gap : hullOf(story, this.#command.at)
    // A stop that had ended before is of no concern.
    const isThrough = hull.from <= gap.from && hull.to >= gap.to
    const found = await this.#every({ types: ['count_recorded'], equipment, from: gap.from, to: later(gap.to, MINUTE) }, limits.factsPerReadMax)
    const past = await this.#around(equipment, [...isThrough ? story : [], first, ...found], isThrough ? hull : gap, gap.from)
    if (!isBlind) return past
    const { facts } = await this.#madeOver(gap, past.facts.filter((fact) => isOver(fact, gap.from, gap.to)))
    return { ...past, lineFacts: inOrder(facts) }
  }

  /** What a corrected ideal time bears on: the hours, shifts and jobs of the equipment and its line. `null` when the period is none, or too long. */
  async period(equipment: string, period: Period): Promise<Past | null> {
    if (!isPeriod(period)) return null
    const factsTo = await this.#factsTo()
    const recorded = await this.#recordedOver(equipment, period.from, period.to)
    const { facts } = await this.#madeOver(period, recorded)
    const rows = await this.#rows([equipment, this.#line.plan.line.code], period)
    return this.#pastOf(equipment, facts.filter((fact) => fact.seq <= factsTo), { blindFrom: null, factsTo }, rows)
  }

  /** What a corrected calendar bears on: all equipment, every stop in that time, and the shifts around it, which may be longer or shorter afterwards. */
  async calendar(period: Period): Promise<Past | null> {
    if (!isPeriod(period)) return null
    const factsTo = await this.#factsTo()
    const { calendar, timeZone, line, constraint } = this.#line.plan
    const shifts = shiftsBetween(calendar, timeZone, later(period.from, -1), later(period.to, 1))
    const around = { from: instant(Math.min(period.from, ...shifts.map(({ from }) => from))), to: instant(Math.max(period.to, ...shifts.map(({ to }) => to))) }
    const recorded = (await this.#whole({ types: ['oee_recorded'], line: line.code, from: period.from }, FIGURES_PER_PAGE)).filter((fact) => isOver(fact, around.from, around.to))
    // The clock of a job may come to stand wherever it began outside shifts.
    const clocks = timeOfClocks(this.#line, jobsTouched(this.#line, period), around, this.#command.at)
    const { facts, from, to } = await this.#madeOver(clocks.to - clocks.from <= 2 * limits.correctedMsMax ? clocks : around, recorded)
    const counted = facts.flatMap((fact) => (fact.type === 'count_recorded' ? [instantOf(fact.body.from)!] : []))
    const rows = await this.#rows(rowCodesOf(line), { from: instant(Math.floor(Math.min(from, ...counted) / HOUR) * HOUR), to })
    const known = [...facts, ...await this.#stopsOver({ from, to })].filter((fact) => fact.seq <= factsTo)
    return this.#pastOf(line.equipment[constraint]!.code, known, { blindFrom: null, factsTo }, rows)
  }

  /** What is written while this reads is left to the line, which makes it. */
  async #factsTo(): Promise<Seq> {
    return this.#bound.factsTo ?? (await this.#read({ newestFirst: true, limit: 1 }))[0]?.seq ?? seq(0)
  }

  /**
   * All that makes the figures of the hours and shifts over a period: the time of the whole line, and the parts that left it meanwhile and until all of them had.
   * Throws READ_DEADLINE when it holds more facts than one correction may read.
   */
  async #madeOver({ from, to }: Period, recorded: readonly Fact[]): Promise<Period & { readonly facts: readonly Fact[] }> {
    const windows = recorded.flatMap((fact) => (fact.type === 'oee_recorded' && fact.body.interval !== 'job' ? [fact.body.figures.window] : []))
    const start = instant(Math.min(from, ...windows.map((window) => instantOf(window.from)!)))
    const end = later(instant(Math.max(to, ...windows.map((window) => instantOf(window.to)!))), underWayMs(this.#line.plan) + lateMsOf(this.#line.plan))
    const { code, equipment } = this.#line.plan.line
    const each = await Promise.all(equipment.map((one) => Promise.all([
      this.#last(one.code, states, start, 2), this.#last(one.code, works, start, 4), this.#last(one.code, changes, start, 2),
      // The first after it may have begun in it.
      this.#read({ types: ['count_recorded'], equipment: one.code, from: later(end, 1), limit: 1 }),
    ])))
    const found = await Promise.all([
      this.#whole({ types: [...states, ...stops, ...works, ...changes, ...counts], line: code, from: start, to: later(end, 1) }),
      this.#whole({ types: told, line: code, from: start }),
      this.#whole({ types: house, from: start, to: later(end, 1) }),
    ])
    return { from: start, to: end, facts: [...recorded, ...each.flat(2), ...found.flat()] }
  }

  /** Stops that reach over the ends of a period, and what people said later of those in it. */
  async #stopsOver(period: Period): Promise<readonly Fact[]> {
    const { code, equipment } = this.#line.plan.line
    const each = await Promise.all(equipment.map(async (one) => {
      const [opened] = await this.#last(one.code, ['downtime_event'], period.from, 1)
      const story = opened?.type === 'downtime_event' ? await this.#storyOf([opened.body.stop_id]) : []
      return [...story, ...await this.#read({ types: ['downtime_resolved'], equipment: one.code, from: later(period.to, 1), limit: 1 })]
    }))
    const said = await this.#whole({ types: ['downtime_updated'], line: code, from: period.to })
    return [...each.flat(), ...said.filter(({ type, body }) => type === 'downtime_updated' && instantOf(body.from)! < period.to && (body.to === null || instantOf(body.to)! > period.from))]
  }

  async #storyOf(ids: readonly string[]): Promise<Fact[]> {
    const { line } = this.#command
    return (await Promise.all(ids.map((id) => storyOf((stop) => this.#read({ stop, line, limit: limits.factsPerReadMax }), id)))).flat()
  }

  async #around(equipment: string, story: readonly Fact[], { from, to }: { readonly from: Instant; readonly to: Instant }, blindFrom: Instant | null): Promise<Past> {
    const found = await Promise.all([
      this.#last(equipment, states, from, 2), this.#last(equipment, works, from, 4), this.#last(equipment, changes, from, 2),
      this.#every({ types: [...states, ...works, ...changes], equipment, from, to: later(to, 1) }, limits.factsPerReadMax),
      this.#saidOver(equipment, from, to),
      this.#every({ types: house, from, to: later(to, 1) }, limits.factsPerReadMax),
      this.#recordedOver(equipment, from, to),
      this.#lineWorkOver(equipment, { from, to }),
    ])
    const { code } = this.#line.plan.line
    return this.#pastOf(equipment, [story, ...found].flat(), { blindFrom, factsTo: null }, await this.#rows(isMoving(this.#line.plan) ? [equipment, code] : [equipment], { from: instant(Math.floor(from / MINUTE) * MINUTE), to }))
  }

  /** What the line made meanwhile says what limited it: where that moves, of its constraint too what says so. */
  async #lineWorkOver(equipment: string, { from, to }: Period): Promise<readonly Fact[]> {
    const { line, constraint } = this.#line.plan
    const { code } = line.equipment[constraint]!
    if (!isMoving(this.#line.plan) || code === equipment) return []
    const found = await Promise.all([
      this.#last(code, states, from, 2), this.#last(code, works, from, 4), this.#last(code, changes, from, 2),
      this.#every({ types: [...states, ...works, ...changes], equipment: code, from, to: later(to, 1) }, limits.factsPerReadMax),
    ])
    return found.flat()
  }

  async #pastOf(equipment: string, facts: readonly Fact[], of: Pick<Past, 'blindFrom' | 'factsTo'>, rows: readonly LossRow[]): Promise<Past> {
    const ordered = inOrder(facts)
    const [first] = await this.#read({ types: states, equipment, limit: 1 })
    const versions = [...new Set(ordered.map(({ config }) => config))]
    return {
      equipment, facts: ordered, lineFacts: [], statesFrom: first?.at ?? null, rows, ...of,
      configs: new Map(versions.flatMap((version) => { const config = this.#configOf(version); return config === null ? [] : [[version, config] as const] })),
    }
  }

  /** As many at once as a page of facts, for they are as large. */
  async #rows(equipment: readonly string[], { from, to }: Period): Promise<LossRow[]> {
    const rows: LossRow[] = []
    const minutes = Math.max(1, Math.floor(FACTS_PER_PAGE / equipment.length))
    for (let at = from; at < to; at = later(at, minutes * MINUTE)) {
      for (const row of await this.#journal.rows({ equipment, from: at, to: instant(Math.min(to, at + minutes * MINUTE)) })) rows.push(row)
    }
    return rows
  }

  #read(query: FactQuery): Promise<Fact[]> {
    const { untilTurn } = this.#bound
    return this.#journal.facts(untilTurn === undefined ? query : { untilTurn, ...query })
  }

  #last(equipment: string, types: readonly FactName[], to: Instant, limit: number): Promise<Fact[]> {
    return this.#read({ types, equipment, from: later(to, -BEFORE_MS), to, newestFirst: true, limit })
  }

  async #every(query: Omit<FactQuery, 'limit'>, limit: number): Promise<Fact[]> {
    const read: Fact[] = []
    for (let page = 0; page < limits.factPagesMax; page++) {
      const after = read.at(-1)?.seq
      const some = await this.#read({ ...query, ...(after === undefined ? {} : { after }), limit })
      read.push(...some)
      if (some.length < limit) break
    }
    return read
  }

  /** All of them, or none at all. */
  async #whole(query: Omit<FactQuery, 'limit'>, limit = FACTS_PER_PAGE): Promise<Fact[]> {
    const read: Fact[] = []
    while (read.length < limits.correctedFactsMax) {
      const after = read.at(-1)?.seq
      const some = await this.#read({ ...query, ...(after === undefined ? {} : { after }), limit })
      read.push(...some)
      if (some.length < limit) return read
    }
    throw new Fault('READ_DEADLINE', { facts_max: limits.correctedFactsMax })
  }

  /** When people edited the time of other equipment in these hours and shifts: the figures of the line were told again then. */
  async #editsOver(told: readonly Fact[]): Promise<Instant[]> {
    const windows = told.flatMap((fact) => (fact.type === 'oee_recorded' && fact.body.interval !== 'job' ? [fact.body.figures.window] : []))
    if (windows.length === 0) return []
    const [from, to] = [Math.min(...windows.map((window) => instantOf(window.from)!)), Math.max(...windows.map((window) => instantOf(window.to)!))]
    const edits = await this.#every({ types: editing, line: this.#command.line, from: instant(from) }, limits.factsPerReadMax)
    return edits.filter((fact) => (fact.type === 'downtime_updated' || fact.type === 'gap_declared' || fact.type === 'ideal_corrected' || fact.type === 'calendar_corrected') && fact.body.by !== null
      && instantOf(fact.body.from)! < to && (fact.body.to === null || instantOf(fact.body.to)! > from)).map(({ at }) => at)
  }

  /** Blind time is declared, and an ideal time corrected, when somebody gets to it. */
  async #saidOver(equipment: string, start: Instant, end: Instant): Promise<Fact[]> {
    const said = await this.#every({ types: ['gap_declared', 'ideal_corrected'], equipment, from: start }, limits.factsPerReadMax)
    return said.filter((fact) => (fact.type === 'gap_declared' || fact.type === 'ideal_corrected') && instantOf(fact.body.from)! < end && instantOf(fact.body.to)! > start)
  }

  /** The OEE that was told of hours, shifts and jobs over that time, and what was told of the line in the same breath. */
  async #recordedOver(of: string, start: Instant, end: Instant): Promise<Fact[]> {
    const { line } = this.#command
    const own = (await this.#every({ types: ['oee_recorded'], equipment: of, from: start }, FIGURES_PER_PAGE)).filter((fact) => isOver(fact, start, end))
    // Where parts are under way, the line is told of its hours and shifts when they have left.
    const breaths = new Set([...own.flatMap(({ at }) => [at, later(at, underWayMs(this.#line.plan))]), ...await this.#editsOver(own)])
    const beside = await Promise.all([...breaths].map((at) => this.#read({ types: ['oee_recorded'], line, from: at, to: later(at, 1), limit: limits.factsPerReadMax })))
    return [...own, ...beside.flat().filter((fact) => fact.equipment === null && isOver(fact, start, end))]
  }
}

const MINUTE = 60_000
const HOUR = 60 * MINUTE

/** Each of them once. */
const inOrder = (facts: readonly Fact[]): Fact[] => [...new Map(facts.map((fact) => [fact.seq, fact])).values()].sort((one, other) => one.seq - other.seq)

const isPeriod = ({ from, to }: Period): boolean => from < to && to - from <= limits.correctedMsMax

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
  // Whoever split a stop that stood told where its first part ended.
  const ended = new Set(story.flatMap((fact) => (fact.type === 'downtime_resolved' || (fact.type === 'downtime_updated' && fact.body.to !== null) ? [fact.body.stop_id] : [])))
  for (const fact of story) {
    if (fact.type === 'downtime_event') see(fact.at, ended.has(fact.body.stop_id) ? fact.at : null)
    if (fact.type === 'downtime_resolved') see(instantOf(fact.body.from), fact.at)
    if (fact.type === 'gap_declared') see(instantOf(fact.body.from), instantOf(fact.body.to))
    if (fact.type === 'downtime_updated' && fact.body.to !== null) see(instantOf(fact.body.from), instantOf(fact.body.to))
  }
  return { from: instant(from), to: instant(to) }
}
