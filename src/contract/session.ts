/** What a screen learns about whom it works for, and where. */

import { permissions, roles } from './roles.js'
import { instantText, z } from './schema.js'

export const whoAmI = z.strictObject({
  name: z.string(), role: z.enum(roles), lines: z.array(z.string()).nullable().describe('codes it reaches; null for all'),
  permissions: z.array(z.enum(Object.keys(permissions) as [keyof typeof permissions, ...(keyof typeof permissions)[]])),
  gateway: z.string(), version: z.string(), build: z.string().describe('changes with the screens'), time_zone: z.string(), now: instantText,
})
export type WhoAmI = z.output<typeof whoAmI>
