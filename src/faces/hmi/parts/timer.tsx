/** Running clocks. Each writes its own text, so that a second that passes draws nothing else again. */

import { now } from '../data/clock.js'
import { length, stopwatch } from '../words/words.js'
import { useText } from './text.js'

export function Timer({ since }: { readonly since: string }) {
  return <span class="timer"><span class="cell">{useText(() => stopwatch((now.value - Date.parse(since)) / 1_000), since)}</span></span>
}

export function Ago({ since }: { readonly since: string }) {
  return <span>{useText(() => length((now.value - Date.parse(since)) / 1_000), since)}</span>
}
