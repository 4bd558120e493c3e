/** Everything as it is at one number, page by page: who has it goes on with the stream from the next number. */

import { randomBytes } from 'node:crypto'
import { limits } from '../../base/limits.js'
import type { Instant } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import type { PullOf } from '../../contract/pull.js'
import { isRefusal, type Refusal, refuse } from '../../contract/refusals.js'
import { type Actor, may } from '../../contract/roles.js'

export interface Snapshots {
  /** `roomBytes` is what one packet to this broker can carry. */
  page(asked: PullOf<'snapshot'>, roomBytes: number): Promise<object | Refusal>
}

/** A view of a line or an equipment; `of` is its code. */
interface Item { readonly part: string; readonly of: string; readonly json: Buffer }
interface Kept { readonly items: readonly Item[]; readonly seq: number; readonly epoch: string; readonly at: Instant }

export function openSnapshots(desk: Desk, actor: Actor): Snapshots {
  const kept = new Map<string, Kept>()

  /** All views are made within one turn of the event loop, so all are true as of the same number. */
  function taken({ line: ref, parts }: PullOf<'snapshot'>): Kept | Refusal {
    const line = ref === undefined ? null : desk.line(ref)
    if (ref !== undefined && line === null) return refuse('LINE_UNKNOWN', { line: ref })
    if (line !== null && !may(actor, 'view', line.code)) return refuse('FORBIDDEN', { line: line.code })
    const { epoch, seq } = desk.head()
    const reached = desk.config.lines.filter(({ code }) => (line === null || line.code === code) && may(actor, 'view', code))
    const items = reached.flatMap(({ code, equipment }) => parts.flatMap((part): Item[] => part === 'equipment'
      ? equipment.map((one) => ({ part, of: one.code, json: desk.view('equipment', one.code).json }))
      : [{ part, of: code, json: desk.view(part, code).json }]))
    return { items, seq, epoch, at: desk.now() }
  }

  /** Those whose time is over go, and then the oldest, until there is room for one more. */
  function forget(): void {
    for (const [id, { at }] of kept) if (desk.now() - at > limits.snapshotKeptMs || kept.size >= limits.snapshotsKeptMax) kept.delete(id)
  }

  return {
    async page(asked, roomBytes) {
      const [id = '', from = '0'] = asked.cursor?.split('.') ?? []
      const snapshot = asked.cursor === undefined ? taken(asked) : kept.get(id)
      if (snapshot === undefined) return refuse('PAGE_GONE', { cursor: asked.cursor })
      if (isRefusal(snapshot)) return snapshot
      const first = Number(from)
      const count = fitting(snapshot.items.slice(first), Math.min(asked.bytes, roomBytes))
      const next = first + count < snapshot.items.length ? `${asked.cursor === undefined ? keep(snapshot) : id}.${first + count}` : null
      if (next === null) kept.delete(id)
      return {
        ep: snapshot.epoch, seq: snapshot.seq, at: snapshot.at, next,
        // The views are JSON of our own making.
        items: snapshot.items.slice(first, first + count).map(({ part, of, json }) => ({ part, of, data: JSON.parse(json.toString()) as unknown })),
      }
    },
  }

  function keep(snapshot: Kept): string {
    forget()
    const id = randomBytes(6).toString('hex')
    kept.set(id, snapshot)
    return id
  }
}

/** At least one, then as many as stay within the bytes. */
function fitting(items: readonly Item[], bytesMax: number): number {
  let bytes = 0
  const end = items.findIndex(({ json }, i) => { bytes += json.length + 64; return i > 0 && bytes > bytesMax })
  return end === -1 ? items.length : end
}
