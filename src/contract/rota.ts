/** Which production days a shift pattern works, and with which crew: by weekdays, or by a rota that goes round in days of its own. */

import type { Calendar } from './config.js'
import { weekdays } from './kinds.js'

type Pattern = Calendar['shifts'][number]

/** Days since 1970-01-01, which was a Thursday. */
export const dayNumberOf = (date: string): number => Date.parse(`${date}T00:00:00Z`) / 86_400_000

/** It works on a production day, dates of validity aside; a rota and weekdays must both say so. */
export function worksOn(pattern: Pattern, dayNumber: number): boolean {
  return pattern.days.includes(weekdays[around(dayNumber + 3, 7)]!) && (pattern.rota === undefined || turnOf(pattern.rota, dayNumber) !== null)
}

/** Who works it on that day. */
export const crewOn = ({ crew, rota }: Pattern, dayNumber: number): string | null => (rota === undefined ? crew ?? null : turnOf(rota, dayNumber))

/** After so many days everything that the patterns do comes again. */
export const periodOf = (...patterns: readonly Pattern[]): number => patterns.map(({ rota }) => rota?.crews.length ?? 1).reduce(leastMultiple, 7)

/** The rota goes round in both directions: days before the one it is told from have their turn too. */
const turnOf = ({ from, crews }: NonNullable<Pattern['rota']>, dayNumber: number): string | null => crews[around(dayNumber - dayNumberOf(from), crews.length)]!

const around = (count: number, length: number): number => ((count % length) + length) % length
const greatestDivisor = (a: number, b: number): number => (b === 0 ? a : greatestDivisor(b, a % b))
const leastMultiple = (a: number, b: number): number => (a / greatestDivisor(a, b)) * b
