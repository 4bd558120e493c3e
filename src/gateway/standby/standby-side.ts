/** The standby of two boxes: follows the journal of the active one, and takes over on order or on silence. */

import { isDeepStrictEqual } from 'node:util'
import { limits } from '../../base/limits.js'
import { type Mono, type Ms, laterMono, rfc3339, since, sinceMono } from '../../base/units.js'
import type { CopyPage, Place } from '../../contract/copy.js'
import { Fault, faultOf } from '../../contract/faults.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import type { BeatAnswer, Copying, StandbyState } from '../../contract/standby.js'
import type { StandbyDesk } from '../../faces/api/standby.js'
import { SCHEMA_VERSION } from '../../journal/migrations/migrate.js'
import { takeHouse } from './house.js'
import { type Life, type Pair, wordsOf } from './pair.js'
import { type Reconciled, reconcile } from './reconcile.js'
import { type SampleCopierParts, startSampleCopier } from './sample-copier.js'
import type { Taking } from './standing.js'

export interface StandbySide extends StandbyDesk {
  /** As people are told: which box is followed, and how old the copy is. */
  said(): { readonly sentence: string; readonly isWhole: boolean }
  /** Tells the active box that this one ends and will not take over. */
  stop(): Promise<void>
}

export interface StandbyLife extends Life {
  readonly journal: Life['journal'] & SampleCopierParts['journal']
  /** How long, and up to how many bytes, this box keeps samples. */
  readonly keep: SampleCopierParts['keep']
  /** Path of the configuration file. */
  readonly file: string
  /** Writes pages that end whole, and shows what follows from them. */
  readonly take: (pages: readonly CopyPage[]) => Promise<Place>
  /** How far the copy has got, and its epoch: empty when it is new. */
  readonly from: { readonly place: Place; readonly epoch: string; readonly snapshotsAfter: number }
  /** Puts the journal aside, and begins again with a new copy. */
  readonly setAside: (why: Exclude<Reconciled, { is: 'earlier' }>) => void
  /** The configuration that was followed is another one now: begins again under it. */
  readonly begin: () => void
}

const WAIT_MS: Ms = 1_000
const AGAIN_MS: Ms = 250
/** So often in a row nobody answers before silence counts: one that itself slept, or lost one packet, has not heard silence. */
const UNANSWERED_MIN = 3
/** What was read last is worth that the line is not read for so long. */
const LAST_SAMPLES_MS: Ms = 2_000
/** How long what the other box handed over may take to arrive. */
const HANDED_MS: Ms = 4_000

