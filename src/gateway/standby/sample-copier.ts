/** The samples of the active box, copied chunk by chunk behind everything else, and after them its flight recorders: what a takeover needs is facts, and what a person asks afterwards is samples. */

import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import type { Fields, Log } from '../../base/log.js'
import { type Instant, type Mono, type Ms, instant, laterMono, rfc3339, sinceMono } from '../../base/units.js'
import type { ChunkList, ChunkPart, ListedChunk, ListedRecorder, RecorderList } from '../../contract/copied-samples.js'
import { Fault } from '../../contract/faults.js'
import type { Journal } from '../../contract/journal.js'
import type { CopyingSamples } from '../../contract/standby.js'
import { wordsOf } from './pair.js'
import type { Peer } from './peer.js'

/*
 * Nothing is remembered of how far the copy has got: what both boxes have is held against each other, so that a break, a restart or a change of roles needs no
 * other way. Newest first, for that is what somebody asks for. An hour that was merged there comes again as one chunk, in the place of its parts.
 * A flight recorder is what retention left of a chunk. Whoever has the chunk cuts it out himself in his time, so only those are fetched of whose time there is nothing here.
 */

export interface SampleCopier {
  /** `null` before the first look. */
  read(): CopyingSamples | null
  /**
   * The last thing it does, for whoever takes over on order: what was sealed there since the last look, up to that turn, and without a rest. Resolves when that is here,
   * or when the time is over; what goes wrong is logged.
   */
  finish(turn: number, forMs: Ms): Promise<void>
  stop(): Promise<void>
}

export interface SampleCopierParts {
  readonly clock: Clock
  readonly log: Log
  readonly peer: Pick<Peer, 'chunks' | 'chunkPart' | 'recorders' | 'recorder'>
  readonly journal: Pick<Journal, 'chunks' | 'copyChunk' | 'recorders' | 'copyRecorder'>
  /** Of this box: what it would take away again is not copied. */
  readonly keep: { readonly keepMs: Ms; readonly bytes: number; readonly factsKeepMs: Ms }
  /** The last turn whose facts are here. Samples never go ahead of them, and wait while `null`, as long as facts are missing. */
  readonly reached: () => number | null
}

/** Of the time that goes into a copy the link and the other box have so many times as much for themselves. */
const REST_SHARE = 3
const REST_MS_MIN: Ms = 20
const REST_MS_MAX: Ms = 5_000
/** How often it is looked whether there is something new: chunks are sealed every few minutes. */
const LOOK_MS: Ms = 10_000
const AGAIN_MS: Ms = 1_000
/** After trouble. A box of an earlier version gives none, and is asked rarely. */
const TROUBLED_MS: Ms = 30_000
/** How often it is looked whether the last chunk is sealed. */
const SEALING_MS: Ms = 50
/** Of the bytes that may be kept: what is left is for samples of this box that the other one does not have. */
const BYTES_SHARE = 0.95

