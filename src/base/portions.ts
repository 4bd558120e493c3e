/** Long work that can be put down wherever it yields and taken up again, so that a thread on which others wait is never held for all of it. */

import { breather } from './breath.js'

/** Gives what it works out when it is over. Nothing of it may be told before. */
export type Portions<T> = Generator<void, T, void>

/** All of it at once, for whoever waits for nothing else. */
export function atOnce<T>(work: Portions<T>): T {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
  }
}

/** Lets others have their turn in between. What is over within its first portion makes nobody wait. */
export async function inTurns<T>(work: Portions<T>, breathe: () => Promise<void> = breather()): Promise<T> {
  for (;;) {
    const step = work.next()
    if (step.done === true) return step.value
    await breathe()
  }
}
