/** Where a gateway keeps its data, also when its configuration cannot be used: the versions of it that worked lie there. */

import { readFileSync } from 'node:fs'
import { dirname, isAbsolute, resolve } from 'node:path'
import { installed } from '../base/installed.js'
import { readYaml } from './yaml.js'

/** Absolute: what was named, or `storage.directory` of the file, or where the service manager says, or `data`. What a file says counts from the file, wherever somebody stands who asks of it. */
export function dataDirectoryOf(file: string, named: string | undefined, environment: NodeJS.ProcessEnv = process.env): string {
  if (named !== undefined) return resolve(named)
  const setting = settingIn(file)
  // The service is told its directory by name; a person in some folder means the same one.
  if (resolve(file) === installed.file && !isAbsolute(setting ?? '')) return installed.directory
  return resolve(dirname(file), setting ?? environment['STATE_DIRECTORY'] ?? 'data')
}

/** A setting at the top of a file with what is indented below it. The whole of a plant takes longer to understand than a verb may take, and need not be sound. */
const STORAGE = /^storage:[^\n]*\n(?:(?:[ #\r][^\n]*)?\n)*/m

function settingIn(file: string): string | null {
  try {
    const text = readFileSync(file, 'utf8')
    const alone = readYaml(STORAGE.exec(`${text}\n`)?.[0] ?? '')
    // Elsewhere in JSON, and no YAML by itself when it repeats what was anchored before.
    const { value } = isSetting(alone.value) ? alone : readYaml(text)
    const directory = isSetting(value) ? value.storage.directory : null
    return typeof directory === 'string' ? directory : null
  } catch {
    return null
  }
}

const isSetting = (value: unknown): value is { readonly storage: { readonly directory?: unknown } } =>
  typeof value === 'object' && value !== null && 'storage' in value && typeof value.storage === 'object' && value.storage !== null
