/** `lineside doctor`: what commonly is wrong with a box. */

import { off } from '../../faces/cli/flag.js'
import { verb } from '../../faces/cli/verb.js'
import { gatewayOf } from '../reach.js'
import { placeOf } from '../where.js'

export const doctor = verb({
  words: 'doctor', sentence: 'look at everything that commonly is wrong; ends with 6 when something is', examples: ['lineside doctor', 'lineside doctor --json'], finds: 'gateway',
  flags: { json: off('for programs') },
  async run({ flags, where }) {
    const { examine, shownDiagnoses } = await import('../doctor.js')
    const found = await examine({ ...await placeOf(where), gateway: () => gatewayOf(where) })
    return { text: flags.json ? `${JSON.stringify(found, null, 2)}\n` : shownDiagnoses(found), exit: found.some(({ verdict }) => verdict === 'wrong') ? 'problems' : 'done', talk: [] }
  },
})
