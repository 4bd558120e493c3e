/** Where a verb finds the configuration and the data of a gateway. What is heavy is loaded when it is asked for, so that help and a typing error answer at once. */

import { existsSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { installed } from '../base/installed.js'
import type { Config } from '../contract/config.js'
import { CliError } from '../faces/cli/exit.js'
import type { Where } from '../faces/cli/verb.js'

export const EXAMPLE = fileURLToPath(new URL('../../../config/lineside.yaml', import.meta.url))

/** Both absolute. */
export interface Place { readonly file: string; readonly directory: string }

/** Of the installation, or outside one of the demo. Also of a gateway whose file has errors: its data directory is found without reading all of it. */
export async function placeOf(where: Where): Promise<Place> {
  const file = resolve(configFileOf(where.config, !existsSync(installed.file)))
  // Only one that nobody named is looked for in the file.
  if (where.data !== undefined) return { file, directory: resolve(where.data) }
  const { dataDirectoryOf } = await import('../configuration/data-directory.js')
  return { file, directory: dataDirectoryOf(file, undefined) }
}

/** The file that was named, or the one of the installation. Without either only the demo can run. */
export function configFileOf(given: string | undefined, isDemo: boolean): string {
  const file = given ?? process.env['LINESIDE_CONFIG'] ?? (isDemo ? EXAMPLE : existsSync(installed.file) ? installed.file : null)
  if (file === null) throw new CliError('usage', `there is no ${installed.file}, and no --config FILE was given`, '`lineside run --demo` starts the annotated example with the virtual plant')
  return file
}

/** What the file says, when it is sound. */
export async function fileConfigOf(where: Where): Promise<Config> {
  const { loadConfig, sentenceOf } = await import('../configuration/configure.js')
  const { file } = await placeOf(where)
  const loaded = loadConfig(file)
  if ('config' in loaded) return loaded.config
  throw new CliError('unfit', `${file} has ${loaded.errors.length === 1 ? 'an error' : `${loaded.errors.length} errors`}`, 'mend it, then `lineside config check`', loaded.errors.map(sentenceOf))
}

/** What is in force: a gateway goes on although its file has errors, and so do the verbs that speak with it. */
export async function configOf(where: Where): Promise<Config> {
  const [{ directory }, { configOfSource, inForce, openVersions }] = await Promise.all([placeOf(where), import('../configuration/versions.js')])
  const kept = inForce(openVersions(directory))
  const loaded = kept === null ? null : configOfSource(kept.source)
  return loaded !== null && 'config' in loaded ? loaded.config : fileConfigOf(where)
}
