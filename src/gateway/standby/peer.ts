/** The other box, asked over its interface as any client asks. */

import { readFileSync } from 'node:fs'
import { Agent as HttpAgent, request as httpRequest } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { buffer } from 'node:stream/consumers'
import { withinBoth } from '../../base/either.js'
import type { Ms } from '../../base/units.js'
import type { StandbyConfig } from '../../contract/config.js'
import { type ChunkList, type ChunkPart, type CopiedRecorder, type PartQuery, type RecorderList, chunkList, chunkPart, copiedRecorder, recorderList } from '../../contract/copied-samples.js'
import { type CopyPage, type CopyQuery, copyPage } from '../../contract/copy.js'
import { standby } from '../../contract/endpoints/standby.js'
import { Fault, faultOf } from '../../contract/faults.js'
import { knownOf } from '../../contract/known.js'
import type { z } from '../../contract/schema.js'
import { type Beat, type BeatAnswer, type Handover, type HouseCopy, beatAnswer, handover, houseCopy } from '../../contract/standby.js'
import { version } from '../../version.js'

/** Every question may be answered with a `Fault`: STANDBY_UNREACHABLE, STANDBY_STRANGER, or STANDBY_TOKEN and STANDBY_REFUSED with what the other box said. */
export interface Peer {
  beat(beat: Beat, timeoutMs: Ms): Promise<BeatAnswer>
  /** `null`: the place is none of its journal. `isKept`: all up to there is on our disk. */
  page(query: CopyQuery, waitMs: Ms, isKept: boolean, signal: AbortSignal): Promise<CopyPage | null>
  chunks(before: number, signal: AbortSignal): Promise<ChunkList>
  /** `null`: there is no such chunk any more. */
  chunkPart(query: PartQuery, signal: AbortSignal): Promise<ChunkPart | null>
  recorders(before: number, signal: AbortSignal): Promise<RecorderList>
  /** `null`: there is no such recorder any more. */
  recorder(first: number, signal: AbortSignal): Promise<CopiedRecorder | null>
  house(): Promise<HouseCopy>
  handOver(): Promise<Handover>
  close(): void
}

/** An orderly end of the work there takes the time of what is under way to the PLCs. */
const HANDOVER_MS: Ms = 8_000
const ANSWER_MS: Ms = 10_000

const TOO_OFTEN = 429
const isNoEntry = (status: number): boolean => status === 401 || status === 403

interface Answer { readonly status: number; readonly json: unknown }