export function startStandbySide(pair: Pair, life: StandbyLife): StandbySide {
  const { clock, log, config } = pair
  const stopped = new AbortController()
  const asking = new AbortController()
  let { place, snapshotsAfter } = life.from
  let peer: BeatAnswer | null = null
  /** The active box has said that it acts only on the promises from here, and was told nothing else since. */
  let relies = false
  /** When the last answer of the active box came, in this life. Nothing it counts on is older. */
  let answeredAt: Mono | null = null
  let unansweredCount = 0
  let known = false
  let whole = false
  let head = place.seq
  /** The instant that the copy is true of. */
  let asOf: number | null = null
  /** The one that was last written down. */
  let seenAt = 0
  let seenTurn: number | null = null
  let seenHouse = ''
  let ordering = false
  let taken = false

  const leaseMs = (): Ms => (config.takeover === 'on_silence' && whole ? config.silence / 2 : 0)

  async function beating(): Promise<void> {
    while (!stopped.signal.aborted && !taken) {
      const asked = clock.mono()
      const promisedMs = leaseMs()
      // Whoever hears no promise may act without one, though no answer should tell of it.
      if (promisedMs === 0) relies = false
      const answer = await pair.beat({ epoch: place.epoch, seq: place.seq, lease_ms: promisedMs, stamp: peer?.stamp ?? null })
      if (stopped.signal.aborted || taken) return
      if (answer === null) {
        // Whoever slept while he asked has not heard silence.
        unansweredCount = sinceMono(clock.mono(), asked) > pair.answerMs + config.silence ? 0 : unansweredCount + 1
        if (isSilent()) await silence()
      } else {
        relies = promisedMs > 0 && answer.role === 'active' && answer.leased
        await heed(answer)
      }
      await pause(pair.beatMs)
    }
  }

  async function heed(answer: BeatAnswer): Promise<void> {
    unansweredCount = 0
    answeredAt = clock.mono()
    peer = answer
    // What is handed over has no active box any more, until this one is it.
    if (ordering) return
    if (answer.role !== 'active') {
      pair.troubled('the other box stands by too: `lineside standby takeover` makes one of them the active one')
      known = false
      return
    }
    if (!known) {
      const found = reconcile({ epoch: life.from.epoch, place }, answer)
      if (found.is !== 'earlier') { ends(); life.setAside(found); return }
      known = true
    }
    if (answer.house === seenHouse) return
    try {
      const copy = await pair.peer.house()
      const before = life.house.versions.list()
      pair.remember({ copied: await takeHouse(copy, life.house, life.file, pair.standing.copied) })
      seenHouse = copy.house
      // A new copy begins again anyhow, as soon as it has an epoch.
      if (life.from.epoch !== '' && !isDeepStrictEqual(before, life.house.versions.list())) life.begin()
    } catch (thrown) {
      pair.troubled(thrown)
    }
  }

  /** The active box has lost its right to write, because it cannot have heard from here for longer than was promised. */
  function isSilent(): boolean {
    return relies && whole && answeredAt !== null
      && unansweredCount >= UNANSWERED_MIN && sinceMono(clock.mono(), answeredAt) >= config.silence && !ordering
  }

  async function silence(): Promise<void> {
    const silentMs = sinceMono(clock.mono(), answeredAt!)
    log.error('the active box is silent; this one takes over', { peer: config.peer, silentMs })
    await takes('silence', limits.takeoverNumbersMax, silentMs)
  }

  async function takes(why: Taking['why'], above: number, silentMs: Ms | null): Promise<void> {
    ends()
    await following
    // Read from the disk: what is gone on from is what a start will find there.
    pair.become('active', { leased: false, taking: { why, epoch: life.desk.head().epoch, from: await life.journal.place(), above, silentMs } })
  }

  async function follow(): Promise<void> {
    while (!stopped.signal.aborted && !taken) {
      if (!known) { await pause(AGAIN_MS); continue }
      try {
        await catchUp(ordering ? 0 : WAIT_MS)
        pair.untroubled()
      } catch (thrown) {
        if (stopped.signal.aborted || taken) return
        // Whoever cannot write could not go on either, so nothing is promised until he can: the active box works without him.
        if (!isOfTheOther(thrown)) whole = false
        pair.troubled(thrown)
        await pause(AGAIN_MS)
      }
    }
  }

  /** Pages until one is whole, which are then written together: what is on the disk is always the journal as of one turn. */
  async function catchUp(waitMs: Ms): Promise<void> {
    const pages: CopyPage[] = []
    let reached = place
    for (let wait = waitMs; ; wait = 0) {
      const page = await pair.peer.page({ after: reached, snapshotsAfter }, wait, whole && reached === place, asking.signal)
      if (stopped.signal.aborted || taken) return
      if (page === null) { ends(); life.setAside({ is: 'foreign' }); return }
      keepable(page)
      pages.push(page)
      head = page.head
      reached = placeAfter(reached, page)
      pair.progress.took(page, reached)
      if (page.whole) break
      // A first copy is too much to wait in memory; it is whole when its last page is.
      if (pages.length < limits.copyPagesMax) continue
      whole = false
      place = await life.take(pages.splice(0))
      pair.untroubled()
    }
    const last = pages.at(-1)!
    if (isNews(pages) || (last.at ?? 0) - seenAt >= SEEN_MS) {
      place = await life.take(pages)
      seenAt = last.at ?? seenAt
      seenTurn = last.turn
    }
    asOf = last.at ?? asOf
    snapshotsAfter = Math.max(snapshotsAfter, ...pages.flatMap(({ snapshots }) => snapshots.map(({ seq }) => seq)))
    whole = true
    pair.progress.ended()
  }

  async function order(force: boolean, by: string): Promise<Refusal | null> {
    if (ordering || taken) return refuse('STANDBY_ROLE', { role: 'it is taking over just now' })
    if (!force && !whole) return refuse('STANDBY_NOT_WHOLE', { trouble: pair.trouble ?? 'the copy is under way' })
    if (place.seq === 0) return refuse('STANDBY_NOT_WHOLE', { trouble: 'nothing was ever copied' })
    ordering = true
    log.warn('this box is ordered to take over', { by, force })
    try {
      const handed = await pair.peer.handOver()
      await arrived(handed.place)
      if (handed.turn !== undefined) await samples.finish(handed.turn, LAST_SAMPLES_MS)
      await takes('order', 0, null)
      return null
    } catch (thrown) {
      const { code } = faultOf(thrown, 'STANDBY_UNREACHABLE')
      // Whoever does not let us in is not off, whatever he who ordered has seen.
      if (!force || code === 'STANDBY_TOKEN') {
        ordering = false
        return code === 'STANDBY_UNREACHABLE' || code === 'STANDBY_STRANGER'
          ? refuse('STANDBY_UNREACHABLE', { why: wordsOf(thrown), otherwise: 'if you have seen that the other box is off: --force' })
          : refuse('STANDBY_REFUSED', { why: wordsOf(thrown) })
      }
      log.error('this box takes over although the other one does not answer', { by, trouble: wordsOf(thrown) })
      void lapsed().then(async (isOff) => {
        if (isOff) return takes('force', limits.takeoverNumbersMax, answeredAt === null ? null : sinceMono(clock.mono(), answeredAt))
        log.error('the other box was heard again, so it is not off; nothing was taken over', { by })
        ordering = false
      })
      return null
    }
  }

  /** What was promised holds, whoever orders otherwise. Resolves with `false` when the active box is heard meanwhile. */
  async function lapsed(): Promise<boolean> {
    const heardAt = answeredAt
    const isHeard = () => answeredAt !== heardAt && peer?.role === 'active'
    while (relies && answeredAt !== null && sinceMono(clock.mono(), answeredAt) < config.silence && !isHeard() && !stopped.signal.aborted) await pause(AGAIN_MS)
    return !isHeard()
  }

  async function arrived(wanted: Place): Promise<void> {
    const deadline = laterMono(clock.mono(), HANDED_MS)
    while (place.seq < wanted.seq || place.rows < wanted.rows || place.commands < wanted.commands) {
      if (sinceMono(clock.mono(), deadline) > 0) throw new Fault('STANDBY_UNREACHABLE', { why: 'what the other box handed over did not arrive' })
      await pause(AGAIN_MS / 5)
    }
  }

  /** Nothing is followed any more; a question that is under way is not waited for. */
  function ends(): void {
    taken = true
    asking.abort()
  }

  async function pause(ms: Ms): Promise<void> { await clock.wait(laterMono(clock.mono(), ms), stopped.signal) }

  const behindMs = (): Ms | null => (asOf === null ? null : Math.max(0, since(clock.now(), asOf as ReturnType<typeof clock.now>)))
  const state = (): StandbyState => pair.state(life, 'standby', {
    samples: samples.read(), whole, copying: whole ? null : pair.progress.read(), leased: relies && whole, behind_facts: whole ? head - place.seq : null, behind_seconds: behindMs() === null ? null : behindMs()! / 1_000,
  })

  const following = follow()
  const beats = beating()
  const samples = startSampleCopier({ clock, log, peer: pair.peer, journal: life.journal, keep: life.keep, reached: () => (whole ? seenTurn : null) })
  return {
    state,
    said() {
      const behind = behindMs()
      const followed = whole && pair.trouble === null
      const copying = whole ? null : pair.progress.read()
      const age = copying !== null ? copiedSoFar(copying) : behind === null ? 'with nothing copied yet' : `as of ${rfc3339(asOf as ReturnType<typeof clock.now>)}, ${Math.round(behind / 1_000)} s behind`
      return { sentence: `standby: following ${config.peer}, ${age}${pair.trouble === null ? '' : `; ${pair.trouble}`}`, isWhole: followed }
    },
    beat: async () => pair.answer(life, await pair.lineage(life), 'standby', { ordering: ordering || taken, leased: false }),
    page: (query, waitMs) => pair.page(life, query, waitMs),
    chunks: (before) => pair.chunks(life, before),
    chunkPart: (query) => pair.chunkPart(life, query),
    recorders: (before) => pair.recorders(life, before),
    recorder: (first) => pair.recorder(life, first),
    house: () => pair.house(life),
    async takeOver(force, by) { return await order(force, by) ?? state() },
    release: async () => refuse('STANDBY_ROLE', { role: 'this box stands by' }),
    handOver: async () => (peer?.role === 'active' ? refuse('STANDBY_ROLE', { role: 'this box stands by' }) : { place: await life.journal.place(), at: rfc3339(clock.now()) }),
    async stop() {
      stopped.abort()
      asking.abort()
      await Promise.all([beats, following, samples.stop()])
      if (!taken && peer?.role === 'active') await pair.beat({ epoch: place.epoch, seq: place.seq, stamp: peer.stamp, leaving: true })
    },
  }
}

