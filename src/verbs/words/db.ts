/** `lineside db …`: the journal's file. */

import { argument, file, maybe, off, textOrJson } from '../../faces/cli/flag.js'
import { type Verb, verb } from '../../faces/cli/verb.js'
import { placeOf } from '../where.js'

const deeds = () => import('../db.js')

export const db: readonly Verb[] = [
  verb({
    words: 'db check', sentence: 'read it from end to end; ends with 6 when anything is damaged', examples: ['lineside db check', 'lineside db check /backup/monday.db'], finds: 'data',
    args: { file: maybe(file, 'a copy, in place of the journal') }, flags: { output: textOrJson },
    async run({ args, flags, where }) { return (await deeds()).dbCheck((await placeOf(where)).directory, args.file, flags.output) },
  }),
  verb({
    words: 'db backup', sentence: 'copy the journal into one file, also while the gateway runs, and check the copy', examples: ['lineside db backup /backup/monday.db'], finds: 'data',
    args: { file: argument(file, 'where the copy goes') },
    async run({ args, where }) { return (await deeds()).dbBackup((await placeOf(where)).directory, args.file) },
  }),
  verb({
    words: 'db restore', sentence: 'put a copy in the place of the journal; the gateway must not run', finds: 'data',
    examples: ['lineside db restore --dry-run /backup/monday.db', 'lineside db restore --yes /backup/monday.db'],
    args: { file: argument(file, 'a copy') }, flags: { yes: off('do it'), dryRun: off('only check the copy') },
    async run({ args, flags, where, now }) { return (await deeds()).dbRestore((await placeOf(where)).directory, args.file, { ...flags, stamp: new Date(now()).toISOString().replaceAll(':', '') }) },
  }),
  verb({
    words: 'db vacuum', sentence: 'give free pages back; the gateway must not run', examples: ['lineside db vacuum'], finds: 'data',
    async run({ where }) { return (await deeds()).dbVacuum((await placeOf(where)).directory) },
  }),
  verb({
    words: 'db migrate', sentence: 'bring the journal up to this version, as a start does', examples: ['lineside db migrate --plan'], finds: 'data',
    flags: { plan: off('only say which steps there are') },
    async run({ flags, where }) { return (await deeds()).dbMigrate((await placeOf(where)).directory, flags.plan) },
  }),
]
