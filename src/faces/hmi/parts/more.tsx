/** A long list, a page at a time: what is not shown yet is counted, not hidden. */

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { number, words } from '../words/words.js'

const PAGE = 50

export function Paged<T>({ of, row }: { readonly of: readonly T[]; readonly row: (one: T) => ComponentChildren }) {
  const [count, setCount] = useState(PAGE)
  const left = of.length - count
  return (
    <>
      {of.slice(0, count).map(row)}
      {left > 0 ? <tr><td colSpan={99}><button type="button" class="button" onClick={() => { setCount(count + 4 * PAGE) }}>{words.value.explain.more(number(left))}</button></td></tr> : null}
    </>
  )
}
