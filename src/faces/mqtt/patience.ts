/** How long a lane waits: for the other side to get on with what was sent, and after a refusal until it tries again. */

import type { Chance } from '../../base/chance.js'
import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import { retryWaits } from '../../base/retry.js'
import { type Mono, type Ms, laterMono, sinceMono } from '../../base/units.js'

/** The longest wait between two attempts to get past a MES that takes nothing. */
const REWIND_MS_MAX: Ms = 300_000

export class Patience {
  readonly #clock: Clock
  readonly #chance: Chance
  readonly #msFirst: Ms
  #ms: Ms
  #progressAt: Mono
  #probes: Generator<Ms, never>
  #resumeAt: Mono | null = null
  #refusal: string | null = null

  /** `msFirst` is how long the first wait for progress is. */
  constructor({ clock, chance }: { readonly clock: Clock; readonly chance: Chance }, msFirst: Ms) {
    this.#clock = clock
    this.#chance = chance
    this.#msFirst = msFirst
    this.#ms = msFirst
    this.#progressAt = clock.mono()
    this.#probes = this.#newProbes()
  }

  /** Nothing is sent now, because it was refused a moment ago. */
  get isHeld(): boolean { return this.#resumeAt !== null }
  /** Why the last was refused, until something arrives. */
  get refusal(): string | null { return this.#refusal }

  /** What is waited for is waited for from now on. */
  restart(): void { this.#progressAt = this.#clock.mono() }

  /** Something arrived, or the connection is a new one: what was refused and waited for before counts no more. */
  renew(): void {
    this.restart()
    this.#ms = this.#msFirst
    this.#refusal = null
    this.#resumeAt = null
    this.#probes = this.#newProbes()
  }

  /** Nothing is sent for a while, ever longer, and for long at once where only a person can change it. Returns for how long. */
  hold(meaning: string, isForbidden: boolean): Ms {
    const waitMs = isForbidden ? limits.upstreamProbeMsMax : this.#probes.next().value
    this.#refusal = meaning
    this.#resumeAt = laterMono(this.#clock.mono(), waitMs)
    return waitMs
  }

  /** Ends a hold whose time has come. True when what is under way was waited for long enough and is to be sent again. */
  ranOut(isUnderWay: boolean): boolean {
    const now = this.#clock.mono()
    if (this.#resumeAt !== null && sinceMono(now, this.#resumeAt) >= 0) this.#resumeAt = null
    if (!isUnderWay || sinceMono(now, this.#progressAt) < this.#ms) return false
    // A MES that is away gets what we have ever more rarely, so that the queue of the broker does not fill with copies.
    this.#ms = Math.min(2 * this.#ms, REWIND_MS_MAX)
    return true
  }

  /** When to look again. */
  nextLook(isUnderWay: boolean): Mono {
    const looks = [laterMono(this.#clock.mono(), limits.upstreamPollMs)]
    if (this.#resumeAt !== null) looks.push(this.#resumeAt)
    if (isUnderWay) looks.push(laterMono(this.#progressAt, this.#ms))
    return looks.reduce((first, look) => (look < first ? look : first))
  }

  #newProbes(): Generator<Ms, never> {
    return retryWaits({ waitMsFirst: limits.upstreamProbeMsFirst, waitMsMax: limits.upstreamProbeMsMax, jitter: 0.2 }, this.#chance)
  }
}
