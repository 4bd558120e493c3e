/** What one group needs from reading to reading: its plan, its frames, and how replies become its values. */

import { assert, given } from '../../base/assert.js'
import type { OpenInfo, ReadInfo, ScanSink } from '../../contract/driver.js'
import { type ScanGroup, qualities } from '../../contract/scan.js'
import { type EipTarget, parseAddress } from './address.js'
import { type Verdict, decode, isWhole, misfitOfType, typeOf } from './decode.js'
import { type Ask, type ReadPlan, planReads } from './plan.js'
import type { Reply } from './wire.js'

export class GroupRead {
  readonly group: ScanGroup
  readonly targets: readonly EipTarget[]
  readonly #messageBytesMax: number
  #isMultipleKnown = true
  #leftOut: ReadonlySet<number> = new Set()
  #bad: ReadInfo['badTags'][number][] = []
  plan: ReadPlan

  constructor(group: ScanGroup, messageBytesMax: number) {
    this.group = group
    this.#messageBytesMax = messageBytesMax
    this.targets = group.tags.map((tag) => {
      const address = parseAddress(tag.address)
      assert(typeof address !== 'string', 'the addresses of a group have been read before')
      return address.target
    })
    this.plan = this.#planned()
  }

  /** Begins a reading: every tag is good until something else is found; tags left out are not asked. */
  begin(into: ScanSink, leftOut: ReadonlySet<number>): void {
    this.#bad = []
    if (leftOut !== this.#leftOut) {
      this.#leftOut = leftOut
      this.plan = this.#planned()
    }
    into.qualities.fill(qualities.good)
    for (const tag of leftOut) into.qualities[tag] = qualities.quarantined
  }

  /** The controller knows no multiple requests: from now on each tag has its own. */
  askOneByOne(): void {
    this.#isMultipleKnown = false
    this.plan = this.#planned()
  }

  /** Takes a good reply. False when its length is not what its type says: then nothing of it can be believed. */
  take(ask: Ask, reply: Reply, end: number, into: ScanSink): boolean {
    const typed = typeOf(reply, end)
    if (typed === null || !isWhole(reply.frame, typed, end, ask.count)) return false
    for (const { tag, from } of ask.uses) {
      const target = this.targets[tag]!
      const misfit = misfitOfType(typed, end, reply.frame, target)
      if (misfit !== null) { this.#judge(tag, misfit, into); continue }
      const quality = decode(reply.frame, typed, target, ask.count, from, tag, this.group.tags[tag]!.slot, into)
      if (quality !== qualities.good && into.qualities[tag] === qualities.good) into.qualities[tag] = quality
    }
    return true
  }

  /** The controller did not give what was asked. */
  refuse(ask: Ask, verdict: Verdict, into: ScanSink): void { for (const { tag } of ask.uses) this.#judge(tag, verdict, into) }

  /** Tags that failed in the reading that began last. */
  get badTags(): ReadInfo['badTags'] { return this.#bad }

  #judge(tag: number, { quality, fault, detail }: Verdict, into: ScanSink): void {
    if (into.qualities[tag] === qualities[quality]) return
    into.qualities[tag] = qualities[quality]
    this.#bad.push({ tag, quality, fault, detail: `${given(this.group.tags[tag], 'a tag of the group').address}: ${detail}` })
  }

  #planned(): ReadPlan {
    const tags = this.targets.map((target, tag) => ({ tag, target })).filter(({ tag }) => !this.#leftOut.has(tag))
    return planReads(tags, this.#messageBytesMax, this.#isMultipleKnown)
  }
}

/** What opening found out, over all groups. */
export function openInfoOf(messageBytesMax: number, reads: readonly GroupRead[]): OpenInfo {
  const requestsCount = reads.reduce((sum, read) => sum + read.plan.messages.length, 0)
  return {
    pduBytes: messageBytesMax,
    requestsPerScan: new Map(reads.map((read) => [read.group.index, read.plan.messages.length])),
    pduFill: requestsCount === 0 ? null : reads.reduce((sum, read) => sum + read.plan.fill * read.plan.messages.length, 0) / requestsCount,
  }
}
