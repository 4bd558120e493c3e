/** Tokens and people as somebody at the box changes them: with every change it is left to the journal who made it. */

import type { Clock } from '../../base/clock.js'
import type { Actor } from '../../contract/roles.js'
import type { People } from './people.js'
import { changeOf } from './record.js'
import type { Tokens } from './tokens.js'
import type { Untold } from './untold.js'

export interface Telling { readonly untold: Untold; readonly by: Actor; readonly clock: Clock }

/** Rejects with `AUDIT_FULL` in place of a change that could not be told. */
export function auditedTokens(tokens: Tokens, { untold, by, clock }: Telling): Tokens {
  return {
    ...tokens,
    async create(wish) {
      untold.makeSure()
      const made = await tokens.create(wish)
      await untold.add(changeOf('token', 'created', { ...made.record, of: made.record.id }, by, clock.now()))
      return made
    },
    async revoke(id) {
      untold.makeSure()
      const record = await tokens.revoke(id)
      if (record !== null) await untold.add(changeOf('token', 'ended', { ...record, of: id }, by, clock.now()))
      return record
    },
  }
}

/** Rejects with `AUDIT_FULL` in place of a change that could not be told. */
export function auditedPeople(people: People, { untold, by, clock }: Telling): People {
  return {
    ...people,
    async set(wish) {
      untold.makeSure()
      const isKnown = people.list().some(({ name }) => name === wish.name)
      const record = await people.set(wish)
      await untold.add(changeOf('person', isKnown ? 'changed' : 'created', { ...record, of: record.name }, by, clock.now()))
      return record
    },
    async remove(name) {
      untold.makeSure()
      const record = await people.remove(name)
      if (record !== null) await untold.add(changeOf('person', 'ended', { ...record, of: name }, by, clock.now()))
      return record
    },
  }
}
