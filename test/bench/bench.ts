/** What a bench is: it measures something real and gives figures, each beside its target. */

export interface Figure {
  readonly figure: string
  readonly value: number
  readonly unit: string
  /** What was promised; `null` for a figure that only explains others. */
  readonly target: { readonly atMost: number } | { readonly atLeast: number } | null
}

export interface Bench {
  /** As in `make bench ONLY=…`; the file is called the same. */
  readonly name: string
  /** Programs to compare with, as npm names them with a version. They are installed for the run and never shipped. */
  readonly peers: readonly string[]
  /** The same out of packages of Debian, by their names: unpacked beside them, and not installed. */
  readonly packages?: readonly string[]
  /** What it measures happens on the gateway's own main thread: it runs under the flags that `bin/lineside` gives that. */
  readonly asGateway?: true
  /** Runs in a process of its own. */
  run(peers: Peers): Promise<readonly Figure[]>
}

export interface Peers {
  /** Loads one of them. */
  load(name: string): unknown
  /** Where they are installed, with a slash at the end. */
  readonly directory: string
}

export const isMet = ({ value, target }: Figure): boolean | null =>
  (target === null ? null : 'atMost' in target ? value <= target.atMost : value >= target.atLeast)

/** The middle one of an odd number of runs; a mean would let one disturbed run speak for all. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted[Math.floor(sorted.length / 2)]
  if (middle === undefined) throw new Error('a median of nothing')
  return middle
}

export const percentile = (values: readonly number[], share: number): number => {
  const value = [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))]
  if (value === undefined) throw new Error('a percentile of nothing')
  return value
}