export function openPeer({ peer, token_file: tokenFile, ca_file: caFile }: StandbyConfig): Peer {
  const isSecure = peer.startsWith('https:')
  const agent = isSecure ? new HttpsAgent({ keepAlive: true, ...(caFile === undefined ? {} : { ca: readFileSync(caFile) }) }) : new HttpAgent({ keepAlive: true })

  /** The newest answer, when it was that the token opens nothing. */
  let keptOut: Answer | null = null

  /** The body of an answer, whatever its status. */
  async function send(method: string, path: string, body: object | null, timeoutMs: Ms, signal: AbortSignal | null): Promise<Answer> {
    // Read each time, so that a token can be changed without a restart.
    const headers = { authorization: `Bearer ${readFileSync(tokenFile, 'utf8').trim()}`, accept: 'application/json', ...(body === null ? {} : { 'content-type': 'application/json' }) }
    const text = body === null ? '' : JSON.stringify(body)
    const late = AbortSignal.timeout(timeoutMs)
    const asking = (over: AbortSignal): Promise<Answer> => new Promise((resolve, reject) => {
      const asked = (isSecure ? httpsRequest : httpRequest)(new URL(path, peer), { method, agent, headers: { ...headers, 'content-length': Buffer.byteLength(text) }, signal: over }, (response) => {
        buffer(response).then((bytes) => { resolve({ status: response.statusCode ?? 0, json: jsonIn(bytes.toString()) }) }).catch(reject)
      })
      asked.on('error', reject)
      asked.end(text)
    })
    return signal === null ? asking(late) : withinBoth(late, signal, asking)
  }

  async function ask(method: string, path: string, body: object | null, timeoutMs: Ms, signal: AbortSignal | null = null): Promise<Answer> {
    try {
      const answer = await send(method, path, body, timeoutMs, signal)
      // Wrong tokens are throttled: an answer about their pace leaves what was said of the token.
      if (answer.status === TOO_OFTEN && keptOut !== null) return keptOut
      keptOut = isNoEntry(answer.status) ? answer : null
      return answer
    } catch (thrown) {
      throw faultOf(thrown, 'STANDBY_UNREACHABLE', { peer, why: thrown instanceof Error ? thrown.message : String(thrown) })
    }
  }

  async function data<S extends z.ZodType>(schema: S, method: string, path: string, body: object | null, timeoutMs: Ms): Promise<z.output<S>> {
    const { status, json } = await ask(method, path, body, timeoutMs)
    return told(schema, path, status, (json as { readonly data?: unknown } | null)?.data, json)
  }

  function told<S extends z.ZodType>(schema: S, path: string, status: number, value: unknown, json: unknown): z.output<S> {
    if (status !== 200 || typeof value !== 'object') throw refusal(peer, status, json)
    // What a later version says more is not needed here; what is missing is.
    const parsed = knownOf(schema, value)
    if (!parsed.success) throw new Fault('BOX_VERSIONS', { peer, ours: version, why: `${path}: ${parsed.error.issues[0]?.path.join('.') ?? ''} ${parsed.error.issues[0]?.message ?? ''}` })
    return parsed.data
  }

  return {
    beat: (beat, timeoutMs) => data(beatAnswer, 'POST', standby.standby_beat.path, beat, timeoutMs),
    async page({ after, snapshotsAfter }, waitMs, isKept, signal) {
      const asked = new URLSearchParams({
        after: String(after.seq), rows: String(after.rows), commands: String(after.commands), snapshots: String(snapshotsAfter), kept: String(isKept), wait_ms: String(waitMs),
        ...(after.epoch === null ? {} : { epoch: after.epoch }),
      })
      const { status, json } = await ask('GET', `${standby.standby_journal.path}?${asked.toString()}`, null, waitMs + ANSWER_MS, signal)
      return status === 409 && refusalIn(json) === 'STANDBY_FOREIGN' ? null : told(copyPage, standby.standby_journal.path, status, json, json)
    },
    async chunks(before, signal) {
      const { status, json } = await ask('GET', standby.standby_chunks.path + upTo(before), null, ANSWER_MS, signal)
      if (status === 404) throw new Fault('BOX_VERSIONS', { peer, ours: version, why: 'it is of an earlier version, which gives no samples' })
      return told(chunkList, standby.standby_chunks.path, status, json, json)
    },
    async chunkPart({ first, last, column }, signal) {
      const { status, json } = await ask('GET', `${standby.standby_chunk.path}?first=${first}&last=${last}&column=${column}`, null, ANSWER_MS, signal)
      return status === 404 ? null : told(chunkPart, standby.standby_chunk.path, status, json, json)
    },
    async recorders(before, signal) {
      const { status, json } = await ask('GET', standby.standby_recorders.path + upTo(before), null, ANSWER_MS, signal)
      // One of an earlier version gives none.
      return status === 404 ? { recorders: [], before: null } : told(recorderList, standby.standby_recorders.path, status, json, json)
    },
    async recorder(first, signal) {
      const { status, json } = await ask('GET', `${standby.standby_recorder.path}?first=${first}`, null, ANSWER_MS, signal)
      return status === 404 ? null : told(copiedRecorder, standby.standby_recorder.path, status, json, json)
    },
    house: () => data(houseCopy, 'GET', standby.standby_house.path, null, ANSWER_MS),
    handOver: () => data(handover, 'POST', standby.standby_handover.path, {}, HANDOVER_MS),
    close() { agent.destroy() },
  }
}

/** Whoever asks for the newest names no turn: none is as late as that, and an address holds no number so long. */
const upTo = (before: number): string => (before === Number.MAX_SAFE_INTEGER ? '' : `?before=${before}`)

interface Told { readonly code?: string; readonly message?: string; readonly details?: readonly { readonly path: string; readonly message: string }[] }
const errorIn = (json: unknown): Told => (json as { readonly error?: Told } | null)?.error ?? {}
const refusalIn = (json: unknown): string | null => errorIn(json).code ?? null

/** `null` when it is none. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}

/** Who does not let us in, and who is let in and is refused something, are two things to mend. */
function refusal(peer: string, status: number, json: unknown): Fault {
  const { code, message = '', details = [] } = errorIn(json)
  if (code === undefined) return new Fault('STANDBY_STRANGER', { peer, status, why: `it answers with status ${status}` })
  return new Fault(isNoEntry(status) ? 'STANDBY_TOKEN' : 'STANDBY_REFUSED', { peer, status, refused: [`${code}: ${message}`, ...details.map((one) => `${one.path}: ${one.message}`)].join('; ') })
}
