/** The gateway's clock, as far as this screen can know it: it stands still as soon as the gateway is silent. */

import { signal } from '@preact/signals'

/** Milliseconds UTC of the gateway; whole seconds, so that what shows it changes once a second. */
export const now = signal(0)
/** Since when, by the gateway's clock, nothing was heard; `null` while the screen is live. */
export const frozenSince = signal<number | null>(null)
/** How old, in whole seconds, the copy is that a standby shows; infinite before it has one, `null` where nothing is a copy. */
export const copyAge = signal<number | null>(null)

/** Silence after which nothing on the screen may pass for live any more. Two heartbeats of the gateway are longer. */
export const SILENT_MS = 3_000
/** Silence after which the screen asks whether anybody is there. */
export const ASK_MS = 1_000

let heardAt = -Infinity
let gatewayAt = 0
/** How old the copy on the screen was when its box said so; `null` where it is no copy. */
let copy: { readonly ageMs: number; readonly saidAt: number } | null = null

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

/** A standby says how old its copy is, in seconds: the clock stands at what it shows. `null`: what is shown is the gateway's own. */
export function copiedFor(ageSeconds: number | null): void {
  copy = ageSeconds === null ? null : { ageMs: ageSeconds * 1_000, saidAt: performance.now() }
  tick()
}

/** To be called a few times a second. */
export function tick(): void {
  const ageMs = copy === null ? 0 : copy.ageMs + performance.now() - copy.saidAt
  copyAge.value = copy === null ? null : Math.floor(ageMs / 1_000)
  if (gatewayAt === 0) return
  if (silentMs() >= SILENT_MS) { freeze(); return }
  if (frozenSince.value !== null) return
  const at = Math.max(0, gatewayAt + silentMs() - ageMs)
  // The age comes with a delay that is never the same; a clock that stands does not tremble with it.
  if (copy !== null && Math.abs(at - now.value) < 1_000) return
  if (Math.floor(at / 1_000) !== Math.floor(now.value / 1_000)) now.value = at
}
