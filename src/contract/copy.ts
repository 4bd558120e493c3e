/** What a second box copies of the journal: pages that follow one another, each as of one moment, and the place that the copy has got to. */

import { z } from './schema.js'

/** How far somebody has got in a journal: the last fact with its epoch, the last writing of a loss row, the last command. */
export const place = z.strictObject({
  epoch: z.string().nullable().describe('of the fact; null when there is none yet'),
  seq: z.int().min(0), rows: z.int().min(0), commands: z.int().min(0),
})
export type Place = z.output<typeof place>

/** Bodies are JSON text, so that a copy has the very bytes, and the checksum still holds. */
const copiedFact = z.strictObject({
  seq: z.int().min(1), epoch: z.string(), turn: z.int(), at: z.int(), line: z.string().nullable(), equipment: z.string().nullable(),
  type: z.string(), config: z.int(), body: z.string(), crc: z.int(),
})
const copiedCommand = z.strictObject({
  id: z.int().min(1), at: z.int(), name: z.string(), line: z.string(), equipment: z.string().nullable(), by_id: z.string(), by_name: z.string(), role: z.string(),
  key: z.string().nullable(), body: z.string(), seqs: z.string(), refusal: z.string().nullable(),
})

export const copyPage = z.strictObject({
  epochs: z.array(z.strictObject({
    id: z.int(), epoch: z.string(), first_seq: z.int(), previous: z.string().nullable(), previous_head: z.int().nullable(), minted_at: z.int(), why: z.string(),
  })),
  facts: z.array(copiedFact),
  rows: z.array(z.record(z.string(), z.union([z.string(), z.number()]))).describe('loss rows as they are stored, in the order of their last writing'),
  commands: z.array(copiedCommand),
  snapshots: z.array(z.strictObject({ line: z.string(), seq: z.int(), at: z.int(), state: z.string() })).describe('of lines, where there are newer ones than the asker has; with the last page only'),
  bookmarks: z.record(z.string(), z.int()),
  notes: z.record(z.string(), z.string()),
  journal: z.int().optional().describe('version of the journal\'s tables; absent from older versions of lineside'),
  turn: z.int().describe('the last turn that is on the disk'),
  at: z.int().nullable().describe('its instant'),
  head: z.int(), rows_head: z.int().optional().describe('the last writing of a loss row; absent from older versions'),
  whole: z.boolean().describe('nothing was left out: with this page the copy is the journal as of that turn'),
})
export type CopyPage = z.output<typeof copyPage>

/** What is asked for: what follows a place, and snapshots after a number. */
export interface CopyQuery { readonly after: Place; readonly snapshotsAfter: number }
