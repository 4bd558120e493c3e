/** The gateway's clock, as far as this screen can know it: it stands still as soon as the gateway is silent. */

import { signal } from '@preact/signals'

/** Milliseconds UTC of the gateway; whole seconds, so that what shows it changes once a second. */
export const now = signal(0)
/** Since when, by the gateway's clock, nothing was heard; `null` while the screen is live. */
export const frozenSince = signal<number | null>(null)

/** Silence after which nothing on the screen may pass for live any more. Two heartbeats of the gateway are longer. */
export const SILENT_MS = 3_000
/** Silence after which the screen asks whether anybody is there. */
export const ASK_MS = 1_000

let heardAt = -Infinity
let gatewayAt = 0

/** Something came from the gateway, which said it at this time of its own. */
export function heard(timestamp: string): void {
  const at = Date.parse(timestamp)
  // Messages may overtake each other by a turn; the clock never runs backwards for that, but it follows a step of the gateway's.
  if (at >= gatewayAt || gatewayAt - at > 2_000) gatewayAt = at
  heardAt = performance.now()
  frozenSince.value = null
  tick()
}

export const silentMs = (): number => performance.now() - heardAt

/** The link is known to be gone; there is no need to wait for the silence. */
export function freeze(): void {
  if (gatewayAt > 0 && frozenSince.value === null) frozenSince.value = gatewayAt
}

/** To be called a few times a second. */
export function tick(): void {
  if (gatewayAt === 0) return
  if (silentMs() >= SILENT_MS) { freeze(); return }
  if (frozenSince.value !== null) return
  const at = gatewayAt + silentMs()
  if (Math.floor(at / 1_000) !== Math.floor(now.value / 1_000)) now.value = at
}
