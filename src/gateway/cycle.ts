/** The heartbeat. Every turn: read what was left at the door, solve it, write it, announce it. Turns never overlap. */

import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'
import type { Arrangement } from '../turn/arrangement.js'
import { assert, given } from '../base/assert.js'
import { Bell } from '../base/bell.js'
import type { Clock } from '../base/clock.js'
import { limits } from '../base/limits.js'
import type { Log } from '../base/log.js'
import { inTurns } from '../base/portions.js'
import { Queue } from '../base/queue.js'
import { type Epoch, type Instant, type Ms, type Seq, laterMono, rfc3339, sinceMono } from '../base/units.js'
import type { Command } from '../contract/commands.js'
import type { Draft, Fact } from '../contract/events/catalogue.js'
import { type Fault, faultOf, faults } from '../contract/faults.js'
import type { Journal, Snapshot, Turn } from '../contract/journal.js'
import type { LossRow } from '../contract/losses.js'
import { refuse } from '../contract/refusals.js'
import type { LinkChange, Scan } from '../contract/scan.js'
import { openLine, snapshotOf } from '../core/snapshot.js'
import type { Line } from '../core/memory/memory.js'
import type { WorkedOf } from '../core/worked.js'
import { replanned } from '../core/replan.js'
import { type Note, type Outcome, type Standing, type Taken, type Wiring, solvingTurn } from '../turn/turn.js'
import { WallClock } from './wall-clock.js'

/** What a turn made, for those who hear of it: only what is durable. */
export interface Announced {
  readonly turn: number
  readonly at: Instant
  readonly lines: ReadonlyMap<string, Line>
  readonly facts: readonly Fact[]
  /** Codes of the equipment whose signals changed. */
  readonly touched: ReadonlySet<string>
}

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
  /** The same, with what it comes to: that was worked out while turns went on. `null` when it does not hold any more, and nothing was done. */
  worked(command: Command, of: WorkedOf): Promise<Outcome | null>
  /** Facts of the gateway itself, for the next turn; `written` is called when they are durable. */
  note(draft: Draft, written?: () => void): void
  /** What the lines stand under; changes between two turns. */
  arrangement(): Arrangement
  lines(): ReadonlyMap<string, Line>
  head(): Seq
  figures(): CycleFigures
  /**
   * Solves what waits under the old plans, then goes on under others. Resolves when `draft`, which tells of it, is durable and
   * every line stands under its new plan. Scans that arrive from then on must be of the new groups.
   */
  rearrange(next: Arrangement, draft: Draft): Promise<void>
  /** Finishes the turn under way, takes one last turn with everything that waits, and writes a snapshot of every line. */
  stop(): Promise<void>
}

export interface CycleParts {
  readonly clock: Clock
  readonly log: Log
  readonly cycleMs: Ms
  readonly arrangement: Arrangement
  readonly epoch: Epoch
  readonly head: Seq
  readonly lastTurn: number
  /** When that turn was, by the wall clock of then; `null` when there was none. */
  readonly lastAt: Instant | null
  readonly lines: readonly Line[]
  /** What start-up found out, for the first turn. */
  readonly notes: readonly Note[]
  readonly rows: readonly LossRow[]
  readonly journal: Pick<Journal, 'append'>
  readonly announce: (announced: Announced) => void
  /** A turn was finished: the watchdog's food. */
  readonly turned: () => void
  /** The journal is beyond repair within this process. */
  readonly broken: (fault: Fault) => void
}

interface Moving { readonly next: Arrangement; readonly draft: Draft; readonly done: () => void }
interface Waiting { readonly command: Command; readonly of: WorkedOf | null; readonly answer: (outcome: Outcome | null) => void }

const SNAPSHOT_MS = 60_000
/** The least time between two turns that only scans ask for. */
const TURN_GAP_MS = 5
/** How long to wait before trying again when the journal refuses a turn. */
const UNWRITABLE_WAIT_MS = 1_000