export function startSampleCopier({ clock, log, peer, journal, keep, reached }: SampleCopierParts): SampleCopier {
  const stopped = new AbortController()
  /** Asked for once and of no use, or taken away here since: not asked for again before the next start. */
  const done = new Set<string>()
  let unusableCount = 0
  let standing: CopyingSamples | null = null
  let trouble: string | null = null
  /** All there ever was has been held against each other, so the newest are enough from now on. */
  let isAllKnown = false
  /** The last turn of any chunk that was listed there. */
  let listedTo = 0

  async function copying(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        await pause(reached() === null ? AGAIN_MS : await round() ? LOOK_MS : REST_MS_MIN)
      } catch (thrown) {
        if (stopped.signal.aborted) return
        isAllKnown = false
        troubled(wordsOf(thrown))
        await pause(TROUBLED_MS)
      }
    }
  }

  /** Looks what is missing and copies it. Resolves with whether all of it is here. */
  async function round(): Promise<boolean> {
    const turn = reached()
    if (turn === null) return false
    const theirs = await listed(chunksIn((before) => peer.chunks(before, stopped.signal)), isAllKnown ? 1 : Infinity)
    listedTo = Math.max(listedTo, theirs[0]?.last ?? 0)
    const mine = await listed(chunksIn((before) => journal.chunks(before)), Infinity, theirs.at(-1)?.first ?? 0)
    const chosen = missing(theirs, mine, { turn, since: clock.now() - keep.keepMs, bytes: keep.bytes * BYTES_SHARE })
    const wanted = chosen.filter((chunk) => !done.has(nameOf(chunk)))
    const counted = counter(theirs, wanted, mine)
    trouble = null
    for (const chunk of wanted) {
      counted.tell()
      // Facts come first, and whoever does not get them gets no samples.
      if (stopped.signal.aborted || reached() === null) return false
      counted.took(chunk, await copy(chunk, stopped.signal, rest))
    }
    if (!isAllKnown) await copyRecorders()
    counted.tell()
    isAllKnown = true
    return true
  }

  async function copyRecorders(): Promise<void> {
    const { signal } = stopped
    const theirs = await listed(recordersIn((before) => peer.recorders(before, signal)), Infinity)
    if (theirs.length === 0) return
    const [mine, chunks] = await Promise.all([listed(recordersIn((before) => journal.recorders(before)), Infinity), listed(chunksIn((before) => journal.chunks(before)), Infinity)])
    for (const wanted of missingRecorders(theirs, mine, chunks, clock.now() - keep.factsKeepMs)) {
      const name = `recorder ${wanted.first}`
      if (done.has(name)) continue
      if (signal.aborted || reached() === null) return
      remember(name)
      const asked = clock.mono()
      const copied = await forgetting(name, () => peer.recorder(wanted.first, signal))
      if (copied !== null) await keeping(name, wanted, () => journal.copyRecorder(copied))
      await rest(sinceMono(clock.mono(), asked))
    }
  }

  async function finish(turn: number, forMs: Ms): Promise<void> {
    const late = new AbortController()
    const timer = new AbortController()
    void clock.wait(laterMono(clock.mono(), forMs), timer.signal).then(() => { late.abort() })
    const none = async (): Promise<void> => undefined
    try {
      while (!late.signal.aborted) {
        const { chunks } = await peer.chunks(Number.MAX_SAFE_INTEGER, late.signal)
        const mine = await listed(chunksIn((before) => journal.chunks(before)), Infinity, chunks.at(-1)?.first ?? 0)
        const fresh = chunks.filter(({ last }) => last > listedTo)
        for (const chunk of missing(fresh, mine, { turn, since: clock.now() - keep.keepMs, bytes: keep.bytes * BYTES_SHARE })) {
          if (!late.signal.aborted && !done.has(nameOf(chunk))) await copy(chunk, late.signal, none)
        }
        if ((chunks[0]?.last ?? 0) >= turn) break
        await clock.wait(laterMono(clock.mono(), SEALING_MS), late.signal)
      }
      if (late.signal.aborted) log.warn('the last samples of the other box did not come in time, and stay there', {})
    } catch (thrown) {
      log.warn('the last samples of the other box did not come, and stay there', { trouble: wordsOf(thrown) })
    } finally {
      timer.abort()
    }
  }

  /** Resolves with whether it is here. */
  async function copy(chunk: ListedChunk, signal: AbortSignal, rests: (tookMs: Ms) => Promise<void>): Promise<boolean> {
    const name = nameOf(chunk)
    remember(name)
    if (chunk.bytes > limits.copyChunkBytesMax) return leaveOut('samples of the other box are too many to be copied as one', chunk, { bytes: chunk.bytes })
    const parts: ChunkPart[] = []
    const isWhole = await forgetting(name, async () => {
      for (let column: number | null = 0; column !== null && !signal.aborted;) {
        const asked = clock.mono()
        const part: ChunkPart | null = await peer.chunkPart({ first: chunk.first, last: chunk.last, column }, signal)
        // Merged or taken away meanwhile: the next look knows what there is instead.
        if (part === null) return false
        parts.push(part)
        column = part.next
        await rests(sinceMono(clock.mono(), asked))
      }
      return !signal.aborted
    })
    return isWhole && keeping(name, chunk, () => journal.copyChunk({ chunk, parts }))
  }

  /** What did not come is asked for again. */
  async function forgetting<T>(name: string, ask: () => Promise<T>): Promise<T> {
    try {
      return await ask()
    } catch (thrown) {
      done.delete(name)
      throw thrown
    }
  }

  /** Resolves with whether it is here; what is damaged is left out. */
  async function keeping(name: string, what: ListedChunk | ListedRecorder, write: () => Promise<void>): Promise<boolean> {
    try {
      await forgetting(name, write)
      return true
    } catch (thrown) {
      if (!(thrown instanceof Fault) || thrown.code !== 'JOURNAL_CORRUPT') throw thrown
      remember(name)
      return leaveOut('samples of the other box are damaged', what, thrown.fields)
    }
  }

  function leaveOut(sentence: string, { from, to }: Pick<ListedChunk, 'from' | 'to'>, fields: Fields): false {
    unusableCount++
    log.error(sentence, { from: rfc3339(instant(from)), to: rfc3339(instant(to)), ...fields })
    return false
  }

  function remember(name: string): void {
    const [oldest] = done
    if (done.size >= limits.copyChunksDoneMax && oldest !== undefined) done.delete(oldest)
    done.add(name)
  }

  /** Counts what is copied, as it is told. */
  function counter(theirs: readonly ListedChunk[], wanted: readonly ListedChunk[], mine: readonly ListedChunk[]) {
    const bytesOf = (chunks: readonly ListedChunk[]): number => chunks.reduce((sum, { bytes }) => sum + bytes, 0)
    const begun: Mono = clock.mono()
    const all = bytesOf(wanted)
    const before = bytesOf(theirs) - all
    let [left, leftBytes, taken] = [wanted.length, all, 0]
    let to: number | null = mine.reduce<number | null>((latest, { to: at, values }) => (values > 0 && at > (latest ?? 0) ? at : latest), null)
    return {
      took(chunk: ListedChunk, isHere: boolean): void {
        left--
        leftBytes -= chunk.bytes
        taken += chunk.bytes
        if (isHere) to = Math.max(to ?? 0, chunk.to)
      },
      tell(): void {
        const seconds = sinceMono(clock.mono(), begun) / 1_000
        standing = {
          to: to === null ? null : rfc3339(instant(to)), left, left_bytes: leftBytes, share: before + all === 0 ? 1 : (before + taken) / (before + all),
          remaining_seconds: taken === 0 || seconds === 0 ? null : (leftBytes / taken) * seconds, unusable: unusableCount, trouble: null,
        }
      },
    }
  }

  function troubled(words: string): void {
    if (words !== trouble) log.warn('no samples come from the other box', { trouble: words })
    trouble = words
  }

  const rest = (tookMs: Ms): Promise<void> => pause(Math.min(REST_MS_MAX, Math.max(REST_MS_MIN, REST_SHARE * tookMs)))
  async function pause(ms: Ms): Promise<void> { await clock.wait(laterMono(clock.mono(), ms), stopped.signal) }

  const over = copying()
  return {
    read: () => (standing === null && trouble === null ? null : { ...standing ?? nothing, unusable: unusableCount, trouble }),
    async finish(turn, forMs) {
      stopped.abort()
      await over
      await finish(turn, forMs)
    },
    async stop() {
      stopped.abort()
      await over
    },
  }
}

