/** How large a finger is on this screen: targets are fifteen millimetres on the panel that was said to be here. */

import { signal } from '@preact/signals'
import { keep, kept } from './person.js'

/** Diagonals of panels that are built into machines, in inches. */
export const diagonals = [7, 10, 12, 15, 19, 22] as const

const TOUCH_MM = 15
const MM_PER_INCH = 25.4

/** `null` while nobody has said: then the styles' own size holds, which is fifteen millimetres on 15 inches of 1024×768. */
export const diagonal = signal(read())

/** What the address says, then what was chosen here. */
function read(): number | null {
  const inches = Number(new URLSearchParams(location.search).get('panel') ?? kept('panel') ?? Number.NaN)
  return inches >= 3 && inches <= 120 ? inches : null
}

export function setDiagonal(inches: number): void {
  diagonal.value = inches
  fitTouch()
}

/** Tells the styles; to be called at the start and whenever the window changes. */
export function fitTouch(): void {
  if (diagonal.value === null) return
  keep('panel', String(diagonal.value))
  const px = Math.ceil(TOUCH_MM * Math.hypot(innerWidth, innerHeight) / (diagonal.value * MM_PER_INCH))
  document.documentElement.style.setProperty('--touch', `max(3.5rem, ${px}px)`)
}
