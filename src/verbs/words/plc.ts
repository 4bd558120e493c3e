/** `lineside plc …`: PLCs asked directly, without a gateway. */

import { argument, maybe, off, rowFormat, several, text } from '../../faces/cli/flag.js'
import { interrupted } from '../../faces/cli/signals.js'
import { type Verb, verb } from '../../faces/cli/verb.js'
import { fileConfigOf } from '../where.js'

const deeds = () => import('../plc.js')
const one = argument(text('plc'), 'its id in the configuration')

export const plc: readonly Verb[] = [
  verb({
    words: 'plc list', sentence: 'every PLC of the configuration', examples: ['lineside plc list', 'lineside plc list -o json'], finds: 'data',
    flags: { output: rowFormat },
    async run({ flags, where }) { return (await deeds()).plcList(await fileConfigOf(where), flags.output) },
  }),
  verb({
    words: 'plc test', sentence: 'connect once and read every tag; ends with 6 when anything is not as it should be', examples: ['lineside plc test', 'lineside plc test filler --config plant.yaml'], finds: 'data',
    args: { plc: maybe(text('plc'), 'default: all') }, flags: { output: rowFormat },
    async run({ args, flags, where }) { return (await deeds()).plcTest(await fileConfigOf(where), args.plc, flags.output) },
  }),
  verb({
    words: 'plc read', sentence: 'read once and print the values', examples: ['lineside plc read filler', 'lineside plc read filler speed DB10,REAL28'], finds: 'data',
    args: { plc: one, tags: several('names or addresses; default: all tags') }, flags: { output: rowFormat },
    async run({ args, flags, where }) { return (await deeds()).plcRead(await fileConfigOf(where), args.plc, args.tags, flags.output) },
  }),
  verb({
    words: 'plc watch', sentence: 'its tags as they are, four times a second, until Ctrl-C; without a terminal, a line for each change', finds: 'data',
    examples: ['lineside plc watch filler', 'lineside plc watch filler speed DB10,REAL28', 'lineside plc watch filler --json | head -100'],
    args: { plc: one, tags: several('names or addresses; default: all tags') }, flags: { json: off('a line of JSON for each change') },
    async run({ args, flags, where, print }) {
      const stopped = interrupted()
      const [{ plcOf, withTags }, { plcWatch }, { plcs }] = await Promise.all([deeds(), import('../watch.js'), fileConfigOf(where)])
      return plcWatch(withTags(plcOf(plcs, args.plc), args.tags), { print, stopped, isScreen: process.stdout.isTTY && !flags.json, isJson: flags.json })
    },
  }),
  verb({
    words: 'plc browse', sentence: 'what tags the PLC says it has, where its protocol can tell', examples: ['lineside plc browse bagger', 'lineside plc browse bagger -o name'], finds: 'data',
    args: { plc: one }, flags: { output: rowFormat },
    async run({ args, flags, where }) { return (await deeds()).plcBrowse(await fileConfigOf(where), args.plc, flags.output) },
  }),
]
