/** What ends with whichever of two comes first, and is then forgotten by both. */

import type { Waking } from './clock.js'

// `AbortSignal.any` is not for signals that live long: in Node 20 a source remembers every signal that was made from it, for as long as it lives,
// which for a connection is months.

/** For a wait: `clock.wait(until, eitherOf(ended, bell))`. */
export function eitherOf(one: Waking, other: Waking): Waking {
  return {
    get aborted() { return one.aborted || other.aborted },
    addEventListener(type, wake) {
      one.addEventListener(type, wake)
      other.addEventListener(type, wake)
    },
    removeEventListener(type, wake) {
      one.removeEventListener(type, wake)
      other.removeEventListener(type, wake)
    },
  }
}

/** For work that wants a signal of its own; whoever ended it gives the reason. */
export async function withinBoth<T>(one: AbortSignal, other: AbortSignal, work: (over: AbortSignal) => Promise<T>): Promise<T> {
  const over = new AbortController()
  const ends = [one, other].map((signal) => ({ signal, end: () => { over.abort(signal.reason) } }))
  for (const { signal, end } of ends) {
    if (signal.aborted) end()
    else signal.addEventListener('abort', end)
  }
  try {
    return await work(over.signal)
  } finally {
    for (const { signal, end } of ends) signal.removeEventListener('abort', end)
  }
}
