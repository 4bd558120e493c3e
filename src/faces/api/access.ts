/** Answers about who may come in: tokens and people, made and ended. */

import { later } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import { refuse } from '../../contract/refusals.js'
import type { People } from '../access/people.js'
import type { TokenRecord, Tokens } from '../access/tokens.js'
import type { Handlers } from './ask.js'

const DAY_MS = 86_400_000

export interface Doors {
  readonly tokens: Tokens
  readonly people: Pick<People, 'list' | 'remove'>
}

export function accessHandlers(desk: Desk, { tokens, people }: Doors): Pick<Handlers, 'tokens' | 'token_creation' | 'token_revocation' | 'people' | 'person_removal'> {
  return {
    tokens: () => ({ tokens: tokens.list().map(shown) }),
    token_creation({ query: { name, role, lines = null, days } }) {
      const stranger = lines?.find((code) => desk.line(code)?.code !== code)
      if (stranger !== undefined) return refuse('LINE_UNKNOWN', { line_id: stranger })
      const { token, record } = tokens.create({ name, role, lines, expiresAt: days === undefined ? null : later(desk.now(), days * DAY_MS) })
      return { token, record: shown(record) }
    },
    token_revocation: ({ params }) => ({ revoked: tokens.revoke(params.token_id) ? params.token_id : null }),
    people: () => ({ people: people.list().map(({ name, role, lines, created_at }) => ({ name, role, lines, created_at })) }),
    person_removal: ({ params }) => ({ removed: people.remove(params.person) ? params.person : null }),
  }
}

const shown = ({ id, name, role, lines, created_at, expires_at }: TokenRecord) => ({ id, name, role, lines, created_at, expires_at })
