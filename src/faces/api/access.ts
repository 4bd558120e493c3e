/** Answers about who may come in: tokens and people, made, changed and ended; each change is told to the journal, with who made it. */

import { limits } from '../../base/limits.js'
import { later } from '../../base/units.js'
import type { Desk } from '../../contract/desk.js'
import { type Refusal, isRefusal, refuse } from '../../contract/refusals.js'
import { type Actor, may } from '../../contract/roles.js'
import type { People, PersonRecord } from '../access/people.js'
import { changeOf } from '../access/record.js'
import type { TokenRecord, Tokens } from '../access/tokens.js'
import type { Handlers } from './ask.js'

const DAY_MS = 86_400_000

export interface Doors {
  readonly tokens: Tokens
  readonly people: Pick<People, 'list' | 'set' | 'remove'>
}

type Names = 'tokens' | 'token_creation' | 'token_revocation' | 'people' | 'person_setting' | 'person_pin' | 'person_removal'

export function accessHandlers(desk: Desk, { tokens, people }: Doors): Pick<Handlers, Names> {
  const strangerAmong = (lines: readonly string[] | null): Refusal | null => {
    const stranger = lines?.find((code) => desk.line(code)?.code !== code)
    return stranger === undefined ? null : refuse('LINE_UNKNOWN', { line_id: stranger })
  }

  return {
    tokens: () => ({ tokens: tokens.list().map(shown) }),
    async token_creation({ query: { name, role, lines = null, days }, actor }) {
      const strange = strangerAmong(lines)
      if (strange !== null) return strange
      if (tokens.list().length >= limits.tokensMax) return refuse('ACCESS_FULL', { tokens_max: limits.tokensMax })
      const { token, record } = await tokens.create({ name, role, lines, expiresAt: days === undefined ? null : later(desk.now(), days * DAY_MS) })
      await desk.record(changeOf('token', 'created', { ...record, of: record.id }, actor, desk.now()))
      return { token, record: shown(record) }
    },
    async token_revocation({ params, actor }) {
      const record = await tokens.revoke(params.token_id)
      if (record === null) return { revoked: null }
      await desk.record(changeOf('token', 'ended', { ...record, of: record.id }, actor, desk.now()))
      return { revoked: record.id }
    },
    people: ({ actor }) => ({ people: people.list().map((one) => ({ ...shownPerson(one), pin_may_be_reset: mayReset(actor, one) })) }),
    async person_setting({ query: { name, role, lines = null, pin }, actor }) {
      const strange = strangerAmong(lines)
      if (strange !== null) return strange
      const isKnown = people.list().some((one) => one.name === name)
      if (!isKnown && people.list().length >= limits.peopleMax) return refuse('ACCESS_FULL', { people_max: limits.peopleMax })
      const record = await people.set({ name, role, lines, pin })
      await desk.record(changeOf('person', isKnown ? 'changed' : 'created', { ...record, of: name }, actor, desk.now()))
      return shownPerson(record)
    },
    async person_pin({ params, query: { pin }, actor }) {
      const person = personOf(params.person, actor)
      if (isRefusal(person)) return person
      const record = await people.set({ name: person.name, role: person.role, lines: person.lines, pin })
      await desk.record(changeOf('pin', 'changed', { ...record, of: record.name }, actor, desk.now()))
      return shownPerson(record)
    },
    async person_removal({ params, actor }) {
      const record = await people.remove(params.person)
      if (record === null) return { removed: null }
      await desk.record(changeOf('person', 'ended', { ...record, of: record.name }, actor, desk.now()))
      return { removed: record.name }
    },
  }

  function personOf(name: string, actor: Actor): PersonRecord | Refusal {
    const record = people.list().find((one) => one.name === name)
    if (record === undefined) return refuse('OPERATOR_UNKNOWN', { person: name })
    return mayReset(actor, record) ? record : refuse('FORBIDDEN', { person: name })
  }
}

/** Whoever sets a PIN could act as that person: so nobody sets that of an equal, or of somebody who reaches further. */
function mayReset(actor: Actor, { role, lines }: Pick<PersonRecord, 'role' | 'lines'>): boolean {
  if (may(actor, 'manage_tokens', null)) return true
  if (!may(actor, 'manage_people', null) || role === 'supervisor') return false
  return actor.lines === null || (lines?.every((line) => actor.lines?.includes(line)) ?? false)
}

const shown = ({ id, name, role, lines, created_at, expires_at }: TokenRecord) => ({ id, name, role, lines, created_at, expires_at })
const shownPerson = ({ name, role, lines, created_at }: PersonRecord) => ({ name, role, lines, created_at })
