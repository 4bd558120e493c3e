/** What the journal recorded, solved again: the same turns, commands and steps of the clock give the same facts. */

import { limits } from '../base/limits.js'
import { type Instant, type Ms, epoch, instant, instantOf, later, mono, rfc3339, seq, since } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import type { Draft, Fact } from '../contract/events/catalogue.js'
import { Fault } from '../contract/faults.js'
import type { CommandRecord, FactQuery, RecordedTurn } from '../contract/journal.js'
import { rowCodesOf } from '../contract/losses.js'
import type { LinkChange, ScanGroup } from '../contract/scan.js'
import type { Period } from '../core/time/calendar.js'
import { minuteOf } from '../core/losses/lossbook.js'
import { type LinePlan, underWayMs } from '../core/time/plan.js'
import { openLine, snapshotOf } from '../core/snapshot.js'
import type { Line } from '../core/memory/memory.js'
import { replanned } from '../core/replan.js'
import { rowsBefore } from '../core/memory/underway.js'
import { type Archive, openArchive } from '../journal/archive.js'
import { type Arrangement, arrangementOf } from '../turn/arrangement.js'
import { recall } from '../turn/recall.js'
import { type ConfigOf, recollected } from '../turn/recollect.js'
import { Fold, type Replayed } from './replay.js'
import { rowsOfThen } from './rows-of-then.js'
import { Sampler } from '../signals/sampler.js'
import { type Taken, type Wiring, solveTurn } from '../turn/turn.js'

/**
 * The recorded turns of a period out of the journal in a data directory, which a running gateway may be writing; under the configurations that were in force.
 * A `configOf` that always gives the same shows what the period would have been under that.
 */
export async function replayRecording(configOf: ConfigOf, directory: string, period: Period, progress?: (at: Instant) => void): Promise<Replayed> {
  const archive = openArchive(directory)
  try {
    return await replayArchive(configOf, archive, period, progress)
  } finally {
    archive.close()
  }
}

export type Recorded = Pick<Archive, 'facts' | 'turns' | 'commands' | 'rows' | 'turnOf'>

/**
 * Begins with what the facts before it had made of the lines, a while earlier than asked: what only samples tell (a state not yet believed,
 * parts not yet written down) has come about by then, and a start of the gateway in that while is the better beginning.
 */
export async function replayArchive(configOf: ConfigOf, archive: Recorded, period: Period, progress: (at: Instant) => void = () => undefined): Promise<Replayed> {
  const [started] = await archive.facts({ types: ['gateway_started'], to: later(period.from, 1), newestFirst: true, limit: 1 })
  const begin = started === undefined || since(period.from, started.at) > LEAD_MS ? instant(Math.floor(later(period.from, -LEAD_MS) / MINUTE) * MINUTE) : started.at
  const [first] = archive.turns(begin, period.to, [])
  if (first === undefined) throw new Fault('JOURNAL_TRIMMED', { from: rfc3339(period.from), to: rfc3339(period.to), why: 'no turn of this period is recorded' })

  const known = await factsOf(archive, { untilTurn: first.number })
  // Only these types are asked for.
  const told = await factsOf(archive, { types: toldTypes, fromTurn: first.number }) as Told[]
  const houses = housesOf(configOf)
  const house = houses(known.at(-1)?.config ?? told[0]?.config ?? 1)
  const { plans } = house
  const closedTo = closedBefore(first, started)
  const standing = await archive.rows({ equipment: [...new Set(plans.flatMap(({ line }) => rowCodesOf(line)))], from: later(begin, -DAYS_MS), to: closedTo })
  const corrections = await factsOf(archive, { types: ['ideal_corrected', 'calendar_corrected'], fromTurn: first.number })
  const rows = corrections.length === 0 ? standing : (await rowsOfThen(standing, plans.map((plan) => openLine(plan, null, [], known)), corrections, archive, configOf, first.number)).filter(({ minute }) => minute < closedTo)
  const run = new Run({
    house, houses, configOf, period, archive, told, tail: tailBefore(archive, first, known.at(-1), house.groups),
    lines: await Promise.all(plans.map(async (plan) => openLine(plan, null, underWayMs(plan) === 0 ? rows : rowsBefore(plan, rows, await countedAfter(plan), closedTo), known))),
    linksSince: linksSinceOf(known),
    commands: byInstant(await archive.commands({ from: begin, to: period.to, limit: COMMANDS_MAX })),
  })
  // What left the line after the first turn may have been made before it, and stands in rows of then.
  function countedAfter(plan: LinePlan): Promise<Fact[]> {
    return factsOf(archive, { types: ['count_recorded'], line: plan.line.code, fromTurn: first!.number, to: later(closedTo, underWayMs(plan) + MINUTE) })
  }

  for (let from = begin, number = first.number - 1, goesOn = true; goesOn;) {
    const { groups } = run
    goesOn = false
    for (const turn of archive.turns(from, period.to, groups)) {
      if (turn.number <= number) continue
      const records = run.askedIn(turn)
      run.turn(turn, records.length === 0 ? NOTHING : await run.recollected(turn, records))
      progress(turn.at)
      // From here on other tags are read.
      goesOn = run.groups !== groups
      from = turn.at
      number = turn.number
      if (goesOn) break
    }
  }
  return run.replayed()
}

