/** A button for what cannot be taken back: the first press asks, the second within a moment does it. */

import { useEffect, useState } from 'preact/hooks'
import { words } from '../words/words.js'

const ASKS_MS = 4_000

export function Sure({ says, run }: { readonly says: string; readonly run: () => void }) {
  const [isAsking, setAsking] = useState(false)
  useEffect(() => {
    if (!isAsking) return
    const timer = setTimeout(() => { setAsking(false) }, ASKS_MS)
    return () => { clearTimeout(timer) }
  }, [isAsking])
  return <button type="button" class={isAsking ? 'button sure' : 'button'} onClick={() => { if (isAsking) run(); setAsking(!isAsking) }}>{isAsking ? words.value.tokens.really(says) : says}</button>
}
