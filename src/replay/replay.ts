/** Recorded inputs through the core, with no I/O, no clock and no chance: the same inputs give the same facts, always. */

import { given } from '../base/assert.js'
import { limits } from '../base/limits.js'
import { type Epoch, type Instant, type Ms, epoch, instant, later, seq } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import type { Config, EquipmentConfig, SignalConfig } from '../contract/config.js'
import type { Draft, Fact } from '../contract/events/catalogue.js'
import type { Input } from '../contract/inputs.js'
import type { LossRow } from '../contract/losses.js'
import type { Refusal } from '../contract/refusals.js'
import { flush, solve } from '../core/line.js'
import { openLine } from '../core/snapshot.js'
import { keyOf } from '../core/losses/lossbook.js'
import type { Line } from '../core/memory/memory.js'
import { openRows, rowsLessBefore } from '../core/losses/openrows.js'
import { linePlans } from '../core/time/plan.js'
import { movedTimeLessBefore, openMovedTime } from '../core/memory/moved-time.js'
import { openUnderWay } from '../core/memory/underway.js'
import type { Moment } from './trace.js'
import { linkDraft } from '../turn/turn.js'

export interface Replayed {
  readonly from: Instant
  readonly to: Instant
  readonly facts: readonly Fact[]
  /** As they stand at the end, those of the last minutes too. The times of an equipment sum to the window. */
  readonly rows: readonly LossRow[]
  readonly lines: ReadonlyMap<string, Line>
  readonly refusals: readonly { readonly at: Instant; readonly command: string; readonly refusal: Refusal }[]
}

export interface ReplayOptions {
  /** Take every beat, also those that change nothing; slower, and never another result. */
  readonly everyBeat?: boolean
}

/** A trace from its first moment to its last, as one run of the gateway with that configuration. */
export function replayTrace(config: Config, moments: readonly Moment[], { everyBeat = false }: ReplayOptions = {}): Replayed {
  const fold = new Fold(linePlans(withSignalsOf(moments, config), 1).map((plan) => openLine(plan, null, [])))
  const from = moments[0]?.at ?? instant(0)
  let now = from
  for (const { at, told } of moments) {
    passTime(fold, now, at, config.gateway.cycle, everyBeat)
    now = at
    const links = new Map<string, Instant>()
    for (const { line, input } of told) {
      fold.tell(line, input.kind === 'command' ? { ...input, command: fold.withPast(input.command, config) } : input)
      if (input.kind === 'clock') now = later(at, input.byMs)
      if (input.kind === 'link') links.set(input.plc, input.at)
    }
    for (const [plc, since] of links) fold.linked(plc, since)
    fold.beat(now)
  }
  fold.flush(now)
  return fold.replayed(from, now)
}

/** What a trace says of an equipment is a signal of it, also when the configuration wires no tag to it. */
function withSignalsOf(moments: readonly Moment[], config: Config): Config {
  const said = new Map<string, Set<string>>()
  for (const { told } of moments) for (const { input } of told) {
    if (input.kind !== 'sample') continue
    let names = said.get(input.equipment)
    if (names === undefined) said.set(input.equipment, names = new Set())
    for (const name in input.signals) names.add(name)
  }
  const unwired = (equipment: EquipmentConfig): [string, SignalConfig][] => [...said.get(equipment.code) ?? []].filter((name) => !(name in equipment.signals))
    .map((name) => [name, { tag: `trace/${name}`, scale: 1, offset: 0, invert: false, on_delay: 0, off_delay: 0, deadband: 0 }])
  return { ...config, lines: config.lines.map((line) => ({ ...line, equipment: line.equipment.map((one) => ({ ...one, signals: { ...one.signals, ...Object.fromEntries(unwired(one)) } })) })) }
}

/**
 * The beats at the cycle's boundaries in (from, to). Rules only ever wait for time to pass: when a beat changes nothing,
 * none before it would have. So idle stretches are left out as a whole. Most that time alone brings comes with a minute and
 * when its rows settle, so these beats are taken without asking.
 */
function passTime(fold: Fold, from: Instant, to: Instant, cycleMs: Ms, everyBeat: boolean): void {
  const numberAt = (ms: number): number => Math.ceil(ms / cycleMs)
  const boundary = (number: number): Instant => instant(number * cycleMs)
  const end = numberAt(to)
  let next = Math.floor(from / cycleMs) + 1
  while (next < end) {
    const minute = Math.floor(boundary(next) / MINUTE) * MINUTE
    const due = [minute, minute + limits.lossRowSettleMs, minute + MINUTE].map(numberAt).find((number) => number >= next)!
    const last = Math.min(due, end) - 1
    const stirring = everyBeat ? next
      : last >= next && fold.stirs(boundary(last)) ? least(next, last, (number) => fold.stirs(boundary(number)))
      : due < end ? due : null
    if (stirring === null) return
    fold.beat(boundary(stirring))
    next = stirring + 1
  }
}

