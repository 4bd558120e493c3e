/** What we believe. A broken belief ends the process: the journal is intact, and a restart replays. */

export class BrokenBelief extends Error {
  override readonly name = 'BrokenBelief'
}

export function assert(belief: boolean, sentence: string): asserts belief {
  if (!belief) throw new BrokenBelief(sentence)
}

/** The value, which must be there. */
export function given<T>(value: T | null | undefined, what: string): T {
  if (value === null || value === undefined) throw new BrokenBelief(`${what} is missing`)
  return value
}

/** Closes a switch over a union: a new member is a compile error here. */
export function never(value: never): never {
  throw new BrokenBelief(`nobody expected ${JSON.stringify(value)}`)
}
