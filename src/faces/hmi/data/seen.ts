/** What may be shown of what nobody saw: a dash, because a zero would look like a line that stands on its goal. */

import type { LineView } from '../../../contract/views.js'

type Target = LineView['target']

/** Target, good parts and gap of a line; of time that was not seen at all there is none of them. */
export function seenTarget({ target: { target_now, actual, gap }, oee: { coverage, counts } }: Pick<LineView, 'target' | 'oee'>): { readonly [K in keyof Target]: number | null } {
  return coverage === 0 && counts.total === 0 ? { target_now: null, actual: null, gap: null } : { target_now, actual, gap }
}

/** The counts of an equipment; one that is not seen and has counted nothing has no zero, either. */
export function seenCounts({ state, counts: { good, reject, total } }: Pick<LineView['equipment'][number], 'state' | 'counts'>): { readonly good: number | null; readonly reject: number | null } {
  return state.state === 'unknown' && total === 0 ? { good: null, reject: null } : { good, reject }
}
