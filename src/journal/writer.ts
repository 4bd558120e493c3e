/** The one that writes: groups turns into commits, and between them seals samples, folds the WAL in and makes room. */

import { performance } from 'node:perf_hooks'
import { statSync } from 'node:fs'
import { given } from '../base/assert.js'
import type { Level, Fields } from '../base/log.js'
import { instant, mono } from '../base/units.js'
import type { CopyPage, Place } from '../contract/copy.js'
import { Fault } from '../contract/faults.js'
import type { Origin } from '../contract/journal.js'
import type { LossRow } from '../contract/losses.js'
import { copier } from './copy.js'
import { type Appender, type Head, openAppender } from './facts/append.js'
import { dropUnsealedPacks, packDue, packRule, sealPack, sweepPacked } from './facts/packs.js'
import { rowWriter } from './facts/rows.js'
import { openStopTable, type StopTable } from './facts/stops.js'
import { ballastPath, databasePath, type Entered, enter, markClean } from './keeping/gate.js'
import { headOf, lastWritten, recall } from './keeping/recall.js'
import { openShrinker } from './keeping/shrink.js'
import { openTrimmer, type Trimmer } from './keeping/trim.js'
import { sweepChunks } from './samples/chunk.js'
import { copyChunk } from './samples/chunk-copy.js'
import { copyRecorder } from './samples/recorder-copy.js'
import { addLayouts, layoutCalled, layoutsIn } from './samples/catalogue.js'
import { type Layout } from './samples/layouts.js'
import { mergeChunks, mergeDue, mergeRule } from './samples/merge.js'
import { chunkAtOnce, chunkDue, sealChunk, stager } from './samples/samples.js'
import { type Ballast, openBallast } from './store/ballast.js'
import { type Ailment, ailmentOf, type Database } from './store/database.js'
import { openWear } from './store/wear.js'
import { type FromWriter, type Results, type ThreadOptions, type ToWriter, wireFault, type WireTurn } from './wire.js'

/** How long one slice of work in between may take: what a turn may have to wait for it. */
const SLICE_MS = 4
/** The WAL is folded in when it is this long; readers hold it for no longer than their deadline. */
const WAL_BYTES_FOLD = 4 * 2 ** 20
const SEAL_LAG_MS = 60_000

/** Origins of which nobody needs to be warned. */
const AS_MEANT: readonly Origin[] = ['created', 'continued', 'taken_over']

type Append = Extract<ToWriter, { kind: 'append' }>
type ChunkToCopy = Extract<ToWriter, { kind: 'copyChunk' }>

export class Writer {
  readonly #options: ThreadOptions
  readonly #post: (message: FromWriter) => void
  readonly #entered: Entered
  readonly #database: Database
  readonly #layouts: Map<number, Layout>
  readonly #appender: Appender
  /** Rows that crossed before their turns. */
  #ahead: LossRow[] = []
  readonly #stops: StopTable
  #isUnlistable = false
  readonly #ballast: Ballast
  readonly #trimmer: Trimmer
  readonly #shrink: () => boolean
  /** A number that somebody else has seen; beyond the head it says that this file is an older copy. */
  #outrunTo = 0
  readonly #copier: ReturnType<typeof copier>
  /** The epoch that a copy has got to. */
  #copied: string | null = null
  #head: Head
  #lastAt: number
  #sealing: Generator<void, void> | null = null
  readonly #unmerged = new Set<number>()
  /** Chunks of the other box, which are written when there is nothing more urgent. */
  readonly #arrived: ChunkToCopy[] = []
  /** Nothing is recorded any more, so that no chunk gets fuller. */
  #sealsAll = false
  #broken: Fault | null = null
  readonly #wear = openWear()
  readonly #complained = new Set<string>()

