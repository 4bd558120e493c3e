/** What one group needs from reading to reading: where its tags stand, what the server said of each last, and who is told of changes. */

import { assert, given } from '../../base/assert.js'
import type { BadTag, ScanSink } from '../../contract/driver.js'
import { type ScanGroup, qualities } from '../../contract/scan.js'
import { type OpcuaTarget, parseAddress } from './address.js'
import { type Said, type Verdict, decode } from './decode.js'
import type { Place } from './asking.js'

export class GroupRead {
  readonly group: ScanGroup
  readonly targets: readonly OpcuaTarget[]
  readonly #places: (Place | string)[]
  readonly #said: (Said | null)[]
  /** The id of the item by which the server tells of changes; without one a tag is asked for. */
  readonly #items: (number | null)[]
  /** Tags that the server does not watch; they are asked for at every reading. */
  readonly #unwatched = new Set<number>()

  constructor(group: ScanGroup) {
    this.group = group
    this.targets = group.tags.map((tag) => {
      const address = parseAddress(tag.address)
      assert(typeof address !== 'string', 'the addresses of a group have been read before')
      return address.target
    })
    this.#places = this.targets.map(() => 'not looked up yet')
    this.#said = this.targets.map(() => null)
    this.#items = this.targets.map(() => null)
  }

  /** Tags that are asked for by themselves at the next reading. */
  asked(leftOut: ReadonlySet<number>): number[] {
    return this.#items.flatMap((item, tag) => item === null && !leftOut.has(tag) ? [tag] : [])
  }

  /** Of those, the ones whose node is not known. */
  lost(tags: readonly number[]): number[] { return tags.filter((tag) => typeof this.#places[tag] === 'string') }

  place(tag: number, place: Place | string): void { this.#places[tag] = place }

  /** `null` when the tag has none. */
  placeOf(tag: number): Place | null {
    const place = given(this.#places[tag], `tag ${tag}`)
    return typeof place === 'string' ? null : place
  }

  hear(tag: number, said: Said): void { this.#said[tag] = said }

  watch(tag: number, item: number | null): void {
    this.#items[tag] = item
    if (item === null) this.#unwatched.add(tag)
  }

  /** The server tells of nothing any more. */
  unwatchAll(): void {
    this.#items.fill(null)
    this.#unwatched.clear()
  }

  /** Fills the scan with the newest that the server said. Gives the tags that are bad, those that could be watched from now on, and the items of tags that must be asked for again. */
  give(into: ScanSink, leftOut: ReadonlySet<number>, doubt: string | null): { readonly bad: BadTag[]; readonly ready: number[]; readonly over: number[] } {
    const bad: BadTag[] = []
    const ready: number[] = []
    const over: number[] = []
    for (const [tag, { slot, length, address }] of this.group.tags.entries()) {
      if (leftOut.has(tag)) { into.qualities[tag] = qualities.quarantined; continue }
      const verdict = this.#verdict(tag, length, slot, into) ?? (doubt === null ? null : { quality: 'stale', fault: 'TAG_DOUBTFUL', detail: doubt, passes: true } as const)
      const item = this.#items[tag] ?? null
      if (verdict === null || verdict.passes === true) {
        if (item === null && !this.#unwatched.has(tag) && this.placeOf(tag) !== null) ready.push(tag)
      } else if (item !== null) {
        // A node that was removed or made anew can leave its item behind, which never speaks again.
        this.#items[tag] = null
        over.push(item)
      }
      if (verdict === null) continue
      into.qualities[tag] = qualities[verdict.quality]
      bad.push({ ...verdict, tag, detail: `${address}: ${verdict.detail}` })
    }
    return { bad, ready, over }
  }

  #verdict(tag: number, length: number, slot: number, into: ScanSink): Verdict | null {
    const place = this.#places[tag]
    if (typeof place === 'string') return { quality: 'not_found', fault: 'TAG_NOT_FOUND', detail: place }
    const said = this.#said[tag]
    if (said === null || said === undefined) return { quality: 'not_read', fault: 'TAG_DOUBTFUL', detail: 'it has not been read yet', passes: true }
    return decode(said, given(this.targets[tag], `tag ${tag}`), length, tag, slot, into)
  }
}
