/** Leaving a shared station: a person who touches nothing for a while is signed off, and what they entered stays theirs. */

import { signal } from '@preact/signals'
import type { WhoAmI } from '../../../contract/session.js'
import { Refused, signOff, signOn, stay, whoAmI } from './client.js'
import { flush } from './outbox.js'
import { keep, kept, person } from './person.js'

/** The pad for the PIN is open. */
export const isPadOpen = signal(false)

/** How often the gateway is told that somebody is still there; it forgets them by itself long after that. */
const STAY_MS = 30_000
/** The screen leaves a little before the gateway does, so that no tap meets a refusal. */
const AHEAD_MS = 5_000

let touchedAt = performance.now()
let toldAt = 0

export function watchAway(): void {
  for (const event of ['pointerdown', 'keydown'] as const) addEventListener(event, touched, { passive: true, capture: true })
  setInterval(() => {
    const who = person.value
    if (isSignedOn() && performance.now() - touchedAt > who!.away_seconds * 1_000 - AHEAD_MS) void leave()
  }, 500)
}

const isSignedOn = (): boolean => person.value !== null && person.value !== undefined && person.value.person !== null

function touched(): void {
  touchedAt = performance.now()
  if (!isSignedOn() || touchedAt - toldAt < STAY_MS) return
  toldAt = touchedAt
  // Without a link nothing is prolonged; the gateway says so with the next answer.
  stay().then((who) => { if (isSignedOn()) person.value = who }, () => undefined)
}

/** Throws `Refused` or `Unreachable`. */
export async function arrive(name: string, pin: string): Promise<void> {
  person.value = await signOn(name, pin)
  touchedAt = toldAt = performance.now()
  isPadOpen.value = false
  void flush()
}

export async function leave(): Promise<void> {
  const who = person.value
  if (who === null || who === undefined) return
  try {
    person.value = await signOff()
  } catch (thrown) {
    if (thrown instanceof Refused && thrown.code === 'UNAUTHENTICATED') person.value = null
    else {
      // The gateway could not be told, and does not say what the station may do; until it does, nobody acts under a name that has left.
      keep(LEFT, 'left')
      person.value = { ...who, name: who.station, person: null, permissions: ['view'] }
    }
  }
}

const LEFT = 'left'

/** Who works here, as the gateway knows it; it first hears of a leave that it has missed, also after a reload. */
export async function whoIsHere(): Promise<WhoAmI> {
  if (kept(LEFT) !== 'left') return whoAmI()
  const who = await signOff()
  keep(LEFT, '')
  return who
}
