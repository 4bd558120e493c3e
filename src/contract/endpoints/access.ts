/** Who may come in: tokens of programs and stations, and people who sign on by PIN. */

import { personRoles, roles } from '../roles.js'
import { code, instantText, shortText, z } from '../schema.js'
import { pin } from '../session.js'
import { asks } from './endpoint.js'

const PATH = '/api/v1/access'
const tag = 'service'
const manage = { tag, permission: 'manage_tokens' } as const
const lead = { tag, permission: 'manage_people' } as const

const tokenView = z.strictObject({ id: z.string(), name: z.string(), role: z.enum(roles), lines: z.array(code).nullable(), created_at: instantText, expires_at: instantText.nullable() })
const personView = z.strictObject({ name: z.string(), role: z.enum(personRoles), lines: z.array(code).nullable(), created_at: instantText })

export const access = {
  tokens: asks({ ...manage, path: `${PATH}/tokens`, sentence: 'All tokens, without their secrets.', data: () => z.strictObject({ tokens: z.array(tokenView) }) }),
  token_creation: asks({
    ...manage, method: 'POST', path: `${PATH}/tokens`, sentence: 'Makes a token; it is shown in this answer and never again.',
    query: z.strictObject({ name: shortText.default('unnamed'), role: z.enum(roles).default('viewer'), lines: z.array(code).optional().describe('default: all'), days: z.int().min(1).max(3_650).optional().describe('default: it does not end') }),
    data: () => z.strictObject({ token: z.string(), record: tokenView }),
  }),
  token_revocation: asks({ ...manage, method: 'DELETE', path: `${PATH}/tokens/{token_id}`, sentence: 'Ends a token at once, with its sockets and sessions.', params: z.strictObject({ token_id: z.string().max(20) }), data: () => z.strictObject({ revoked: z.string().nullable().describe('null: there was none') }) }),
  people: asks({
    ...lead, path: `${PATH}/people`, sentence: 'The people who sign on by PIN at stations they share.',
    data: () => z.strictObject({ people: z.array(personView.extend({ pin_may_be_reset: z.boolean().describe('by whoever asks') })) }),
  }),
  person_setting: asks({
    ...manage, method: 'POST', status: 200, path: `${PATH}/people`, sentence: 'Lets a person sign on by PIN, or gives a known one another role, lines and PIN.',
    query: z.strictObject({ name: shortText, role: z.enum(personRoles).default('operator'), lines: z.array(code).optional().describe('default: all'), pin }), data: () => personView,
  }),
  person_pin: asks({
    ...lead, method: 'POST', status: 200, path: `${PATH}/people/{person}/pin`, sentence: 'Gives a person another PIN; wherever they are signed on, that ends. A supervisor may do so for everybody but supervisors.',
    params: z.strictObject({ person: z.string().max(200) }), query: z.strictObject({ pin }), data: () => personView,
  }),
  person_removal: asks({ ...manage, method: 'DELETE', path: `${PATH}/people/{person}`, sentence: 'Ends what a person may do by PIN, at once.', params: z.strictObject({ person: z.string().max(200) }), data: () => z.strictObject({ removed: z.string().nullable().describe('null: there was nobody') }) }),
} as const
