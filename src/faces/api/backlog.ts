/** What an upstream still has to deliver: in facts, in bytes, since when, and how long it will take at this pace. */

import { type Instant, seq } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import type { UpstreamFigures } from '../../contract/upstream-figures.js'

export interface Backlog {
  /** Facts that are not yet safe with the other side. */
  readonly count: number
  /** About, from the mean of what was sent; `null` before anything was. */
  readonly bytes: number | null
  /** When the oldest of them happened. */
  readonly since: Instant | null
  /** `null` while it does not move. */
  readonly drainedInSeconds: number | null
}

export async function backlogOf(desk: Pick<Desk, 'head' | 'facts'>, { lanes: { facts: lane } }: UpstreamFigures): Promise<Backlog> {
  const count = lane === undefined ? 0 : Math.max(0, desk.head().seq - lane.acked)
  if (lane === undefined || count === 0) return { count, bytes: 0, since: null, drainedInSeconds: 0 }
  const { recordBytes, numbersPerSecond: pace } = lane
  const [oldest] = await desk.facts({ after: seq(lane.acked), limit: 1 })
  return {
    count, bytes: recordBytes === null ? null : Math.round(count * recordBytes),
    since: oldest?.at ?? null, drainedInSeconds: pace === null || pace === 0 ? null : count / pace,
  }
}