/** Which minutes were rows before the first turn: the rows of later ones know already what it is about to tell. */
function closedBefore(first: RecordedTurn, started: Fact | undefined): Instant {
  const lastSeen = started?.type === 'gateway_started' && started.at === first.at && started.body.last_seen !== null ? instantOf(started.body.last_seen)! : first.at
  return minuteOf(later(instant(Math.min(lastSeen, first.at)), -limits.lossRowSettleMs))
}

/** What a configuration makes of the house, worked out once for each version. Signals that are made as before go on as they are. */
function housesOf(configOf: ConfigOf): (version: number, before?: Arrangement) => Arrangement {
  const known = new Map<number, Arrangement>()
  return (version, before) => {
    const kept = known.get(version)
    if (kept !== undefined) return kept
    const config = configOf(version)
    if (config === null) throw new Fault('JOURNAL_TRIMMED', { why: `version ${version} of the configuration, which was in force then, is not kept` })
    const made = before?.config === config ? { ...before, version } : arrangementOf(config, version, before)
    known.set(version, made)
    return made
  }
}

/** Longer than any state takes to be believed and any minute takes to be written down. */
const LEAD_MS: Ms = 15 * 60_000
const NOTHING: readonly never[] = []
const MINUTE = 60_000
const DAYS_MS = limits.lossRowsPerEquipmentMax * MINUTE
/** Turns since the last fact that a start would solve again. */
const TAIL_MAX = 2_000
const COMMANDS_MAX = 1_000_000

const toldTypes = ['gateway_started', 'gateway_stopped', 'config_applied', 'config_rejected', 'access_changed', 'journal_trimmed', 'notification_sent', 'output_written', 'clock_stepped', 'plc_connection_status', 'taken_over', 'fork_kept'] as const
type Told = Extract<Fact, { type: (typeof toldTypes)[number] }>

/** A link is told to every line it feeds, and was one change. */
function linksOf(told: readonly Told[]): LinkChange[] {
  const changes = new Map<string, LinkChange>()
  for (const fact of told) {
    if (fact.type !== 'plc_connection_status') continue
    const { plc, connected: up, fault } = fact.body
    // The fact was made from a change, whose fault has such a code.
    changes.set(`${plc} ${fact.at} ${up}`, { plc, at: fact.at, mono: mono(0), up, fault: fault as LinkChange['fault'] })
  }
  return [...changes.values()]
}

/** Since when each link was as it was, as the gateway that wrote these facts knew it. */
function linksSinceOf(facts: readonly Fact[]): ReadonlyMap<string, Instant> {
  const since = new Map<string, Instant>()
  for (const fact of facts) {
    if (fact.type === 'gateway_started') since.clear()
    if (fact.type === 'plc_connection_status') since.set(fact.body.plc, fact.at)
  }
  return since
}

/** The turns since the last fact: a start of the gateway solves them again. */
function tailBefore(archive: Recorded, first: RecordedTurn, last: Fact | undefined, groups: readonly ScanGroup[]): RecordedTurn[] {
  if (last === undefined) return []
  const made = archive.turnOf(last.seq) ?? 0
  const tail: RecordedTurn[] = []
  for (const turn of archive.turns(later(last.at, -MINUTE), first.at, groups)) if (turn.number > made && turn.number < first.number) tail.push(turn)
  return tail
}

async function factsOf(archive: Recorded, query: Omit<FactQuery, 'limit'>): Promise<Fact[]> {
  const facts: Fact[] = []
  for (;;) {
    const last = facts.at(-1)
    const page = await archive.facts({ ...query, ...(last === undefined ? {} : { after: last.seq }), limit: limits.factsPerReadMax })
    facts.push(...page)
    if (page.length < limits.factsPerReadMax) return facts
  }
}

function byInstant(records: readonly CommandRecord[]): ReadonlyMap<Instant, readonly CommandRecord[]> {
  const groups = new Map<Instant, CommandRecord[]>()
  for (const record of records) {
    const group = groups.get(record.at)
    if (group === undefined) groups.set(record.at, [record])
    else group.push(record)
  }
  return groups
}