  constructor(options: ThreadOptions, post: (message: FromWriter) => void) {
    this.#options = options
    this.#post = post
    const entered = enter(options.directory, options.now, options.beginning, (database) => {
      const layouts = layoutsIn(database)
      // The writers of rows read where they go on, and damage there is damage that a start must survive too.
      return { layouts, recalled: recall(database, layouts, options.lines), writeRows: rowWriter(database) }
    }, () => { post({ kind: 'moved' }) })
    this.#entered = entered
    this.#database = entered.database
    this.#layouts = entered.seen.layouts
    this.#ballast = openBallast(ballastPath(options.directory), options.ballastBytes)
    this.#shrink = openShrinker(this.#database)
    this.#stops = openStopTable(this.#database)
    this.#trimmer = openTrimmer(this.#database, this.#layouts, this.#stops, options)
    addLayouts(this.#database, this.#layouts, options.layouts)
    const { epoch } = this.#entered
    this.#appender = openAppender(this.#database, epoch, this.#layouts, entered.seen.writeRows, this.#stops)
    const stage = stager(this.#database, this.#layouts)
    this.#copier = copier(this.#database, this.#stops, (number, at) => { stage([{ number, at: instant(at), mono: mono(0), scans: [] }]) })
    const { origin, clean, salvaged } = entered
    // A new epoch may have begun above the last fact.
    const recalled = { ...entered.seen.recalled, head: headOf(this.#database) }
    this.#head = { seq: recalled.head, turn: recalled.lastTurn }
    this.#lastAt = recalled.lastAt ?? options.now
    if (salvaged !== null) this.#say('error', 'journal was damaged, set aside and salvaged', { ...salvaged })
    if (!AS_MEANT.includes(origin) && options.beginning.as !== 'copy') this.#say('error', 'journal begins a new epoch', { origin, epoch: epoch.name, previous: epoch.previous })
    post({
      kind: 'opened',
      layouts: this.#layouts,
      remembered: { origin, clean, epoch: epoch.name, previousEpoch: epoch.previous, previousHead: epoch.previousHead, ...recalled },
    })
  }

  /** Takes all messages that wait, the turns among them in one commit. Returns whether the journal was closed. */
  take(messages: readonly ToWriter[]): boolean {
    let appends: Append[] = []
    const commit = (): void => { this.#append(appends); appends = [] }
    for (const message of messages) {
      if (message.kind === 'append') { appends.push(message); continue }
      commit()
      if (message.kind === 'copyChunk') { this.#arrived.push(message); continue }
      this.#answer(message)
      if (message.kind === 'close') return true
    }
    commit()
    return false
  }

  /** One slice of the work in between; returns whether there is more to do at once. */
  tend(): boolean {
    if (this.#broken !== null) return false
    try {
      return this.#tendOne()
    } catch (error) {
      this.#sealing = null
      this.#complain('journal cannot seal or trim', this.#suffer(error))
      return false
    }
  }

  #tendOne(): boolean {
    if (this.#sealing !== null) {
      const until = performance.now() + SLICE_MS
      while (performance.now() < until) {
        if (this.#sealing.next().done === true) { this.#sealing = null; break }
      }
      return true
    }
    if (this.#walBytes() > WAL_BYTES_FOLD) this.#database.pragma('wal_checkpoint(PASSIVE)')
    if (sweepChunks(this.#database)) return true
    const arrived = this.#arrived.shift()
    if (arrived !== undefined) {
      this.#sealing = this.#keep(arrived)
      return true
    }
    const due = this.#sealsAll ? chunkAtOnce(this.#database) : chunkDue(this.#database, { chunkMs: this.#options.chunkMs, lagMs: SEAL_LAG_MS }, this.#lastAt)
    if (due !== null) {
      this.#sealing = sealChunk(this.#database, this.#layouts, due)
      return true
    }
    const run = packDue(this.#database, packRule, this.#lastAt)
    if (run !== null) {
      dropUnsealedPacks(this.#database)
      this.#sealing = sealPack(this.#database, run)
      return true
    }
    if (sweepPacked(this.#database) || this.#listStops()) return true
    this.#ballast.restore()
    const trimmed = this.#trimmer.step(this.#lastAt, this.#ballast.dropped)
    if (trimmed !== null) {
      if (trimmed !== 'more') this.#post({ kind: 'trimmed', trimmed })
      return true
    }
    // On a full disk every page is kept for what comes.
    if (this.#ballast.dropped) return false
    // What is copied is merged where it comes from, and comes again as one.
    if (this.#options.beginning.as === 'copy') return this.#shrink()
    const alike = mergeDue(this.#database, mergeRule, this.#unmerged)
    if (alike === null) return this.#shrink()
    this.#sealing = this.#merge(alike)
    return true
  }

  /** Facts that cannot be read, or say what nobody understands, leave stops to be heard from their facts, and hold up nothing else. */
  #listStops(): boolean {
    if (this.#isUnlistable) return false
    try {
      return this.#stops.catchUp()
    } catch (error) {
      const isOfFacts = error instanceof Fault ? error.code === 'JOURNAL_CORRUPT' : ailmentOf(error) === 'ours'
      if (!isOfFacts) throw error
      this.#isUnlistable = true
      this.#complain('stops of old facts cannot be listed', error instanceof Error ? error : new Error(String(error)))
      return false
    }
  }

  /** What cannot be merged stays as it is until the next start: nobody misses anything, and trying again would wear the disk. */
  *#merge(chunks: readonly number[]): Generator<void, void> {
    try {
      yield* mergeChunks(this.#database, this.#layouts, chunks)
    } catch (error) {
      for (const id of chunks) this.#unmerged.add(id)
      if (!(error instanceof Fault)) throw error
      this.#say('error', 'sealed samples are damaged and stay as they are', { chunks, trouble: wireFault(error) })
    }
  }

  /** What is kept of the other box is worth less than what comes: on a full disk there is no room for it. */
  *#keep({ id, copied }: ChunkToCopy): Generator<void, void> {
    try {
      if (this.#ballast.dropped) throw new Fault('JOURNAL_UNWRITABLE', { why: 'disk full' })
      yield* copyChunk(this.#database, this.#layouts, (text) => layoutCalled(this.#database, this.#layouts, text), copied)
      this.#post({ kind: 'done', id, value: null })
    } catch (error) {
      this.#fail(id, error)
    }
  }

  #answer(message: Exclude<ToWriter, Append | ChunkToCopy>): void {
    try {
      if (this.#broken !== null) throw this.#broken
      const value = this.#do(message)
      this.#post({ kind: 'done', id: message.id, value })
    } catch (error) {
      this.#fail(message.id, error)
    }
  }

  /** Our own mistake, or something of the other box that is not what it was, says nothing of this disk. */
  #fail(id: number, error: unknown): void {
    const trouble = this.#broken !== null || ailmentOf(error) === 'ours' ? error : this.#suffer(error)
    this.#post({ kind: 'failed', id, fault: wireFault(trouble, 'JOURNAL_UNWRITABLE') })
  }

  #do(message: Exclude<ToWriter, Append | ChunkToCopy>): Results[typeof message.kind] {
    switch (message.kind) {
      case 'rows': {
        for (const row of message.rows) this.#ahead.push(row)
        return null
      }
      case 'wear': return this.#wear()
      case 'layouts': {
        addLayouts(this.#database, this.#layouts, message.layouts)
        return this.#layouts
      }
      case 'bookmark': {
        if (message.seq === null) this.#database.prepare('DELETE FROM bookmarks WHERE name = ?').run(message.name)
        else this.#database.prepare('INSERT OR REPLACE INTO bookmarks (name, seq, at) VALUES (?, ?, ?)').run(message.name, message.seq, message.at)
        return null
      }
      case 'outrun': {
        this.#outrunTo = message.number
        this.#identify(false)
        this.#entered.identity.sync()
        return null
      }
      case 'note': {
        if (message.value === null) this.#database.prepare('DELETE FROM notes WHERE name = ?').run(message.name)
        else this.#database.prepare('INSERT OR REPLACE INTO notes (name, value) VALUES (?, ?)').run(message.name, message.value)
        return null
      }
      case 'copy': return this.#copy(message.pages)
      case 'copyRecorder': {
        this.#writeTwice(() => { copyRecorder(this.#database, this.#layouts, (text) => layoutCalled(this.#database, this.#layouts, text), message.copied) })
        return null
      }
      case 'seal': {
        this.#sealsAll = true
        return this.#head.turn
      }
      case 'close': return this.#close()
    }
  }

  /** What was sent together or arrived together is one commit, and answered after it. */
  #append(appends: readonly Append[]): void {
    if (appends.length === 0) return
    const start = performance.now()
    const ahead = this.#ahead
    this.#ahead = []
    const trouble = this.#broken ?? this.#commit(appends.flatMap(({ turns }) => turns).map((turn, i) => (i === 0 ? { ...turn, rows: [...ahead, ...turn.rows] } : turn)))
    if (trouble === null) this.#post({ kind: 'appended', ids: appends.map(({ id }) => id), ms: performance.now() - start })
    else for (const { id } of appends) this.#post({ kind: 'failed', id, fault: wireFault(trouble) })
  }

  /** Writes the turns, all or nothing. In trouble they are forgotten; whoever sent them has them. */
  #commit(turns: readonly WireTurn[]): Error | null {
    const last = turns.at(-1)
    if (last === undefined) return null
    try {
      this.#writeTwice(() => { this.#head = this.#database.transaction(() => this.#appender.write(turns, this.#head)).immediate() })
    } catch (error) {
      return this.#suffer(error)
    }
    this.#complained.clear()
    this.#lastAt = last.at
    this.#identify(false)
    return null
  }

  /** All or nothing, like a turn. What it names as its epoch and head from then on is what it is a copy of. */
  #copy(pages: readonly CopyPage[]): Place {
    let place: Place | null = null
    this.#writeTwice(() => { place = this.#database.transaction(() => this.#copier(pages)).immediate() })
    const { lastTurn, lastAt } = lastWritten(this.#database)
    this.#head = { seq: headOf(this.#database), turn: lastTurn }
    this.#lastAt = lastAt ?? this.#lastAt
    this.#copied = pages.at(-1)?.epochs.at(-1)?.epoch ?? this.#copied
    this.#identify(false)
    return given(place as Place | null, 'the place that was copied to')
  }

  #identify(suspect: boolean): void {
    const { identity, instance, epoch } = this.#entered
    identity.write({ instance, epoch: this.#copied ?? epoch.name, head: Math.max(this.#head.seq, this.#outrunTo), suspect })
  }

  /** A full disk gets its ballast back and one more try. */
  #writeTwice(write: () => void): void {
    try {
      write()
    } catch (error) {
      if (ailmentOf(error) !== 'full' || !this.#ballast.drop()) throw error
      this.#say('error', 'disk full, ballast given back', { bytes: this.#options.ballastBytes })
      write()
    }
  }

  /** Says what an error means, and ends the journal where going on would prove nothing. */
  #suffer(error: unknown): Error {
    const ailment: Ailment = error instanceof Fault && error.code === 'JOURNAL_CORRUPT' ? 'corrupt' : ailmentOf(error)
    if (ailment === 'full') return new Fault('JOURNAL_UNWRITABLE', { why: 'disk full' }, error)
    if (ailment === 'ours') return error instanceof Error ? error : new Error(String(error))
    this.#broken = new Fault(ailment === 'corrupt' ? 'JOURNAL_CORRUPT' : 'JOURNAL_UNWRITABLE', { why: error instanceof Error ? error.message : String(error) }, error)
    if (ailment === 'corrupt') this.#identify(true)
    this.#post({ kind: 'broke', fault: wireFault(this.#broken) })
    return this.#broken
  }

  #close(): null {
    try {
      this.#writeTwice(() => { markClean(this.#database) })
      this.#database.pragma('wal_checkpoint(TRUNCATE)')
    } catch (error) {
      // On a full disk the WAL stays as it is, and without the mark; the next start reads it.
      if (ailmentOf(error) !== 'full') throw error
    }
    this.#entered.identity.sync()
    this.#entered.identity.close()
    this.#database.close()
    this.#entered.lock.close()
    return null
  }

  #walBytes(): number {
    return statSync(`${databasePath(this.#options.directory)}-wal`, { throwIfNoEntry: false })?.size ?? 0
  }

  /** Says it once, until something was written again. */
  #complain(sentence: string, trouble: Error): void {
    if (this.#complained.has(sentence)) return
    this.#complained.add(sentence)
    this.#say('error', sentence, { trouble: wireFault(trouble) })
  }

  #say(level: Level, sentence: string, fields: Fields): void {
    this.#post({ kind: 'said', level, sentence, fields })
  }
}
