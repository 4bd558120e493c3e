/** Who may do what: eight roles, and what each permission lets through. Deny is the default. */

export const roles = ['viewer', 'operator', 'quality', 'maintenance', 'supervisor', 'engineer', 'admin', 'mes'] as const
export type Role = (typeof roles)[number]

/** A PIN is short and typed in public: what it opens stays on the shop floor. */
export const personRoles = ['operator', 'quality', 'maintenance', 'supervisor'] as const satisfies readonly Role[]

const all = roles
const floor = ['operator', 'quality', 'maintenance', 'supervisor', 'engineer', 'admin'] as const
const leads = ['supervisor', 'engineer', 'admin'] as const

/** Each permission and the roles that have it. */
export const permissions = {
  view: all,
  metrics: ['viewer', 'maintenance', 'engineer', 'admin', 'mes'],
  raise_andon: [...floor, 'mes'],
  answer_andon: floor,
  reason_stop: floor,
  edit_stop: leads,
  edit_locked_shift: ['admin'],
  correct_past: leads,
  run_job: [...floor, 'mes'],
  manage_jobs: [...leads, 'mes'],
  correct_counts: [...leads, 'quality'],
  report_quality: floor,
  sign_on: floor,
  manage_operators: leads,
  maintain: ['maintenance', 'engineer', 'admin'],
  configure: ['engineer', 'admin'],
  manage_people: leads,
  manage_tokens: ['admin'],
  audit: ['engineer', 'admin'],
  follow: ['admin'],
  order_takeover: ['engineer', 'admin'],
} as const satisfies Record<string, readonly Role[]>
export type Permission = keyof typeof permissions

/** Who acts: a token, a person, the MES, or the gateway itself. */
export interface Actor {
  /** Token id, `uid/1000` at the box itself, `upstream/NAME`, or `gateway`. */
  readonly id: string
  /** The person behind it, when one has said so. */
  readonly name: string
  readonly role: Role
  /** Codes of the lines it reaches; `null` for all. */
  readonly lines: readonly string[] | null
}

/** The one function that authorises REST, sockets, MQTT commands and the command line alike. */
export function may(actor: Actor, permission: Permission, line: string | null): boolean {
  if (!(permissions[permission] as readonly Role[]).includes(actor.role)) return false
  return line === null || actor.lines === null || actor.lines.includes(line)
}
