/** One turn's solving: what was left at the door goes through every line it concerns and comes out as numbered facts. */

import { given } from '../base/assert.js'
import { type Portions, atOnce } from '../base/portions.js'
import { type Epoch, type Instant, type Ms, type Seq, later, rfc3339, seq, since } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import type { Draft, DraftOf, Fact } from '../contract/events/catalogue.js'
import { faults } from '../contract/faults.js'
import type { Input, Sample } from '../contract/inputs.js'
import type { CommandRecord } from '../contract/journal.js'
import type { LossRow } from '../contract/losses.js'
import { type Refusal, refuse } from '../contract/refusals.js'
import type { LinkChange, Scan } from '../contract/scan.js'
import { apply } from '../core/apply.js'
import { type Solved, flush, obey, obeyWorked, solve } from '../core/line.js'
import type { Line } from '../core/memory/memory.js'
import type { WorkedOf } from '../core/worked.js'
import { isQuiet } from '../core/quiet.js'
import type { Sampler } from '../signals/sampler.js'

/** A fact of the gateway itself, or of its start. One that is `applied` has changed the lines already. */
export interface Note { readonly draft: Draft; readonly applied: boolean }

/** What was left at the door since the last turn. */
export interface Taken {
  readonly scans: readonly Scan[]
  readonly links: readonly LinkChange[]
  readonly commands: readonly Command[]
  /** What some of them come to, worked out before. */
  readonly worked?: ReadonlyMap<Command, WorkedOf>
  readonly notes: readonly Note[]
  /** Loss rows that start-up found out. */
  readonly rows: readonly LossRow[]
  /** What the wall clock stepped by; 0 when it did not. */
  readonly stepMs: Ms
  /** The gateway stops: what is pending is written down. */
  readonly last: boolean
}

/** What a turn begins with and leaves to the next. */
export interface Standing {
  readonly lines: ReadonlyMap<string, Line>
  readonly head: Seq
  /** Since when each link is as it is. */
  readonly linksSince: ReadonlyMap<string, Instant>
}

/** What stays the same from turn to turn. */
export interface Wiring {
  readonly epoch: Epoch
  readonly configVersion: number
  readonly signals: Pick<Sampler, 'samples' | 'step'>
  readonly lineOfEquipment: (equipment: string) => string
  /** Which lines a PLC feeds. */
  readonly linesOfPlc: (plc: string) => readonly string[]
}

export type Outcome = { readonly facts: readonly Fact[]; readonly seq: Seq } | Refusal

export interface SolvedTurn {
  readonly standing: Standing
  readonly facts: readonly Fact[]
  readonly rows: readonly LossRow[]
  readonly records: readonly CommandRecord[]
  /** One for each command, in their order; `null` where what was worked out of it does not hold any more: nothing was asked then. */
  readonly outcomes: readonly (Outcome | null)[]
  /** Codes of the equipment whose signals changed. */
  readonly touched: ReadonlySet<string>
}

/** Nothing but the sampler, which remembers what it last saw, is changed by this: a turn that cannot be written has not been. */
export const solveTurn = (before: Standing, taken: Taken, at: Instant, wiring: Wiring): SolvedTurn => atOnce(solvingTurn(before, taken, at, wiring))

/** The same in portions: one that corrects a day of a busy line works for seconds. */
export function* solvingTurn(before: Standing, taken: Taken, at: Instant, wiring: Wiring): Portions<SolvedTurn> {
  if (taken.stepMs !== 0) wiring.signals.step(taken.stepMs)
  const samples = samplesOf(taken.scans, wiring.signals)
  // Most turns bring nothing new, and nothing in them falls due: they leave everything as it is.
  if (samples.length === 0 && !isNews(taken) && areQuiet(before.lines, at)) return { standing: before, facts: NOTHING, rows: NOTHING, records: NOTHING, outcomes: NOTHING, touched: NOBODY }
  const turn = new TurnUnderWay(before, wiring)
  if (taken.stepMs !== 0) turn.tellAll({ kind: 'clock', at: later(at, -taken.stepMs), byMs: taken.stepMs })
  for (const note of taken.notes) turn.note(note)
  for (const change of taken.links) turn.link(change)
  for (const sample of samples) turn.sample(sample)
  for (const command of taken.commands) yield* turn.command(command, at, taken.worked?.get(command) ?? null)
  turn.beat(at)
  if (taken.last) turn.flush(at)
  return turn.solved(taken.rows)
}

const NOTHING: readonly never[] = []
const NOBODY: ReadonlySet<string> = new Set()

/** Usually one scan, and nothing in it. */
function samplesOf(scans: readonly Scan[], signals: Wiring['signals']): readonly Sample[] {
  let samples: readonly Sample[] = NOTHING
  for (const scan of scans) {
    const more = signals.samples(scan)
    if (more.length > 0) samples = samples.length === 0 ? more : [...samples, ...more]
  }
  return samples
}

const isNews = ({ links, commands, notes, rows, stepMs, last }: Taken): boolean =>
  links.length > 0 || commands.length > 0 || notes.length > 0 || rows.length > 0 || stepMs !== 0 || last

