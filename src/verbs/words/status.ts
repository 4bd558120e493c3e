/** `lineside status`: is the gateway ready? */

import { rowFormat } from '../../faces/cli/flag.js'
import { verb } from '../../faces/cli/verb.js'
import { gatewayOf } from '../reach.js'

export const status = verb({
  words: 'status', sentence: 'is the gateway ready, and how are its PLCs?', finds: 'gateway',
  examples: ['lineside status', 'lineside status -o json', 'LINESIDE_TOKEN=… lineside status --url https://line4:8000'],
  flags: { output: rowFormat },
  async run({ flags, where }) {
    const { status } = await import('../../faces/cli/status.js')
    return status(await gatewayOf(where), flags.output)
  },
})