/** The least number that stirs; the last of them does. */
function least(low: number, high: number, stirs: (number: number) => boolean): number {
  while (low < high) {
    const middle = Math.floor((low + high) / 2)
    if (stirs(middle)) high = middle
    else low = middle + 1
  }
  return low
}

const MINUTE = 60_000
const REPLAY: Epoch = epoch('replay')

/** The lines of a plant on their way through time, and what they left behind. */
export class Fold {
  readonly #lines: Map<string, Line>
  readonly #linksSince = new Map<string, Instant>()
  readonly #facts: Fact[] = []
  readonly #rows = new Map<string, LossRow>()
  readonly #refusals: { at: Instant; command: string; refusal: Refusal }[] = []

  constructor(lines: Iterable<Line>) { this.#lines = new Map([...lines].map((line) => [line.plan.line.code, line])) }

  get lines(): ReadonlyMap<string, Line> { return this.#lines }
  get factsCount(): number { return this.#facts.length }

  tell(code: string, input: Input): void {
    if (input.kind === 'link') this.#say([linkDraft(code, input, this.#linksSince.get(input.plc) ?? null)])
    const { line, drafts, rows, refusal } = solve(given(this.#lines.get(code), `line ${code}`), input)
    this.#lines.set(code, line)
    this.#say(drafts)
    this.#write(rows)
    if (refusal !== null && input.kind === 'command') this.#refusals.push({ at: input.at, command: input.command.name, refusal })
  }

  /** All lines that a link feeds were told of it. */
  linked(plc: string, at: Instant): void { this.#linksSince.set(plc, at) }

  /** A correction of the past with all that was told so far. */
  withPast(command: Command, config: Config): Command {
    const { plan } = given(this.#lines.get(command.line), `line ${command.line}`)
    const equipment = command.name === 'calendar_correct' ? plan.line.equipment[plan.constraint]!.code : command.name === 'ideal_correct' ? command.equipment : null
    if (equipment === null) return command
    const facts = this.#facts.filter(({ line }) => line === null || line === command.line)
    return { ...command, past: { equipment, facts, lineFacts: [], configs: new Map([[1, config]]), statesFrom: facts.find((fact) => fact.type === 'state_changed' && fact.equipment === equipment)?.at ?? null, blindFrom: null, factsTo: seq(this.#facts.length), rows: [...this.#rows.values()] } }
  }

  beat(at: Instant): void { for (const code of this.#lines.keys()) this.tell(code, { kind: 'beat', at }) }

  flush(at: Instant): void {
    for (const [code, before] of this.#lines) {
      const { line, drafts, rows } = flush(before, at)
      this.#lines.set(code, line)
      this.#say(drafts)
      this.#write(rows)
    }
  }

  /** Whether a beat at `at` would say or write anything. */
  stirs(at: Instant): boolean {
    for (const line of this.#lines.values()) {
      const { drafts, rows } = solve(line, { kind: 'beat', at })
      if (drafts.length > 0 || rows.length > 0) return true
    }
    return false
  }

  /** A turn was solved elsewhere: its lines, facts and rows. */
  take(lines: ReadonlyMap<string, Line>, drafts: readonly (Draft | Fact)[], rows: readonly LossRow[]): void {
    if (lines !== this.#lines) for (const [code, line] of lines) this.#lines.set(code, line)
    this.#say(drafts)
    this.#write(rows)
  }

  /** Another configuration: other lines, or the same under other plans. */
  standUnder(lines: ReadonlyMap<string, Line>): void {
    this.#lines.clear()
    for (const [code, line] of lines) this.#lines.set(code, line)
  }

  #say(drafts: readonly (Draft | Fact)[]): void {
    // The body is that of the type.
    for (const { type, at, line, equipment, body, ...numbered } of drafts) this.#facts.push({ type, at, line, equipment, body, epoch: REPLAY, seq: seq(this.#facts.length + 1), config: 'config' in numbered ? numbered.config : 1 } as Fact)
  }

  #write(rows: readonly LossRow[]): void { for (const row of rows) this.#rows.set(`${row.equipment} ${keyOf(row)}`, row) }

  replayed(from: Instant, to: Instant): Replayed {
    const rows = new Map(this.#rows)
    const before: LossRow[] = []
    for (const line of this.#lines.values()) {
      const { plan, equipment } = line
      for (const row of [...openUnderWay(line), ...openMovedTime(line, to)]) rows.set(`${row.equipment} ${keyOf(row)}`, row)
      before.push(...movedTimeLessBefore(line, from, to))
      for (const { losses } of equipment) {
        for (const row of openRows(losses, to, plan)) rows.set(`${row.equipment} ${keyOf(row)}`, row)
        before.push(...rowsLessBefore(losses, from, to, plan))
      }
    }
    // What the constraint made before this, and left the line in it, counts before it.
    const inside = [...rows.values()].filter((row) => row.equipment !== row.line || row.minute + MINUTE > from)
    return { from, to, facts: [...this.#facts], rows: [...inside, ...before], lines: this.#lines, refusals: this.#refusals }
  }
}
