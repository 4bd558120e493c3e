/** Answers about the upstreams, and the levers to hold them. */

import { rfc3339, seq } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import type { DataOf } from '../../contract/endpoints/table.js'
import { type Refusal, refuse } from '../../contract/refusals.js'
import type { LaneFigures, UpstreamDesk } from '../../contract/upstream.js'
import type { Handlers } from './ask.js'

type View = DataOf<'upstream_pause'>

export function upstreamHandlers(desk: Desk): Pick<Handlers, 'upstreams' | 'upstream_pause' | 'upstream_resume' | 'upstream_resend'> {
  async function viewOf(upstream: UpstreamDesk): Promise<View> {
    const { name, url, connected, trouble, sessionsCount, lanes, pulls } = upstream.figures()
    const head = desk.head().seq
    const { facts } = lanes
    const behind = facts === undefined ? 0 : Math.max(0, head - facts.acked)
    const recordBytes = facts?.recordBytes ?? null
    const [oldest] = facts === undefined || behind === 0 ? [] : await desk.facts({ after: seq(facts.acked), limit: 1 })
    return {
      upstream: name, url, connected, trouble, sessions: sessionsCount, head, behind,
      behind_bytes: behind === 0 ? 0 : recordBytes === null ? null : Math.round(behind * recordBytes),
      behind_since: oldest === undefined ? null : rfc3339(oldest.at),
      drained_in_seconds: behind === 0 ? 0 : secondsAt(behind, facts?.numbersPerSecond ?? null),
      lanes: (['facts', 'rows'] as const).flatMap((lane) => {
        const figures = lanes[lane]
        return figures === undefined ? [] : [laneView(lane, figures)]
      }),
      pulls: pulls === null ? null : { answered: pulls.answeredCount, refused: pulls.refusedCount, unanswerable: pulls.unanswerableCount, waiting: pulls.waitingCount },
    }
  }

  async function told(name: string, tell: (upstream: UpstreamDesk) => void): Promise<View | Refusal> {
    const upstream = desk.upstreams().find((one) => one.figures().name === name)
    if (upstream === undefined) return refuse('UPSTREAM_UNKNOWN', { upstream: name })
    tell(upstream)
    return viewOf(upstream)
  }

  return {
    upstreams: async () => ({ upstreams: await Promise.all(desk.upstreams().map(viewOf)) }),
    upstream_pause: ({ params }) => told(params.upstream, (upstream) => { upstream.pause(true) }),
    upstream_resume: ({ params }) => told(params.upstream, (upstream) => { upstream.pause(false) }),
    upstream_resend: ({ params, query }) => told(params.upstream, (upstream) => { upstream.resend(query.from_seq) }),
  }
}

const secondsAt = (count: number, perSecond: number | null): number | null => perSecond === null || perSecond === 0 ? null : count / perSecond

const laneView = (lane: View['lanes'][number]['lane'], figures: LaneFigures): View['lanes'][number] => ({
  lane, acked: figures.acked, sent: figures.sent, in_flight: figures.flightsCount, in_flight_bytes: figures.flightsBytes, messages: figures.messagesCount,
  rewinds: figures.rewindsCount, quarantined: figures.quarantinedCount, refused_acks: figures.refusedAcksCount, held: figures.held,
})
