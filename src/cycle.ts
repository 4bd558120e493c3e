/** The heartbeat. Every turn: read what was left at the door, solve it, write it, announce it. Turns never overlap. */

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import { given } from './base/assert.js'
import type { Clock } from './base/clock.js'
import { limits } from './base/limits.js'
import type { Log } from './base/log.js'
import { Queue } from './base/queue.js'
import { type Epoch, type Instant, type Ms, type Seq, later, laterMono, rfc3339, seq, since, sinceMono } from './base/units.js'
import type { Command } from './contract/commands.js'
import type { Draft, DraftOf, Fact } from './contract/events/catalogue.js'
import { type Fault, faultOf, faults } from './contract/faults.js'
import type { Input } from './contract/inputs.js'
import type { CommandRecord, Journal, Snapshot, Turn } from './contract/journal.js'
import type { LossRow } from './contract/losses.js'
import { type Refusal, refuse } from './contract/refusals.js'
import type { LinkChange, Scan } from './contract/scan.js'
import { type Solved, apply, flush, snapshotOf, solve } from './core/line.js'
import type { Line } from './core/memory.js'
import type { Sampler } from './signals/sampler.js'

/** What a turn made, for those who hear of it: only what is durable. */
export interface Announced {
  readonly turn: number
  readonly at: Instant
  readonly lines: ReadonlyMap<string, Line>
  readonly facts: readonly Fact[]
  /** Codes of the equipment whose signals changed. */
  readonly touched: ReadonlySet<string>
}

export type Outcome = { readonly facts: readonly Fact[]; readonly seq: Seq } | Refusal

export const stages = ['read', 'solve', 'write', 'announce'] as const
export type Stage = (typeof stages)[number]

export interface CycleFigures {
  readonly turnsCount: number
  readonly turnsMissedCount: number
  readonly scansForgottenCount: number
  readonly lastTurnAt: Instant | null
  /** Why the journal refused the last turn; `null` when it did not. */
  readonly fault: Fault | null
  readonly turnMs: Spread
  readonly stages: Readonly<Record<Stage, Spread>>
}
export interface Spread { readonly p50: Ms; readonly p99: Ms; readonly max: Ms }

export interface Cycle {
  /** Wakes a turn; when too many scans wait for one, the oldest make room and are counted. */
  scan(scan: Scan): void
  link(change: LinkChange): void
  /** Wakes a turn at once; resolves after the write. */
  command(command: Command): Promise<Outcome>
  /** Facts of the gateway itself, for the next turn. */
  note(draft: Draft): void
  lines(): ReadonlyMap<string, Line>
  head(): Seq
  figures(): CycleFigures
  /** Finishes the turn under way, takes one last turn with everything that waits, and writes a snapshot of every line. */
  stop(): Promise<void>
}

export interface CycleParts {
  readonly clock: Clock
  readonly log: Log
  readonly cycleMs: Ms
  readonly configVersion: number
  readonly epoch: Epoch
  readonly head: Seq
  readonly lastTurn: number
  readonly lines: readonly Line[]
  /** What start-up found out, for the first turn. Facts that are `applied` have changed the lines already. */
  readonly notes: readonly Note[]
  readonly rows: readonly LossRow[]
  readonly signals: Pick<Sampler, 'samples'>
  readonly lineOfEquipment: (equipment: string) => string
  readonly journal: Pick<Journal, 'append'>
  /** Which lines a PLC feeds. */
  readonly linesOfPlc: (plc: string) => readonly string[]
  readonly announce: (announced: Announced) => void
  /** A turn was finished: the watchdog's food. */
  readonly turned: () => void
  /** The journal is beyond repair within this process. */
  readonly broken: (fault: Fault) => void
}

interface Note { readonly draft: Draft; readonly applied: boolean }
interface Taken { readonly scans: Scan[]; readonly links: LinkChange[]; readonly commands: Waiting[]; readonly notes: readonly Note[]; readonly rows: readonly LossRow[] }
interface Waiting { readonly command: Command; readonly answer: (outcome: Outcome) => void }

/** How much the wall clock may drift from the monotonic one within a turn before it counts as a step. */
const STEP_MS = 500
const SNAPSHOT_MS = 60_000
/** The least time between two turns that only scans ask for. */
const TURN_GAP_MS = 5
/** How long to wait before trying again when the journal refuses a turn. */
const UNWRITABLE_WAIT_MS = 1_000

