/** How a value went, small enough for a line of a table: from its least to its largest mean, with a gap where nobody knows it. The figures beside it say the rest. */

export function Spark({ values }: { readonly values: readonly (number | null)[] }) {
  const known = values.filter((value) => value !== null)
  const [least, largest] = [Math.min(...known), Math.max(...known)]
  const heightOf = (value: number): number => (largest === least ? HEIGHT / 2 : HEIGHT - ((value - least) / (largest - least)) * HEIGHT)
  return <svg class="spark" viewBox={`0 -1 ${values.length} ${HEIGHT + 2}`} preserveAspectRatio="none" aria-hidden="true"><path d={values.map((value, i) => stepAt(i, value, i === 0 || values[i - 1] === null, heightOf)).join('')} /></svg>
}

const HEIGHT = 20

/** A mean holds for the whole of its part, so it is a step and no point. */
const stepAt = (i: number, value: number | null, isFirst: boolean, heightOf: (value: number) => number): string => (value === null ? '' : `${isFirst ? `M${i} ` : 'V'}${heightOf(value).toFixed(1)}H${i + 1}`)
