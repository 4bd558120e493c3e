/** Whether the box behind this screen works or stands by: what a standby shows is a copy, and must not pass for live. */

import { computed, effect, signal } from '@preact/signals'
import type { StandbyState } from '../../../contract/standby.js'
import { ask } from './client.js'
import { copiedFor } from './clock.js'
import { isUp } from './live.js'

/** What the box last said of the pair; `null` before it has. */
export const standing = signal<StandbyState | null>(null)
/** Everything here is a copy of another box's. */
export const isCopy = computed(() => standing.value?.role === 'standby')

/** It has said so since the link last stood: a box that comes back may have changed its role, and until it has been asked nothing passes for live. */
export const isKnown = signal(false)

/** One of two boxes may change its role at any time, and the age of a copy grows without a word. */
const AGAIN_MS = 2_000
const UNKNOWN_AGAIN_MS = 250

/** Throws `Refused` or `Unreachable`. */
export async function learnStanding(): Promise<void> {
  const state = await ask('standby', {})
  standing.value = state
  isKnown.value = true
  copiedFor(state.role === 'standby' ? state.behind_seconds ?? Number.POSITIVE_INFINITY : null)
}

/** Asks anew for every connection, and again and again while there is a second box. There is no end but the page's. */
export function watchStanding(): void {
  let timer: ReturnType<typeof setTimeout> | undefined
  const look = async (): Promise<void> => {
    clearTimeout(timer)
    // A question without an answer belongs to a link or a session that has ended, which says so by itself.
    await learnStanding().catch(() => undefined)
    if (isUp.peek() && (!isKnown.peek() || standing.peek()?.role !== 'alone')) timer = setTimeout(() => { void look() }, isKnown.peek() ? AGAIN_MS : UNKNOWN_AGAIN_MS)
  }
  effect(() => {
    if (isUp.value) void look()
    else isKnown.value = false
  })
}
