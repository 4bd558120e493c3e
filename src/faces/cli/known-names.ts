/** What somebody probably meant who named a line or an equipment that the gateway does not have. */

import { nearest } from '../../base/near.js'
import { plant } from '../../contract/endpoints/plant.js'
import { knownOf } from '../../contract/known.js'
import { type Gateway, ask } from './gateway.js'

export type NameKind = 'line' | 'equipment'

/** `did you mean BP01?`, or what there is; `null` when the gateway does not say. */
export async function meantBy(gateway: Gateway, name: string, kinds: readonly NameKind[]): Promise<string | null> {
  const { status, body } = await ask(gateway, plant.lines.path)
  const told = status === 200 ? knownOf(plant.lines.data, (body as { readonly data?: unknown } | null)?.data) : null
  if (told?.success !== true) return null
  const codes = told.data.lines.flatMap(({ code, equipment }) => [
    ...kinds.includes('line') ? [code] : [], ...kinds.includes('equipment') ? equipment.map(({ equipment_code }) => equipment_code) : [],
  ])
  const near = nearest(name, codes)
  return near === null ? `there is ${codes.slice(0, NAMED_MAX).join(', ')}${codes.length > NAMED_MAX ? ' …' : ''}` : `did you mean ${near}?`
}
const NAMED_MAX = 8
