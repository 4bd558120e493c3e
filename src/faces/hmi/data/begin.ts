/** Starts what every screen needs: the session, the link, what waits to be sent, and the look-out for a newer build. */

import { signal } from '@preact/signals'
import { watchAway, whoIsHere } from './away.js'
import { Refused, servedBuild } from './client.js'
import { startLive } from './live.js'
import { flush, waitingCount } from './outbox.js'
import { person } from './person.js'
import { learnStanding, watchStanding } from './standby.js'

/** The gateway serves newer screens than this one. */
export const isOld = signal(false)

const LOOK_MS = 60_000
/** A person who has touched nothing for so long is not in the middle of something. */
const IDLE_MS = 60_000
const RETRY_MS = 2_000

let touchedAt = performance.now()

export async function begin(): Promise<void> {
  for (const event of ['pointerdown', 'keydown'] as const) addEventListener(event, () => { touchedAt = performance.now() }, { passive: true })
  setInterval(() => { void lookForNewer() }, LOOK_MS)
  watchAway()
  await identify()
}

let isStarted = false

/** Asks who works here until there is an answer, then opens the link. */
export async function identify(): Promise<void> {
  try {
    // Both before anything is shown: a copy never passes for live, not for a moment.
    const [who] = await Promise.all([whoIsHere(), isStarted ? null : learnStanding()])
    person.value = who
    if (!isStarted) {
      isStarted = true
      watchStanding()
      startLive({ opened: () => { void recheck().then(flush); void lookForNewer() }, unauthenticated: () => { void recheck() } })
    }
    void flush()
  } catch (thrown) {
    if (thrown instanceof Refused && thrown.code === 'UNAUTHENTICATED') person.value = null
    else setTimeout(() => { void identify() }, RETRY_MS)
  }
}

/** A socket was refused: either the link is broken, which the next try shows, or the session has ended. */
async function recheck(): Promise<void> {
  try {
    person.value = await whoIsHere()
  } catch (thrown) {
    if (thrown instanceof Refused && thrown.code === 'UNAUTHENTICATED') person.value = null
  }
}

/** After an upgrade of the gateway the screen loads itself anew, but never under somebody's hands. */
async function lookForNewer(): Promise<void> {
  const own = document.querySelector<HTMLMetaElement>('meta[name=build]')?.content ?? ''
  try {
    isOld.value = await servedBuild() !== own
  } catch {
    return
  }
  if (isOld.value && performance.now() - touchedAt > IDLE_MS && waitingCount.value === 0) location.reload()
}
