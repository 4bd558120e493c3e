/** What a line made in a window, by the facts that its equipment told: what its parts are worth hangs on those of every machine. */

import type { Ms } from '../../base/units.js'
import type { LossSums, ProductSums } from '../../contract/losses.js'
import type { Oee } from '../../contract/oee.js'
import { type LineSums, lineSums } from '../losses/oee.js'
import { noTime } from '../losses/sums.js'
import type { Period } from '../time/calendar.js'
import type { LinePlan } from '../time/plan.js'
import { type Account, type Made, inWindow, productsOf } from './accounts.js'
import { madeBy } from './rowmoves.js'

/** By the method of then. Of time only what was blind at the constraint bears on the parts. `isKnown` leaves out what was counted later. */
export function lineMade(accounts: readonly Account[], window: Period, plan: LinePlan, method: Oee['method'], blindMs: Ms, isKnown: (one: Made) => boolean = () => true): LineSums {
  const ms = { ...noTime, no_data: blindMs }
  const products = (made: readonly Made[]): readonly ProductSums[] => productsOf(inWindow(made, window).filter(isKnown))
  const sums: (readonly [string, LossSums])[] = accounts.map(({ code, made }) => [code, { ms, products: products(made) }])
  return lineSums(new Map([...sums, [plan.line.code, { ms: noTime, products: products(madeBy(accounts, 'moved')) }]]), plan, method === 'equipment' ? plan.line.method : method)
}

/** What of a figure is the line's alone: how many more parts lie in its buffers, and whether some that left were made before anybody saw it. */
export const lineChange = (was: LineSums, is: LineSums): { readonly queued: number; readonly fromBefore: number } =>
  ({ queued: (is.workInProcess ?? 0) - (was.workInProcess ?? 0), fromBefore: is.fromBefore })
