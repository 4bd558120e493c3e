/** Answers about the upstreams, and the levers to hold them. */

import { rfc3339 } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import type { DataOf } from '../../contract/endpoints/table.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import { laneNames } from '../../contract/upstream.js'
import type { LaneFigures, UpstreamDesk } from '../../contract/upstream-figures.js'
import type { Handlers } from './ask.js'
import { backlogOf } from './backlog.js'

type View = DataOf<'upstream_pause'>

export function upstreamHandlers(desk: Desk): Pick<Handlers, 'upstreams' | 'upstream_pause' | 'upstream_resume' | 'upstream_resend'> {
  async function viewOf(upstream: UpstreamDesk): Promise<View> {
    const figures = upstream.figures()
    const { name, url, connected, paused, trouble, lastTrouble, sessionsCount, lanes, pulls, uns, sparkplug } = figures
    const { count, bytes, since, drainedInSeconds } = await backlogOf(desk, figures)
    return {
      upstream: name, url, connected, paused, trouble, last_trouble: lastTrouble === null ? null : { at: rfc3339(lastTrouble.at), said: lastTrouble.said }, sessions: sessionsCount,
      head: desk.head().seq, behind: count, behind_bytes: bytes, behind_since: since === null ? null : rfc3339(since), drained_in_seconds: drainedInSeconds,
      lanes: laneNames.flatMap((lane) => {
        const one = lanes[lane]
        return one === undefined ? [] : [laneView(lane, one)]
      }),
      pulls: pulls === null ? null : { answered: pulls.answeredCount, refused: pulls.refusedCount, unanswerable: pulls.unanswerableCount, waiting: pulls.waitingCount },
      uns: uns === null ? null : { connected: uns.connected, topics: uns.topicsCount, published: uns.publishedCount, skipped: uns.skippedCount },
      sparkplug: sparkplug === null ? null : { connected: sparkplug.connected, host_online: sparkplug.hostOnline, bd_seq: sparkplug.bdSeq, births: sparkplug.birthsCount, published: sparkplug.publishedCount },
    }
  }

  async function told(name: string, tell: (upstream: UpstreamDesk) => Refusal | null | Promise<null>): Promise<View | Refusal> {
    const upstream = desk.upstreams().find((one) => one.figures().name === name)
    if (upstream === undefined) return refuse('UPSTREAM_UNKNOWN', { upstream: name })
    return await tell(upstream) ?? viewOf(upstream)
  }

  /** A bookmark that moved forward by hand would leave out what lies between. */
  function sendAgain(upstream: UpstreamDesk, from: number): Refusal | null {
    const acked = upstream.figures().lanes.facts?.acked
    if (acked === undefined || from > acked + 1) return refuse('NOT_YET_SENT', { from_seq: from, acked: acked ?? 'this upstream sends no facts' })
    upstream.resend(from)
    return null
  }

  return {
    upstreams: async () => ({ upstreams: await Promise.all(desk.upstreams().map(viewOf)) }),
    upstream_pause: ({ params }) => told(params.upstream, async (upstream) => { await upstream.pause(true); return null }),
    upstream_resume: ({ params }) => told(params.upstream, async (upstream) => { await upstream.pause(false); return null }),
    upstream_resend: ({ params, query }) => told(params.upstream, (upstream) => sendAgain(upstream, query.from_seq)),
  }
}

const laneView = (lane: View['lanes'][number]['lane'], figures: LaneFigures): View['lanes'][number] => ({
  lane, acked: figures.acked, sent: figures.sent, in_flight: figures.flightsCount, in_flight_bytes: figures.flightsBytes, messages: figures.messagesCount,
  rewinds: figures.rewindsCount, quarantined: figures.quarantinedCount, refused_acks: figures.refusedAcksCount, refused_ack: figures.refusedAck, held: figures.held, ahead_to: figures.aheadTo,
})
