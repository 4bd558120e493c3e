/** Which tags are read together: the groups of every PLC, made from the configuration alone, the same in the daemon and in its children. */

import type { Address } from '../contract/driver.js'
import type { FaultCode } from '../contract/faults.js'
import type { Plc, ScanClass, Tag } from '../contract/plcs.js'
import type { ScanGroup, TagSlot } from '../contract/scan.js'
import { familyOf } from './drivers.js'

/** A tag that nobody can read, or a PLC without a driver, and why; for `config check`. */
export interface BadAddress {
  /** Where it stands in the configuration: `plcs.0.tags.speed.address`. */
  readonly path: string
  readonly plc: string
  /** `null` when it is the PLC itself. */
  readonly tag: string | null
  readonly fault: Extract<FaultCode, 'CONFIG_INVALID' | 'DRIVER_MISSING'>
  readonly message: string
}

export interface Groups {
  readonly groups: readonly ScanGroup[]
  /** Bad tags are in no group; the others are read. */
  readonly bad: readonly BadAddress[]
}

/** At most three groups for a PLC: fast, normal and slow tags; fast and normal ones are one as long as both are read every cycle. Order and numbers follow the configuration. */
export function scanGroupsOf(plcs: readonly Plc[]): Groups {
  const groups: ScanGroup[] = []
  const bad: BadAddress[] = []
  for (const [position, plc] of plcs.entries()) {
    const family = familyOf(plc)
    if (typeof family === 'string') {
      bad.push({ path: `plcs.${position}.driver`, plc: plc.id, tag: null, fault: 'DRIVER_MISSING', message: family })
      continue
    }
    const readable: Readable[] = []
    for (const [name, tag] of Object.entries(plc.tags)) {
      const address = family.parse(tag.address, plc)
      if (typeof address === 'string') bad.push({ path: `plcs.${position}.tags.${name}.address`, plc: plc.id, tag: name, fault: 'CONFIG_INVALID', message: address })
      else readable.push({ name, tag, address })
    }
    const classOf = ({ tag }: Readable): ScanClass => tag.class === 'fast' && plc.normal_every === 1 ? 'normal' : tag.class
    for (const [scanClass, every] of [['fast', 1], ['normal', plc.normal_every], ['slow', plc.slow_every]] as const) {
      const members = readable.filter((one) => classOf(one) === scanClass)
      if (members.length > 0) groups.push(groupOf(groups.length, plc, scanClass, every, members))
    }
  }
  return { groups, bad }
}

interface Readable { readonly name: string; readonly tag: Tag; readonly address: Address }

function groupOf(index: number, plc: Plc, scanClass: ScanClass, every: number, members: readonly Readable[]): ScanGroup {
  let slots = 0
  const tags = members.map(({ name, tag, address }): TagSlot => {
    const slotsOfTag = address.type === 'text' ? 0 : address.length * (address.type === 'int64' || address.type === 'uint64' ? 2 : 1)
    const slot = address.type === 'text' ? -1 : slots
    slots += slotsOfTag
    return { name, address: tag.address, type: address.type, length: address.length, slot, unit: tag.unit ?? null }
  })
  return { index, plc: plc.id, class: scanClass, cycleMs: plc.cycle * every, tags, slots }
}
