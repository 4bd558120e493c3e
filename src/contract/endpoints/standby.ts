/** Two boxes that are one gateway: how they stand, the orders that people give, and what the standby asks of the active one. */

import { chunkList, chunkPart, copiedRecorder, recorderList } from '../copied-samples.js'
import { copyPage } from '../copy.js'
import { z } from '../schema.js'
import { beat, beatAnswer, handover, houseCopy, standbyState } from '../standby.js'
import { asks } from './endpoint.js'

const PATH = '/api/v1/standby'
const tag = 'service'
const follow = { tag, permission: 'follow' } as const
const order = { tag, permission: 'order_takeover', method: 'PUT' } as const

export const standby = {
  standby: asks({ path: PATH, tag, sentence: 'Which of two boxes this is, how far the standby has got, and whether they hear each other.', data: () => standbyState }),
  standby_takeover: asks({
    ...order, path: `${PATH}/takeover`, sentence: 'Told to the standby: the active box ends its work in order, and this one goes on.',
    query: z.strictObject({ force: z.boolean().default(false).describe('also when the active box cannot be reached: whoever says so has seen that it is off') }), data: () => standbyState,
  }),
  standby_release: asks({
    ...order, path: `${PATH}/release`, sentence: 'Told to the active box: the other one is off, so it goes on without being heard by it.', data: () => standbyState,
  }),
  standby_beat: asks({ ...follow, method: 'POST', status: 200, path: `${PATH}/beat`, sentence: 'The standby is there. While it says so, the active box may write.', query: beat, data: () => beatAnswer }),
  standby_journal: asks({
    ...follow, path: `${PATH}/journal`, bare: 'application/json', sentence: 'What follows a place in the journal, whole: facts, loss rows, commands, snapshots. 409 when the place is none of this journal.',
    // A later version may ask with more.
    query: z.object({
      after: z.int().min(0).default(0), epoch: z.string().max(64).optional().describe('of the fact with the number `after`'), rows: z.int().min(0).default(0), commands: z.int().min(0).default(0),
      snapshots: z.int().min(0).default(0), kept: z.boolean().default(false).describe('the asker has all up to there on its disk, and can go on from it'), wait_ms: z.int().min(0).max(10_000).default(0).describe('so long an answer may wait until there is something new'),
    }), data: () => copyPage,
  }),
  standby_chunks: asks({
    ...follow, path: `${PATH}/chunks`, bare: 'application/json', sentence: 'The sealed chunks of samples that there are, newest first.',
    query: z.object({ before: z.int().min(0).optional().describe('those that begin before this turn') }), data: () => chunkList,
  }),
  standby_chunk: asks({
    ...follow, path: `${PATH}/chunk`, bare: 'application/json', sentence: 'A part of a sealed chunk of samples, as it is stored. 404 when there is no such chunk any more.',
    query: z.object({ first: z.int().min(0).describe('its first turn'), last: z.int().min(0).describe('its last one'), column: z.int().min(0).default(0).describe('the column, or the piece, that the part begins with') }), data: () => chunkPart,
  }),
  standby_recorders: asks({
    ...follow, path: `${PATH}/recorders`, bare: 'application/json', sentence: 'The flight recorders of stops whose other samples retention took, newest first.',
    query: z.object({ before: z.int().min(0).optional().describe('those that begin before this turn') }), data: () => recorderList,
  }),
  standby_recorder: asks({
    ...follow, path: `${PATH}/recorder`, bare: 'application/json', sentence: 'A flight recorder, as it is stored. 404 when there is none any more.',
    query: z.object({ first: z.int().min(0).describe('its first turn') }), data: () => copiedRecorder,
  }),
  standby_house: asks({ ...follow, path: `${PATH}/house`, sentence: 'Versions of the configuration, tokens (hashed) and people: what a box needs beside the journal in order to go on.', data: () => houseCopy }),
  standby_handover: asks({ ...follow, method: 'POST', status: 200, path: `${PATH}/handover`, sentence: 'The active box ends its work: the last turn, no more polling, no more writes. Its journal can still be read.', data: () => handover }),
} as const
