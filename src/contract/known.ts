/** What another version of lineside told, as far as this one knows it: members that a later one added are left out, and what is needed must be there. */

import type { z } from './schema.js'

export function knownOf<S extends z.ZodType>(schema: S, told: unknown): z.ZodSafeParseResult<z.output<S>> {
  const parsed = schema.safeParse(told)
  const added = parsed.success ? [] : parsed.error.issues.filter((issue) => issue.code === 'unrecognized_keys')
  if (added.length === 0) return parsed
  const known = structuredClone(told)
  for (const { path, keys } of added) {
    const at = path.reduce<unknown>((inside, step) => (inside as Record<PropertyKey, unknown>)[step], known) as Record<string, unknown>
    for (const key of keys) delete at[key]
  }
  return schema.safeParse(known)
}
