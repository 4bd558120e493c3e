/** Verbs that stay: facts as they happen, signals as they change. */

import { setTimeout as sleep } from 'node:timers/promises'
import { styleText } from 'node:util'
import type { Message } from '../../contract/events/message.js'
import { dataOf, query } from '../../faces/cli/answer.js'
import { CliError } from '../../faces/cli/exit.js'
import { argument, flag, off, standard, text, whole } from '../../faces/cli/flag.js'
import { interrupted } from '../../faces/cli/signals.js'
import { localTime } from '../../faces/cli/spoken.js'
import { type Verb, verb } from '../../faces/cli/verb.js'
import { gatewayOf } from '../reach.js'

/** How often a watcher asks; the gateway answers both from memory. */
const LOOK_MS = 500

export const watching: readonly Verb[] = [
  verb({
    words: 'events tail', sentence: 'the last facts of the journal, and with --follow those to come', finds: 'gateway',
    examples: ['lineside events tail', 'lineside events tail -f --types state_changed,downtime_event', 'lineside events tail --after 1200 --json'],
    flags: {
      follow: off('go on until Ctrl-C', 'f'), count: standard(whole, '20', 'how many of the last numbers to begin with', 'n'),
      after: flag({ ...whole, name: 'seq' }, 'begin after this number, and miss none'), types: flag(text('names'), 'only these, separated by commas'),
      equipment: flag(text('code'), 'only of this equipment'), json: off('one line of JSON each'),
    },
    async run({ flags, where, print }) {
      const stopped = interrupted()
      const gateway = await gatewayOf(where)
      const { plant } = await import('../../contract/endpoints/plant.js')
      const types = flags.types === undefined ? '' : flags.types.split(',').map((type) => `&types=${encodeURIComponent(type.trim())}`).join('')
      const page = (after: number) => dataOf(gateway, plant.journal.data, `${plant.journal.path}${query({ after, limit: 1_000, equipment_code: flags.equipment })}${types}`)
      let after = flags.after ?? Math.max(0, (await page(0)).head - flags.count)
      for (;;) {
        const { events, next_after: next, head } = await page(after)
        // Read back from JSON as the message it was made of.
        for (const event of events) print(flags.json ? `${JSON.stringify(event)}\n` : lineOf(event as unknown as Message))
        after = next
        if (events.length > 0 && after < head) continue
        if (!flags.follow) return 'done'
        await sleep(LOOK_MS, undefined, { signal: stopped }).catch(() => undefined)
        if (stopped.aborted) return 'interrupted'
      }
    },
  }),
  verb({
    words: 'tag watch', sentence: 'the signals of an equipment as they change, with quality and age', finds: 'gateway',
    examples: ['lineside tag watch BP01.PACK.BAG1', 'lineside tag watch BP01.PACK.BAG1 --once'],
    args: { equipment: argument(text('code'), 'its code') }, flags: { once: off('all as they are now, and no more') },
    async run({ args: { equipment }, flags, where, print }) {
      if (equipment.includes('/')) throw new CliError('usage', `${JSON.stringify(equipment)} is no equipment: its signals are watched together`, `\`lineside why ${equipment}\` looks at one tag or signal`)
      const stopped = interrupted()
      const gateway = await gatewayOf(where)
      const { plant } = await import('../../contract/endpoints/plant.js')
      const path = plant.equipment_signals.path.replace('{equipment_code}', encodeURIComponent(equipment))
      const shown = new Map<string, string>()
      for (;;) {
        const { signals } = await dataOf(gateway, plant.equipment_signals.data, path)
        for (const [name, { value, unit, quality, at }] of Object.entries(signals)) {
          const text = `${value === null ? '–' : String(value)}${unit === null ? '' : ` ${unit}`}${quality === 'good' ? '' : `  ${styleText('red', quality)}`}`
          if (shown.get(name) !== text) print(`${(at === null ? '–' : localTime(at).slice(11)).padEnd(12)}  ${name.padEnd(16)}  ${text}\n`)
          shown.set(name, text)
        }
        if (flags.once) return 'done'
        await sleep(LOOK_MS, undefined, { signal: stopped }).catch(() => undefined)
        if (stopped.aborted) return 'interrupted'
      }
    },
  }),
]

function lineOf({ seq, timestamp, type, equipment_code: equipment, data }: Message): string {
  const body = Object.entries(data).filter(([, value]) => value !== null && typeof value !== 'object').map(([name, value]) => `${name}=${String(value)}`).join(' ')
  return `${String(seq).padStart(6)}  ${localTime(timestamp)}  ${styleText('bold', type)}${equipment === undefined ? '' : ` ${equipment}`}  ${styleText('dim', body)}\n`
}