const nothing: CopyingSamples = { to: null, left: 0, left_bytes: 0, share: 0, remaining_seconds: null, unusable: 0, trouble: null }

const nameOf = ({ first, last, values }: ListedChunk): string => `${first} ${last} ${values}`

interface List<T> { readonly records: readonly T[]; readonly before: number | null }

const chunksIn = (ask: (before: number) => Promise<ChunkList>) => async (before: number): Promise<List<ListedChunk>> => {
  const list = await ask(before)
  return { records: list.chunks, before: list.before }
}
const recordersIn = (ask: (before: number) => Promise<RecorderList>) => async (before: number): Promise<List<ListedRecorder>> => {
  const list = await ask(before)
  return { records: list.recorders, before: list.before }
}

/** Lists, newest first, so many of them and down to a turn. */
async function listed<T>(ask: (before: number) => Promise<List<T>>, listsMax: number, downTo = 0): Promise<T[]> {
  const all: T[] = []
  let lists = 0
  for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null && before > downTo && lists < listsMax; lists++) {
    const list: List<T> = await ask(before)
    all.push(...list.records)
    before = list.before
  }
  return all
}

/** What may be copied: up to that turn, not older than that instant, no more than so many bytes in all. */
interface Bounds { readonly turn: number; readonly since: Instant | number; readonly bytes: number }

/** The chunks of the one that are not in the other, both newest first. A chunk is there when one that holds its turns has as many values. */
export function missing(theirs: readonly ListedChunk[], mine: readonly ListedChunk[], { turn, since, bytes }: Bounds): ListedChunk[] {
  const found: ListedChunk[] = []
  let total = 0
  let from = 0
  for (const chunk of theirs) {
    total += chunk.bytes
    if (total > bytes) break
    if (chunk.last > turn || chunk.to < since) continue
    // Those that begin after it do not hold it, nor any older one.
    while (from < mine.length && mine[from]!.first > chunk.first) from++
    const holder = mine[from]
    if (holder === undefined || holder.last < chunk.last || holder.values < chunk.values) found.push(chunk)
  }
  return found
}

/** The flight recorders of the one of whose time there is nothing in the other: no recorder, and no chunk that one may still be cut from. */
export function missingRecorders(theirs: readonly ListedRecorder[], mine: readonly ListedRecorder[], chunks: readonly ListedChunk[], since: number): ListedRecorder[] {
  const holders = [...mine, ...chunks.filter(({ values }) => values > 0)]
  return theirs.filter(({ from, to }) => to >= since && !holders.some((holder) => holder.from <= to && holder.to >= from))
}
