/** Keeps one crew alive: builds its house, hears its heartbeat, ends it when it hangs, builds it again. */

import type { Chance } from '../base/chance.js'
import type { Clock } from '../base/clock.js'
import { limits } from '../base/limits.js'
import type { Log } from '../base/log.js'
import { retryWaits } from '../base/retry.js'
import { type Mono, laterMono, mono, sinceMono } from '../base/units.js'
import type { FaultCode } from '../contract/faults.js'
import { type House, type Housing, build } from './housing.js'
import type { FromCrew, ToCrew } from './parcel.js'

export interface WardParts {
  readonly clock: Clock
  readonly chance: Chance
  readonly log: Log
  readonly housing: Housing
  /** Of the thread pool of a process. */
  readonly poolThreadsCount: number
  /** The first message to every new crew. */
  readonly start: ToCrew
  readonly onMessage: (message: FromCrew) => void
  /** The crew is gone and will be started again. Not called after `stop`. */
  readonly onEnd: (fault: Extract<FaultCode, 'DRIVER_CRASHED' | 'DRIVER_HUNG'>) => void
}

export interface Ward {
  /** False when there is no crew to tell. */
  tell(message: ToCrew): boolean
  stop(): Promise<void>
}

export function startWard(parts: WardParts): Ward {
  const { clock, chance, log, housing, poolThreadsCount, start, onMessage, onEnd } = parts
  const stopping = new AbortController()
  let house: House | null = null

  const live = async (): Promise<void> => {
    const rule = { waitMsFirst: limits.crewRestartMsFirst, waitMsMax: limits.crewRestartMsMax, jitter: 0.2 }
    let waits = retryWaits(rule, chance)
    while (!stopping.signal.aborted) {
      const begun = clock.mono()
      let heard: Mono | null = null
      const own = house = build(housing, {
        poolThreadsCount, log,
        onMessage(message) {
          if (message.kind === 'health') heard = clock.mono()
          onMessage(message)
        },
      })
      own.tell(start)
      const hung = await fellSilent(() => heard === null ? laterMono(begun, limits.crewStartMs) : laterMono(heard, limits.crewSilentMs), clock, own.ended, stopping.signal)
      if (hung) own.end()
      await own.ended
      house = null
      if (stopping.signal.aborted) return
      onEnd(hung ? 'DRIVER_HUNG' : 'DRIVER_CRASHED')
      if (sinceMono(clock.mono(), begun) >= limits.goodMsToForgive) waits = retryWaits(rule, chance)
      const waitMs = waits.next().value
      log.warn(`driver ${housing} is started again`, { waitMs: Math.round(waitMs) })
      await clock.wait(laterMono(clock.mono(), waitMs), stopping.signal)
    }
  }
  const life = live()

  return {
    tell: (message) => house?.tell(message) ?? false,
    async stop() {
      stopping.abort()
      house?.end()
      await life
    },
  }
}

/** Resolves with true when the crew has been silent for too long, and with false when it has ended. */
async function fellSilent(due: () => Mono, clock: Clock, ended: Promise<unknown>, stopping: AbortSignal): Promise<boolean> {
  const over = new AbortController()
  const end = (): void => { over.abort() }
  void ended.then(end)
  stopping.addEventListener('abort', end, { once: true })
  while (!over.signal.aborted) {
    // What is due comes nearer once it has been heard, so a long wait is not slept through.
    await clock.wait(mono(Math.min(due(), laterMono(clock.mono(), limits.crewSilentMs))), over.signal)
    if (over.signal.aborted || clock.mono() < due()) continue
    // When it was us who were held up, or the whole machine, what the crew has to say is still to come in, or to be said: a beat is enough for both.
    await clock.wait(laterMono(clock.mono(), limits.crewBeatMs), over.signal)
    if (!over.signal.aborted && clock.mono() >= due()) return true
  }
  return false
}
