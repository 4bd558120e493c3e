/** Tags that fail although the link is fine: who, why, and when to ask them again. */

import { limits } from '../base/limits.js'
import { type Mono, laterMono } from '../base/units.js'
import type { ReadInfo } from '../contract/driver.js'
import type { PlcHealth, Quality, ScanGroup } from '../contract/scan.js'

type Listed = PlcHealth['badTags'][number]

interface BadTag { readonly listed: Listed; readonly strikes: number; readonly askAgainAt: Mono | null }

export class BadTags {
  readonly #groups = new Map<number, { readonly group: ScanGroup; readonly bad: Map<number, BadTag>; quarantined: ReadonlySet<number> }>()

  constructor(groups: readonly ScanGroup[]) {
    for (const group of groups) this.#groups.set(group.index, { group, bad: new Map(), quarantined: new Set() })
  }

  /** The tags not to ask now. The set is the same object until its members change, so that a read plan made for it stays good. */
  quarantined(index: number, at: Mono): ReadonlySet<number> {
    const entry = this.#groups.get(index)!
    for (const tag of entry.quarantined) {
      const { askAgainAt } = entry.bad.get(tag)!
      if (askAgainAt !== null && askAgainAt <= at) return (entry.quarantined = new Set([...entry.quarantined].filter((other) => entry.bad.get(other)!.askAgainAt! > at)))
    }
    return entry.quarantined
  }

  /** Takes in what a reading found: tags that failed are counted, tags that did not are forgiven. */
  note(index: number, found: ReadInfo['badTags'], at: Mono): void {
    const entry = this.#groups.get(index)!
    if (found.length === 0 && entry.bad.size === entry.quarantined.size) return
    const failed = new Set(found.map(({ tag }) => tag))
    for (const tag of entry.bad.keys()) if (!failed.has(tag) && !entry.quarantined.has(tag)) entry.bad.delete(tag)
    const joined: number[] = []
    for (const { tag, quality, fault, detail, passes } of found) {
      const strikes = passes === true ? 0 : (entry.bad.get(tag)?.strikes ?? 0) + 1
      const out = strikes >= limits.badReadsToQuarantine
      if (out) joined.push(tag)
      entry.bad.set(tag, { strikes, askAgainAt: out ? laterMono(at, limits.quarantineMs) : null, listed: { tag: entry.group.tags[tag]!.name, quality: out ? quarantined : quality, fault, detail } })
    }
    if (joined.length > 0) entry.quarantined = new Set([...entry.quarantined, ...joined])
  }

  list(): Listed[] {
    return [...this.#groups.values()].flatMap(({ bad }) => [...bad.values()].map(({ listed }) => listed))
  }
}

const quarantined: Quality = 'quarantined'