export function startCycle(parts: CycleParts): Cycle {
  const { clock, log, epoch } = parts
  let arranged = parts.arrangement
  let wiring = wiringOf(arranged, epoch)
  let moving: Moving | null = null
  const scans = new Queue<Scan>(limits.scansMax)
  const links = new Queue<LinkChange>(limits.scansMax)
  const commands = new Queue<Waiting>(limits.commandsMax)
  let notes = parts.notes
  /** Who waits for their note to be durable. */
  let noting: readonly (() => void)[] = []
  let rows = parts.rows
  let standing: Standing = { lines: new Map(parts.lines.map((line) => [line.plan.line.code, line])), head: parts.head, linksSince: new Map() }
  let turn = parts.lastTurn
  const stopped = new AbortController()
  /** Something arrived. */
  const bell = new Bell()
  let turnsCount = 0
  let turnsMissedCount = 0
  let scansForgottenCount = 0
  let lastTurnAt: Instant | null = null
  let refused: Fault | null = null
  let lastTurnMono = clock.mono()
  const wallClock = new WallClock(clock, parts.lastAt)
  let snapshotDue = laterMono(clock.mono(), SNAPSHOT_MS)
  const spreads = { turn: spread(), read: spread(), solve: spread(), write: spread(), announce: spread() }

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
        await clock.wait(beat, bell)
        if (bell.aborted) await wakened()
      }
      // What time alone brings about was looked at in this cycle already, when something else woke a turn.
      const hadTurn = sinceMono(beat, lastTurnMono) < parts.cycleMs
      if (!stopped.signal.aborted && !hadTurn) await takeTurn(false)
    }
    await takeTurn(true)
  }

  /** A command is taken at once; scans of several PLCs that arrive together share a turn. */
  async function wakened(): Promise<void> {
    if (commands.count === 0) await clock.wait(laterMono(lastTurnMono, TURN_GAP_MS))
    // What rang meanwhile is taken with the rest.
    bell.take()
    if (commands.count > 0 || scans.count > 0 || moving !== null) await takeTurn(false)
  }

  /** Read, solve, write, announce. State moves on only after the write. */
  async function takeTurn(last: boolean): Promise<void> {
    const begun = clock.mono()
    lastTurnMono = begun
    const at = clock.now()
    const movingNow = last ? null : moving
    const waiting = commands.drain()
    const stepMs = wallClock.stepMs()
    if (stepMs !== 0) log.warn('the wall clock stepped', { byMs: stepMs, at: rfc3339(at) })
    const taken: Taken = { scans: wallClock.redated(scans.drain(), at), links: wallClock.redated(links.drain(), at), commands: waiting.map(({ command }) => command), worked: workedAmong(waiting), notes, rows, stepMs, last: last || movingNow !== null }
    const noted = noting
    notes = []
    noting = []
    rows = []
    const read = clock.mono()

    const solved = await inTurns(solvingTurn(standing, taken, at, wiring))
    const solvedAt = clock.mono()

    const snapshotsNow = last || sinceMono(solvedAt, snapshotDue) >= 0
    const written: Turn = {
      number: turn + 1, at, mono: begun,
      facts: solved.facts, scans: taken.scans, rows: solved.rows, commands: solved.records,
      snapshots: snapshotsNow ? snapshotsOf(solved.standing, at) : [],
    }
    if (!isEmpty(written)) {
      try {
        await parts.journal.append(written)
      } catch (thrown) {
        for (const { answer } of waiting) answer(refuse('JOURNAL_UNWRITABLE', { remedy: faults.JOURNAL_UNWRITABLE[1] }))
        noting = [...noted, ...noting]
        unwritable(faultOf(thrown, 'JOURNAL_UNWRITABLE'), taken, last)
        if (!last) await clock.wait(laterMono(clock.mono(), UNWRITABLE_WAIT_MS), stopped.signal)
        return
      }
      turn++
      refused = null
    }
    standing = solved.standing
    if (snapshotsNow) snapshotDue = laterMono(solvedAt, SNAPSHOT_MS)
    const writtenAt = clock.mono()

    parts.announce({ turn, at, lines: standing.lines, facts: solved.facts, touched: solved.touched })
    for (const written of noted) written()
    for (const [i, { answer }] of waiting.entries()) answer(solved.outcomes[i]!)

    const done = clock.mono()
    turnsCount++
    lastTurnAt = at
    record(spreads.read, sinceMono(read, begun))
    record(spreads.solve, sinceMono(solvedAt, read))
    record(spreads.write, sinceMono(writtenAt, solvedAt))
    record(spreads.announce, sinceMono(done, writtenAt))
    record(spreads.turn, sinceMono(done, begun))
    parts.turned()
    if (movingNow !== null) await move(movingNow)
  }

  /** Everything left at the door was solved under the old plans; nothing of it waits. */
  async function move({ next, draft, done }: Moving): Promise<void> {
    // By the fact, which a replay knows too.
    const blindFrom = next.sampler === arranged.sampler ? null : draft.at
    const { lines } = standing
    standing = { ...standing, lines: new Map(next.plans.map((plan) => {
      const known = lines.get(plan.line.code)
      return [plan.line.code, known === undefined ? openLine(plan, null, []) : replanned(known, plan, draft.at, blindFrom)]
    })) }
    arranged = next
    wiring = wiringOf(next, epoch)
    moving = null
    notes = [...notes, { draft, applied: false }]
    // What a start reads back must be under the new plans too.
    snapshotDue = clock.mono()
    await takeTurn(false)
    done()
  }

  /** Nothing of the turn was written, so nothing of it happened: what was taken is taken again, and the signals are told anew. */
  function unwritable(fault: Fault, taken: Taken, last: boolean): void {
    log.error('the journal refused a turn', { fault: fault.code, remedy: fault.remedy, ...fault.fields })
    arranged.sampler.forget()
    wallClock.owe(taken.stepMs)
    for (const change of [...taken.links, ...links.drain()]) links.push(change)
    for (const scan of [...taken.scans, ...scans.drain()]) scansForgottenCount += scans.push(scan)
    notes = [...taken.notes, ...notes]
    rows = taken.rows
    refused = fault
    if (fault.code !== 'JOURNAL_UNWRITABLE' && !last) {
      stopped.abort()
      parts.broken(fault)
    }
  }

  function asked(command: Command, of: WorkedOf | null): Promise<Outcome | null> {
    if (stopped.signal.aborted) return Promise.resolve(refuse('STARTING', { state: 'the gateway is stopping' }))
    if (commands.count >= limits.commandsMax) return Promise.resolve(refuse('INBOX_FULL', { max: limits.commandsMax }))
    return new Promise((answer) => {
      commands.push({ command, of, answer })
      bell.ring()
    })
  }

  const running = run()
  return {
    scan(scan) {
      scansForgottenCount += scans.push(scan)
      bell.ring()
    },
    link(change) { links.push(change) },
    command: async (command) => given(await asked(command, null), 'an answer'),
    worked: asked,
    note(draft, written) {
      notes = [...notes, { draft, applied: false }]
      if (written !== undefined) noting = [...noting, written]
    },
    rearrange(next, draft) {
      assert(moving === null, 'one arrangement follows the other')
      return new Promise((done) => {
        moving = { next, draft, done }
        bell.ring()
      })
    },
    arrangement: () => arranged,
    lines: () => standing.lines,
    head: () => standing.head,
    figures: () => ({
      turnsCount, turnsMissedCount, scansForgottenCount, lastTurnAt, fault: refused, turnMs: read(spreads.turn),
      stages: { read: read(spreads.read), solve: read(spreads.solve), write: read(spreads.write), announce: read(spreads.announce) },
    }),
    async stop() {
      stopped.abort()
      bell.ring()
      await running
      moving?.done()
    },
  }
}

