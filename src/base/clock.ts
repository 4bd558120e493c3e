/** Time as an argument: the two clocks, and the only place that waits for one. */

import { type Instant, type Mono, instant, mono } from './units.js'

export interface Clock {
  /** The wall clock. May step; never use it for durations. */
  now(): Instant
  /** The monotonic clock. Never steps. */
  mono(): Mono
  /** Resolves at `until`, at once when that is past, or as soon as `signal` aborts. Never rejects. */
  wait(until: Mono, signal?: Waking): Promise<void>
}

/** What ends a wait early: an AbortSignal, or a `Bell`. */
export interface Waking {
  readonly aborted: boolean
  addEventListener(type: 'abort', wake: () => void): void
  removeEventListener(type: 'abort', wake: () => void): void
}

export const systemClock: Clock = {
  now: () => Date.now() as Instant,
  mono: () => mono(performance.now()),
  async wait(until, signal) {
    // libuv rounds timers to whole milliseconds and may fire early, so look again after each sleep.
    for (let left = until - performance.now(); left > 0; left = until - performance.now()) {
      if (signal?.aborted) return
      await slept(Math.ceil(left), signal)
    }
  },
}

/** Waking early is the ordinary thing here, so it is no error: making one, with its stack, would cost more than a turn. */
function slept(ms: number, signal: Waking | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = (): void => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', wake)
      resolve()
    }
    const timer = setTimeout(wake, ms)
    signal?.addEventListener('abort', wake)
  })
}

/** A clock that stands still until it is told to advance. */
export interface ManualClock extends Clock {
  /** Moves both clocks on, waking the waits that fall due, in order. */
  advance(ms: number): Promise<void>
  /** Steps the wall clock alone, as NTP or a person does. */
  step(ms: number): void
}

export function manualClock(start: Instant): ManualClock {
  let wall: number = start
  let monoMs = 0
  const waits: { until: number; wake: () => void }[] = []
  const settle = () => new Promise<void>((done) => setImmediate(done))
  return {
    now: () => instant(wall),
    mono: () => mono(monoMs),
    wait(until, signal) {
      if (until <= monoMs || signal?.aborted) return Promise.resolve()
      return new Promise((wake) => {
        const give = (): void => {
          // A bell rings more than once; a wait that is over must not take another with it.
          signal?.removeEventListener('abort', give)
          waits.splice(waits.indexOf(wait), 1)
          wake()
        }
        const wait = { until, wake: () => { signal?.removeEventListener('abort', give); wake() } }
        waits.push(wait)
        signal?.addEventListener('abort', give)
      })
    },
    async advance(ms) {
      const end = monoMs + ms
      for (;;) {
        await settle()
        const due = waits.filter((wait) => wait.until <= end).sort((a, b) => a.until - b.until)[0]
        if (due === undefined) break
        waits.splice(waits.indexOf(due), 1)
        wall += due.until - monoMs
        monoMs = due.until
        due.wake()
      }
      wall += end - monoMs
      monoMs = end
      await settle()
    },
    step(ms) { wall += ms },
  }
}
