/** What an edit of one equipment moves in the time of its line, where what limits the line moves with the product. */

import { type Instant, instant, later, since } from '../../base/units.js'
import type { EquipmentConfig } from '../../contract/config.js'
import type { Fact } from '../../contract/events/catalogue.js'
import type { LossRow } from '../../contract/losses.js'
import { LossBook } from '../losses/lossbook.js'
import type { TimeMove } from '../losses/moved.js'
import { RowDraft } from '../losses/rowdraft.js'
import { type Slice, slicesOf } from '../losses/slices.js'
import { type LinePlan, constraintAt, isMoving } from '../time/plan.js'
import { type Timeline, applyTimeline, initialTimeline } from '../time/timeline.js'

/** What the constraint of the line was at, which is what the line made. */
export interface LineWork { readonly plan: LinePlan; readonly config: EquipmentConfig; readonly timeline: Timeline }

/** `null` where one equipment limits the line whatever it makes. */
export function lineWorkOf(plan: LinePlan, facts: readonly Fact[], planOf: (fact: Fact) => LinePlan): LineWork | null {
  if (plan.line.method !== 'constraint' || !isMoving(plan)) return null
  const config = plan.line.equipment[plan.constraint]!
  const timeline = facts.reduce((known, fact) => fact.equipment !== null && fact.equipment !== config.code ? known : applyTimeline(known, fact, planOf(fact), config).timeline, initialTimeline)
  return { plan, config, timeline }
}

/** Time that an edit moved between leaves of `equipment`, in pieces in which the line made one thing. */
export interface Piece { readonly move: TimeMove; readonly slice: Slice; readonly at: Instant; readonly ms: number }

/** Those in which the equipment limited the line: its time is the line's. */
export const limitedBy = ({ plan }: LineWork, equipment: string, pieces: readonly Piece[]): readonly TimeMove[] =>
  pieces.filter(({ slice }) => plan.line.equipment[constraintAt(plan, slice.product)]!.code === equipment).map(({ move, at, ms }) => ({ ...move, at, ms }))

export function piecesOf(moves: readonly TimeMove[], { plan, config, timeline }: LineWork): readonly Piece[] {
  return moves.flatMap((move) => {
    const to = later(move.at, move.ms)
    return slicesOf(timeline, move.at, to, to, plan, config).map((slice) => ({ move, slice, at: slice.from, ms: since(slice.to, slice.from) }))
  })
}

/** The rows of the line after that: they hold what stands in place of the time of its constraint, so that an edit of either moves them. */
export function lineRowsMoved({ plan, config }: LineWork, equipment: string, pieces: readonly Piece[], old: readonly LossRow[], book: LossBook): LossRow[] {
  const { code } = plan.line
  const minutes = new Set(pieces.map(({ move }) => move.key.minute))
  const standing = LossBook.of(old.filter((row) => row.equipment === code && minutes.has(row.minute)))
  const draft = new RowDraft(standing.put([...minutes].flatMap((minute) => [...book.rows(minute, instant(minute + 1))])), code, code)
  for (const { move: { key: { minute }, from, to }, slice, ms } of pieces) {
    const limiting = plan.line.equipment[constraintAt(plan, slice.product)]!.code
    if (limiting === config.code || (limiting !== equipment && config.code !== equipment)) continue
    const where = { ...slice, minute, idealMs: 0 }
    if (limiting === equipment) draft.move(where, from, to, ms)
    else draft.move(where, to, from, ms)
  }
  return draft.rows()
}
