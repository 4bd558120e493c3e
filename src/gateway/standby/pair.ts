/** One box of two: what it remembers, how it hears the other one, and what both roles answer alike. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import type { Log } from '../../base/log.js'
import { type Mono, type Ms, sinceMono } from '../../base/units.js'
import type { StandbyConfig } from '../../contract/config.js'
import type { ChunkList, PartQuery, RecorderList } from '../../contract/copied-samples.js'
import type { CopyQuery } from '../../contract/copy.js'
import type { Desk } from '../../contract/desk.js'
import { Fault, faultOf } from '../../contract/faults.js'
import type { Journal } from '../../contract/journal.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import type { Beat, BeatAnswer, GoesOnFrom, HouseCopy, StandbyState } from '../../contract/standby.js'
import { version } from '../../version.js'
import { type HouseParts, houseOf } from './house.js'
import { type Lease, openLease } from './lease.js'
import { type Peer, openPeer } from './peer.js'
import { type Progress, openProgress } from './progress.js'
import { type Standing, writeStanding } from './standing.js'

/** Where the journal says from what it goes on. It travels with the copy. */
const GOES_ON_NOTE = 'standby/goes-on'

/** What runs now, as far as the other box is concerned. */
export interface Life {
  readonly journal: Pick<Journal, 'place' | 'copyPage' | 'chunks' | 'chunkPart' | 'recorders' | 'recorder' | 'epochs' | 'notes' | 'note'>
  readonly desk: Pick<Desk, 'head' | 'follow'>
  readonly house: HouseParts
}

type Lineage = Pick<BeatAnswer, 'epochs' | 'goes_on'>

export interface PairParts {
  readonly config: StandbyConfig
  readonly directory: string
  readonly standing: Standing
  readonly clock: Clock
  readonly log: Log
  /** Ends what runs, and begins again in the role that `standing` says. */
  readonly turn: () => void
}

export class Pair {
  readonly config: StandbyConfig
  readonly clock: Clock
  readonly log: Log
  readonly peer: Peer
  readonly lease: Lease
  /** A first copy begins again under the configuration that came with its first pages, and goes on being counted. */
  readonly progress: Progress
  readonly directory: string
  /** How often this box says that it is there. */
  readonly beatMs: Ms
  readonly #turn: () => void
  /** The other box acts too, and not on the word of this one: until one of them has given way this one does not. */
  contested = false
  #standing: Standing
  #heardAt: Mono | null = null
  #trouble: string | null = null
  #reached = false

  constructor({ config, directory, standing, clock, log, turn }: PairParts) {
    this.config = config
    this.directory = directory
    this.clock = clock
    this.log = log
    this.peer = openPeer(config)
    this.lease = openLease(clock, `${process.pid}-${clock.now()}`)
    this.progress = openProgress(clock)
    this.beatMs = Math.min(BEAT_MS_MAX, config.silence / 10)
    this.#standing = standing
    this.#turn = turn
  }

