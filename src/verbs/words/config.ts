/** `lineside config …`: what is in force, what would change, and how to change it. */

import { installed } from '../../base/installed.js'
import { instant } from '../../base/units.js'
import { duration, file, maybe, off, on, rowFormat, standard, textOrJson, whole } from '../../faces/cli/flag.js'
import { type Verb, verb } from '../../faces/cli/verb.js'
import { configFileOf, placeOf } from '../where.js'

const deeds = () => import('../config.js')

export const config: readonly Verb[] = [
  verb({
    words: 'config check', sentence: 'every error with its line and column; ends with 6 when there are any', finds: 'nothing',
    examples: ['lineside config check plant.yaml', 'lineside config check plant.yaml -o json'],
    args: { file: maybe(file, `default: $LINESIDE_CONFIG, then ${installed.file}`) }, flags: { output: textOrJson },
    async run({ args, flags }) {
      const file = configFileOf(args.file, false)
      return (await deeds()).check(file, flags.output)
    },
  }),
  verb({
    words: 'config schema', sentence: 'the JSON Schema of the configuration, for editors', examples: ['lineside config schema > lineside.schema.json'], finds: 'nothing',
    async run() {
      const { configSchema } = await import('../../configuration/configure.js')
      return { text: `${JSON.stringify(configSchema(), null, 2)}\n`, exit: 'done', talk: [] }
    },
  }),
  verb({
    words: 'config show', sentence: 'every setting of the configuration in force', finds: 'data',
    examples: ['lineside config show --effective --origin', 'lineside config show --file --config plant.yaml', 'lineside config show -o json'],
    flags: { effective: off('with its defaults, as it always is'), origin: off('say where each setting comes from'), file: off('what the file says, in place of what is in force'), output: textOrJson },
    async run({ flags: { file: fromFile, origin, output }, where }) { return (await deeds()).show(await placeOf(where), { fromFile, origin, output }) },
  }),
  verb({
    words: 'config diff', sentence: 'what the file would change', examples: ['lineside config diff', 'lineside config diff --config new.yaml'], finds: 'data',
    async run({ where }) { return (await deeds()).diff(await placeOf(where)) },
  }),
  verb({
    words: 'config plan', sentence: 'what a configuration would have made of the last hours: stops, OEE and calls that would differ, and what must be connected again', finds: 'data',
    examples: ['lineside config plan new.yaml', 'lineside config plan new.yaml --last 24h -o json'],
    args: { file: maybe(file, 'default: the configuration file itself') },
    flags: { last: standard(duration, '8h', 'how much of the journal, up to now'), output: textOrJson },
    async run({ args, flags, where, now, say }) {
      const { plan } = await import('../plan.js')
      return plan({ ...await placeOf(where), now: instant(now()) }, args.file, flags, say)
    },
  }),
  verb({
    words: 'config apply', sentence: 'let the file take effect, watch it, and take it back when it does harm; ends with 6 when it is refused or taken back', finds: 'data',
    examples: ['lineside config apply', 'lineside config apply --config new.yaml --trial 2m'],
    flags: { trial: standard(duration, '30s', 'how long it is watched'), wait: on('do not wait until it has proved itself'), dryRun: off('only say what would change') },
    async run({ flags: { trial: trialMs, wait, dryRun }, where }) { return (await deeds()).apply(await placeOf(where), { trialMs, wait, dryRun }) },
  }),
  verb({
    words: 'config rollback', sentence: 'go back to an earlier version', examples: ['lineside config rollback', 'lineside config rollback 3'], finds: 'data',
    args: { version: maybe(whole, 'default: the last good one before') },
    async run({ args, where }) { return (await deeds()).rollback(await placeOf(where), args.version ?? null) },
  }),
  verb({
    words: 'config history', sentence: 'the versions that are kept, newest first', examples: ['lineside config history'], finds: 'data',
    flags: { output: rowFormat },
    async run({ flags, where }) { return (await deeds()).history(await placeOf(where), flags.output) },
  }),
]
