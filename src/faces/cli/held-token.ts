/** The command line's own token: whoever may read the data directory may ask the gateway how it is. */

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tokens } from '../access/tokens.js'

/** The token in `cli.token`, made when there is none or it no longer holds. A running gateway knows a new one within a second. */
export function heldToken(tokens: Tokens, directory: string): { readonly token: string; readonly isNew: boolean } {
  const file = join(directory, 'cli.token')
  const held = read(file)
  if (held !== null && tokens.actorOf(held) !== null) return { token: held, isNew: false }
  const { token } = tokens.create({ name: 'command line', role: 'maintenance', lines: null, expiresAt: null })
  writeFileSync(`${file}.new`, `${token}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  return { token, isNew: true }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return null
  }
}
