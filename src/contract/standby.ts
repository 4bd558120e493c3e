/** Two boxes that are one gateway: what one says of itself, and what the two say to each other. */

import { place } from './copy.js'
import { code, instantText, seconds, z } from './schema.js'

/** `alone`: there is no second box. */
export const standbyRoles = ['alone', 'active', 'standby'] as const

/** Where an epoch began that followed another box's: what of the other journal it goes on from. */
const goesOnFrom = z.strictObject({ epoch: z.string(), previous: z.string().describe('the epoch that ended there'), from: place })
export type GoesOnFrom = z.output<typeof goesOnFrom>

const fork = z.strictObject({ epoch: z.string(), after_seq: z.int(), to_seq: z.int(), facts: z.int(), file: z.string() })
export type Fork = z.output<typeof fork>

const copying = z.strictObject({
  records: z.int().describe('facts and loss rows that are here since this box began to copy'), left: z.int().describe('those that are not'), share: z.number().describe('0..1 of both'),
  per_second: z.number().nullable(), remaining_seconds: seconds.nullable().describe('at the pace so far'),
})
export type Copying = z.output<typeof copying>

const copyingSamples = z.strictObject({
  to: instantText.nullable().describe('the latest samples that are here: what was read since follows when its chunk is sealed; null when there are none'),
  left: z.int().describe('chunks of samples that the active box has and this one has not'), left_bytes: z.int(), share: z.number().describe('0..1 of the bytes there are to copy'),
  remaining_seconds: seconds.nullable().describe('at the pace so far'),
  unusable: z.int().describe('chunks that are damaged there or too large, and are left out'),
  trouble: z.string().nullable().describe('why none come'),
})
export type CopyingSamples = z.output<typeof copyingSamples>

export const standbyState = z.strictObject({
  role: z.enum(standbyRoles), box: code.nullable(), peer: z.string().nullable().describe('where the other box serves'), takeover: z.enum(['on_order', 'on_silence']).nullable(),
  epoch: z.string(), seq: z.int(),
  peer_heard_seconds: seconds.nullable().describe('since the other box was last heard; null when it was not heard since the start'),
  peer_answers: z.boolean().describe('the newest question to the other box got an answer, be it a refusal'),
  trouble: z.string().nullable().describe('why the other box is not heard, or not followed'),
  behind_facts: z.int().nullable().describe('standby: facts of the active box that are not copied yet; null while the copy is not whole'),
  behind_seconds: seconds.nullable().describe('standby: how old the copy is'),
  whole: z.boolean().nullable().describe('standby: the copy can be gone on with'),
  copying: copying.nullable().describe('standby: how far a copy has got that is not whole yet'),
  samples: copyingSamples.nullable().describe('standby: how far the samples have come, which follow in their own time; null until that is known'),
  fenced: z.boolean().describe('active: the other box is not heard and may have taken over, so nothing is ordered or written here'),
  leased: z.boolean().describe('active: it writes only while the other box is heard. standby: it knows that, and takes over when the active box is silent'),
  forks: z.array(fork).describe('what this box had recorded and the other one had not known when it took over'),
})
export type StandbyState = z.output<typeof standbyState>

/** What a box says with every beat. All of it may be left out, because the address of the request need not bring it, and a later version may say more. */
export const beat = z.object({
  box: z.string().max(64).default(''), epoch: z.string().max(64).nullable().default(null), seq: z.int().min(0).default(0),
  lease_ms: z.int().min(0).max(600_000).default(0).describe('for so long after `stamp` this box promises not to take over; 0: it does not by itself'),
  stamp: z.string().max(64).nullable().default(null).describe('of the last answer; when it was given is known where it came from, so that no delay on the way can lengthen a lease'),
  forks: z.array(fork).default([]),
  leaving: z.boolean().default(false).describe('it ends orderly, and will not take over'),
})
export type Beat = z.output<typeof beat>

export const beatAnswer = z.strictObject({
  role: z.enum(standbyRoles), box: code.nullable(), epoch: z.string(), epochs: z.array(z.string()).describe('all that this journal went through'), seq: z.int(), version: z.string(),
  goes_on: z.array(goesOnFrom), stamp: z.string(), leased: z.boolean().describe('it lives on the word of whoever asks'),
  ordering: z.boolean().describe('it is taking over just now'),
  house: z.string().describe('changes with the configuration, its versions, tokens and people'),
})
export type BeatAnswer = z.output<typeof beatAnswer>

/** What a box needs beside the journal in order to go on: records as their files have them. */
export const houseCopy = z.strictObject({ house: z.string(), versions: z.array(z.looseObject({ version: z.int() })), tokens: z.array(z.looseObject({ id: z.string() })), people: z.array(z.looseObject({ id: z.string() })) })
export type HouseCopy = z.output<typeof houseCopy>

export const handover = z.strictObject({ place: place.describe('all there is; nothing follows'), at: instantText, turn: z.int().min(0).optional().describe('samples up to this turn are being sealed, and can be copied as chunks; absent from older versions') })
export type Handover = z.output<typeof handover>
