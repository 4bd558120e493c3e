/** How far a pulled cord is from the fixed position, by the clock of the gateway. The fact alone says that the line stopped. */

import type { AndonView } from '../../../contract/views.js'
import { now } from './clock.js'

export interface FixedPosition { readonly isStopped: boolean; readonly leftSeconds: number }

export function fixedPositionOf({ fixed_position: fixed }: Pick<AndonView, 'fixed_position'>): FixedPosition | null {
  if (fixed === undefined) return null
  return { isStopped: fixed.line_stopped_at !== null, leftSeconds: Math.max(0, (Date.parse(fixed.grace_to) - now.value) / 1_000) }
}
