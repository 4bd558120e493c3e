/** `lineside explain`: a figure opened up. */

import { argument, flag, off, rowFormat, text } from '../../faces/cli/flag.js'
import { verb } from '../../faces/cli/verb.js'
import { gatewayOf } from '../reach.js'

export const explain = verb({
  words: 'explain', sentence: 'open a figure up: factors, leaves, slices, counter steps and their facts', finds: 'gateway',
  examples: ['lineside explain BP01.PACK.BAG1', 'lineside explain BP01.PACK.BAG1 --shift 2026-03-29/early --slices --counts', 'lineside explain BP01 -o json'],
  args: { code: argument(text('code'), 'an equipment or a line') },
  flags: {
    shift: flag(text('id'), 'like 2026-03-29/early (default: the running one)'), from: flag(text('instant'), 'with --to, in place of a shift'), to: flag(text('instant'), 'the end, which is not included'),
    job: flag(text('id'), 'only what belongs to this job'), product: flag(text('code'), 'only what belongs to this product'),
    slices: off('every slice of time with its state and stop'), counts: off('every step of a counter with its rule'), output: rowFormat,
  },
  async run({ args, flags: { output, ...wish }, where }) {
    const { explain } = await import('../../faces/cli/explain.js')
    return { text: await explain(await gatewayOf(where), { of: args.code, ...wish }, output), exit: 'done', talk: [] }
  },
})
