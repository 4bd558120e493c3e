/** `lineside db check|backup|restore|vacuum|migrate`: the journal's file, with the gateway running where that can be, and without it. */

import { resolve } from 'node:path'
import { CliError } from '../faces/cli/exit.js'
import type { Said } from '../faces/cli/verb.js'
import { type Checked, backUp, checkDatabase, migration, restore, vacuum } from '../journal/keeping/care.js'
import { databasePath } from '../journal/keeping/gate.js'

/** Of the data directory's journal, or of a copy. */
export function dbCheck(directory: string, file: string | undefined, output: 'text' | 'json'): Said {
  const path = file === undefined ? databasePath(directory) : resolve(file)
  const checked = checkDatabase(path)
  const isSound = checked.findings.every(({ ok }) => ok)
  const text = output === 'json' ? `${JSON.stringify({ path, sound: isSound, ...checked }, null, 2)}\n` : checked.findings.map(({ check, ok, detail }) => `${ok ? '✔' : '✖'} ${check}: ${detail}\n`).join('')
  return { text, exit: isSound ? 'done' : 'problems', talk: [aboutOf(path, checked)] }
}

export async function dbBackup(directory: string, file: string): Promise<Said> {
  const to = resolve(file)
  const checked = await backUp(directory, to)
  return { text: `${to}\n`, exit: 'done', talk: [`${aboutOf(to, checked)}; checked from end to end`, 'tokens and configuration versions are files of their own beside the journal'] }
}

export function dbRestore(directory: string, file: string, wish: { readonly yes: boolean; readonly dryRun: boolean; readonly stamp: string }): Said {
  if (wish.dryRun) return dbCheck(directory, file, 'text')
  if (!wish.yes) throw new CliError('usage', 'this puts a copy in the place of the journal', 'say --yes; what is there now is kept beside it')
  const { checked, aside } = restore(directory, resolve(file), wish.stamp)
  return { text: aside === null ? '' : `${aside}\n`, exit: 'done', talk: [`${aboutOf(file, checked)} is the journal now; the next start begins a new epoch`, ...aside === null ? [] : ['what was there before is kept in the file named above']] }
}

export function dbVacuum(directory: string): Said {
  const { before, after } = vacuum(directory)
  return { text: '', exit: 'done', talk: [`${megabytes(before)} before, ${megabytes(after)} now`] }
}

export function dbMigrate(directory: string, plan: boolean): Said {
  const { found, known, steps } = migration(directory, !plan)
  const state = steps.length === 0 ? `the journal is of version ${known}, which is this program's` : `${plan ? 'would go' : 'went'} from version ${found} to ${known}`
  return { text: steps.map((step) => `${step}\n`).join(''), exit: 'done', talk: [state] }
}

const aboutOf = (path: string, { facts, head, bytes }: Checked): string => `${path}: ${facts} facts up to number ${head}, ${megabytes(bytes)}`
const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(1)} MB`
