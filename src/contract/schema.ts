/** The building blocks of every schema: codes, instants, durations, ratios. Schema first, type from it. */

import { z } from 'zod'
import { limits } from '../base/limits.js'
import { type Instant, bytesOf, durationOf, instantOf } from '../base/units.js'

export { z }

/** Names that stand in topics, URLs and SQL alike: letters, digits, dot, dash, underscore. */
export const code = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, 'letters, digits, ".", "-" and "_", at most 64')
export const gatewayId = z.string().regex(/^[a-z0-9][a-z0-9-]{0,31}$/, 'lower-case letters, digits and "-", at most 32')
export const uuid = z.uuid()
/** A line is named by its UUID or its code. */
export const lineRef = z.string().min(1).max(64)

/** What every object answers to is no name for a job or a person: they are found by it. */
export const isName = (text: string): boolean => !(text in {})
export const jobId = z.string().min(1).max(64).refine(isName, 'another name')

/** In files and on the wire an instant is text; inside it is a number. */
export const instantText = z.string().refine((text) => instantOf(text) !== null, 'an RFC 3339 instant with an offset, like 2026-03-29T01:00:00.000Z').meta({ format: 'date-time' })
/** Inside the house and in the journal: integer milliseconds UTC. */
export const instantMs = z.int().transform((ms) => ms as Instant) as unknown as z.ZodType<Instant, number>

/** A number without its unit is a likely mistake, so the sentence says what is wanted there too. */
const quantity = (sentence: string) => z.string({ error: (issue) => (issue.input === undefined ? undefined : sentence) })

const DURATION = 'a duration like 100ms, 1.5s, 5m, 12h or 30d'
const durationText = quantity(DURATION).refine((text) => durationOf(text) !== null, DURATION)
/** Whole milliseconds, as instants are. */
export const duration = durationText.transform((text) => Math.round(durationOf(text)!)).meta({ examples: ['100ms', '5m'] })
/** Of one part or cycle: many of them are added up, so its fraction counts. */
export const cycleTime = durationText.transform((text) => durationOf(text)!).meta({ examples: ['500ms', '1.5s'] })
const SIZE = 'a size like 64MB or 2GiB'
export const bytes = quantity(SIZE)
  .refine((text) => bytesOf(text) !== null, SIZE)
  .transform((text) => bytesOf(text)!)
  .meta({ examples: ['64MB', '2GiB'] })

/** A fraction, never clamped; `null` when it is undefined. */
export const ratio = z.number().nullable()
export const parts = z.number()
/** Parts as a person enters them: beyond any counter of 32 bits somebody leaned on a key, and sums would not stay numbers. */
export const partsEntered = z.number().min(-limits.partsEnteredMax).max(limits.partsEnteredMax)
export const seconds = z.number()
export const text = z.string().max(2_000)
export const shortText = z.string().min(1).max(200)
