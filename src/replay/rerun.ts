/** One run through recorded turns, also over the starts and stops of the gateway, and over changes of its configuration. */

import { type Instant, epoch, instant, later, mono, seq } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import type { Draft, Fact } from '../contract/events/catalogue.js'
import type { CommandRecord, FactQuery, RecordedTurn } from '../contract/journal.js'
import type { LinkChange, ScanGroup } from '../contract/scan.js'
import type { Line } from '../core/memory/memory.js'
import { replanned } from '../core/replan.js'
import { openLine, snapshotOf } from '../core/snapshot.js'
import type { Period } from '../core/time/calendar.js'
import { planAfter } from '../core/time/eras.js'
import type { LinePlan } from '../core/time/plan.js'
import type { Archive } from '../journal/archive.js'
import { Sampler } from '../signals/sampler.js'
import type { Arrangement } from '../turn/arrangement.js'
import { recall } from '../turn/recall.js'
import { type ConfigOf, recollected } from '../turn/recollect.js'
import { type Taken, type Wiring, solveTurn } from '../turn/turn.js'
import { Fold, type Replayed } from './replay.js'

/** What of an archive a run reads. */
export type Recorded = Pick<Archive, 'facts' | 'turns' | 'commands' | 'rows' | 'turnOf'>

/** Facts of what a turn was told beside scans and commands. */
export const toldTypes = ['gateway_started', 'gateway_stopped', 'config_applied', 'config_rejected', 'access_changed', 'journal_trimmed', 'notification_sent', 'output_written', 'clock_stepped', 'plc_connection_status', 'taken_over', 'fork_kept'] as const
export type Told = Extract<Fact, { type: (typeof toldTypes)[number] }>

export interface RunParts {
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

export class Run {
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
      return [plan.line.code, known === undefined ? openLine(plan, null, []) : replanned(known, plan, at, isNew ? at : null)]
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
    }, this.#plansFrom(at), this.#wiring.signals, this.#wiring.lineOfEquipment)
    this.#fold.take(new Map(recalled.lines.map((line) => [line.plan.line.code, line])), [], recalled.rows)
    return recalled.drafts
  }

  /** What a start stands under, as the daemon makes it of the journal: with it may begin another configuration than that which went before. */
  #plansFrom(at: Instant): readonly LinePlan[] {
    return this.#house.plans.map((plan) => {
      const before = this.#fold.lines.get(plan.line.code)?.plan
      return before === undefined ? plan : planAfter(before, plan, at)
    })
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

/** Turns since the last fact that a start would solve again. */
const TAIL_MAX = 2_000
const NOTHING: readonly never[] = []
const MINUTE = 60_000

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

/** One that came too late was not put to its line. */
const wasTold = ({ refusal }: CommandRecord): boolean => refusal?.refused !== 'EXPIRED'

function commandOf({ name, at, line, equipment, body, byId, byName, role }: CommandRecord): Command {
  // It was checked when it was taken; the record keeps it as it was.
  return { name, at, line, equipment, key: null, by: { id: byId, name: byName, role, lines: null }, body } as unknown as Command
}
