/** The samples of the active box, copied chunk by chunk behind everything else: what a takeover needs is facts, and what a person asks afterwards is samples. */

import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import type { Fields, Log } from '../../base/log.js'
import { type Instant, type Mono, type Ms, instant, laterMono, rfc3339, sinceMono } from '../../base/units.js'
import type { ChunkList, ChunkPart, ListedChunk } from '../../contract/copied-samples.js'
import { Fault } from '../../contract/faults.js'
import type { Journal } from '../../contract/journal.js'
import type { CopyingSamples } from '../../contract/standby.js'
import { wordsOf } from './pair.js'
import type { Peer } from './peer.js'

/*
 * Nothing is remembered of how far the copy has got: what both boxes have is held against each other, so that a break, a restart or a change of roles needs no
 * other way. Newest first, for that is what somebody asks for. An hour that was merged there comes again as one chunk, in the place of its parts.
 */

export interface SampleCopier {
  /** `null` before the first look. */
  read(): CopyingSamples | null
  stop(): Promise<void>
}

export interface SampleCopierParts {
  readonly clock: Clock
  readonly log: Log
  readonly peer: Pick<Peer, 'chunks' | 'chunkPart'>
  readonly journal: Pick<Journal, 'chunks' | 'copyChunk'>
  /** Of this box: what it would take away again is not copied. */
  readonly keep: { readonly keepMs: Ms; readonly bytes: number }
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
    const theirs = await listed((before) => peer.chunks(before, stopped.signal), isAllKnown ? 1 : Infinity)
    const mine = await listed((before) => journal.chunks(before), Infinity, theirs.at(-1)?.first ?? 0)
    const chosen = missing(theirs, mine, { turn, since: clock.now() - keep.keepMs, bytes: keep.bytes * BYTES_SHARE })
    const wanted = chosen.filter((chunk) => !done.has(nameOf(chunk)))
    const counted = counter(theirs, wanted, mine)
    trouble = null
    for (const chunk of wanted) {
      counted.tell()
      // Facts come first, and whoever does not get them gets no samples.
      if (stopped.signal.aborted || reached() === null) return false
      counted.took(chunk, await copy(chunk))
    }
    counted.tell()
    isAllKnown = true
    return true
  }

  /** Resolves with whether it is here. */
  async function copy(chunk: ListedChunk): Promise<boolean> {
    const name = nameOf(chunk)
    remember(name)
    if (chunk.bytes > limits.copyChunkBytesMax) return leaveOut('samples of the other box are too many to be copied as one', chunk, { bytes: chunk.bytes })
    const parts: ChunkPart[] = []
    try {
      for (let column: number | null = 0; column !== null && !stopped.signal.aborted;) {
        const asked = clock.mono()
        const part: ChunkPart | null = await peer.chunkPart({ first: chunk.first, last: chunk.last, column }, stopped.signal)
        // Merged or taken away meanwhile: the next look knows what there is instead.
        if (part === null) return false
        parts.push(part)
        column = part.next
        await pause(Math.min(REST_MS_MAX, Math.max(REST_MS_MIN, REST_SHARE * sinceMono(clock.mono(), asked))))
      }
      if (stopped.signal.aborted) return false
      await journal.copyChunk({ chunk, parts })
      return true
    } catch (thrown) {
      if (thrown instanceof Fault && thrown.code === 'JOURNAL_CORRUPT') return leaveOut('samples of the other box are damaged', chunk, thrown.fields)
      done.delete(name)
      throw thrown
    }
  }

  function leaveOut(sentence: string, { from, to }: ListedChunk, fields: Fields): false {
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

  async function pause(ms: Ms): Promise<void> { await clock.wait(laterMono(clock.mono(), ms), stopped.signal) }

  const over = copying()
  return {
    read: () => (standing === null && trouble === null ? null : { ...standing ?? nothing, unusable: unusableCount, trouble }),
    async stop() {
      stopped.abort()
      await over
    },
  }
}

const nothing: CopyingSamples = { to: null, left: 0, left_bytes: 0, share: 0, remaining_seconds: null, unusable: 0, trouble: null }

const nameOf = ({ first, last, values }: ListedChunk): string => `${first} ${last} ${values}`

/** Lists, newest first, so many of them and down to a turn. */
async function listed(ask: (before: number) => Promise<ChunkList>, listsMax: number, downTo = 0): Promise<ListedChunk[]> {
  const chunks: ListedChunk[] = []
  let lists = 0
  for (let before: number | null = Number.MAX_SAFE_INTEGER; before !== null && before > downTo && lists < listsMax; lists++) {
    const list: ChunkList = await ask(before)
    chunks.push(...list.chunks)
    before = list.before
  }
  return chunks
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
