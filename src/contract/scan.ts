/** A scan: one reading of one group of tags of one PLC. It crosses from the field to the daemon as typed arrays. */

import type { Instant, Mono, Ms } from '../base/units.js'
import type { FaultCode } from './faults.js'
import type { ScanClass } from './plcs.js'

/** What a tag's value is in the PLC. 64-bit integers take two slots (low word, high word); text takes none. */
export const valueTypes = [
  'bool', 'int8', 'uint8', 'int16', 'uint16', 'int32', 'uint32', 'int64', 'uint64', 'float32', 'float64', 'text', 'time',
] as const
export type ValueType = (typeof valueTypes)[number]

/** Why a value can or cannot be believed. The numbers are stored with samples and never change meaning. */
export const qualities = {
  good: 0, not_read: 1, link_down: 2, timeout: 3, not_found: 4, out_of_range: 5, type_misfit: 6, protected: 7, quarantined: 8, stale: 9, not_a_number: 10,
} as const
export type Quality = keyof typeof qualities
export const qualityNames = Object.keys(qualities) as readonly Quality[]

/** Where a tag's value stands in the scans of its group. */
export interface TagSlot {
  readonly name: string
  readonly address: string
  readonly type: ValueType
  /** Elements of an array; 1 for a single value. */
  readonly length: number
  /** First slot in `values`; element i of a 64-bit array stands at slot + 2 × i. -1 for text. */
  readonly slot: number
  readonly unit: string | null
}

/** The tags of one PLC that are read together; made once from the configuration. */
export interface ScanGroup {
  /** Position in the list of all groups; scans refer to it. */
  readonly index: number
  readonly plc: string
  readonly class: ScanClass
  readonly cycleMs: Ms
  readonly tags: readonly TagSlot[]
  /** Length of `values`. */
  readonly slots: number
}

export interface Scan {
  readonly group: number
  /** Both clocks at the end of the reading. */
  readonly at: Instant
  readonly mono: Mono
  /** One number per slot; bits are 0 or 1; times are milliseconds. Meaningless where the quality is not good. */
  readonly values: Float64Array
  /** One quality per tag, in the order of the group's tags. */
  readonly qualities: Uint8Array
  /** Texts by position of their tag in the group. */
  readonly texts: ReadonlyMap<number, string>
}

/** What the field reports beside scans. */
export interface LinkChange {
  readonly plc: string
  readonly at: Instant
  readonly mono: Mono
  readonly up: boolean
  readonly fault: FaultCode | null
}

/** How a PLC is doing: published on screens, in `/metrics` and by the command line. */
export interface PlcHealth {
  readonly plc: string
  readonly state: 'idle' | 'connecting' | 'online' | 'backoff' | 'stopped'
  readonly fault: FaultCode | null
  /** What the system or the PLC said with the fault, in its own words. */
  readonly detail: string | null
  readonly since: Instant
  readonly pduBytes: number | null
  readonly requestsPerScan: number
  readonly pduFill: number | null
  readonly cycleMs: Ms
  /** Lateness of the start of a cycle against its absolute deadline, over the last minute. */
  readonly jitterMs: { readonly p50: Ms; readonly p99: Ms; readonly max: Ms }
  readonly readMs: { readonly p50: Ms; readonly p99: Ms; readonly max: Ms }
  readonly cyclesCount: number
  readonly cyclesMissedCount: number
  readonly requestsCount: number
  readonly bytesCount: number
  readonly reconnectsCount: number
  readonly scansForgottenCount: number
  readonly badTags: readonly { readonly tag: string; readonly quality: Quality; readonly fault: FaultCode | null; readonly detail: string }[]
}
