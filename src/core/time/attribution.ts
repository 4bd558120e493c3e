/** Which leaf of the loss tree a moment of an equipment belongs to: the priority order of the time model, in one place. */

import type { Ms } from '../../base/units.js'
import type { Calendar, EquipmentConfig, StateClass } from '../../contract/config.js'
import type { reasonCategories } from '../../contract/kinds.js'
import type { TimeLeaf } from '../../contract/losses.js'

/** All that the leaf of a moment depends on. */
export interface Moment {
  readonly schedule: 'closed' | 'break' | 'open'
  /** The state by which time is booked; `unknown` only where blind time is a leaf of its own. */
  readonly state: StateClass
  /** Why it stands, when somebody or something says so. */
  readonly why: Why | null
  readonly inChangeover: boolean
  readonly hasJob: boolean
  /** The standstill around this moment is below the micro-stop threshold by its full length, whatever shift, minute or window cuts it. */
  readonly short: boolean
}

export interface Why {
  /** `null`: nobody gave a reason; then only the blame is known. */
  readonly category: (typeof reasonCategories)[number] | null
  readonly external: boolean
  /** A person said it. What the controls guess does not turn a declared changeover into a breakdown. */
  readonly said: boolean
}

export interface LossRules {
  readonly breaks: Calendar['breaks']
  readonly noOrder: EquipmentConfig['no_order']
}

export function leafOf(moment: Moment, rules: LossRules): TimeLeaf {
  if (moment.schedule === 'closed') return 'schedule_loss'
  if (moment.schedule === 'break') {
    if (rules.breaks === 'strict') return 'schedule_loss'
    if (moment.state === 'running') return 'running'
    if (rules.breaks === 'yield_to_run') return 'schedule_loss'
    return moment.state === 'unknown' ? 'no_data' : 'planned'
  }
  if (moment.state === 'unknown') return 'no_data'
  if (moment.state === 'running') return 'running'

  const leaf = standingLeaf(moment, rules)
  const micro = (leaf === 'unplanned' || leaf === 'external') && moment.short
  return micro ? 'micro_stop' : leaf
}

/** What is done to make it ready for other work. */
export const isChanging = (state: StateClass): boolean => state === 'changeover' || state === 'setup'

/** The leaf of a standstill, before its length is asked. */
function standingLeaf(moment: Moment, rules: LossRules): TimeLeaf {
  const { state, why } = moment
  const declared = moment.inChangeover || isChanging(state) || state === 'maintenance'
  if (why !== null && why.category !== null && (why.said || !declared)) {
    switch (why.category) {
      case 'excluded': return moment.hasJob ? 'schedule_loss' : 'no_order'
      case 'planned': return 'planned'
      case 'changeover': return 'changeover'
      case 'unplanned':
        if (!moment.hasJob && noOrderExcuses(state, why, rules)) return 'no_order'
        return why.external ? 'external' : 'unplanned'
    }
  }
  if (declared) return moment.inChangeover || state !== 'maintenance' ? 'changeover' : 'planned'
  if (!moment.hasJob && noOrderExcuses(state, why, rules)) return 'no_order'
  // Without a job an idle machine waits for one, which is a cause outside of it; so is every neighbour's.
  const external = state === 'starved' || state === 'blocked' || state === 'idle' || (why?.external ?? false)
  return external ? 'external' : 'unplanned'
}

/** Standing without a job leaves planned time where the plant says so; a breakdown, or a reason that a person gave, does not. */
function noOrderExcuses(state: StateClass, why: Why | null, rules: LossRules): boolean {
  if (rules.noOrder !== 'excluded' || state === 'faulted') return false
  return why?.category !== 'unplanned' || (why.external && !why.said)
}

/**
 * The length from which a standstill is a stop. Equipment that only counts stands from one ideal cycle after its last part,
 * and with a cycle of minutes a threshold of two would turn every cycle into a stop (domain note 2.5).
 */
export function microMsOf(equipment: EquipmentConfig, idealMs: Ms): Ms {
  if (equipment.state.from !== 'counts') return equipment.micro_stop
  return Math.max(equipment.micro_stop, equipment.state.stop_factor * idealMs) - idealMs
}
