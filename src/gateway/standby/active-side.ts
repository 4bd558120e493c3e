/** The active box of two: writes while it may, hands over when it is told to, and gives way to a box that went on from it. */

import type { Draft } from '../../contract/events/catalogue.js'
import { type Mono, type Ms, laterMono, rfc3339, sinceMono } from '../../base/units.js'
import { refuse } from '../../contract/refusals.js'
import type { Beat, BeatAnswer } from '../../contract/standby.js'
import type { Journal } from '../../contract/journal.js'
import type { StandbyDesk } from '../../faces/api/standby.js'
import type { Life, Pair } from './pair.js'
import { actsFreely, mustYield } from './reconcile.js'
import { type Shared, openShared } from './shared.js'

export interface ActiveSide extends StandbyDesk {
  /** Orders are obeyed and PLCs written only while this says so; asked at the very moment. */
  mayAct(): boolean
  /** How much later what is begun now may still leave this box; 0 or less when it may not. */
  actsMs(): Ms
  /** Whoever goes on knows what has just been recorded here: this box, or the one to which it hands over while it may act. */
  mayAnswer(): boolean
  /** What the other box has too. */
  readonly shared: Shared
  /** What people should know of the other box. */
  warnings(): readonly string[]
  stop(): void
}

export interface ActiveLife extends Life {
  readonly journal: Life['journal'] & Pick<Journal, 'seal'>
  /** Leaves a fact for the next turn. */
  readonly note: (draft: Draft) => void
  /** Ends the work: a last turn, nothing polled, written or sent any more. The journal can still be read. */
  readonly endWork: () => Promise<void>
  /** Whether this box may act has changed. */
  readonly onFence: (mayAct: boolean) => void
}

const FENCED = 'the other box is not heard and may have taken over, so no orders are taken and nothing is written or sent; repair the link between the boxes, or if the other one is off: `lineside standby release`'

/** How often it is looked whether the word of the other box still holds. Whoever writes asks for himself. */
const LOOK_MS = 50
/** Whoever stands by asks every second; one that just starts needs longer. */
const UNASKED_MS: Ms = 30_000
/** So often in a row the other box says that it stands by and takes nothing over, before one that has handed over goes on itself. */
const REFUSALS_MAX = 5

/** The work is being handed over, or was. */
interface Handing {
  readonly done: Promise<void>
  /** Until then it was its to do. */
  readonly wasActing: boolean
  readonly wasLeased: boolean
}

