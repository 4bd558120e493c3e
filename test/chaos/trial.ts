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
}

export const isSound = ({ wrong }: Outcome): boolean => Object.values(wrong).every((count) => count === 0)

/** Counts, and keeps the first words about each kind. */
export class Wrong<K extends string> {
  readonly counts: Record<K, number>
  readonly details: string[] = []

  constructor(...kinds: readonly K[]) { this.counts = Object.fromEntries(kinds.map((kind) => [kind, 0])) as Record<K, number> }

  is(kind: K, detail: string, count = 1): void {
    if (count === 0) return
    this.counts[kind] += count
    if (this.details.length < 20) this.details.push(`${kind}: ${detail}`)
  }
}
