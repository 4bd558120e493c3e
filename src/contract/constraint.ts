/** Which equipment limits a line: everybody who needs one asks here, so that no two answers name different ones. */

import type { EquipmentConfig, LineConfig } from './config.js'

/**
 * The equipment declared as the constraint; without one that with the longest ideal time per part, and of equals the first in the flow.
 * A line whose OEE goes by its constraint declares it (`config check`).
 */
export function constraintOf({ equipment }: Pick<LineConfig, 'equipment'>): EquipmentConfig {
  return equipment.find(({ constraint }) => constraint) ?? equipment.reduce((slowest, one) => idealOf(one) > idealOf(slowest) ? one : slowest)
}

const idealOf = ({ ideal_cycle, parts_per_cycle }: EquipmentConfig): number => ideal_cycle / parts_per_cycle