export function startActiveSide(pair: Pair, life: ActiveLife): ActiveSide {
  const { clock, log } = pair
  const stopped = new AbortController()
  const shared = openShared(clock, pair.config.silence)
  let handing: Handing | null = null
  let lastStamp: string | null = null
  let couldAct = true
  let gaveWay = false
  let notTakenCount = 0
  /** When the other box last said that it is there; before that, the start. */
  let askedAt: Mono = clock.mono()
  const unaskedMs = Math.max(UNASKED_MS, pair.config.silence)

  // Whoever has given way works no more, though his parts are still being stopped.
  const isWorking = (): boolean => pair.standing.role === 'active' && handing === null
  const actsMs = (): Ms => (!isWorking() || pair.contested ? 0 : pair.standing.leased ? pair.lease.leftMs() : pair.config.silence / 2)
  const mayAct = (): boolean => actsMs() > 0

  function look(): void {
    const may = mayAct()
    if (may === couldAct || !isWorking()) return
    couldAct = may
    if (may) log.warn('the other box is heard again; orders are taken and PLCs written as before', {})
    else log.error(FENCED, {})
    life.onFence(may)
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      const { epoch, seq } = life.desk.head()
      const answer = await pair.beat({ epoch, seq })
      const epochs = (await life.journal.epochs()).map((one) => one.epoch)
      if (stopped.signal.aborted) return
      if (answer !== null) heed(answer, { epoch, epochs })
      await clock.wait(laterMono(clock.mono(), pair.beatMs), stopped.signal)
    }
  }

  function heed(answer: BeatAnswer, mine: { readonly epoch: string; readonly epochs: readonly string[] }): void {
    const verdict = mustYield(mine, answer)
    pair.contested = verdict === 'conflict' || (verdict === 'stay' && actsFreely(answer))
    look()
    if (verdict === 'yield') {
      // It goes on being said while the parts are being stopped.
      if (gaveWay) return
      gaveWay = true
      log.warn('the other box goes on from this one, which stands by from now on', { epoch: mine.epoch, its: answer.epoch })
      pair.become('standby')
    } else if (verdict === 'conflict') {
      pair.troubled('both boxes are active, and neither goes on from the other: end one of them, move its data directory away, and start it as the standby')
    } else if (pair.contested) {
      pair.troubled('the other box still acts as it did before this one took over; it gives way when it hears this one')
    } else if (answer.role === 'standby' && handing === null && sinceMono(clock.mono(), askedAt) > unaskedMs) {
      pair.troubled('the other box stands by, but asks nothing of this one: `lineside standby status` there says why')
    } else {
      pair.untroubled()
      if (handing !== null) notTaken(handing, answer)
    }
  }

  /** What was handed over and not taken is taken back by whoever had it. */
  function notTaken({ wasLeased }: Handing, { role, ordering }: BeatAnswer): void {
    notTakenCount = role === 'standby' && !ordering ? notTakenCount + 1 : 0
    if (notTakenCount !== REFUSALS_MAX) return
    log.warn('the other box did not take over; this one goes on', {})
    // It may not have heard that the work was handed over, and rely on this box as before.
    pair.become('active', { leased: wasLeased })
  }

  function heedPromise({ lease_ms: ms, stamp }: Beat): void {
    if (ms > 0) {
      if (!pair.standing.leased && isWorking()) pair.remember({ leased: true })
      pair.lease.grant(stamp, ms)
    } else if (stamp === lastStamp && pair.lease.isFresh(stamp, pair.config.silence / 2) && pair.standing.leased) {
      // It answers to the very last word from here, and that is not old: no promise can be under way behind it, and nobody has taken over since.
      pair.remember({ leased: false })
    }
    look()
  }

  async function noteForks({ box, forks }: Beat): Promise<void> {
    const notes = await life.journal.notes()
    for (const fork of forks) {
      const name = `standby/fork/${fork.epoch}/${fork.to_seq}`
      if (notes.has(name)) continue
      await life.journal.note(name, box)
      life.note({ type: 'fork_kept', at: clock.now(), line: null, equipment: null, body: { box, ...fork } })
    }
  }

  const looking = setInterval(() => { look(); shared.look() }, LOOK_MS)
  void run()
  const state = () => pair.state(life, isWorking() ? 'active' : 'standby', { fenced: isWorking() && !mayAct() })
  return {
    mayAct,
    actsMs,
    mayAnswer: () => handing?.wasActing ?? mayAct(),
    warnings() {
      if (handing !== null) return ['the work was handed over to the other box']
      if (!mayAct()) return [FENCED]
      return pair.trouble === null ? [] : [`the other box does not stand by: ${pair.trouble}`]
    },
    state, shared,
    async beat(heard) {
      if (heard.box === pair.config.box) return refuse('STANDBY_ROLE', { box: `both boxes are called ${heard.box}` })
      pair.heard()
      askedAt = clock.mono()
      await noteForks(heard)
      const lineage = await pair.lineage(life)
      // From here on nothing is waited for: what is promised, what is said of it and the stamp that comes next are one step, whatever else was asked meanwhile.
      heedPromise(heard)
      const answer = pair.answer(life, lineage, isWorking() ? 'active' : 'standby', { ordering: false, leased: pair.standing.leased })
      lastStamp = answer.stamp
      return answer
    },
    page(query, waitMs, isKept) {
      if (isKept) shared.has(query.after)
      return pair.page(life, query, waitMs)
    },
    chunks: (before) => pair.chunks(life, before),
    chunkPart: (query) => pair.chunkPart(life, query),
    recorders: (before) => pair.recorders(life, before),
    recorder: (first) => pair.recorder(life, first),
    house: () => pair.house(life),
    takeOver: async () => refuse('STANDBY_ROLE', { role: 'it is the active one; the other box is told to take over' }),
    async release(by) {
      const { epoch, seq } = life.desk.head()
      if (await pair.beat({ epoch, seq }) !== null || pair.reached) return refuse('STANDBY_ROLE', { peer: 'the other box answers, so it is not off' })
      log.warn('released from the word of the other box', { by })
      pair.contested = false
      pair.remember({ leased: false })
      look()
      return state()
    },
    async handOver() {
      // What was said before this order is no answer to it; at most one such answer is still on its way.
      notTakenCount = 0
      if (handing === null) {
        log.warn('the work is handed over to the other box', { peer: pair.config.peer })
        const [wasActing, wasLeased] = [mayAct(), pair.standing.leased]
        // From here on a restart stands by: whoever asked may count on it.
        pair.remember({ role: 'standby', leased: false })
        handing = { wasActing, wasLeased, done: life.endWork() }
      }
      await handing.done
      // Whoever was asked before and not taken at his word goes on himself.
      if (pair.standing.role === 'active') return refuse('STANDBY_ROLE', { role: 'this box has just taken its work back' })
      return { place: await life.journal.place(), at: rfc3339(clock.now()), turn: await life.journal.seal() }
    },
    stop() {
      stopped.abort()
      clearInterval(looking)
    },
  }
}