  get standing(): Standing { return this.#standing }
  get trouble(): string | null { return this.#trouble }
  /** Whether the newest question got any answer of the other box, be it a refusal. */
  get reached(): boolean { return this.#reached }
  /** How long a box is waited for that answers late. */
  get answerMs(): Ms { return Math.max(BEAT_ANSWER_MS_MIN, this.config.silence / 4) }

  /** On the disk before anything may rest on it. */
  remember(change: Partial<Standing>): void {
    this.#standing = { ...this.#standing, ...change }
    writeStanding(this.directory, this.#standing)
  }

  become(role: Standing['role'], change: Partial<Standing> = {}): void {
    this.contested = false
    this.remember({ ...change, role, ...(role === 'standby' ? { leased: false } : {}) })
    this.#turn()
  }

  heard(): void { this.#heardAt = this.clock.mono() }

  /** A sentence, or what was thrown. It is logged once, until it is another one. */
  troubled(what: unknown): void { this.#trouble = this.#told(typeof what === 'string' ? what : wordsOf(what)) }
  untroubled(): void { this.#trouble = null }

  #told(words: string): string {
    if (words !== this.#trouble) this.log.warn('the other box is not at hand', { peer: this.config.peer, trouble: words })
    return words
  }

  /** Says that this box is there; `null` when nobody answers. */
  async beat(more: Pick<Beat, 'epoch' | 'seq'> & Partial<Beat>): Promise<BeatAnswer | null> {
    try {
      const answer = await this.peer.beat({ box: this.config.box, lease_ms: 0, stamp: null, leaving: false, forks: [...this.#standing.forks], ...more }, this.answerMs)
      this.#reached = true
      if (answer.box === this.config.box) throw new Fault('STANDBY_REFUSED', { peer: this.config.peer, refused: `both boxes are called ${answer.box}: give \`standby.box\` another name on one of them` })
      this.heard()
      return answer
    } catch (thrown) {
      this.#reached = !['STANDBY_UNREACHABLE', 'STANDBY_STRANGER'].includes(faultOf(thrown, 'STANDBY_UNREACHABLE').code)
      this.troubled(thrown)
      return null
    }
  }

  /** What of an answer is read from the disk. */
  async lineage({ journal }: Life): Promise<Lineage> {
    const [epochs, goesOn] = await Promise.all([journal.epochs(), goesOnOf(journal)])
    return { epochs: epochs.map(({ epoch }) => epoch), goes_on: [...goesOn] }
  }

  /** Waits for nothing, so that it is of one moment with what led to it. */
  answer(life: Life, lineage: Lineage, role: 'active' | 'standby', { ordering, leased }: { readonly ordering: boolean; readonly leased: boolean }): BeatAnswer {
    return { role, box: this.config.box, ...life.desk.head(), ...lineage, version, stamp: this.lease.stamp(), leased, ordering, house: houseOf(life.house).house }
  }

  async page({ journal, desk }: Life, query: CopyQuery, waitMs: Ms): Promise<string | Refusal> {
    if (waitMs > 0 && desk.head().seq <= query.after.seq) await anyFact(desk, waitMs)
    return await journal.copyPage(query) ?? refuse('STANDBY_FOREIGN', { seq: query.after.seq, epoch: query.after.epoch })
  }

  chunks({ journal }: Life, before: number): Promise<ChunkList> { return journal.chunks(before) }

  async chunkPart({ journal }: Life, query: PartQuery): Promise<string | Refusal> {
    return await journal.chunkPart(query) ?? refuse('NOT_FOUND', { path: `chunk ${query.first}..${query.last}` })
  }

  recorders({ journal }: Life, before: number): Promise<RecorderList> { return journal.recorders(before) }

  async recorder({ journal }: Life, first: number): Promise<string | Refusal> {
    return await journal.recorder(first) ?? refuse('NOT_FOUND', { path: `recorder ${first}` })
  }

  house(life: Life): HouseCopy { return houseOf(life.house) }

  state({ desk }: Life, role: 'active' | 'standby', more: Partial<StandbyState>): StandbyState {
    const { box, peer, takeover } = this.config
    return {
      role, box, peer, takeover, ...desk.head(), peer_heard_seconds: this.#heardAt === null ? null : sinceMono(this.clock.mono(), this.#heardAt) / 1_000, peer_answers: this.#reached, trouble: this.#trouble,
      behind_facts: null, behind_seconds: null, whole: null, copying: null, samples: null, fenced: false, leased: this.#standing.leased, forks: [...this.#standing.forks], ...more,
    }
  }

  close(): void { this.peer.close() }
}

const BEAT_MS_MAX: Ms = 1_000
const BEAT_ANSWER_MS_MIN: Ms = 500

/** From what each epoch that was begun by a takeover goes on. */
export async function goesOnOf(journal: Pick<Journal, 'notes'>): Promise<readonly GoesOnFrom[]> {
  // Written by `noteGoesOn` below, on this box or on the other one.
  return JSON.parse((await journal.notes()).get(GOES_ON_NOTE) ?? '[]') as GoesOnFrom[]
}

export async function noteGoesOn(journal: Pick<Journal, 'notes' | 'note'>, entry: GoesOnFrom): Promise<void> {
  const before = (await goesOnOf(journal)).filter(({ epoch }) => epoch !== entry.epoch)
  await journal.note(GOES_ON_NOTE, JSON.stringify([...before, entry].slice(-limits.listMax)))
}

/** Resolves when something happened, or after a while. */
async function anyFact(desk: Pick<Desk, 'follow'>, waitMs: Ms): Promise<void> {
  const woken = new AbortController()
  const leave = desk.follow({ facts: () => { woken.abort() } })
  try {
    await sleep(waitMs, undefined, { signal: woken.signal, ref: false }).catch(() => undefined)
  } finally {
    leave()
  }
}

export function wordsOf(thrown: unknown): string {
  const fault = faultOf(thrown, 'STANDBY_UNREACHABLE')
  const detail = [fault.fields['refused'], fault.fields['why']].find((one) => typeof one === 'string')
  return `${fault.code}: ${fault.remedy}${detail === undefined ? '' : ` (${detail})`}`
}
