/** What the journal recorded, solved again: the same turns, commands and steps of the clock give the same facts. */

import { given } from '../base/assert.js'
import { limits } from '../base/limits.js'
import { type Instant, type Ms, epoch, instant, later, mono, rfc3339, seq, since } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import type { Config } from '../contract/config.js'
import type { Draft, Fact } from '../contract/events/catalogue.js'
import { Fault } from '../contract/faults.js'
import type { CommandRecord, FactQuery, RecordedTurn } from '../contract/journal.js'
import type { LinkChange, ScanGroup } from '../contract/scan.js'
import type { Period } from '../core/calendar.js'
import { apply, openLine, snapshotOf } from '../core/line.js'
import type { Line } from '../core/memory.js'
import { type LinePlan, linePlans } from '../core/plan.js'
import { scanGroupsOf } from '../field/groups.js'
import { type Archive, openArchive } from '../journal/archive.js'
import { recall } from '../turn/recall.js'
import { Fold, type Replayed } from './replay.js'
import { refOf, signalPlan } from '../signals/plan.js'
import { Sampler } from '../signals/sampler.js'
import { type Taken, type Wiring, solveTurn } from '../turn/turn.js'

/** The recorded turns of a period out of the journal in a data directory, which a running gateway may be writing. */
export async function replayRecording(config: Config, directory: string, period: Period): Promise<Replayed> {
  const { groups } = scanGroupsOf(config.plcs)
  const archive = openArchive(directory, groups)
  try {
    return await replayArchive(config, groups, archive, period)
  } finally {
    archive.close()
  }
}

export type Recorded = Pick<Archive, 'facts' | 'turns' | 'commands' | 'rows' | 'turnOf'>

/**
 * Begins with what the facts before it had made of the lines, a while earlier than asked: what only samples tell (a state not yet believed,
 * parts not yet written down) has come about by then, and a start of the gateway in that while is the better beginning.
 */
export async function replayArchive(config: Config, groups: readonly ScanGroup[], archive: Recorded, period: Period): Promise<Replayed> {
  const [started] = await archive.facts({ types: ['gateway_started'], to: later(period.from, 1), newestFirst: true, limit: 1 })
  const begin = started === undefined || since(period.from, started.at) > LEAD_MS ? instant(Math.floor(later(period.from, -LEAD_MS) / MINUTE) * MINUTE) : started.at
  const turns = archive.turns(begin, period.to)
  const { value: first } = turns.next() as IteratorResult<RecordedTurn, undefined>
  if (first === undefined) throw new Fault('JOURNAL_TRIMMED', { from: rfc3339(period.from), to: rfc3339(period.to), why: 'no turn of this period is recorded' })

  const plans = linePlans(config, 1)
  const known = await factsOf(archive, { untilTurn: first.number })
  const rows = await archive.rows({ equipment: [...new Set(plans.flatMap((plan) => [...plan.equipment.keys()]))], from: later(begin, -DAYS_MS), to: instant(Math.floor(first.at / MINUTE) * MINUTE) })
  const run = new Run({
    config, groups, period, archive, tail: tailBefore(archive, first, known.at(-1)),
    lines: plans.map((plan) => known.reduce<Line>(apply, openLine(plan, null, rows))),
    // Only these types are asked for.
    linksSince: linksSinceOf(known),
    told: await factsOf(archive, { types: toldTypes, fromTurn: first.number }) as Told[],
    commands: byInstant(await archive.commands({ from: begin, to: period.to, limit: COMMANDS_MAX })),
  })
  run.turn(first)
  for (const turn of turns) run.turn(turn)
  return run.replayed()
}

/** Longer than any state takes to be believed and any minute takes to be written down. */
const LEAD_MS: Ms = 15 * 60_000
const NOTHING: readonly never[] = []
const MINUTE = 60_000
const DAYS_MS = limits.lossRowsPerEquipmentMax * MINUTE
/** Turns since the last fact that a start would solve again. */
const TAIL_MAX = 2_000
const COMMANDS_MAX = 1_000_000

