/** Which equipment limits a line: everybody who needs one asks here, so that no two answers name different ones. */

import type { EquipmentConfig, LineConfig } from './config.js'

/**
 * The equipment declared as the constraint; without one that with the longest ideal time per part, and of equals the first in the flow.
 * A line whose OEE goes by its constraint declares it (`config check`).
 */
export function constraintOf({ equipment }: Pick<LineConfig, 'equipment'>): EquipmentConfig {
  return equipment.find(({ constraint }) => constraint) ?? equipment.reduce((slowest, one) => idealOf(one) > idealOf(slowest) ? one : slowest)
}

/** The equipment that limits a line while it makes a product: what the line says of that product (`constraints`), or else its constraint. */
export function constraintFor(line: Pick<LineConfig, 'equipment' | 'constraints'>, product: string | null): EquipmentConfig {
  const code = product === null || !Object.hasOwn(line.constraints, product) ? undefined : line.constraints[product]
  return line.equipment.find((one) => one.code === code) ?? constraintOf(line)
}

/** All that limit a line, each with the products that say so; the constraint first, in its place without any. */
export function constraintsOf(line: Pick<LineConfig, 'equipment' | 'constraints'>): ReadonlyMap<string, readonly string[]> {
  const of = new Map<string, string[]>([[constraintOf(line).code, []]])
  for (const [product, code] of Object.entries(line.constraints)) of.set(code, [...of.get(code) ?? [], product])
  return of
}

/** The equipment that every part passes: without it no way through the declared topology is left. Undeclared, all of it, one after the other. */
export function inSeries({ equipment }: Pick<LineConfig, 'equipment'>): readonly EquipmentConfig[] {
  if (equipment.every(({ upstream }) => upstream.length === 0)) return equipment
  const fed = new Set(equipment.flatMap(({ upstream }) => upstream))
  const ends = equipment.filter(({ code }) => !fed.has(code))
  return equipment.filter((without) => !ends.some((end) => reachesSource(end, without, new Set())))

  function reachesSource(from: EquipmentConfig, without: EquipmentConfig, seen: Set<EquipmentConfig>): boolean {
    if (from === without || seen.has(from)) return false
    seen.add(from)
    return from.upstream.length === 0 || equipment.some((one) => from.upstream.includes(one.code) && reachesSource(one, without, seen))
  }
}

const idealOf = ({ ideal_cycle, parts_per_cycle }: EquipmentConfig): number => ideal_cycle / parts_per_cycle
