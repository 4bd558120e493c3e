/** `lineside upstream …`: how far each has got, and the levers to hold it and to send again. */

import { dataOf, query } from '../../faces/cli/answer.js'
import { type Format, rendered } from '../../faces/cli/output.js'
import { argument, needed, rowFormat, text, whole } from '../../faces/cli/flag.js'
import { spoken } from '../../faces/cli/spoken.js'
import { type Said, type Verb, type Where, verb } from '../../faces/cli/verb.js'
import { gatewayOf } from '../reach.js'

const name = argument(text('upstream'), 'as the configuration names it')

export const upstream: readonly Verb[] = [
  verb({
    words: 'upstream status', sentence: 'how far each has got, what it lacks, and what keeps it from working', finds: 'gateway',
    examples: ['lineside upstream status', 'lineside upstream status -o json'], flags: { output: rowFormat },
    async run({ flags, where }) {
      const { upstreams } = await import('../../contract/endpoints/upstreams.js')
      const data = await dataOf(await gatewayOf(where), upstreams.upstreams.data, upstreams.upstreams.path)
      return shown(data.upstreams, flags.output)
    },
  }),
  verb({
    words: 'upstream pause', sentence: 'hold it; its records wait in the journal, over restarts too', finds: 'gateway', examples: ['lineside upstream pause mes'], args: { upstream: name },
    run: ({ args, where }) => told('upstream_pause', args.upstream, where),
  }),
  verb({
    words: 'upstream resume', sentence: 'let it go on', finds: 'gateway', examples: ['lineside upstream resume mes'], args: { upstream: name },
    run: ({ args, where }) => told('upstream_resume', args.upstream, where),
  }),
  verb({
    words: 'upstream resend', sentence: 'send facts again, to an MES that lost them', finds: 'gateway', examples: ['lineside upstream resend mes --from 4711'], args: { upstream: name },
    flags: { from: needed(whole, 'the number to begin with') },
    run: ({ args, flags, where }) => told('upstream_resend', args.upstream, where, { from_seq: flags.from }),
  }),
]

type Lever = 'upstream_pause' | 'upstream_resume' | 'upstream_resend'

async function told(lever: Lever, upstream: string, where: Where, fields: Readonly<Record<string, number>> = {}): Promise<Said> {
  const { upstreams } = await import('../../contract/endpoints/upstreams.js')
  const path = upstreams[lever].path.replace('{upstream}', encodeURIComponent(upstream)) + query(fields)
  const one = await dataOf(await gatewayOf(where), upstreams[lever].data, path, 'PUT')
  return { text: '', exit: 'done', talk: [`${one.upstream} ${one.paused ? 'is paused' : one.connected ? 'sends' : 'is not connected'}, ${one.behind} facts behind`] }
}

interface Upstream {
  readonly upstream: string; readonly url: string; readonly connected: boolean; readonly paused: boolean; readonly trouble: string | null; readonly sessions: number
  readonly last_trouble: { readonly at: string; readonly said: string } | null
  readonly head: number; readonly behind: number; readonly behind_bytes: number | null; readonly behind_since: string | null; readonly drained_in_seconds: number | null
  readonly lanes: readonly { readonly lane: string; readonly acked: number; readonly held: string | null; readonly refused_ack: string | null }[]
}

/** Ends with `problems` when one of them does not deliver. */
function shown(upstreams: readonly Upstream[], format: Format): Said {
  const isForPeople = format === 'table' || format === 'wide'
  const rows = upstreams.map((one) => ({
    upstream: one.upstream, url: one.url, state: stateOf(one), acked: one.lanes.find(({ lane }) => lane === 'facts')?.acked ?? null, head: one.head,
    behind: one.behind, bytes: one.behind_bytes, since: one.behind_since === null || !isForPeople ? one.behind_since : new Date(one.behind_since).toLocaleString('sv-SE'),
    done_in: one.drained_in_seconds === null || !isForPeople ? one.drained_in_seconds : spoken(one.drained_in_seconds),
    trouble: one.trouble, held: one.lanes.flatMap(({ lane, held }) => (held === null ? [] : [`${lane}: ${held}`])).join('; '),
    refused_ack: one.lanes.flatMap(({ lane, refused_ack: ack }) => (ack === null ? [] : [`${lane}: ${ack}`])).join('; '),
    last_trouble: one.last_trouble === null ? null : `${one.last_trouble.at} ${one.last_trouble.said}`,
  }))
  const text = rendered(rows, {
    main: ['upstream', 'state', 'acked', 'head', 'behind', 'bytes', 'since', 'done_in'],
    all: ['upstream', 'url', 'state', 'acked', 'head', 'behind', 'bytes', 'since', 'done_in', 'trouble', 'held', 'refused_ack', 'last_trouble'], name: 'upstream',
  }, format)
  const talk = isForPeople ? rows.flatMap(({ upstream, trouble, held }) => [trouble, held].flatMap((said) => (said === null || said === '' ? [] : [`${upstream}: ${said}`]))) : []
  return { text, exit: rows.every(({ state }) => state === 'sends' || state === 'paused') ? 'done' : 'problems', talk }
}

function stateOf({ connected, paused, lanes }: Upstream): string {
  if (paused) return 'paused'
  if (!connected) return 'not connected'
  return lanes.some(({ held }) => held !== null) ? 'held' : 'sends'
}
