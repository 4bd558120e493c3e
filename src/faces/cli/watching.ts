/** Verbs that stay: facts as they happen, signals as they change. */

import { setTimeout as sleep } from 'node:timers/promises'
import { styleText } from 'node:util'
import type { Message } from '../../contract/events/message.js'
import { type Verb, dataOf, query } from './verb.js'

/** How often a watcher asks; the gateway answers both from memory. */
const LOOK_MS = 500

export const watching: readonly Verb[] = [
  {
    words: 'events tail', sentence: 'the last facts of the journal, and with --follow those to come', examples: ['lineside events tail', 'lineside events tail -f --types state_changed,downtime_event', 'lineside events tail --after 1200 --json'],
    flags: [
      { flags: '-f, --follow', sentence: 'go on until Ctrl-C' }, { flags: '-n, --count <number>', sentence: 'how many of the last numbers to begin with', kind: 'number', default: 20 },
      { flags: '--after <seq>', sentence: 'begin after this number, and miss none', kind: 'number' }, { flags: '--types <names>', sentence: 'only these, separated by commas' },
      { flags: '--equipment <code>', sentence: 'only of this equipment' }, { flags: '--json', sentence: 'one line of JSON each' },
    ],
    async run(gateway, given) {
      const { flags } = given
      const { plant } = await import('../../contract/endpoints/plant.js')
      const types = flags['types'] === undefined ? '' : String(flags['types']).split(',').map((type) => `&types=${encodeURIComponent(type.trim())}`).join('')
      const page = (after: number) => dataOf(gateway, plant.journal.data, `${plant.journal.path}${query({ after, limit: 1_000, equipment_code: flags['equipment'] })}${types}`)
      let after = flags['after'] === undefined ? Math.max(0, (await page(0)).head - Number(flags['count'])) : Number(flags['after'])
      for (;;) {
        const { events, next_after: next, head } = await page(after)
        // Read back from JSON as the message it was made of.
        for (const event of events) given.print(flags['json'] === true ? `${JSON.stringify(event)}\n` : lineOf(event as unknown as Message))
        after = next
        if (events.length > 0 && after < head) continue
        if (flags['follow'] !== true) return 'done'
        await sleep(LOOK_MS, undefined, { signal: given.stopped }).catch(() => undefined)
        if (given.stopped.aborted) return 'interrupted'
      }
    },
  },
  {
    words: 'tag watch', sentence: 'the signals of an equipment as they change, with quality and age', examples: ['lineside tag watch BP01.PACK.BAG1', 'lineside tag watch BP01.PACK.BAG1 --once'],
    args: [{ name: '<equipment>', sentence: 'its code' }], flags: [{ flags: '--once', sentence: 'all as they are now, and no more' }],
    async run(gateway, given) {
      const [equipment = ''] = given.args
      const { plant } = await import('../../contract/endpoints/plant.js')
      const path = plant.equipment_signals.path.replace('{equipment_code}', encodeURIComponent(equipment))
      const shown = new Map<string, string>()
      for (;;) {
        const { signals } = await dataOf(gateway, plant.equipment_signals.data, path)
        for (const [name, { value, unit, quality, at }] of Object.entries(signals)) {
          const text = `${value === null ? '–' : String(value)}${unit === null ? '' : ` ${unit}`}${quality === 'good' ? '' : `  ${styleText('red', quality)}`}`
          if (shown.get(name) !== text) given.print(`${(at ?? '–').slice(11, 23).padEnd(12)}  ${name.padEnd(16)}  ${text}\n`)
          shown.set(name, text)
        }
        if (given.flags['once'] === true) return 'done'
        await sleep(LOOK_MS, undefined, { signal: given.stopped }).catch(() => undefined)
        if (given.stopped.aborted) return 'interrupted'
      }
    },
  },
]

function lineOf({ seq, timestamp, type, equipment_code: equipment, data }: Message): string {
  const body = Object.entries(data).filter(([, value]) => value !== null && typeof value !== 'object').map(([name, value]) => `${name}=${String(value)}`).join(' ')
  return `${String(seq).padStart(6)}  ${timestamp.slice(0, 23).replace('T', ' ')}  ${styleText('bold', type)}${equipment === undefined ? '' : ` ${equipment}`}  ${styleText('dim', body)}\n`
}

