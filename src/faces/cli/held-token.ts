/** The command line's own token. Whoever may write the data directory may make any token there, so it opens everything. */

import { readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Tokens } from '../access/tokens.js'

/** What lies in `cli.token`, whether it holds or not; `null` when nothing does. */
export function keptToken(directory: string): string | null {
  try {
    return readFileSync(fileIn(directory), 'utf8').trim()
  } catch {
    return null
  }
}

/** The same when it holds and opens everything. */
export function heldToken(tokens: Tokens, directory: string): string | null {
  const held = keptToken(directory)
  return held !== null && tokens.actorOf(held)?.role === 'admin' ? held : null
}

/** Makes one in its place. A running gateway knows it within a second. */
export async function newHeldToken(tokens: Tokens, directory: string): Promise<string> {
  const file = fileIn(directory)
  const before = keptToken(directory)
  const actor = before === null ? null : tokens.actorOf(before)
  const { token } = await tokens.create({ name: 'command line', role: 'admin', lines: null, expiresAt: null })
  writeFileSync(`${file}.new`, `${token}\n`, { mode: 0o600 })
  renameSync(`${file}.new`, file)
  // Of an earlier release: it opened less.
  if (actor !== null) await tokens.revoke(actor.id)
  return token
}

const fileIn = (directory: string): string => join(directory, 'cli.token')
