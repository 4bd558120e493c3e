/** Decimals as whole numbers over a power of ten, as nearly all PLC values are: 23.4 is 234 tenths. Found for single precision too, where 23.4 is really 23.399999618530273. */

export const EXPONENT_MAX = 9
export const POWERS: readonly number[] = Array.from({ length: EXPONENT_MAX + 1 }, (_, exponent) => 10 ** exponent)
/** A single has seven sure digits; more would dress noise up as a decimal. */
export const WHOLE_MAX_SINGLE = 1e7

/** What `wholeOf` gave, as it was. */
export const decimalOf = (whole: number, power: number, single: boolean): number => (single ? Math.fround(whole / power) : whole / power)

/** The whole number that gives the value back exactly; `null` for what is no such decimal, as -0, infinity, and what is no number. */
export function wholeOf(value: number, power: number, single: boolean, max: number): number | null {
  const whole = Math.round(value * power)
  return decimalOf(whole, power, single) === value && Math.abs(whole) <= max && !(whole === 0 && Object.is(value, -0)) ? whole : null
}