export function startCycle(parts: CycleParts): Cycle {
  const { clock, log, signals } = parts
  const scans = new Queue<Scan>(limits.scansMax)
  const links = new Queue<LinkChange>(limits.scansMax)
  const commands = new Queue<Waiting>(limits.commandsMax)
  let notes = parts.notes
  let recalledRows = parts.rows
  let lines: ReadonlyMap<string, Line> = new Map(parts.lines.map((line) => [line.plan.line.code, line]))
  let head = parts.head
  let turn = parts.lastTurn
  const stopped = new AbortController()
  let wake = new AbortController()
  let turnsCount = 0
  let turnsMissedCount = 0
  let scansForgottenCount = 0
  let lastTurnAt: Instant | null = null
  let refused: Fault | null = null
  /** Since when each link is as it is. */
  const linkSince = new Map<string, Instant>()
  let lastTurnMono = clock.mono()
  let wallLead = wallLeadNow()
  let snapshotDue = laterMono(clock.mono(), SNAPSHOT_MS)
  const spreads = { turn: spread(), read: spread(), solve: spread(), write: spread(), announce: spread() }

  function wallLeadNow(): number { return clock.now() - clock.mono() }

  async function run(): Promise<void> {
    let beat = clock.mono()
    while (!stopped.signal.aborted) {
      beat = laterMono(beat, parts.cycleMs)
      const late = sinceMono(clock.mono(), beat)
      if (late > parts.cycleMs) {
        const missed = Math.floor(late / parts.cycleMs)
        turnsMissedCount += missed
        beat = laterMono(beat, missed * parts.cycleMs)
      }
      // What arrives ends the wait early; the beat that was waited for still comes.
      while (!stopped.signal.aborted && sinceMono(clock.mono(), beat) < 0) {
        await clock.wait(beat, wake.signal)
        if (wake.signal.aborted) await wakened()
      }
      if (!stopped.signal.aborted) await takeTurn(false)
    }
    await takeTurn(true)
  }

  /** A command is taken at once; scans of several PLCs that arrive together share a turn. */
  async function wakened(): Promise<void> {
    wake = new AbortController()
    if (commands.count === 0) await clock.wait(laterMono(lastTurnMono, TURN_GAP_MS))
    if (commands.count > 0 || scans.count > 0) await takeTurn(false)
  }

  /** Read, solve, write, announce. State moves on only after the write. */
  async function takeTurn(last: boolean): Promise<void> {
    const begun = clock.mono()
    lastTurnMono = begun
    const at = clock.now()
    const step = clockStep(at)
    const taken: Taken = { scans: scans.drain(), links: links.drain(), commands: commands.drain(), notes, rows: recalledRows }
    notes = []
    recalledRows = []
    const read = clock.mono()

    const solved = solveTurn(at, step, last, taken)
    const solvedAt = clock.mono()

    const snapshotsNow = last || sinceMono(clock.mono(), snapshotDue) >= 0
    const written: Turn = {
      number: turn + 1, at, mono: begun,
      facts: solved.facts, scans: taken.scans, rows: solved.rows, commands: solved.records,
      snapshots: snapshotsNow ? snapshotsOf(solved.lines, solved.head, at) : [],
    }
    if (!isEmpty(written)) {
      try {
        await parts.journal.append(written)
      } catch (thrown) {
        unwritable(faultOf(thrown, 'JOURNAL_UNWRITABLE'), taken, last)
        if (!last) await clock.wait(laterMono(clock.mono(), UNWRITABLE_WAIT_MS))
        return
      }
      turn++
      refused = null
    }
    lines = solved.lines
    head = solved.head
    if (snapshotsNow) snapshotDue = laterMono(clock.mono(), SNAPSHOT_MS)
    const writtenAt = clock.mono()

    parts.announce({ turn, at, lines, facts: solved.facts, touched: solved.touched })
    for (const { waiting, outcome } of solved.outcomes) waiting.answer(outcome)

    const done = clock.mono()
    turnsCount++
    lastTurnAt = at
    record(spreads.read, sinceMono(read, begun))
    record(spreads.solve, sinceMono(solvedAt, read))
    record(spreads.write, sinceMono(writtenAt, solvedAt))
    record(spreads.announce, sinceMono(done, writtenAt))
    record(spreads.turn, sinceMono(done, begun))
    parts.turned()
  }

  /** What the wall clock jumped since the last turn, 0 for nothing worth a word. */
  function clockStep(at: Instant): Ms {
    const lead = wallLeadNow()
    const byMs = Math.round(lead - wallLead)
    if (Math.abs(byMs) < STEP_MS) {
      // Slewing is not a step: follow it.
      wallLead = lead
      return 0
    }
    wallLead = lead
    log.warn('the wall clock stepped', { byMs, at: rfc3339(at) })
    return byMs
  }

  function solveTurn(at: Instant, stepMs: Ms, last: boolean, taken: Taken) {
    const facts: Fact[] = []
    const rows: LossRow[] = [...taken.rows]
    const records: CommandRecord[] = []
    const outcomes: { waiting: Waiting; outcome: Outcome }[] = []
    const touched = new Set<string>()
    const next = new Map(lines)
    let number: number = head

    const numbered = (drafts: readonly Draft[]): Fact[] => drafts.map((draft) => ({ ...draft, epoch: parts.epoch, seq: seq(++number), config: parts.configVersion }))

    const hear = (code: string, solved: Solved) => {
      next.set(code, solved.line)
      const made = numbered(solved.drafts)
      facts.push(...made)
      rows.push(...solved.rows)
      return { made, refusal: solved.refusal }
    }
    const tell = (code: string, input: Input) => hear(code, solve(given(next.get(code), `line ${code}`), input))

    if (stepMs !== 0) for (const code of next.keys()) tell(code, { kind: 'clock', at: later(at, -stepMs), byMs: stepMs })
    for (const { draft, applied } of taken.notes) {
      facts.push(...numbered([draft]))
      if (!applied) for (const [code, line] of next) next.set(code, apply(line, draft))
    }
    for (const change of taken.links) {
      const { plc, at, up, fault } = change
      for (const code of parts.linesOfPlc(plc)) {
        facts.push(...numbered([linkDraft(code, change, linkSince.get(plc) ?? null)]))
        tell(code, { kind: 'link', at, plc, up, fault })
      }
      linkSince.set(plc, at)
    }
    for (const scan of taken.scans) {
      for (const sample of signals.samples(scan)) {
        touched.add(sample.equipment)
        tell(parts.lineOfEquipment(sample.equipment), sample)
      }
    }
    for (const waiting of taken.commands) {
      const { command } = waiting
      const { made, refusal } = tell(command.line, { kind: 'command', at, command })
      outcomes.push({ waiting, outcome: refusal ?? { facts: made, seq: seq(number) } })
      records.push(recordOf(command, at, made, refusal))
    }
    for (const code of next.keys()) tell(code, { kind: 'beat', at })
    if (last) for (const [code, line] of next) hear(code, flush(line, at))
    return { facts, rows, records, outcomes, touched, lines: next as ReadonlyMap<string, Line>, head: seq(number) }
  }

  /** Nothing of the turn was written, so nothing of it happened: people are told, and the scans are taken again. */
  function unwritable(fault: Fault, taken: Taken, last: boolean): void {
    log.error('the journal refused a turn', { fault: fault.code, remedy: fault.remedy, ...fault.fields })
    for (const { answer } of taken.commands) answer(refuse('JOURNAL_UNWRITABLE', { remedy: fault.remedy }))
    const newer = { scans: scans.drain(), links: links.drain() }
    for (const change of [...taken.links, ...newer.links]) links.push(change)
    for (const scan of [...taken.scans, ...newer.scans]) scansForgottenCount += scans.push(scan)
    notes = [...taken.notes, ...notes]
    recalledRows = taken.rows
    refused = fault
    if (fault.code !== 'JOURNAL_UNWRITABLE' && !last) {
      stopped.abort()
      parts.broken(fault)
    }
  }

  const running = run()
  return {
    scan(scan) {
      scansForgottenCount += scans.push(scan)
      wake.abort()
    },
    link(change) { links.push(change) },
    command(command) {
      if (stopped.signal.aborted) return Promise.resolve(refuse('STARTING', { state: 'the gateway is stopping' }))
      if (commands.count >= limits.commandsMax) return Promise.resolve(refuse('INBOX_FULL', { max: limits.commandsMax }))
      return new Promise((answer) => {
        commands.push({ command, answer })
        wake.abort()
      })
    },
    note(draft) { notes = [...notes, { draft, applied: false }] },
    lines: () => lines,
    head: () => head,
    figures: () => ({
      turnsCount, turnsMissedCount, scansForgottenCount, lastTurnAt, fault: refused, turnMs: read(spreads.turn),
      stages: { read: read(spreads.read), solve: read(spreads.solve), write: read(spreads.write), announce: read(spreads.announce) },
    }),
    async stop() {
      stopped.abort()
      wake.abort()
      await running
    },
  }
}

