/** `lineside log …`: what the running gateway writes to its log. */

import { CliError } from '../../faces/cli/exit.js'
import { argument, duration, flag, maybe, oneOf, text } from '../../faces/cli/flag.js'
import { type Verb, verb } from '../../faces/cli/verb.js'
import { placeOf } from '../where.js'

export const log: readonly Verb[] = [
  verb({
    words: 'log level', sentence: 'change it, for a while', examples: ['lineside log level debug --for 10m', 'lineside log level debug field --for 10m', 'lineside log level info'], finds: 'data',
    args: { level: argument(oneOf('level', ['debug', 'info', 'warn', 'error']), 'how much'), part: maybe(text('part'), 'only of this part: field, cycle, journal, api …') },
    flags: { for: flag(duration, 'then it goes back by itself (default: until the next restart)') },
    async run({ args: { level, part }, flags: { for: forMs }, where }) {
      const { askAdmin } = await import('../../faces/cli/admin.js')
      const { status, body } = await askAdmin((await placeOf(where)).directory, 'POST', '/log', { level, for_ms: forMs ?? null, part: part ?? null })
      const { before, why } = body as { readonly before?: string; readonly why?: string }
      if (status !== 200) throw new CliError('failed', why ?? `the gateway answered ${status}`)
      return { text: '', exit: 'done', talk: [`the log of ${part ?? 'every part'} is at ${level}, it was at ${before ?? '?'}${forMs === undefined ? '' : `; it goes back in ${forMs / 60_000} min`}`] }
    },
  }),
]