const workedAmong = (waiting: readonly Waiting[]): ReadonlyMap<Command, WorkedOf> => new Map(waiting.flatMap(({ command, of }) => (of === null ? [] : [[command, of]])))

const wiringOf = ({ version, sampler, lineOf, linesOfPlc }: Arrangement, epoch: Epoch): Wiring =>
  ({ epoch, configVersion: version, signals: sampler, lineOfEquipment: lineOf, linesOfPlc })

const isEmpty = (turn: Turn): boolean =>
  turn.facts.length === 0 && turn.scans.length === 0 && turn.rows.length === 0 && turn.commands.length === 0 && turn.snapshots.length === 0

const snapshotsOf = ({ lines, head }: Standing, now: Instant): Snapshot[] =>
  [...lines].map(([code, line]) => ({ line: code, seq: head, at: now, state: snapshotOf(line) }))

// Histograms hold microseconds, so that a turn of 80 µs is not rounded to nothing.
const spread = (): RecordableHistogram => createHistogram({ lowest: 1, highest: 3_600_000_000, figures: 2 })
const record = (histogram: RecordableHistogram, ms: Ms): void => { histogram.record(Math.max(1, Math.round(ms * 1_000))) }
const read = (histogram: RecordableHistogram): Spread => histogram.count === 0
  ? { p50: 0, p99: 0, max: 0 }
  : { p50: histogram.percentile(50) / 1_000, p99: histogram.percentile(99) / 1_000, max: histogram.max / 1_000 }
