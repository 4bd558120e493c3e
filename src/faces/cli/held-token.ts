/** The command line's own token. Whoever may write the data directory may make any token there, so it opens everything. */

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tokens } from '../access/tokens.js'

/** The token in `cli.token`, made when there is none or it no longer holds. A running gateway knows a new one within a second. */
export function heldToken(tokens: Tokens, directory: string): { readonly token: string; readonly isNew: boolean } {
  const file = join(directory, 'cli.token')
  const held = read(file)
  const actor = held === null ? null : tokens.actorOf(held)
  if (held !== null && actor?.role === 'admin') return { token: held, isNew: false }
  const { token } = tokens.create({ name: 'command line', role: 'admin', lines: null, expiresAt: null })
  writeFileSync(`${file}.new`, `${token}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  // Of an earlier release: it opened less.
  if (actor !== null) tokens.revoke(actor.id)
  return { token, isNew: true }
}

function read(file: string): string | null {
  try {
    return readFileSync(file, 'utf8').trim()
  } catch {
    return null
  }
}
