/** Whether a journal can follow another one: it is an earlier state of it, or it went its own way after the other went on from it. */

import type { Place } from '../../contract/copy.js'
import type { BeatAnswer, Fork } from '../../contract/standby.js'

export type Reconciled =
  /** All that is here is there too. */
  | { readonly is: 'earlier' }
  /** Something was recorded here after the other box had gone on. */
  | { readonly is: 'forked'; readonly fork: Omit<Fork, 'file'> }
  /** The two have nothing to do with each other. */
  | { readonly is: 'foreign' }

export interface Mine { readonly epoch: string; readonly place: Place }

export function reconcile(mine: Mine, theirs: Pick<BeatAnswer, 'epochs' | 'goes_on'>): Reconciled {
  const { place } = mine
  if (place.seq === 0) return { is: 'earlier' }
  const onward = theirs.goes_on.find(({ previous }) => previous === mine.epoch)
  if (onward !== undefined) {
    const { from } = onward
    if (place.seq <= from.seq && place.rows <= from.rows && place.commands <= from.commands) return { is: 'earlier' }
    return { is: 'forked', fork: { epoch: mine.epoch, after_seq: from.seq, to_seq: Math.max(place.seq, from.seq), facts: Math.max(0, place.seq - from.seq) } }
  }
  return theirs.epochs.includes(mine.epoch) ? { is: 'earlier' } : { is: 'foreign' }
}

/** It acts, and not on the word of whoever asks. */
export const actsFreely = ({ role, leased }: Pick<BeatAnswer, 'role' | 'leased'>): boolean => role === 'active' && !leased

/**
 * An active box gives way to one that goes on from it, and so does one that never recorded anything. Two that do not know each other's epochs
 * are two gateways under one name, and neither may act.
 */
export function mustYield(mine: { readonly epoch: string; readonly epochs: readonly string[] }, theirs: Pick<BeatAnswer, 'role' | 'epoch' | 'epochs'>): 'yield' | 'stay' | 'conflict' {
  if (theirs.role !== 'active') return 'stay'
  if (mine.epoch === '' || (theirs.epoch !== mine.epoch && theirs.epochs.includes(mine.epoch))) return 'yield'
  return theirs.epoch !== mine.epoch && mine.epochs.includes(theirs.epoch) ? 'stay' : 'conflict'
}
