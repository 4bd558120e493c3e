/** The box that the gateway runs on, as whoever maintains it sees it: what is stored, what ends, what was logged. */

import { instantText, z } from './schema.js'

const bytes = z.number().describe('bytes')

export const certificate = z.strictObject({
  of: z.string().describe('who shows it or trusts it: `server`, or an upstream'), subject: z.string(), ends_at: instantText.nullable(), days_left: z.number().nullable(),
  trouble: z.string().nullable().describe('why it could not be read'),
})
export type Certificate = z.output<typeof certificate>

export const box = z.strictObject({
  gateway: z.string(), version: z.string(), node: z.string(), system: z.string(), config: z.int(), up_since: instantText,
  memory_bytes: bytes, disk: z.strictObject({ free_bytes: bytes, total_bytes: bytes }).nullable().describe('of the file system with the data; null where it does not tell'),
  storage: z.strictObject({
    database_bytes: bytes, wal_bytes: bytes, free_bytes: bytes.describe('inside the database, to be used again'), facts: z.number(), first_seq: z.int(), samples: z.number(),
    written_bytes_per_day: bytes.nullable().describe('what wears the flash'),
    keep: z.strictObject({ facts_days: z.number(), facts_bytes: bytes, samples_days: z.number(), samples_bytes: bytes }),
  }),
  certificates: z.array(certificate),
})
export type Box = z.output<typeof box>

export const logLine = z.strictObject({ at: instantText, level: z.string(), part: z.string().nullable(), sentence: z.string(), fields: z.record(z.string(), z.unknown()) })
export type LogLine = z.output<typeof logLine>
