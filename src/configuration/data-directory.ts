/** Where a gateway keeps its data, also when its configuration cannot be used: the versions of it that worked lie there. */

import { readFileSync } from 'node:fs'
import { isAbsolute, resolve } from 'node:path'
import { installed } from '../base/installed.js'
import { readYaml } from './yaml.js'

/** Absolute: what was named, or `storage.directory` of the file, or where the service manager says, or `data`. */
export function dataDirectoryOf(file: string, named: string | undefined, environment: NodeJS.ProcessEnv = process.env): string {
  if (named !== undefined) return resolve(named)
  const setting = settingIn(file)
  // The service is told its directory by name; a person in some folder means the same one.
  if (resolve(file) === installed.file && !isAbsolute(setting ?? '')) return installed.directory
  return resolve(setting ?? environment['STATE_DIRECTORY'] ?? 'data')
}

function settingIn(file: string): string | null {
  try {
    const yaml = readYaml(readFileSync(file, 'utf8'))
    const value = yaml.value as { readonly storage?: { readonly directory?: unknown } } | null | undefined
    return typeof value?.storage?.directory === 'string' ? value.storage.directory : null
  } catch {
    return null
  }
}
