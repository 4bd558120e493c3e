/** What a screen learns about whom it works for, and where. */

import { permissions, roles } from './roles.js'
import { instantText, z } from './schema.js'

/** Four digits are for a shop floor, where a camera sees the panel; a plant may ask for more. */
export const pin = z.string().regex(/^\d{4,12}$/, 'four to twelve digits')

export const whoAmI = z.strictObject({
  name: z.string().describe('who acts: the person, or the station itself'), station: z.string(),
  person: z.strictObject({ name: z.string(), until: instantText }).nullable().describe('who is signed on here by PIN, and until when without a touch'),
  people: z.array(z.string()).describe('who may sign on here by PIN'), away_seconds: z.number(),
  role: z.enum(roles), lines: z.array(z.string()).nullable().describe('codes it reaches; null for all'),
  permissions: z.array(z.enum(Object.keys(permissions) as [keyof typeof permissions, ...(keyof typeof permissions)[]])),
  gateway: z.string(), version: z.string(), build: z.string().describe('changes with the screens'), time_zone: z.string(), now: instantText,
})
export type WhoAmI = z.output<typeof whoAmI>
