/** What a second box copies of the samples: which sealed chunks and flight recorders there are, and what stands in one, as the very bytes. */

import { z } from './schema.js'

/** The same turns with as many values are the same samples, wherever and however they are kept. */
export const listedChunk = z.strictObject({
  first: z.int().min(0).describe('its first turn'), last: z.int().min(0).describe('and its last one'), from: z.int().describe('the earliest instant in it, in ms UTC'), to: z.int().describe('the latest'),
  values: z.int().min(0), bytes: z.int().min(0),
})
export type ListedChunk = z.output<typeof listedChunk>

export const chunkList = z.strictObject({
  chunks: z.array(listedChunk).describe('newest first'),
  before: z.int().nullable().describe('what to ask for next: older ones are left out; null when there are none'),
})
export type ChunkList = z.output<typeof chunkList>

/** Records as they are stored, in base64, each of which ends with its checksum. */
const record = z.base64()

/** The columns of a chunk are in rolls that are cut into pieces, or in rows of their own as versions before had them: a part has one or the other. */
export const chunkPart = z.strictObject({
  head: z.strictObject({
    turns: record, strips: z.array(z.strictObject({
      layout: z.string().describe('which tags stand in which columns, as JSON'), times: record, columns: z.int().min(1),
      roll: z.strictObject({ contents: record, figures: record, pieces: z.int().min(1) }).optional().describe('where which column lies in its pieces, and how many these are'),
    })),
  }).nullable().describe('with the first part only'),
  columns: z.array(z.strictObject({ good_count: z.int(), min: z.number().nullable(), max: z.number().nullable(), sum: z.number().nullable(), content: record })).optional().describe('of one strip after the other'),
  pieces: z.array(z.base64()).optional().describe('of one strip after the other; what they hold are records'),
  next: z.int().nullable().describe('the column, or piece, that the next part begins with; null: nothing follows'),
})
export type ChunkPart = z.output<typeof chunkPart>

/** Which part of which chunk: from a column on, or a piece, counted through all strips. */
export interface PartQuery { readonly first: number; readonly last: number; readonly column: number }

/** A chunk as it arrived, from its first part to its last. */
export interface CopiedChunk { readonly chunk: ListedChunk; readonly parts: readonly ChunkPart[] }

/** What retention left of a chunk: turns around the beginnings of stops. */
export const listedRecorder = z.strictObject({
  first: z.int().min(0).describe('its first turn'), from: z.int().describe('the earliest instant in it, in ms UTC'), to: z.int().describe('the latest'), bytes: z.int().min(0),
})
export type ListedRecorder = z.output<typeof listedRecorder>

export const recorderList = z.strictObject({
  recorders: z.array(listedRecorder).describe('newest first'),
  before: z.int().nullable().describe('what to ask for next: older ones are left out; null when there are none'),
})
export type RecorderList = z.output<typeof recorderList>

export const copiedRecorder = z.strictObject({
  recorder: listedRecorder, layouts: z.record(z.string(), z.string()).describe('by its number there: which tags stand in which columns, as JSON'), block: record,
})
export type CopiedRecorder = z.output<typeof copiedRecorder>
