/** `lineside upgrade` and `lineside rollback`: from one installed release to another, and back. */

import { existsSync } from 'node:fs'
import { argument, file } from '../../faces/cli/flag.js'
import { CliError } from '../../faces/cli/exit.js'
import { type Verb, verb } from '../../faces/cli/verb.js'

/** It outlives the release that called it, and so it is a script beside them all. */
const SCRIPT = '/usr/sbin/lineside-release'

export const release: readonly Verb[] = [
  verb({
    words: 'upgrade', sentence: 'install a release beside this one and put it in force; one that is not healthy is taken back, journal and all', finds: 'nothing',
    examples: ['lineside upgrade /media/usb/lineside_0.2.0_amd64.deb'],
    args: { file: argument(file, 'the package, with its SHA256SUMS beside it') },
    run: ({ args }) => released('upgrade', args.file),
  }),
  verb({
    words: 'rollback', sentence: 'put the release before this one in force again', examples: ['lineside rollback'], finds: 'nothing',
    run: () => released('rollback'),
  }),
]

async function released(...words: readonly string[]): Promise<number> {
  if (!existsSync(SCRIPT)) throw new CliError('missing', 'this lineside was not installed as a package', 'releases are changed on the box, where the package put them')
  if (process.getuid?.() !== 0) throw new CliError('denied', 'only root changes what is installed', `sudo lineside ${words.join(' ')}`)
  const { spawnSync } = await import('node:child_process')
  const { status, error } = spawnSync(SCRIPT, words, { stdio: 'inherit' })
  if (error !== undefined) throw new CliError('failed', error.message)
  return status ?? 1
}
