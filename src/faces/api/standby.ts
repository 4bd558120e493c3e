/** Answers about a second box: to people who ask or order, and to the other box itself. */

import type { ChunkList, PartQuery, RecorderList } from '../../contract/copied-samples.js'
import type { CopyQuery } from '../../contract/copy.js'
import { table } from '../../contract/endpoints/table.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import type { Beat, BeatAnswer, Handover, HouseCopy, StandbyState } from '../../contract/standby.js'
import type { Handlers } from './ask.js'

/** What the part that knows the other box gives to the interface. */
export interface StandbyDesk {
  state(): StandbyState
  takeOver(force: boolean, by: string): Promise<StandbyState | Refusal>
  release(by: string): Promise<StandbyState | Refusal>
  beat(beat: Beat): Promise<BeatAnswer | Refusal>
  /** JSON of a page; resolves when there is something new, or after `waitMs`. `isKept`: the asker has all up to there on its disk. */
  page(query: CopyQuery, waitMs: number, isKept: boolean): Promise<string | Refusal>
  chunks(before: number): Promise<ChunkList | Refusal>
  /** JSON of a part. */
  chunkPart(query: PartQuery): Promise<string | Refusal>
  recorders(before: number): Promise<RecorderList | Refusal>
  /** JSON of a flight recorder. */
  recorder(first: number): Promise<string | Refusal>
  house(): HouseCopy | Refusal
  handOver(): Promise<Handover | Refusal>
}

/** A gateway of one box. */
export const noStandby = (head: () => { readonly epoch: string; readonly seq: number }): StandbyDesk => {
  const none = (): Refusal => refuse('STANDBY_NONE')
  return {
    state: () => ({
      role: 'alone', box: null, peer: null, takeover: null, ...head(), peer_heard_seconds: null, peer_answers: false, trouble: null, behind_facts: null, behind_seconds: null, whole: null, copying: null, samples: null, fenced: false, leased: false, forks: [],
    }),
    takeOver: async () => none(), release: async () => none(), beat: async () => none(), page: async () => none(), chunks: async () => none(), chunkPart: async () => none(), recorders: async () => none(), recorder: async () => none(), house: none, handOver: async () => none(),
  }
}

type Names = 'standby' | 'standby_takeover' | 'standby_release' | 'standby_beat' | 'standby_journal' | 'standby_chunks' | 'standby_chunk' | 'standby_recorders' | 'standby_recorder' | 'standby_house' | 'standby_handover'

export const standbyHandlers = (desk: StandbyDesk): Pick<Handlers, Names> => ({
  standby: () => desk.state(),
  standby_takeover: ({ query, actor }) => desk.takeOver(query.force, actor.name),
  standby_release: ({ actor }) => desk.release(actor.name),
  standby_beat: ({ query }) => desk.beat(query),
  async standby_journal({ query }) {
    const { after, epoch, rows, commands, snapshots, kept, wait_ms: waitMs } = query
    const page = await desk.page({ after: { epoch: epoch ?? null, seq: after, rows, commands }, snapshotsAfter: snapshots }, waitMs, kept)
    return typeof page === 'string' ? { status: 200, bare: page } : page
  },
  async standby_chunks({ query }) {
    const list = await desk.chunks(query.before ?? Number.MAX_SAFE_INTEGER)
    return 'chunks' in list ? { status: 200, bare: JSON.stringify(list) } : list
  },
  async standby_chunk({ query }) {
    const part = await desk.chunkPart(query)
    return typeof part === 'string' ? { status: 200, bare: part } : part
  },
  async standby_recorders({ query }) {
    const list = await desk.recorders(query.before ?? Number.MAX_SAFE_INTEGER)
    return 'recorders' in list ? { status: 200, bare: JSON.stringify(list) } : list
  },
  async standby_recorder({ query }) {
    const recorder = await desk.recorder(query.first)
    return typeof recorder === 'string' ? { status: 200, bare: recorder } : recorder
  },
  standby_house: () => desk.house(),
  standby_handover: () => desk.handOver(),
})

/** Who may come in is changed on the box that works: what the other one has is a copy, and has no journal to tell it to. */
export function whereWorked<H extends Partial<Handlers>>(handlers: H, desk: StandbyDesk): H {
  const isChange = (name: string): boolean => table[name as keyof typeof table].method !== 'GET'
  // Each handler goes on taking what it took, and may refuse, as every handler may.
  return Object.fromEntries(Object.entries(handlers).map(([name, handler]) => [name, !isChange(name) ? handler : (ask: never) => {
    const { role, peer } = desk.state()
    return role === 'standby' ? refuse('STANDBY', { active: peer }) : (handler as (ask: never) => unknown)(ask)
  }])) as H
}