interface RunParts {
  /** What the first turn stands under. */
  readonly house: Arrangement
  readonly houses: (version: number, before?: Arrangement) => Arrangement
  readonly configOf: ConfigOf
  readonly period: Period
  readonly archive: Recorded
  readonly lines: readonly Line[]
  readonly linksSince: ReadonlyMap<string, Instant>
  /** What the turns were told beside scans and commands; their facts say so themselves. */
  readonly told: readonly Told[]
  /** By the instant of their turn. */
  readonly commands: ReadonlyMap<Instant, readonly CommandRecord[]>
  readonly tail: RecordedTurn[]
}

/** One run through recorded turns, also over the starts and stops of the gateway, and over changes of its configuration. */
class Run {
  readonly #parts: RunParts
  readonly #fold: Fold
  #house: Arrangement
  #sampler: Sampler
  #wiring: Wiring
  #linksSince: ReadonlyMap<string, Instant>
  /** Turns since the last fact, which a start that is still to come solves again. */
  #tail: RecordedTurn[]
  /** The number of the turn that the last start begins with. */
  readonly #startLast: number
  /** How many of the facts in `told` have been, and the number of the turn that the next one belongs to. */
  #toldCount = 0
  #toldNext: number
  /** Facts that were solved before the period. */
  #before = 0
  #to: Instant

  constructor(parts: RunParts) {
    this.#parts = parts
    this.#to = parts.period.from
    this.#tail = parts.tail
    const startLast = parts.told.findLast(({ type }) => type === 'gateway_started')
    this.#startLast = startLast === undefined ? -1 : parts.archive.turnOf(startLast.seq) ?? -1
    this.#house = parts.house
    this.#sampler = new Sampler(parts.house.signals)
    this.#fold = new Fold(parts.lines)
    this.#wiring = this.#wired()
    this.#linksSince = parts.linksSince
    this.#toldNext = this.#turnOfNext()
  }

