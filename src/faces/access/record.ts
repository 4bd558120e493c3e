/** What the journal is told when somebody changes who may come in: which door, for whom, and who did it. Never a secret. */

import type { Instant } from '../../base/units.js'
import type { DraftOf } from '../../contract/events/catalogue.js'
import type { Actor, Role } from '../../contract/roles.js'

type Body = DraftOf<'access_changed'>['body']

interface Whose {
  /** The id of a token, the name of a person. */
  readonly of: string
  readonly name: string
  readonly role: Role
  readonly lines: readonly string[] | null
}

export function changeOf(what: Body['what'], change: Body['change'], { of, name, role, lines }: Whose, by: Actor, at: Instant): DraftOf<'access_changed'> {
  return {
    type: 'access_changed', at, line: null, equipment: null,
    body: { what, change, of, name, role, lines: lines === null ? null : [...lines], by: by.name, by_id: by.id, by_role: by.role },
  }
}
