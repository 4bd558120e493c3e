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
  const [first] = await archive.turns(begin, period.to, 1)
  if (first === undefined) throw new Fault('JOURNAL_TRIMMED', { from: rfc3339(period.from), to: rfc3339(period.to), why: 'no turn of this period is recorded' })

  const plans = linePlans(config, 1)
  const known = await factsOf(archive, { untilTurn: first.number })
  const rows = await archive.rows({ equipment: [...new Set(plans.flatMap((plan) => [...plan.equipment.keys()]))], from: later(begin, -DAYS_MS), to: instant(Math.floor(first.at / MINUTE) * MINUTE) })
  const run = new Run({
    config, groups, period, archive, tail: await tailBefore(archive, first, known.at(-1)),
    lines: plans.map((plan) => known.reduce<Line>(apply, openLine(plan, null, rows))),
    // Only these types are asked for.
    linksSince: linksSinceOf(known),
    told: await factsOf(archive, { types: toldTypes, fromTurn: first.number }) as Told[],
  })
  for (let from = begin, number = first.number - 1; ;) {
    const page = (await archive.turns(from, period.to, TURNS_PER_PAGE)).filter((turn) => turn.number > number)
    const last = page.at(-1)
    if (last === undefined) break
    const commands = await archive.commands({ from: page[0]!.at, to: later(last.at, 1), limit: TURNS_PER_PAGE * limits.commandsMax })
    for (const turn of page) run.turn(turn, commands.filter(isOf(turn, archive)))
    from = last.at
    number = last.number
  }
  return run.replayed()
}

/** Longer than any state takes to be believed and any minute takes to be written down. */
const LEAD_MS: Ms = 15 * 60_000
const MINUTE = 60_000
const DAYS_MS = limits.lossRowsPerEquipmentMax * MINUTE
const TURNS_PER_PAGE = 2_000

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
async function tailBefore(archive: Recorded, first: RecordedTurn, last: Fact | undefined): Promise<RecordedTurn[]> {
  if (last === undefined) return []
  const turns = await archive.turns(later(last.at, -MINUTE), first.at, TURNS_PER_PAGE)
  const made = archive.turnOf(last.seq) ?? 0
  return turns.filter(({ number }) => number > made && number < first.number)
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

/** A command carries the instant of its turn. Turns of the same instant are told apart by the facts they made; a refused command made none. */
const isOf = (turn: RecordedTurn, archive: Recorded) => ({ at, seqs }: CommandRecord): boolean =>
  at === turn.at && (seqs.length === 0 || archive.turnOf(seqs[0]!) === turn.number)

interface RunParts {
  readonly config: Config
  readonly groups: readonly ScanGroup[]
  readonly period: Period
  readonly archive: Recorded
  readonly lines: readonly Line[]
  readonly linksSince: ReadonlyMap<string, Instant>
  /** What the turns were told beside scans and commands; their facts say so themselves. */
  readonly told: Told[]
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
  }

  turn(turn: RecordedTurn, records: readonly CommandRecord[]): void {
    const { at, scans } = turn
    const told = this.#toldTo(turn)
    const started = told.some(({ type }) => type === 'gateway_started') ? this.#restart(at) : []
    const step = told.find((fact) => fact.type === 'clock_stepped')
    const taken: Taken = {
      scans, commands: records.filter(wasTold).map(commandOf), rows: [], stepMs: step === undefined ? 0 : Math.round(step.body.by_seconds * 1_000),
      notes: [...started.map((draft) => ({ draft, applied: true })), ...told.filter(({ line }) => line === null).map((draft) => ({ draft, applied: false }))],
      links: linksOf(told), last: told.some(({ type }) => type === 'gateway_stopped'),
    }
    const { standing, facts, rows } = solveTurn({ lines: this.#fold.lines, head: seq(0), linksSince: this.#linksSince }, taken, at, this.#wiring)
    this.#linksSince = standing.linksSince
    this.#fold.take(standing.lines, facts, rows)
    this.#tail = facts.length > 0 ? [] : [...this.#tail.slice(-TURNS_PER_PAGE), turn]
    if (at < this.#parts.period.from) this.#before = this.#fold.factsCount
    this.#to = at
  }

  /** What the turn was told beside scans and commands. */
  #toldTo({ number }: RecordedTurn): Told[] {
    const { told, archive } = this.#parts
    const count = told.findIndex(({ seq }) => (archive.turnOf(seq) ?? 0) > number)
    return told.splice(0, count === -1 ? told.length : count)
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
