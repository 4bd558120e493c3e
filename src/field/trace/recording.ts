/** Scans on their way into a trace: only what has changed becomes a line. */

import { type Instant, type Mono, type Ms, rfc3339, sinceMono } from '../../base/units.js'
import type { FaultCode } from '../../contract/faults.js'
import type { Plc } from '../../contract/plcs.js'
import { type Scan, type ScanGroup, type TagSlot, qualityNames } from '../../contract/scan.js'
import { type BadQuality, type ScanTraceHead, type ScanTraceLine, type ScanTraceValue, badQualities } from '../../contract/scan-trace.js'
import { elementIn } from '../reading.js'

export class Recording {
  readonly #groups: readonly ScanGroup[]
  /** The first that was heard of the PLC. */
  #begun: Mono | null = null
  /** What was last told of a tag. */
  readonly #told = new Map<string, string>()

  constructor(groups: readonly ScanGroup[]) { this.#groups = groups }

  head(plc: Plc, at: Instant): ScanTraceHead {
    return {
      scan_trace: 1, plc: plc.id, driver: plc.driver, at: rfc3339(at), cycle_ms: plc.cycle,
      tags: this.#groups.flatMap(({ tags }) => tags.map(({ name, address, type, length, unit }) => ({ name, address, type, length, unit }))),
    }
  }

  /** `null` when nothing has changed. Tags whose link is lost are told by the link. */
  scan(scan: Scan): ScanTraceLine | null {
    const good: Record<string, ScanTraceValue> = {}
    const bad: Record<string, BadQuality> = {}
    for (const [position, slot] of (this.#groups.find(({ index }) => index === scan.group)?.tags ?? []).entries()) {
      const quality = qualityNames[scan.qualities[position]!] ?? 'not_read'
      if (quality === 'good') {
        const value = valueOf(scan, slot, position)
        if (this.#isNew(slot.name, JSON.stringify(value))) good[slot.name] = value
      } else if (isBad(quality) && this.#isNew(slot.name, quality)) bad[slot.name] = quality
    }
    const hasGood = Object.keys(good).length > 0
    const hasBad = Object.keys(bad).length > 0
    return hasGood || hasBad ? { ms: this.#at(scan.mono), ...hasGood ? { good } : {}, ...hasBad ? { bad } : {} } : null
  }

  link(at: Mono, isUp: boolean, fault: FaultCode | null): ScanTraceLine {
    return { ms: this.#at(at), link: isUp ? 'up' : 'lost', ...fault === null ? {} : { fault } }
  }

  end(at: Mono): ScanTraceLine { return { ms: this.#at(at), end: true } }

  #isNew(name: string, text: string): boolean {
    if (this.#told.get(name) === text) return false
    this.#told.set(name, text)
    return true
  }

  #at(at: Mono): Ms {
    this.#begun ??= at
    return Math.max(0, Math.round(sinceMono(at, this.#begun)))
  }
}

function valueOf({ values, texts }: Scan, slot: TagSlot, position: number): ScanTraceValue {
  if (slot.type === 'text') return texts.get(position) ?? ''
  return slot.length === 1 ? elementIn(values, slot, 0) : Array.from({ length: slot.length }, (_, i) => elementIn(values, slot, i))
}

const isBad = (quality: string): quality is BadQuality => (badQualities as readonly string[]).includes(quality)
