/** What a box needs beside the journal in order to go on for the other one: versions of the configuration, tokens, people. */

import { createHash } from 'node:crypto'
import { type Version, type Versions, hashOf, movedTo, readSource } from '../../configuration/versions.js'
import type { HouseCopy } from '../../contract/standby.js'
import type { People } from '../../faces/access/people.js'
import type { Tokens } from '../../faces/access/tokens.js'
import type { Standing } from './standing.js'

export interface HouseParts { readonly versions: Versions; readonly tokens: Pick<Tokens, 'list' | 'mirror'>; readonly people: Pick<People, 'list' | 'mirror'> }

export function houseOf({ versions, tokens, people }: HouseParts): HouseCopy {
  const house = { versions: versions.list().map((version) => ({ ...version })), tokens: tokens.list().map((token) => ({ ...token })), people: people.list().map((person) => ({ ...person })) }
  return { ...house, house: createHash('sha256').update(JSON.stringify(house)).digest('hex').slice(0, 16) }
}

/**
 * Takes over what the other box has. Its configuration stands in the place of ours, so that ours counts again only when it is changed.
 * Returns which tokens and people came from there.
 */
export async function takeHouse(copy: HouseCopy, { versions, tokens, people }: HouseParts, file: string, before: Standing['copied']): Promise<Standing['copied']> {
  const fileHash = hashOf(readSource(file).source)
  // Written by `houseOf` of the other box, from versions it keeps; what of it makes no sense is refused when it is read as a configuration.
  const theirs = copy.versions as unknown as readonly Version[]
  versions.mirror(theirs.map((version) => ({ ...version, source: movedTo(file, version.source), fileHash })))
  const ids = { tokens: copy.tokens.map(({ id }) => id), people: copy.people.map(({ id }) => id) }
  await tokens.mirror(copy.tokens, before.tokens.filter((id) => !ids.tokens.includes(id)))
  await people.mirror(copy.people, before.people.filter((id) => !ids.people.includes(id)))
  return ids
}
