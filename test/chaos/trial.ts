/** What every trial is: something is thrown at a part by seed, and what came out wrong is counted. */

export interface Trial {
  readonly name: string
  /** How often, at length; a short run gives its own number. */
  readonly count: number
  run(seed: number, count: number, goesOn?: GoesOn): Promise<Outcome>
}

/** A long trial says how far it has got; told no, it ends there when it can, and its outcome says how far that was. */
export type GoesOn = (done: number) => boolean

export interface Outcome {
  /** What was thrown, in words that a table can hold: `200 power cuts, 41,230 facts`. */
  readonly thrown: string
  /** By what it is; all of them must be 0. */
  readonly wrong: Readonly<Record<string, number>>
  /** Said only when it is not in order: the seed tells the rest. */
  readonly details: readonly string[]
  /** What was measured, a line each; said always. */
  readonly figures?: readonly string[]
}

export const isSound = ({ wrong }: Outcome): boolean => Object.values(wrong).every((count) => count === 0)

/** Counts, and keeps the first words about each kind; of those that are alike only a few, so that one mishap that comes a thousand times hides no other. */
export class Wrong<K extends string> {
  readonly counts: Record<K, number>
  readonly details: string[] = []
  readonly #kept = new Map<string, number>()

  constructor(...kinds: readonly K[]) { this.counts = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<K, number> }

  is(kind: K, detail: string, count = 1, like = ''): void {
    if (count === 0) return
    this.counts[kind] += count
    if (this.#isNew(kind, KIND_MAX) && (like === '' || this.#isNew(`${kind}: ${like}`, LIKE_MAX))) this.details.push(`${kind}: ${detail}`)
  }

  /** Whether there were fewer of it than that. */
  #isNew(what: string, most: number): boolean {
    const kept = this.#kept.get(what) ?? 0
    this.#kept.set(what, kept + 1)
    return kept < most
  }
}

const KIND_MAX = 30
const LIKE_MAX = 3
