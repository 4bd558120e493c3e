/** How far each upstream has got, and the levers to hold it. */

import { code, instantText, seconds, z } from '../schema.js'
import { laneNames } from '../upstream.js'
import { asks } from './endpoint.js'
import { BASE } from './inputs.js'

const tag = 'service'
const ofUpstream = z.strictObject({ upstream: code })

const lane = z.strictObject({
  lane: z.enum(laneNames),
  acked: z.int().describe('everything up to this number is safe with the other side'),
  sent: z.int(), in_flight: z.int().describe('messages that wait for their acknowledgement'), in_flight_bytes: z.int(),
  messages: z.int(), rewinds: z.int(), quarantined: z.int().describe('records too large for the broker'), refused_acks: z.int().describe('watermarks that could not be ours'), refused_ack: z.string().nullable().describe('the last of them, and what was wrong with it'),
  held: z.string().nullable().describe('why it stands still'),
  ahead_to: z.int().nullable().describe('up to here facts were sent as they happened, ahead of the history that still waits'),
})
const upstreamView = z.strictObject({
  upstream: code, url: z.string(), connected: z.boolean(), paused: z.boolean(), sessions: z.int(),
  trouble: z.string().nullable().describe('what keeps it from working, and what to do'),
  last_trouble: z.strictObject({ at: instantText, said: z.string() }).nullable().describe('the last there was, also when it is over'),
  head: z.int().describe('the number the journal has reached'),
  behind: z.int().describe('facts that are not yet safe with the other side'),
  behind_bytes: z.number().nullable().describe('about, from the mean of what was sent'),
  behind_since: instantText.nullable().describe('when the oldest of them happened'),
  drained_in_seconds: seconds.nullable().describe('at the pace of the last seconds; null when it does not move'),
  lanes: z.array(lane),
  pulls: z.strictObject({ answered: z.int(), refused: z.int(), unanswerable: z.int().describe('said no place for the answer, or one that is not for answers'), waiting: z.int() }).nullable().describe('what the MES asked and ordered; null where nobody may'),
  uns: z.strictObject({ connected: z.boolean(), topics: z.int(), published: z.int(), skipped: z.int().describe('events that were left out of the live lane') }).nullable().describe('the live lane; null where there is none'),
  sparkplug: z.strictObject({ connected: z.boolean(), host_online: z.boolean().nullable().describe('null where no primary host is named'), bd_seq: z.int(), births: z.int(), published: z.int() }).nullable().describe('the Sparkplug edge node; null where there is none'),
})

export const upstreams = {
  upstreams: asks({ path: `${BASE}/upstreams`, tag, sentence: 'How far each upstream has got, what it lacks, and what keeps it from working.', data: () => z.strictObject({ upstreams: z.array(upstreamView) }) }),
  upstream_pause: asks({ method: 'PUT', path: `${BASE}/upstreams/{upstream}/pause`, tag, sentence: 'Holds an upstream until it is resumed, over restarts too; its records wait in the journal.', permission: 'maintain', params: ofUpstream, data: () => upstreamView }),
  upstream_resume: asks({ method: 'PUT', path: `${BASE}/upstreams/{upstream}/resume`, tag, sentence: 'Lets a paused upstream go on.', permission: 'maintain', params: ofUpstream, data: () => upstreamView }),
  upstream_resend: asks({
    method: 'PUT', path: `${BASE}/upstreams/{upstream}/resend`, tag, sentence: 'Sends the facts from a number on again, for an MES that lost them.', permission: 'maintain',
    params: ofUpstream, query: z.strictObject({ from_seq: z.int().min(1).default(1) }), data: () => upstreamView,
  }),
} as const
