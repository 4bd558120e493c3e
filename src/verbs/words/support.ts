/** `lineside support-bundle`: what somebody far away needs to see. */

import { resolve } from 'node:path'
import { file, maybe } from '../../faces/cli/flag.js'
import { verb } from '../../faces/cli/verb.js'
import { gatewayOf } from '../reach.js'
import { placeOf } from '../where.js'

export const support = verb({
  words: 'support-bundle', sentence: 'all that somebody far away needs to see, in one file, without secrets', examples: ['lineside support-bundle', 'lineside support-bundle /tmp/line4.json.gz'], finds: 'gateway',
  args: { file: maybe(file, 'default: lineside-support-<time>.json.gz') },
  async run({ args, where, now }) {
    const { writeBundle } = await import('../support.js')
    const at = new Date(now()).toISOString()
    const to = resolve(args.file ?? `lineside-support-${at.replaceAll(':', '')}.json.gz`)
    const parts = await writeBundle({ ...await placeOf(where), gateway: () => gatewayOf(where) }, to, at)
    return { text: `${to}\n`, exit: 'done', talk: [`it holds ${parts.join(', ')}; secrets were taken out, but look at it before you give it away: zless ${to}`] }
  },
})