const copiedSoFar = ({ share, remaining_seconds: seconds }: Copying): string =>
  `${Math.floor(share * 100)} % of its journal copied${seconds === null ? '' : `, some ${seconds < 90 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`} left`}`

/** The other box was not reached, or refused; everything else went wrong here. */
const isOfTheOther = (thrown: unknown): boolean => thrown instanceof Fault && thrown.code.startsWith('STANDBY_')

/** Throws when the other journal holds what this one has no place for. Each page says so, also one without news. */
function keepable({ journal = 0 }: CopyPage): void {
  if (journal > SCHEMA_VERSION) throw new Fault('BOX_VERSIONS', { theirs: journal, ours: SCHEMA_VERSION, why: `its journal is of version ${journal}, and this box knows ${SCHEMA_VERSION}` })
}

/** So often at least it is written down when the line was last seen: time after it is nobody's knowledge. */
const SEEN_MS = 2_000

const isNews = (pages: readonly CopyPage[]): boolean => pages.some(({ facts, rows, commands, snapshots }) => facts.length + rows.length + commands.length + snapshots.length > 0)

function placeAfter(before: Place, { facts, rows, commands }: CopyPage): Place {
  const fact = facts.at(-1)
  return {
    epoch: fact?.epoch ?? before.epoch, seq: fact?.seq ?? before.seq,
    rows: Number(rows.at(-1)?.['written'] ?? before.rows), commands: commands.at(-1)?.id ?? before.commands,
  }
}
