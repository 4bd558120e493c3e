/** The driver port: open, read, close. No timer, no reconnect and no clock in a driver; the poller has those. */

import type { FaultCode } from './faults.js'
import type { Plc } from './plcs.js'
import type { Quality, ScanGroup, ValueType } from './scan.js'

/** What a driver needs to know of a tag. `parse` of the driver's address file made `target` from the address text. */
export interface Address<Target = unknown> {
  readonly type: ValueType
  readonly length: number
  readonly target: Target
}

/** Where `read` leaves what it got: the arrays of the next scan. */
export interface ScanSink {
  readonly values: Float64Array
  readonly qualities: Uint8Array
  readonly texts: Map<number, string>
}

export interface OpenInfo {
  /** What the PLC granted; `null` where the protocol has no such thing. */
  readonly pduBytes: number | null
  /** Requests that one reading of each group takes, by group index. */
  readonly requestsPerScan: ReadonlyMap<number, number>
  /** How full those requests are, 0..1. */
  readonly pduFill: number | null
}

export interface ReadInfo {
  readonly requestsCount: number
  readonly bytesCount: number
  /** Tags that failed although the link is fine. */
  readonly badTags: readonly BadTag[]
}

export interface BadTag {
  readonly tag: number
  readonly quality: Quality
  readonly fault: FaultCode
  readonly detail: string
  /** The PLC says that it will pass, as when a device of its own is away: the tag is never quarantined for it. */
  readonly passes?: true
}

export interface Driver {
  /** Connects, negotiates, compiles the read plan. Throws a `Fault`; after that the driver is done for. */
  open(): Promise<OpenInfo>
  /**
   * Reads one group once. Every tag of the group gets a value and a quality; those in `quarantined` are not asked and get that quality.
   * The same set object again means the same tags, so a driver may keep the plan it made for it.
   * Throws a `Fault` when the connection can no longer be trusted; the caller closes the driver and makes a new one.
   * Never called while another call is under way.
   */
  read(group: ScanGroup, into: ScanSink, quarantined: ReadonlySet<number>): Promise<ReadInfo>
  /** How many requests, one behind the other, a write takes; 1 when it is left out. */
  readonly writeRequestsCount?: number
  /**
   * Writes one writable tag: bits as booleans, 64-bit integers as bigint. `leaves` is called once nothing is left to be asked or waited for and the
   * request that writes goes out next, and again where that takes a while to leave; it throws when it is too late for that.
   */
  write?(group: ScanGroup, tag: number, value: number | boolean | string | bigint, leaves: () => void): Promise<void>
  /** Ends at once, whatever is under way; never throws. */
  close(): Promise<void>
}

/** A tag that a PLC says it has. */
export interface BrowsedTag {
  /** As it is written in a configuration. */
  readonly address: string
  readonly type: string
  /** Elements of each dimension of an array; none for a single value. */
  readonly dimensions: readonly number[]
}

/** What each driver family exports, and `field/drivers.ts` and `field/family.ts` list. */
export interface DriverFamily<P extends Plc = Plc> {
  readonly name: P['driver']
  /** Reads an address; a string is what is wrong with it, with the grammar and a near miss. */
  parse(text: string, plc: P): Address | string
  make(plc: P, groups: readonly ScanGroup[], deadlineMs: { readonly connect: number; readonly request: number }): Driver
  /** Brings what its drivers stand on into the process, if that takes long: a crew does so before it promises to answer. */
  load?(): Promise<unknown>
  /** Asks the PLC what it holds, where the protocol can. Throws a `Fault`. */
  browse?(plc: P, deadlineMs: { readonly connect: number; readonly request: number }): Promise<readonly BrowsedTag[]>
}
