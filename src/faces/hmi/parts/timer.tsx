/** A running clock. It is a part of its own, so that a second that passes redraws the clock and nothing around it. */

import { now } from '../data/clock.js'
import { length, stopwatch } from '../words/words.js'

export function Timer({ since }: { readonly since: string }) {
  return <span class="timer">{stopwatch((now.value - Date.parse(since)) / 1_000)}</span>
}

export function Ago({ since }: { readonly since: string }) {
  return <span>{length((now.value - Date.parse(since)) / 1_000)}</span>
}