/** No rule of any line waits for this instant. */
function areQuiet(lines: ReadonlyMap<string, Line>, at: Instant): boolean {
  for (const line of lines.values()) if (!isQuiet(line, at)) return false
  return true
}

class TurnUnderWay {
  readonly #wiring: Wiring
  readonly #lines: Map<string, Line>
  #linksSince: ReadonlyMap<string, Instant>
  readonly #facts: Fact[] = []
  readonly #rows: LossRow[] = []
  readonly #records: CommandRecord[] = []
  readonly #outcomes: (Outcome | null)[] = []
  readonly #touched = new Set<string>()
  #head: number

  constructor(before: Standing, wiring: Wiring) {
    this.#wiring = wiring
    this.#lines = new Map(before.lines)
    this.#linksSince = before.linksSince
    this.#head = before.head
  }

  solved(rows: readonly LossRow[]): SolvedTurn {
    return {
      standing: { lines: this.#lines, head: seq(this.#head), linksSince: this.#linksSince },
      facts: this.#facts, rows: [...rows, ...this.#rows], records: this.#records, outcomes: this.#outcomes, touched: this.#touched,
    }
  }

  tellAll(input: Input): void {
    for (const code of this.#lines.keys()) this.#tell(code, input)
  }

  beat(at: Instant): void {
    for (const [code, line] of this.#lines) if (!isQuiet(line, at)) this.#tell(code, { kind: 'beat', at })
  }

  note({ draft, applied }: Note): void {
    this.#number([draft])
    if (!applied) for (const [code, line] of this.#lines) this.#lines.set(code, apply(line, draft))
  }

  link(change: LinkChange): void {
    const { plc, at, up, fault } = change
    for (const code of this.#wiring.linesOfPlc(plc)) {
      this.#number([linkDraft(code, change, this.#linksSince.get(plc) ?? null)])
      this.#tell(code, { kind: 'link', at, plc, up, fault })
    }
    this.#linksSince = new Map(this.#linksSince).set(plc, at)
  }

  sample(sample: Sample): void {
    this.#touched.add(sample.equipment)
    this.#tell(this.#wiring.lineOfEquipment(sample.equipment), sample)
  }

  /** What is asked happens in the turn that takes it, so that the record of the turn says all that its facts rest on. */
  * command(asked: Command, at: Instant, worked: WorkedOf | null): Portions<void> {
    const command: Command = { ...asked, at }
    // The configuration may have changed while it waited.
    const plan = this.#lines.get(command.line)?.plan
    if (plan === undefined || (command.equipment !== null && !plan.equipment.has(command.equipment))) {
      this.#outcomes.push(refuse(plan === undefined ? 'LINE_UNKNOWN' : 'EQUIPMENT_UNKNOWN', { line: command.line, equipment: command.equipment }))
      return
    }
    // Refused here and written down: an answer that was given must not become another one when the clock steps back.
    const isLate = command.until !== undefined && at > command.until
    const solved = isLate ? null : worked === null ? yield* obey(this.#line(command.line), command) : yield* obeyWorked(this.#line(command.line), command, worked)
    if (solved === null && !isLate) {
      this.#outcomes.push(null)
      return
    }
    const { made, refusal } = solved === null ? { made: NOTHING, refusal: refuse('EXPIRED', { until: rfc3339(command.until!) }) } : this.#hear(command.line, solved)
    this.#outcomes.push(refusal ?? { facts: made, seq: seq(this.#head) })
    this.#records.push(recordOf(command, at, made, refusal))
  }

  flush(at: Instant): void {
    for (const [code, line] of this.#lines) this.#hear(code, flush(line, at))
  }

  #tell(code: string, input: Input): { made: readonly Fact[]; refusal: Refusal | null } {
    return this.#hear(code, solve(this.#line(code), input))
  }

  #line(code: string): Line { return given(this.#lines.get(code), `line ${code}`) }

  #hear(code: string, solved: Solved): { made: readonly Fact[]; refusal: Refusal | null } {
    this.#lines.set(code, solved.line)
    if (solved.rows.length > 0) this.#rows.push(...solved.rows)
    return { made: solved.drafts.length === 0 ? NOTHING : this.#number(solved.drafts), refusal: solved.refusal }
  }

  #number(drafts: readonly Draft[]): readonly Fact[] {
    const { epoch, configVersion: config } = this.#wiring
    const made = drafts.map((draft): Fact => ({ ...draft, epoch, seq: seq(++this.#head), config }))
    this.#facts.push(...made)
    return made
  }
}

/** That a link came up or went down, told to a line it feeds; `before` is since when it was as it was. */
export const linkDraft = (line: string, { plc, at, up, fault }: Omit<LinkChange, 'mono'>, before: Instant | null): DraftOf<'plc_connection_status'> => ({
  type: 'plc_connection_status', at, line, equipment: null,
  body: { plc, connected: up, fault, remedy: fault === null ? null : faults[fault][1], previous_seconds: before === null ? null : since(at, before) / 1_000 },
})

function recordOf(command: Command, at: Instant, made: readonly Fact[], refusal: Refusal | null): CommandRecord {
  const { name, line, equipment, body, by, key } = command
  return { at, name, line, equipment, body, byId: by.id, byName: by.name, role: by.role, key, seqs: made.map((fact) => fact.seq), refusal }
}