const toldTypes = ['gateway_started', 'gateway_stopped', 'config_applied', 'journal_trimmed', 'clock_stepped', 'plc_connection_status'] as const
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
function tailBefore(archive: Recorded, first: RecordedTurn, last: Fact | undefined): RecordedTurn[] {
  if (last === undefined) return []
  const made = archive.turnOf(last.seq) ?? 0
  const tail: RecordedTurn[] = []
  for (const turn of archive.turns(later(last.at, -MINUTE), first.at)) if (turn.number > made && turn.number < first.number) tail.push(turn)
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
  readonly config: Config
  readonly groups: readonly ScanGroup[]
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

/** One run through recorded turns, also over the starts and stops of the gateway. */
class Run {
  readonly #parts: RunParts
  readonly #plans: readonly LinePlan[]
  readonly #fold: Fold
  #wiring: Wiring
  #linksSince: ReadonlyMap<string, Instant>
  /** Turns since the last fact. */
  #tail: RecordedTurn[]
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
    this.#plans = parts.lines.map(({ plan }) => plan)
    this.#fold = new Fold(parts.lines)
    this.#wiring = this.#freshWiring()
    this.#linksSince = parts.linksSince
    this.#toldNext = this.#turnOfNext()
  }

  turn(turn: RecordedTurn): void {
    const { at, scans } = turn
    const told = this.#toldTo(turn)
    const started = told.some(({ type }) => type === 'gateway_started') ? this.#restart(at) : []
    const step = told.find((fact) => fact.type === 'clock_stepped')
    const taken: Taken = {
      scans, commands: this.#commandsOf(turn), rows: [], stepMs: step === undefined ? 0 : Math.round(step.body.by_seconds * 1_000),
      notes: [...started.map((draft) => ({ draft, applied: true })), ...told.filter(({ line }) => line === null).map((draft) => ({ draft, applied: false }))],
      links: linksOf(told), last: told.some(({ type }) => type === 'gateway_stopped'),
    }
    const { standing, facts, rows } = solveTurn({ lines: this.#fold.lines, head: seq(0), linksSince: this.#linksSince }, taken, at, this.#wiring)
    this.#linksSince = standing.linksSince
    this.#fold.take(standing.lines, facts, rows)
    if (facts.length > 0) this.#tail = []
    else if (this.#tail.push(turn) > 2 * TAIL_MAX) this.#tail.splice(0, TAIL_MAX)
    if (at < this.#parts.period.from) this.#before = this.#fold.factsCount
    this.#to = at
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
  #commandsOf({ at, number }: RecordedTurn): readonly Command[] {
    const records = this.#parts.commands.get(at)
    return records === undefined ? NOTHING : records.filter((record) => wasTold(record) && (record.seqs.length === 0 || this.#parts.archive.turnOf(record.seqs[0]!) === number)).map(commandOf)
  }

  /** The gateway began again here, with what facts had made, and with the scans since the last of them. */
  #restart(at: Instant): readonly Draft[] {
    this.#wiring = this.#freshWiring()
    this.#linksSince = new Map()
    const { lines } = this.#fold
    const recalled = recall({
      snapshots: [...lines].map(([line, memory]) => ({ line, seq: seq(0), at, state: snapshotOf(memory) })), facts: [], tail: this.#tail,
      rows: [...lines.values()].flatMap(({ equipment }) => equipment.flatMap(({ losses }) => [...losses.book.rows(instant(0), later(at, 1))])),
    }, this.#plans, this.#wiring.signals, this.#wiring.lineOfEquipment)
    this.#fold.take(new Map(recalled.lines.map((line) => [line.plan.line.code, line])), [], recalled.rows)
    return recalled.drafts
  }

  #freshWiring(): Wiring {
    const { config, groups } = this.#parts
    const lineOf = new Map(config.lines.flatMap((line) => line.equipment.map((equipment) => [equipment.code, line.code] as const)))
    const plcsOf = (line: Config['lines'][number]) => new Set(line.equipment.flatMap(({ signals }) => Object.values(signals).map(({ tag }) => refOf(tag).plc)))
    const linesOf = new Map(config.plcs.map(({ id }) => [id, config.lines.filter((line) => plcsOf(line).has(id)).map(({ code }) => code)]))
    return {
      epoch: epoch('replay'), configVersion: 1, signals: new Sampler(signalPlan(config, groups)),
      lineOfEquipment: (equipment) => given(lineOf.get(equipment), `line of ${equipment}`), linesOfPlc: (plc) => linesOf.get(plc) ?? [],
    }
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