  /** What the scans of the next turn are laid out as. */
  get groups(): readonly ScanGroup[] { return this.#house.groups }

  /** What was asked, with what the journal knew then of stops that the lines had forgotten. */
  recollected(turn: RecordedTurn, records: readonly CommandRecord[]): Promise<readonly Command[]> {
    const { archive, configOf } = this.#parts
    // Old rows are of no figure of this period, and stand in the archive as later edits left them.
    const journal = { facts: (query: FactQuery) => archive.facts(query), rows: () => Promise.resolve([]) }
    return Promise.all(records.map(async (record) => {
      const [made] = record.seqs.length === 0 ? [] : await archive.facts({ after: seq(record.seqs[0]! - 1), limit: 1 })
      const factsTo = made?.type === 'ideal_corrected' || made?.type === 'calendar_corrected' ? seq(made.body.facts_to) : undefined
      return recollected(commandOf(record), this.#fold.lines.get(record.line), journal, configOf, { untilTurn: turn.number, factsTo })
    }))
  }

  turn(turn: RecordedTurn, commands: readonly Command[]): void {
    const { at } = turn
    const told = this.#toldTo(turn)
    const taken: Taken = told.length === 0 ? { scans: turn.scans, links: NOTHING, commands, notes: NOTHING, rows: NOTHING, stepMs: 0, last: this.#isBeforeChange(turn) } : this.#takenWith(told, turn, commands)
    const { standing, facts, rows } = solveTurn({ lines: this.#fold.lines, head: seq(0), linksSince: this.#linksSince }, taken, at, this.#wiring)
    this.#linksSince = standing.linksSince
    this.#fold.take(standing.lines, facts, rows)
    if (facts.length > 0) this.#tail = []
    else if (turn.number < this.#startLast && this.#tail.push(turn) > 2 * TAIL_MAX) this.#tail.splice(0, TAIL_MAX)
    if (at < this.#parts.period.from) this.#before = this.#fold.factsCount
    this.#to = at
  }

  /** What else the turn was told, with what follows from it for the house. */
  #takenWith(told: readonly Told[], turn: RecordedTurn, commands: readonly Command[]): Taken {
    const { at, scans } = turn
    const isStart = told.some(({ type }) => type === 'gateway_started')
    const applied = told.find((fact) => fact.type === 'config_applied')
    if (applied !== undefined && !isStart) this.#rearrange(applied)
    const started = isStart ? this.#restart(at, told[0]!.config) : []
    const step = told.find((fact) => fact.type === 'clock_stepped')
    return {
      scans, commands, rows: [], stepMs: step === undefined ? 0 : Math.round(step.body.by_seconds * 1_000),
      notes: [...started.map((draft) => ({ draft, applied: true })), ...told.filter(({ type }) => type !== 'clock_stepped' && type !== 'plc_connection_status').map((draft) => ({ draft, applied: false }))],
      links: linksOf(told), last: told.some(({ type }) => type === 'gateway_stopped') || this.#isBeforeChange(turn),
    }
  }

  /** What waits is solved under the old configuration before another takes effect in the next turn. */
  #isBeforeChange({ number }: RecordedTurn): boolean {
    if (this.#toldNext !== number + 1) return false
    const { told, archive } = this.#parts
    const next: Told[] = []
    for (let i = this.#toldCount; i < told.length && archive.turnOf(told[i]!.seq) === number + 1; i++) next.push(told[i]!)
    return next.some(({ type }) => type === 'config_applied') && !next.some(({ type }) => type === 'gateway_started')
  }

  /** Another configuration took effect between two turns, as the cycle does it. */
  #rearrange({ config, at }: Told): void {
    const before = this.#house
    this.#house = this.#parts.houses(config, before)
    const isNew = this.#house.sampler !== before.sampler
    if (isNew) this.#sampler = new Sampler(this.#house.signals)
    this.#wiring = this.#wired()
    const { lines } = this.#fold
    this.#fold.standUnder(new Map(this.#house.plans.map((plan) => {
      const known = lines.get(plan.line.code)
      return [plan.line.code, known === undefined ? openLine(plan, null, []) : replanned(known, plan, isNew ? at : null)]
    })))
  }

  /** What the turn was told beside scans and commands. */
  #toldTo({ number }: RecordedTurn): readonly Told[] {
    if (number < this.#toldNext) return NOTHING
    const first = this.#toldCount
    while (this.#toldNext <= number) {
      this.#toldCount++
      this.#toldNext = this.#turnOfNext()
    }
    return this.#parts.told.slice(first, this.#toldCount)
  }

  #turnOfNext(): number {
    const next = this.#parts.told[this.#toldCount]
    return next === undefined ? Infinity : this.#parts.archive.turnOf(next.seq) ?? 0
  }

  /** A command carries the instant of its turn. Turns of the same instant are told apart by the facts they made; a refused command made none. */
  askedIn({ at, number }: RecordedTurn): readonly CommandRecord[] {
    const records = this.#parts.commands.get(at)
    return records === undefined ? NOTHING : records.filter((record) => wasTold(record) && (record.seqs.length === 0 || this.#parts.archive.turnOf(record.seqs[0]!) === number))
  }

  /** The gateway began again here, with what facts had made, and with the scans since the last of them. */
  #restart(at: Instant, version: number): readonly Draft[] {
    this.#house = this.#parts.houses(version, this.#house)
    this.#sampler = new Sampler(this.#house.signals)
    this.#wiring = this.#wired()
    this.#linksSince = new Map()
    const { lines } = this.#fold
    const recalled = recall({
      snapshots: [...lines].map(([line, memory]) => ({ line, seq: seq(0), at, state: snapshotOf(memory) })), facts: [], tail: this.#tail,
      rows: [...lines.values()].flatMap(({ equipment, underWay }) => [...equipment.map(({ losses }) => losses.book), underWay.book].flatMap((book) => [...book.rows(instant(0), later(at, 1))])),
    }, this.#house.plans, this.#wiring.signals, this.#wiring.lineOfEquipment)
    this.#fold.take(new Map(recalled.lines.map((line) => [line.plan.line.code, line])), [], recalled.rows)
    return recalled.drafts
  }

  #wired(): Wiring {
    const { version, lineOf, linesOfPlc } = this.#house
    return { epoch: epoch('replay'), configVersion: version, signals: this.#sampler, lineOfEquipment: lineOf, linesOfPlc }
  }

  /** Parts seen and not yet written down belong to the figures, and to no fact of the period. */
  replayed(): Replayed {
    const { from } = this.#parts.period
    const { facts, refusals } = this.#fold.replayed(from, this.#to)
    this.#fold.flush(this.#to)
    const { rows, lines } = this.#fold.replayed(from, this.#to)
    const firstMinute = Math.floor(from / MINUTE) * MINUTE
    return { from, to: this.#to, facts: facts.slice(this.#before), rows: rows.filter((row) => row.minute >= firstMinute), lines, refusals }
  }
}

/** One that came too late was not put to its line. */
const wasTold = ({ refusal }: CommandRecord): boolean => refusal?.refused !== 'EXPIRED'

function commandOf({ name, at, line, equipment, body, byId, byName, role }: CommandRecord): Command {
  // It was checked when it was taken; the record keeps it as it was.
  return { name, at, line, equipment, key: null, by: { id: byId, name: byName, role, lines: null }, body } as unknown as Command
}
