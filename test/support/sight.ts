/** What a gateway sees of the virtual plant, waited for. */

import type { Plant } from '../../src/plant/plant.js'
import type { Gateway } from '../stories/gateway.js'
import { until } from './child.js'

/** The machines of the example's line. */
export const machines = ['BP01.PACK.BAG1.BL', 'BP01.PACK.BAG1', 'BP01.PACK.PAL1'] as const

/** Every machine has a state: from here on no part may be missed. */
export const sees = (gateway: Pick<Gateway, 'get'>): Promise<void> => until('every machine is seen', async () => {
  const states = await Promise.all(machines.map((code) => gateway.get<{ state: { state: string } }>(`/api/v1/enhanced/equipment/${code}/production-status`)))
  return states.every(({ state }) => state.state !== 'unknown')
})

/** Every counter was read as it stands now, and often enough for whoever looks twice to believe it; the plant must stand still. */
export async function countsAll(gateway: Pick<Gateway, 'get'>, plant: Plant): Promise<void> {
  await until('every counter is read', async () => {
    const shown = await Promise.all(machines.map((code) => gateway.get<{ signals: Readonly<Record<string, { value: unknown }>> }>(`/api/v1/enhanced/equipment/${code}/signals`)))
    return plant.state().equipment.every(({ code, totalRaw, rejectRaw }) => {
      const signals = shown[machines.findIndex((machine) => machine === code)]?.signals
      return signals?.['total_count']?.value === totalRaw && signals['reject_count']?.value === rejectRaw
    })
  })
  const cycles = async (): Promise<readonly number[]> => (await gateway.get<{ plcs: readonly { cycles: number }[] }>('/api/v1/enhanced/lines/BP01/plcs')).plcs.map((plc) => plc.cycles)
  const before = await cycles()
  await until('each was read some more times', async () => (await cycles()).every((count, i) => count >= before[i]! + LOOKS))
}

const LOOKS = 10
