/** The word that an active box lives on: the standby promises not to take over for a while, and the active box acts only as long as that holds. */

/*
 * Why two boxes never act at once. Let S stand by, A be active, and T be `silence`; each reads only its own clocks.
 *
 * 1. S promises T/2, counted from a stamp that A gave and S had before its newest answer came, at `answered`. So whatever promise reaches A,
 *    however late, over whatever detour, ends at the latest at `answered` + T/2.
 * 2. S takes over by itself at `answered` + T at the earliest, and never on an answer of an earlier life of its own. Between the two lies T/2, which is
 *    what the paces of the two clocks may differ by.
 * 3. S does so only when it *relies* on A: the answer to a promise said that A lives on it, which A had written down before it said so. A start of A, and
 *    a handover that it took back, keep that, so A is fenced until it is promised something anew.
 * 4. Before S says anything else than a promise, it relies on A no more; and A lets go of a promise only for the answer to its own newest stamp, while that is fresh.
 *    Promise, stamp and answer are one step of A. So a word that lay in a buffer changes nothing.
 * 5. What A begins, it begins while it may act, and with the time that is left: the promise's, or T/2 when it was promised nothing, because S would first have to
 *    begin to rely. Whoever writes to a PLC asks that limit again as the last thing before the bytes leave, by both clocks, so a write that waited,
 *    or slept, is not made. An order whose answer would come later is answered with STANDBY_UNSURE, and an upstream asks before every publication.
 * 6. On order, A ends its work before it says so, and takes it back only when S was heard to have given up, by words that are younger than the newest order.
 * 7. A that was released from the promise by a person, and meets a box that acts, stops until one of the two gives way: the one whose epoch the other went on from.
 *
 * What is left: bytes that were handed to the socket in time and travel late, and the instant between the last look at the clock and the call that hands them over. No follower can refuse these:
 * a PLC knows no epochs. An upstream can, since each fact says its epoch. What such a write did to a stack light stands until the light is written again, `again` later at most.
 * And a person who says `--force` or `release` of a box that is not off, or that comes back before it is heard, has decided otherwise.
 */

import type { Clock } from '../../base/clock.js'
import { type Instant, type Mono, type Ms, instant, mono, since, sinceMono } from '../../base/units.js'

/** A moment by both clocks: the monotonic one may stand still while the machine sleeps, and the wall clock may step back, but not both. */
interface Moment { readonly mono: Mono; readonly wall: Instant }

/** It counts from when the active box itself sent what the standby answers to, so nothing that is late on the way, and no box that slept, makes it longer. */
export interface Lease {
  /** To be sent with an answer, and to come back with the next beat. */
  stamp(): string
  /** A stamp came back with a promise. One that is not of this life promises nothing. */
  grant(stamp: string | null, ms: Ms): void
  /** Whether a stamp was given in this life, not longer ago than that. */
  isFresh(stamp: string | null, ms: Ms): boolean
  holds(): boolean
  /** For how long a write may still leave; 0 or less when it may not. */
  leftMs(): Ms
}

export function openLease(clock: Clock, life: string): Lease {
  let from: Moment | null = null
  let lastsMs: Ms = 0
  let stampsCount = 0

  const passedMs = (moment: Moment): Ms => Math.max(sinceMono(clock.mono(), moment.mono), since(clock.now(), moment.wall))
  function momentOf(stamp: string | null): Moment | null {
    const [of, atMono, atWall] = (stamp ?? '').split(' ')
    return of === life ? { mono: mono(Number(atMono)), wall: instant(Number(atWall)) } : null
  }

  const leftMs = (): Ms => (from === null ? 0 : lastsMs - passedMs(from))

  return {
    // Numbered, so that no two of one instant are taken for each other.
    stamp: () => `${life} ${clock.mono()} ${clock.now()} ${++stampsCount}`,
    isFresh(stamp, ms) {
      const moment = momentOf(stamp)
      return moment !== null && passedMs(moment) < ms
    },
    grant(stamp, ms) {
      const moment = momentOf(stamp)
      if (moment === null || ms - passedMs(moment) <= leftMs()) return
      from = moment
      lastsMs = ms
    },
    holds: () => leftMs() > 0,
    leftMs,
  }
}
