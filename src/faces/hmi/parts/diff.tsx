/** Two texts, line by line: what went and what came, with a few lines around. */

const AROUND = 2

interface Line { readonly kind: 'same' | 'gone' | 'new'; readonly text: string; readonly at: number }

export function Diff({ before, after }: { readonly before: string; readonly after: string }) {
  const lines = differences(before.split('\n'), after.split('\n'))
  const shown = lines.filter((_, i) => lines.slice(Math.max(0, i - AROUND), i + AROUND + 1).some(({ kind }) => kind !== 'same'))
  return <pre class="diff" tabIndex={0}>{shown.map((line, i) => <span key={i} class={`diff-${line.kind}`}>{`${line.kind === 'gone' ? '−' : line.kind === 'new' ? '+' : ' '} ${line.text}\n`}</span>)}</pre>
}

/** What both begin and end with is the same; between, the longest common lines are looked for, which is enough for what a person edits by hand. */
export function differences(before: readonly string[], after: readonly string[]): Line[] {
  let head = 0
  while (head < before.length && head < after.length && before[head] === after[head]) head++
  let tail = 0
  while (tail < before.length - head && tail < after.length - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++
  const same = (text: string, at: number): Line => ({ kind: 'same', text, at })
  return [
    ...before.slice(0, head).map(same),
    ...middle(before.slice(head, before.length - tail), after.slice(head, after.length - tail)),
    ...after.slice(after.length - tail).map(same),
  ]
}

/** A text that was replaced as a whole is not compared line by line. */
const CELLS_MAX = 1_000_000

function middle(gone: readonly string[], come: readonly string[]): Line[] {
  if (gone.length * come.length > CELLS_MAX) return [...gone.map((text, at): Line => ({ kind: 'gone', text, at })), ...come.map((text, at): Line => ({ kind: 'new', text, at }))]
  const common = Array.from({ length: gone.length + 1 }, () => new Uint16Array(come.length + 1))
  for (let i = gone.length - 1; i >= 0; i--) for (let j = come.length - 1; j >= 0; j--) common[i]![j] = gone[i] === come[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!)
  const lines: Line[] = []
  let [i, j] = [0, 0]
  while (i < gone.length || j < come.length) {
    if (i < gone.length && j < come.length && gone[i] === come[j]) { lines.push({ kind: 'same', text: gone[i]!, at: i }); i++; j++ }
    else if (j >= come.length || (i < gone.length && common[i + 1]![j]! >= common[i]![j + 1]!)) { lines.push({ kind: 'gone', text: gone[i]!, at: i }); i++ }
    else { lines.push({ kind: 'new', text: come[j]!, at: j }); j++ }
  }
  return lines
}
