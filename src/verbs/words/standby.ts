/** `lineside standby …`: how two boxes stand, and the orders by which the work changes hands. */

import type { Copying, CopyingSamples, StandbyState } from '../../contract/standby.js'
import { dataOf, query } from '../../faces/cli/answer.js'
import { off, rowFormat } from '../../faces/cli/flag.js'
import { rendered } from '../../faces/cli/output.js'
import { localTime, spoken } from '../../faces/cli/spoken.js'
import { type Said, type Verb, type Where, verb } from '../../faces/cli/verb.js'
import { gatewayOf } from '../reach.js'

export const standby: readonly Verb[] = [
  verb({
    words: 'standby status', sentence: 'which of two boxes this is, and whether they hear each other', finds: 'gateway',
    examples: ['lineside standby status', 'lineside standby status -o json'], flags: { output: rowFormat },
    async run({ flags, where }) {
      const state = await asked('standby', where)
      const { forks, copying, samples, ...rest } = state
      const row = {
        ...rest, copied_share: copying?.share ?? null, copied_per_second: copying?.per_second ?? null, copied_in_seconds: copying?.remaining_seconds ?? null,
        samples_to: samples?.to ?? null, samples_left: samples?.left ?? null, samples_share: samples?.share ?? null, samples_in_seconds: samples?.remaining_seconds ?? null,
      }
      const all = Object.keys(row) as (keyof typeof row)[]
      const text = flags.output === 'table' ? `${sentenceOf(state)}\n` : rendered([row], { main: all, all, name: 'box' }, flags.output)
      const talk = forks.map(({ epoch, after_seq: after, to_seq: to, file }) => `${file} holds what only this box had recorded: numbers ${after + 1} to ${to} of epoch ${epoch}`)
      if (samples !== null) talk.push(samplesOf(samples))
      return { text, exit: state.fenced || state.trouble !== null || state.whole === false ? 'problems' : 'done', talk }
    },
  }),
  verb({
    words: 'standby takeover', sentence: 'told to the standby: the active box ends its work, and this one goes on', finds: 'gateway',
    examples: ['lineside standby takeover', 'lineside standby takeover --force'],
    flags: { force: off('also when the active box cannot be reached: you have seen that it is off') },
    run: ({ flags, where }) => told('standby_takeover', where, 'this box takes over; `lineside standby status` tells when it works', flags.force ? { force: true } : {}),
  }),
  verb({
    words: 'standby release', sentence: 'told to the active box: the other one is off, so it goes on without being heard by it', finds: 'gateway', examples: ['lineside standby release'],
    run: ({ where }) => told('standby_release', where, 'this box works without the word of the other one'),
  }),
]

/** The other box ends its work first. */
const ORDER_MS = 15_000

async function told(order: 'standby_takeover' | 'standby_release', where: Where, sentence: string, fields: Readonly<Record<string, boolean>> = {}): Promise<Said> {
  await asked(order, where, fields)
  return { text: '', exit: 'done', talk: [sentence] }
}

async function asked(name: 'standby' | 'standby_takeover' | 'standby_release', where: Where, fields: Readonly<Record<string, boolean>> = {}): Promise<StandbyState> {
  const { standby: routes } = await import('../../contract/endpoints/standby.js')
  const { data, path, method } = routes[name]
  return dataOf(await gatewayOf(where), data, path + query(fields), method === 'PUT' ? 'PUT' : 'GET', ORDER_MS)
}

function sentenceOf({ role, box, peer, fenced, leased, whole, copying, trouble, behind_facts: facts, behind_seconds: seconds, peer_heard_seconds: heard, peer_answers: answers }: StandbyState): string {
  if (role === 'alone') return 'there is no second box'
  const other = `${peer} ${heard !== null ? `was heard ${spoken(heard)} ago` : answers ? 'answers, and refuses what this box asks' : 'was not heard since the start'}`
  const known = trouble === null ? '' : `\n! ${trouble}`
  if (role === 'active') return `${box} is active${fenced ? ', and fenced: it takes no orders and writes nothing until the other box is heard' : leased ? ', while it is heard' : ''}; ${other}${known}`
  const copy = whole === true ? `${facts} facts and ${spoken(seconds ?? 0)} behind` : `its copy is not whole${copying === null ? '' : ` (${copiedTo(copying)})`}, so it cannot take over`
  return `${box} stands by, ${copy}${leased ? '; it takes over on silence' : ''}; ${other}${known}`
}

/** Samples come in chunks, which are sealed some minutes after their last turn. */
function samplesOf({ to, left, share, remaining_seconds: seconds, unusable, trouble }: CopyingSamples): string {
  const here = to === null ? 'none are here yet' : `here up to ${localTime(to)}`
  const way = trouble !== null ? `, and none come: ${trouble}` : left === 0 ? ', and later ones follow when their chunk is sealed'
    : `, ${Math.floor(share * 100)} % of all, newest first${seconds === null ? '' : `, ${spoken(seconds)} left`}`
  return `samples (for signal history, flight recorders and replay): ${here}${way}${unusable === 0 ? '' : `; ${unusable} ${unusable === 1 ? 'chunk is' : 'chunks are'} damaged there and left out: see the log`}`
}

const copiedTo = ({ records, left, share, per_second: pace, remaining_seconds: seconds }: Copying): string =>
  `${Math.floor(share * 100)} %: ${records} of ${records + left} records${pace === null ? '' : `, ${Math.round(pace)} a second`}${seconds === null ? '' : `, ${spoken(seconds)} left`}`
