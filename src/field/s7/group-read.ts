/** What one group needs from reading to reading: its plan, its bytes, and which tags must be asked alone. Both S7 transports read through it. */

import { assert } from '../../base/assert.js'
import type { OpenInfo, ReadInfo, ScanSink } from '../../contract/driver.js'
import type { FaultCode } from '../../contract/faults.js'
import { type Quality, type ScanGroup, qualities } from '../../contract/scan.js'
import { type S7Target, parseAddress } from './address.js'
import { decode } from './decode.js'
import { type PlanTag, type PlannedItem, type ReadPlan, planReads } from './plan.js'

/** Why the CPU did not give an item. */
export interface Verdict { readonly quality: Quality; readonly fault: FaultCode; readonly detail: string }
export interface FailedItem { readonly item: PlannedItem; readonly verdict: Verdict }

/** What one group needs from reading to reading: its plan, its bytes, and which tags must be asked alone. */
export class GroupRead {
  readonly group: ScanGroup
  readonly #pduBytes: number
  readonly targets: readonly S7Target[]
  readonly #apart = new Set<number>()
  #leftOut: ReadonlySet<number> = NOBODY
  plan: ReadPlan
  image: Uint8Array
  #view: DataView

  constructor(group: ScanGroup, pduBytes: number) {
    this.group = group
    this.#pduBytes = pduBytes
    this.targets = group.tags.map((tag) => {
      const address = parseAddress(tag.address)
      assert(typeof address !== 'string', 'the addresses of a group have been read before')
      return address.target
    })
    this.plan = this.#planned()
    this.image = new Uint8Array(this.plan.imageBytes)
    this.#view = new DataView(this.image.buffer)
  }

  /** Tags that are not asked for this time; the same set again costs nothing. */
  leaveOut(tags: ReadonlySet<number>): void {
    if (tags === this.#leftOut) return
    this.#leftOut = tags
    this.#replan()
  }

  /** Gives the tags of failed items an item each; false when they have one already. */
  setApart(failed: readonly FailedItem[]): boolean {
    const merged = failed.filter(({ item }) => item.tags.length > 1).flatMap(({ item }) => item.tags).filter((tag) => !this.#apart.has(tag))
    if (merged.length === 0) return false
    for (const tag of merged) this.#apart.add(tag)
    this.#replan()
    return true
  }

  /** Decodes the image; tags of failed items get their quality instead. */
  decodeInto(into: ScanSink, failed: readonly FailedItem[]): ReadInfo['badTags'] {
    const bad: { tag: number; quality: Quality; fault: FaultCode; detail: string }[] = []
    const spoiled = new Map(failed.flatMap(({ item, verdict }) => item.tags.map((tag) => [tag, verdict] as const)))
    const silent = spoiled.size === 0 ? () => 'no' as const : this.#silentBlocks(spoiled)
    const { tags } = this.group
    // Counted by hand: an iterator would make two objects for each of a thousand tags at every reading.
    for (let tag = 0; tag < tags.length; tag++) {
      const { slot, length, address } = tags[tag]!
      const place = this.plan.places[tag] ?? -1
      const verdict = spoiled.get(tag)
      if (place === -1) {
        into.qualities[tag] = qualities.quarantined
      } else if (verdict !== undefined) {
        const { quality, fault, detail } = adviseOn(verdict, this.targets[tag]!.db, silent(tag))
        into.qualities[tag] = qualities[quality]
        bad.push({ tag, quality, fault, detail: `${address}: ${detail}` })
      } else {
        const quality = decode(this.#view, place, this.targets[tag]!, length, tag, slot, into)
        into.qualities[tag] = quality
        if (quality === qualities.type_misfit) bad.push({ tag, quality: 'type_misfit', fault: 'TAG_TYPE_MISFIT', detail: `${address} does not hold a ${this.targets[tag]!.kind}` })
      }
    }
    return bad
  }

  /** Tells of a tag whether its data block gave nothing at all of what was asked, not even its first byte. */
  #silentBlocks(spoiled: ReadonlyMap<number, Verdict>): (tag: number) => 'no' | 'of what was asked' | 'at all' {
    const inBlocks = this.targets.map((target, tag) => ({ ...target, tag })).filter(({ area, tag }) => area === 'DB' && this.plan.places[tag] !== -1)
    const giving = new Set(inBlocks.filter(({ tag }) => !spoiled.has(tag)).map(({ db }) => db))
    const refusingAll = new Set(inBlocks.filter(({ start, db }) => start === 0 && !giving.has(db)).map(({ db }) => db))
    return (tag) => {
      const { area, db } = this.targets[tag]!
      return area !== 'DB' || giving.has(db) ? 'no' : refusingAll.has(db) ? 'at all' : 'of what was asked'
    }
  }

  #planned(): ReadPlan {
    const tags: PlanTag[] = []
    for (const [tag, target] of this.targets.entries()) if (!this.#leftOut.has(tag)) tags.push({ tag, target })
    return planReads(tags, this.#pduBytes, this.#apart)
  }

  #replan(): void {
    this.plan = this.#planned()
    this.image = new Uint8Array(this.plan.imageBytes)
    this.#view = new DataView(this.image.buffer)
  }
}

const NOBODY: ReadonlySet<number> = new Set()

/** What opening found out, over all groups. */
export function openInfoOf(pduBytes: number, reads: readonly GroupRead[]): OpenInfo {
  const requestsCount = reads.reduce((sum, read) => sum + read.plan.requests.length, 0)
  return {
    pduBytes,
    requestsPerScan: new Map(reads.map((read) => [read.group.index, read.plan.requests.length])),
    pduFill: requestsCount === 0 ? null : reads.reduce((sum, read) => sum + read.plan.fill * read.plan.requests.length, 0) / requestsCount,
  }
}

/**
 * A block with optimised access has no addresses, and each firmware says so in its own way: the right, the range or the block itself is wrong.
 * What tells it for sure is that even its first byte cannot be had.
 */
function adviseOn(verdict: Verdict, db: number, silent: 'no' | 'of what was asked' | 'at all'): Verdict {
  const { quality, fault, detail } = verdict
  if (silent === 'no' || fault === 'TAG_TYPE_MISFIT') return verdict
  if (fault === 'TAG_NOT_FOUND') return { quality, fault, detail: `${detail}: there is no DB${db}, or its "optimized block access" is on: switch that off in the properties of the block` }
  if (fault === 'TAG_OUT_OF_RANGE' && silent !== 'at all') return { quality, fault, detail: `${detail}: beyond the end of DB${db}, or its "optimized block access" is on` }
  return { quality: 'protected', fault: 'TAG_PROTECTED', detail: `${detail}: nothing that was asked of DB${db} can be read: switch "optimized block access" off in its properties, or take its protection off` }
}
