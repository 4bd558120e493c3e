/** The journal, seen from the daemon: hands turns to the writing thread and questions to the reading one, and never touches the disk itself. */

import { given } from '../base/assert.js'
import type { Clock } from '../base/clock.js'
import { makeFolder } from '../base/folder.js'
import { limits } from '../base/limits.js'
import type { Log } from '../base/log.js'
import { epoch, instant, type Ms, seq } from '../base/units.js'
import type { Config } from '../contract/config.js'
import type { Fact } from '../contract/events/catalogue.js'
import type { Journal, Remembered, Trimmed, Turn } from '../contract/journal.js'
import type { ScanGroup } from '../contract/scan.js'
import { Asker } from './asker.js'
import { Percentiles } from './percentiles.js'
import { keep, type Layout, layoutOf } from './samples/layouts.js'
import { pointsOf } from './samples/points.js'
import { regroup } from './samples/regroup.js'
import { Stage } from './stage.js'
import { Teller } from './teller.js'
import { type Beginning, type ThreadOptions, wireFault, type WireRemembered, type WireTurn } from './wire.js'

export interface JournalOptions {
  readonly directory: string
  readonly clock: Clock
  readonly log: Log
  readonly groups: readonly ScanGroup[]
  /** Whether the samples of a tag are kept. */
  readonly recorded: (plc: string, tag: string) => boolean
  /** Codes of the lines there are. The snapshot of a line that is gone is kept, but holds no facts back. Default: all there ever were. */
  readonly lines?: readonly string[]
  /** Default: an ordinary start. */
  readonly beginning?: Beginning
  readonly storage: Pick<Config['storage'], 'ballast' | 'facts'> & { readonly samples: Omit<Config['storage']['samples'], 'commit'> }
  /** How long turns that nobody was told about may wait for a common commit (`storage.samples.commit`). Default 0: every turn has its own. */
  readonly stageMs?: Ms
  /** How long a question may take. */
  readonly readDeadlineMs?: Ms
  /** The disk can no longer be trusted: end the process, a restart begins again from what is on it. Every append rejects from now on. */
  readonly onBroken?: (fault: Error) => void
  readonly onTrimmed?: (trimmed: Trimmed) => void
  /** A file of an earlier version, which is brought up before it is open, has come another portion further. */
  readonly onMoved?: () => void
}

/** Throws a `Fault`: JOURNAL_LOCKED, JOURNAL_FOREIGN, JOURNAL_NEWER, JOURNAL_CORRUPT or JOURNAL_UNWRITABLE. */
export async function openJournal(options: JournalOptions): Promise<Journal> {
  const journal = new ThreadedJournal(options)
  try {
    await journal.opened
  } catch (fault) {
    await journal.abandon()
    throw fault
  }
  return journal
}

/** So many are copied for another thread in a millisecond or two. */
const ROWS_PER_MESSAGE = 500

/** A group, and how its scans are kept. */
interface Recording { readonly group: ScanGroup; readonly layout: Layout; readonly id: number }

class ThreadedJournal implements Journal {
  readonly opened: Promise<void>
  readonly #options: JournalOptions
  readonly #teller: Teller
  readonly #asker: Asker
  readonly #stage: Stage
  readonly #appendMs = new Percentiles()
  #remembered: Remembered | null = null
  #groups: readonly ScanGroup[]
  /** By index of the group; groups of which nothing is kept are not in it. */
  #recordings = new Map<number, Recording>()
  #hasComplained = false

