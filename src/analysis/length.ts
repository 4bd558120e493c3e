/** Lengths of time in a sentence, as exact as a person needs them. */

import type { Ms } from '../base/units.js'

/** `12 ms`, `3.4 s`, `5 min`, `4 h`, `3 d`; `number` writes a fraction as the reader does. */
export function lengthOf(ms: Ms, number: (value: number, digits: number) => string = (value, digits) => value.toFixed(digits)): string {
  if (ms < 1_000) return `${Math.round(ms)} ms`
  if (ms < 120_000) return `${number(ms / 1_000, Math.round(ms / 100) % 10 === 0 ? 0 : 1)} s`
  if (ms < 7_200_000) return `${Math.round(ms / 60_000)} min`
  return ms < 172_800_000 ? `${Math.round(ms / 3_600_000)} h` : `${Math.round(ms / 86_400_000)} d`
}