const isEmpty = (turn: Turn): boolean =>
  turn.facts.length === 0 && turn.scans.length === 0 && turn.rows.length === 0 && turn.commands.length === 0 && turn.snapshots.length === 0

const snapshotsOf = (lines: ReadonlyMap<string, Line>, at: Seq, now: Instant): Snapshot[] =>
  [...lines].map(([code, line]) => ({ line: code, seq: at, at: now, state: snapshotOf(line) }))

const linkDraft = (line: string, { plc, at, up, fault }: LinkChange, before: Instant | null): DraftOf<'plc_connection_status'> => ({
  type: 'plc_connection_status', at, line, equipment: null,
  body: { plc, connected: up, fault, remedy: fault === null ? null : faults[fault][1], previous_seconds: before === null ? null : since(at, before) / 1_000 },
})

function recordOf(command: Command, at: Instant, made: readonly Fact[], refusal: Refusal | null): CommandRecord {
  const { name, line, equipment, body, by, key } = command
  return { at, name, line, equipment, body, byId: by.id, byName: by.name, role: by.role, key, seqs: made.map((fact) => fact.seq), refusal }
}

// Histograms hold microseconds, so that a turn of 80 µs is not rounded to nothing.
const spread = (): RecordableHistogram => createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 2 })
const record = (histogram: RecordableHistogram, ms: Ms): void => { histogram.record(Math.max(1, Math.round(ms * 1_000))) }
const read = (histogram: RecordableHistogram): Spread => histogram.count === 0
  ? { p50: 0, p99: 0, max: 0 }
  : { p50: histogram.percentile(50) / 1_000, p99: histogram.percentile(99) / 1_000, max: histogram.max / 1_000 }
