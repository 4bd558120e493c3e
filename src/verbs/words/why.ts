/** `lineside why`: one tag, from the network to the rule. */

import { argument, off, text, textOrJson } from '../../faces/cli/flag.js'
import { verb } from '../../faces/cli/verb.js'
import { gatewayOf } from '../reach.js'
import { configOf, fileConfigOf } from '../where.js'

export const why = verb({
  words: 'why', sentence: 'why a tag is what it is: gateway, network, session, PDU, tag, type, age, rule; ends with 6 when a step is wrong', finds: 'gateway',
  examples: ['lineside why packer/bl_speed', 'lineside why BP01.PACK.BAG1/good_count', 'lineside why bl_speed --direct', 'lineside why packer/bl_speed -o json'],
  args: { tag: argument(text('tag'), 'PLC/TAG, EQUIPMENT/SIGNAL, or the name of a tag that only one PLC has') },
  flags: { direct: off('ask the PLC itself, also while the gateway runs; with --config by that file, whatever is in force'), output: textOrJson },
  async run({ args, flags, where }) {
    const isElsewhere = (where.url ?? process.env['LINESIDE_URL']) !== undefined
    const { why } = await import('../why.js')
    return why(args.tag, { gateway: () => gatewayOf(where), config: isElsewhere ? null : () => (flags.direct && where.config !== undefined ? fileConfigOf : configOf)(where), directly: flags.direct, output: flags.output })
  },
})
