/** `lineside check`: one line and an exit code, as monitoring systems ask for them: 0 well, 1 warning, 2 critical, 3 unknown. */

import { oneOf, ratio, standard } from '../../faces/cli/flag.js'
import type { z } from '../../contract/schema.js'
import { bareOf } from '../../faces/cli/answer.js'
import { CliError } from '../../faces/cli/exit.js'
import type { Gateway } from '../../faces/cli/gateway.js'
import { verb } from '../../faces/cli/verb.js'
import { gatewayOf } from '../reach.js'

const words = ['OK', 'WARNING', 'CRITICAL', 'UNKNOWN'] as const

export const check = verb({
  words: 'check', sentence: 'for monitoring: one line, and 0 well, 1 warning, 2 critical, 3 unknown', examples: ['lineside check', 'lineside check --warn 0.001 --crit 0.01 --format prometheus'], finds: 'gateway',
  flags: {
    warn: standard(ratio, '0.001', 'missed turns of all turns'), crit: standard(ratio, '0.01', 'missed turns of all turns'),
    format: standard(oneOf('format', ['nagios', 'json', 'prometheus']), 'nagios', 'how to say it'),
  },
  async run({ flags, where, print }) {
    const found = await judged(await gatewayOf(where), flags.warn, flags.crit)
    const { status, sentence, figures } = found
    if (flags.format === 'json') print(`${JSON.stringify({ ...found, status: words[status] })}\n`)
    else if (flags.format === 'prometheus') print([`lineside_check_status ${status}`, ...Object.entries(figures).map(([name, value]) => `lineside_check_${name} ${value}`), ''].join('\n'))
    else print(`LINESIDE ${words[status]} - ${[sentence, ...perfdata(figures)].join(' | ')}\n`)
    return status
  },
})

/** What stands behind the bar; without figures there is none. */
function perfdata(figures: Judged['figures']): string[] {
  const said = Object.entries(figures).map(([name, value]) => `${name}=${value}`).join(' ')
  return said === '' ? [] : [said]
}

interface Judged { readonly status: 0 | 1 | 2 | 3; readonly sentence: string; readonly figures: Readonly<Record<string, number>> }

async function judged(gateway: Gateway, warn: number, crit: number): Promise<Judged> {
  const { service } = await import('../../contract/endpoints/service.js')
  let ready: z.output<typeof service.readyz.data>
  try {
    ready = await bareOf(gateway, service.readyz.data, service.readyz.path)
  } catch (error) {
    // Only one that gives no answer is known to be unwell: one that refuses the question may be as well as any.
    return { status: error instanceof CliError && error.exit === 'unreachable' ? 2 : 3, sentence: error instanceof Error ? error.message : String(error), figures: {} }
  }
  const { reasons, warnings, turns, plcs, seq } = ready
  const missed = turns.finished === 0 ? 0 : turns.missed / (turns.finished + turns.missed)
  const away = plcs.filter(({ state }) => state !== 'online')
  const badTags = plcs.reduce((sum, plc) => sum + plc.bad_tags, 0)
  const figures = { turns: turns.finished, missed_ratio: Number(missed.toFixed(6)), plcs_away: away.length, bad_tags: badTags, seq }
  if (!ready.ready) return { status: 2, sentence: reasons.join(', '), figures }
  if (missed >= crit) return { status: 2, sentence: `${turns.missed} turns missed`, figures }
  const said = [
    ...away.map(({ plc, fault }) => `${plc} is away${fault === null ? '' : ` (${fault})`}`), ...(badTags > 0 ? [`${badTags} bad tags`] : []),
    ...(missed >= warn ? [`${turns.missed} turns missed`] : []), ...warnings,
  ]
  return { status: said.length > 0 ? 1 : 0, sentence: said.length > 0 ? said.join(', ') : `${plcs.length} PLCs online, ${turns.finished} turns`, figures }
}
