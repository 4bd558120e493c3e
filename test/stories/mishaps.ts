/** Everything that can befall PLCs, machines and network of the plant, each over when its promise resolves. */

import { setTimeout as sleep } from 'node:timers/promises'
import type { Chance } from '../../src/base/chance.js'
import { isRefusal } from '../../src/contract/refusals.js'
import { type LeverName, pullOf } from '../../src/plant/levers.js'
import type { Plant } from '../../src/plant/plant.js'

/** `counted` resolves when the gateway has read every counter as it stands; the plant must stand still. */
export type Mishap = readonly [name: string, befall: (plant: Plant, chance: Chance, counted: () => Promise<void>) => Promise<void>]

/** Pulls a lever of the plant. */
export const pull = async (plant: Plant, lever: LeverName, body: Readonly<Record<string, string>> = {}): Promise<void> => {
  const order = pullOf(lever, body)
  if (isRefusal(order)) throw new Error(JSON.stringify(order))
  const refused = await plant.pull(order)
  if (refused !== null) throw new Error(JSON.stringify(refused))
}

/** Begins, lasts for a while, ends. */
const lasting = (lever: LeverName, body: Readonly<Record<string, string>> = {}, end: LeverName = 'faults/release'): Mishap => [`${lever} ${Object.values(body).join(' ')}`.trim(), async (plant, chance) => {
  await pull(plant, lever, body)
  await sleep(chance.whole(300, 1_200))
  await pull(plant, end)
}]
const sudden = (lever: LeverName, body: Readonly<Record<string, string>> = {}): Mishap => [`${lever} ${Object.values(body).join(' ')}`.trim(), (plant) => pull(plant, lever, body)]
/**
 * Machines stand while a program is loaded and until it runs: parts made just before it, or while nobody could look, are in no counter afterwards,
 * and one that has passed its old value unseen looks as if it had never fallen.
 */
const standing = ([name, befall]: Mishap): Mishap => [name, async (plant, chance, counted) => {
  await pull(plant, 'time/pause')
  await counted()
  await befall(plant, chance, counted)
  await counted()
  await pull(plant, 'time/resume')
}]

export const mishaps: readonly Mishap[] = [
  lasting('faults/hang'), lasting('faults/silence'), lasting('faults/slow', { ms: '40' }), lasting('faults/slow', { ms: '600' }), lasting('faults/pull'), lasting('faults/kill', {}, 'faults/restart'),
  sudden('faults/drop'), sudden('faults/restart'), sudden('faults/pdu', { bytes: '240' }), sudden('faults/machine', { equipment: 'BP01.PACK.BAG1', bit: '5' }),
  standing(sudden('faults/download', { ms: '200' })), standing(sudden('faults/restart', { zero_counters: 'true' })),
]
