/** The word that an active box lives on: the standby promises not to take over for a while, and the active box writes only as long as that holds. */

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

  const passedMs = (moment: Moment): Ms => Math.max(sinceMono(clock.mono(), moment.mono), since(clock.now(), moment.wall))
  function momentOf(stamp: string | null): Moment | null {
    const [of, atMono, atWall] = (stamp ?? '').split(' ')
    return of === life ? { mono: mono(Number(atMono)), wall: instant(Number(atWall)) } : null
  }

  const leftMs = (): Ms => (from === null ? 0 : lastsMs - passedMs(from))

  return {
    stamp: () => `${life} ${clock.mono()} ${clock.now()}`,
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
