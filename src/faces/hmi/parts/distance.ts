/** How large letters must be to be read from afar: capitals of a 170th of the distance, which is 20 minutes of arc (ISO 9241-303, NUREG-0700). */

/** Height of a capital of Inter, in em. */
const CAPITAL_EM = 0.727
const GOOD = 1 / 170
const LEAST = 1 / 200
const MM_PER_INCH = 25.4

export interface Seen {
  /** Screen diagonal in inches and reading distance in metres. */
  readonly diagonal: number
  readonly distance: number
  /** CSS pixels of the window, which is taken to fill the screen. */
  readonly width: number
  readonly height: number
}

/** Font sizes in CSS pixels: `good` is pleasant to read, below `least` it cannot be relied on. */
export function fontSizes({ diagonal, distance, width, height }: Seen): { readonly good: number; readonly least: number } {
  const pxPerMm = Math.hypot(width, height) / (diagonal * MM_PER_INCH)
  const font = (share: number): number => distance * 1_000 * share / CAPITAL_EM * pxPerMm
  return { good: font(GOOD), least: font(LEAST) }
}