  constructor(options: JournalOptions) {
    this.#options = options
    this.#groups = options.groups
    makeFolder(options.directory, 0o750)
    const thread: ThreadOptions = {
      directory: options.directory,
      now: options.clock.now(),
      layouts: layoutsOf(options.groups, options.recorded).map(({ layout }) => layout),
      lines: options.lines ?? null,
      beginning: options.beginning ?? { as: 'continue' },
      ballastBytes: options.storage.ballast,
      chunkMs: options.storage.samples.chunk,
      facts: { keepMs: options.storage.facts.keep, bytes: options.storage.facts.bytes },
      samples: { keepMs: options.storage.samples.keep, bytes: options.storage.samples.bytes },
    }
    this.#teller = new Teller({
      thread,
      log: options.log,
      onAppended: (ms) => {
        this.#hasComplained = false
        this.#appendMs.add(ms)
      },
      onBroken: (fault) => { options.onBroken?.(fault) },
      onTrimmed: options.onTrimmed,
      onMoved: options.onMoved,
    })
    this.#asker = new Asker(options.directory, options.readDeadlineMs ?? limits.readDeadlineMs)
    this.#stage = new Stage({
      stageMs: options.stageMs ?? 0,
      write: async (turns) => { await this.#teller.tell({ kind: 'append', turns: await this.#lightened(turns) }) },
      onTrouble: (trouble, turnsCount) => { this.#complain(trouble, turnsCount) },
    })
    this.opened = this.#teller.opened.then(({ remembered, layouts }) => { this.#remember(remembered, layouts) })
  }

  get remembered(): Remembered { return given(this.#remembered, 'what was remembered') }

  append(turn: Turn): Promise<void> {
    const { refusal } = this.#teller
    if (refusal !== null) return Promise.reject(refusal)
    return this.#stage.append(this.#wireTurn(turn))
  }

  flush(): Promise<void> {
    return this.#stage.flush()
  }

  async facts(query: Parameters<Journal['facts']>[0]): Promise<Fact[]> {
    return factsOf(await this.#asker.ask({ kind: 'facts', query }))
  }

  async fact(number: Parameters<Journal['fact']>[0]): Promise<Fact | null> {
    return factsOf(await this.#asker.ask({ kind: 'fact', seq: number }))[0] ?? null
  }

  stops(query: Parameters<Journal['stops']>[0]): ReturnType<Journal['stops']> {
    return this.#asker.ask({ kind: 'stops', query })
  }

  async rows(query: Parameters<Journal['rows']>[0]): ReturnType<Journal['rows']> {
    await this.#stage.flush()
    return this.#asker.ask({ kind: 'rows', query })
  }

  rowsWritten(query: Parameters<Journal['rowsWritten']>[0]): ReturnType<Journal['rowsWritten']> {
    return this.#asker.ask({ kind: 'rowsWritten', query })
  }

  async sums(query: Parameters<Journal['sums']>[0]): ReturnType<Journal['sums']> {
    await this.#stage.flush()
    return this.#asker.ask({ kind: 'sums', query })
  }

  async summaries(query: Parameters<Journal['summaries']>[0]): ReturnType<Journal['summaries']> {
    await this.#stage.flush()
    return this.#asker.ask({ kind: 'summaries', query })
  }

  async overview(query: Parameters<Journal['overview']>[0]): ReturnType<Journal['overview']> {
    await this.#stage.flush()
    return this.#asker.ask({ kind: 'overview', query })
  }

  async samples(query: Parameters<Journal['samples']>[0]): ReturnType<Journal['samples']> {
    await this.#stage.flush()
    return pointsOf(await this.#asker.ask({ kind: 'samples', query }))
  }

  async histories(query: Parameters<Journal['histories']>[0]): ReturnType<Journal['histories']> {
    await this.#stage.flush()
    return (await this.#asker.ask({ kind: 'histories', query })).map(pointsOf)
  }

  sampled(query: Parameters<Journal['sampled']>[0]): ReturnType<Journal['sampled']> {
    return this.#asker.ask({ kind: 'sampled', query })
  }

  async turns(...[from, to, turnsMax, groups]: Parameters<Journal['turns']>): ReturnType<Journal['turns']> {
    await this.#stage.flush()
    const { turns, layouts } = await this.#asker.ask({ kind: 'turns', from, to, turnsMax })
    return regroup(turns, layouts, groups ?? this.#groups)
  }

  commands(query: Parameters<Journal['commands']>[0]): ReturnType<Journal['commands']> {
    return this.#asker.ask({ kind: 'commands', query })
  }

  commandByKey(key: string): ReturnType<Journal['commandByKey']> {
    return this.#asker.ask({ kind: 'commandByKey', key })
  }

  async sizes(): ReturnType<Journal['sizes']> {
    const writtenBytesPerDay = await this.#teller.tell({ kind: 'wear' })
    return { ...await this.#asker.ask({ kind: 'sizes' }), writtenBytesPerDay }
  }

  epochs(): ReturnType<Journal['epochs']> {
    return this.#asker.ask({ kind: 'epochs' })
  }

  async bookmark(name: string, number: Parameters<Journal['bookmark']>[1]): Promise<void> {
    const at = this.#options.clock.now()
    await this.#teller.tell({ kind: 'bookmark', name, seq: number, at })
  }

  async bookmarks(): ReturnType<Journal['bookmarks']> {
    return new Map([...await this.#asker.ask({ kind: 'bookmarks' })].map(([name, number]) => [name, seq(number)]))
  }

  async outrun(number: Parameters<Journal['outrun']>[0]): Promise<void> {
    await this.#teller.tell({ kind: 'outrun', number })
  }

  place(): ReturnType<Journal['place']> {
    return this.#asker.ask({ kind: 'place' })
  }

  copyPage(query: Parameters<Journal['copyPage']>[0]): ReturnType<Journal['copyPage']> {
    return this.#asker.ask({ kind: 'copyPage', query })
  }

  copy(pages: Parameters<Journal['copy']>[0]): ReturnType<Journal['copy']> {
    return this.#teller.tell({ kind: 'copy', pages })
  }

  chunks(before: Parameters<Journal['chunks']>[0]): ReturnType<Journal['chunks']> {
    return this.#asker.ask({ kind: 'chunks', before })
  }

  chunkPart(query: Parameters<Journal['chunkPart']>[0]): ReturnType<Journal['chunkPart']> {
    return this.#asker.ask({ kind: 'chunkPart', query })
  }

  async copyChunk(copied: Parameters<Journal['copyChunk']>[0]): Promise<void> {
    await this.#teller.tell({ kind: 'copyChunk', copied })
  }

  recorders(before: Parameters<Journal['recorders']>[0]): ReturnType<Journal['recorders']> {
    return this.#asker.ask({ kind: 'recorders', before })
  }

  recorder(first: Parameters<Journal['recorder']>[0]): ReturnType<Journal['recorder']> {
    return this.#asker.ask({ kind: 'recorder', first })
  }

  async copyRecorder(copied: Parameters<Journal['copyRecorder']>[0]): Promise<void> {
    await this.#teller.tell({ kind: 'copyRecorder', copied })
  }

  async seal(): ReturnType<Journal['seal']> {
    await this.#stage.flush()
    return this.#teller.tell({ kind: 'seal' })
  }

  async note(name: string, value: string | null): Promise<void> {
    await this.#teller.tell({ kind: 'note', name, value })
  }

  notes(): ReturnType<Journal['notes']> {
    return this.#asker.ask({ kind: 'notes' })
  }

  async record(groups: readonly ScanGroup[], recorded: (plc: string, tag: string) => boolean): Promise<void> {
    const wanted = layoutsOf(groups, recorded)
    const layouts = await this.#teller.tell({ kind: 'layouts', layouts: wanted.map(({ layout }) => layout) })
    this.#groups = groups
    this.#recordings = recordingsOf(wanted, layouts)
  }

  timings(): ReturnType<Journal['timings']> {
    return { appendMs: this.#appendMs.read() }
  }

  async close(): Promise<void> {
    if (!this.#teller.isOpen) return
    await this.#asker.close()
    try {
      await this.#stage.flush()
      await this.#teller.close()
    } finally {
      await this.abandon()
    }
  }

  /** Ends the thread, and with it every lock it holds. */
  abandon(): Promise<void> {
    return this.#teller.abandon()
  }

  #remember(wire: WireRemembered, layouts: ReadonlyMap<number, Layout>): void {
    this.#recordings = recordingsOf(layoutsOf(this.#options.groups, this.#options.recorded), layouts)
    this.#remembered = {
      ...wire,
      epoch: epoch(wire.epoch),
      previousEpoch: wire.previousEpoch === null ? null : epoch(wire.previousEpoch),
      previousHead: wire.previousHead === null ? null : seq(wire.previousHead),
      head: seq(wire.head),
      lastAt: wire.lastAt === null ? null : instant(wire.lastAt),
      facts: factsOf(wire.facts),
      tail: regroup(wire.tail, layouts, this.#options.groups),
    }
  }

  #wireTurn(turn: Turn): WireTurn {
    const { number, at, mono, rows, commands, snapshots } = turn
    return {
      number, at, mono, rows, commands, snapshots,
      facts: turn.facts.map((fact) => ({ ...fact, body: JSON.stringify(fact.body) })),
      scans: turn.scans.flatMap((scan) => {
        const recording = this.#recordings.get(scan.group)
        return recording === undefined ? [] : [keep(scan, recording.group, recording.layout, recording.id)]
      }),
    }
  }

  /** A correction of a long past changes more rows than may cross at once: they go ahead in their order, a few at a time. */
  async #lightened(turns: readonly WireTurn[]): Promise<readonly WireTurn[]> {
    const rows = turns.flatMap((turn) => turn.rows)
    if (rows.length <= ROWS_PER_MESSAGE) return turns
    for (let sent = 0; sent < rows.length; sent += ROWS_PER_MESSAGE) await this.#teller.tell({ kind: 'rows', rows: rows.slice(sent, sent + ROWS_PER_MESSAGE) })
    return turns.map((turn) => ({ ...turn, rows: [] }))
  }

  /** Says it once, until something was written again. */
  #complain(trouble: unknown, turnsCount: number): void {
    if (!this.#hasComplained) this.#options.log.error('journal cannot write the turns that wait', { turnsCount, trouble: wireFault(trouble) })
    this.#hasComplained = true
  }
}

/** Written by `append`, whose facts were typed and checked where they were decided. */
const factsOf = (text: string): Fact[] => JSON.parse(text) as Fact[]

function layoutsOf(groups: readonly ScanGroup[], recorded: (plc: string, tag: string) => boolean): { group: ScanGroup; layout: Layout }[] {
  return groups.flatMap((group) => {
    const layout = layoutOf(group, recorded)
    return layout === null ? [] : [{ group, layout }]
  })
}

function recordingsOf(wanted: readonly { group: ScanGroup; layout: Layout }[], layouts: ReadonlyMap<number, Layout>): Map<number, Recording> {
  const ids = new Map([...layouts].map(([id, layout]) => [JSON.stringify(layout), id]))
  return new Map(wanted.map(({ group, layout }) => [group.index, { group, layout, id: given(ids.get(JSON.stringify(layout)), `layout of ${group.plc}`) }]))
}
