/** A machine as a Logix program shows it: one tag of a UDT that every machine has. */

import type { Equipment } from '../equipment.js'
import { makesParts, modes, states } from '../packml.js'
import { encodeString, string, templateOf } from './datatypes.js'
import type { TagSpec } from './tags.js'

export interface MachineImage {
  /** Name of its tag. */
  readonly tag: string
  readonly bytes: Uint8Array
}

const FAULT_WORDS = 2
const machine = templateOf('Machine', 0x0101, 0x9a3c, [
  { name: 'Running', type: 'BOOL' }, { name: 'Auto', type: 'BOOL' }, { name: 'Fault', type: 'BOOL' }, { name: 'Blocked', type: 'BOOL' }, { name: 'Starved', type: 'BOOL' }, { name: 'Changeover', type: 'BOOL' },
  { name: 'State', type: 'DINT' }, { name: 'Mode', type: 'DINT' }, { name: 'Total', type: 'DINT' }, { name: 'Reject', type: 'INT' }, { name: 'FirstOut', type: 'INT' },
  { name: 'Faults', type: 'DWORD', length: FAULT_WORDS }, { name: 'Speed', type: 'REAL' }, { name: 'SpeedSet', type: 'REAL' }, { name: 'Product', type: string },
  { name: 'Order', type: string }, { name: 'TotalLatched', type: 'DINT' },
])
const offsets: ReadonlyMap<string, number> = new Map(machine.members.map(({ name, offset }) => [name, offset]))
const at = (member: string): number => offsets.get(member)!

/** Its bytes now. A DINT and an INT count on past their sign, as counters in Logix do. */
export function machineOf(equipment: Equipment): Buffer {
  const bytes = blankMachine()
  const { faults, starved, blocked } = equipment
  const flags = [makesParts(equipment.state), equipment.mode === 'production', faults.firstOut !== null && !starved && !blocked, blocked, starved, equipment.showsChangeover]
  bytes[at('Running')] = flags.reduce((byte, flag, bit) => byte | (flag ? 1 << bit : 0), 0)
  bytes.writeInt32LE(states[equipment.state], at('State'))
  bytes.writeInt32LE(modes[equipment.mode], at('Mode'))
  bytes.writeInt32LE(equipment.total.value | 0, at('Total'))
  bytes.writeUInt16LE(equipment.reject.value, at('Reject'))
  bytes.writeInt16LE(faults.firstOut === null ? 0 : faults.firstOut + 1, at('FirstOut'))
  bytes.writeBigUInt64LE(faults.word, at('Faults'))
  bytes.writeFloatLE(equipment.speed, at('Speed'))
  bytes.writeFloatLE(equipment.speedSet, at('SpeedSet'))
  encodeString(equipment.product).copy(bytes, at('Product'))
  encodeString(equipment.orders?.name ?? '').copy(bytes, at('Order'))
  bytes.writeInt32LE((equipment.orders?.totalLatched ?? 0) | 0, at('TotalLatched'))
  return bytes
}

/** As while a program is downloaded. */
export const blankMachine = (): Buffer => Buffer.alloc(machine.bytes)

export const machineTag = ({ tag, bytes }: MachineImage): TagSpec => ({ name: tag, type: machine, bytes })
