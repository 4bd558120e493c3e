/** The read plan: runs of registers and bits, merged over gaps as long as one request carries them. */

import { BITS_MAX, type ModbusTable, type ModbusTarget, REGISTERS_MAX } from './address.js'

export interface ModbusRead {
  readonly table: ModbusTable
  readonly start: number
  readonly count: number
  /** Positions of the tags that stand in it. */
  readonly tags: readonly number[]
}

/** Reading a gap costs two bytes a register; another request costs a round trip. So gaps are read, unless a tag must be asked alone. */
export function planReads(targets: readonly (ModbusTarget | null)[], apart: ReadonlySet<number>): ModbusRead[] {
  const wanted = targets.flatMap((target, tag) => target === null ? [] : [{ target, tag }])
    .sort((a, b) => a.target.table.localeCompare(b.target.table) || a.target.start - b.target.start || b.target.count - a.target.count)
  const reads: { table: ModbusTable; start: number; count: number; tags: number[]; closed: boolean }[] = []
  for (const { target, tag } of wanted) {
    const last = reads.at(-1)
    const alone = apart.has(tag)
    const most = target.table === 'coil' || target.table === 'discrete' ? BITS_MAX : REGISTERS_MAX
    const count = last === undefined ? 0 : Math.max(last.count, target.start + target.count - last.start)
    if (last !== undefined && !last.closed && !alone && last.table === target.table && count <= most) {
      last.count = count
      last.tags.push(tag)
    } else reads.push({ table: target.table, start: target.start, count: target.count, tags: [tag], closed: alone })
  }
  return reads
}
