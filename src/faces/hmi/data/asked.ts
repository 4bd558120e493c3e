/** Answers of the gateway for as long as a view shows them; asked again when something has changed. */

import { signal } from '@preact/signals'
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import type { AskName, DataOf, ParamsOf, QueryOf } from '../../../contract/endpoints/table.js'
import { Refused, ask } from './client.js'
import { language } from '../words/words.js'
import { isUp } from './live.js'
import { changes } from './store.js'

export interface Asked<T> {
  /** The newest answer; an older one stays while the next is on its way. */
  readonly data: T | null
  readonly refusal: Refused | null
}

/** How many views wait for their first answer. */
export const waitingViews = signal(0)

/** `again`: also ask when a fact came in, at most every two seconds. `null` parameters: nothing is to be asked yet. */
export function useAsk<N extends AskName>(name: N, params: ParamsOf<N> | null, query: Partial<QueryOf<N>> = {}, again = false): Asked<DataOf<N>> {
  const [asked, setAsked] = useState<Asked<DataOf<N>>>({ data: null, refusal: null })
  // What the gateway says in words it says in the language of the screen.
  const key = params === null ? null : JSON.stringify([name, params, query, language.value])
  const last = useRef({ key: '', at: 0 })
  const version = again ? changes.value : 0
  const up = isUp.value
  const isWaiting = key !== null && asked.data === null && asked.refusal === null
  // Before the first picture, so that no view passes for complete in between.
  useLayoutEffect(() => {
    if (!isWaiting) return
    waitingViews.value++
    return () => { waitingViews.value-- }
  }, [isWaiting])
  useEffect(() => {
    if (key === null || params === null) return
    let isOver = false
    const isOther = last.current.key !== key
    if (isOther) setAsked({ data: null, refusal: null })
    const timer = setTimeout(() => {
      last.current = { key, at: performance.now() }
      ask(name, params, query).then(
        (data) => { if (!isOver) setAsked({ data, refusal: null }) },
        (thrown: unknown) => { if (!isOver && thrown instanceof Refused) setAsked({ data: null, refusal: thrown }) },
      )
    }, isOther ? 0 : Math.max(50, 2_000 - (performance.now() - last.current.at)))
    return () => { isOver = true; clearTimeout(timer) }
  }, [key, version, up])
  return asked
}
