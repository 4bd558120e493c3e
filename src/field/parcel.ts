/** What crosses between the daemon and a crew: scans as one array of bytes each, everything else as small objects. */

import type { Clock } from '../base/clock.js'
import { type Instant, type Mono, type Ms, instant, later, mono } from '../base/units.js'
import type { FaultCode } from '../contract/faults.js'
import type { Plc } from '../contract/plcs.js'
import type { LinkChange, PlcHealth, Scan, ScanGroup } from '../contract/scan.js'

export type ToCrew =
  | { readonly kind: 'start'; readonly plcs: readonly HostedPlc[] }
  | { readonly kind: 'write'; readonly id: number; readonly plc: string; readonly group: number; readonly tag: number; readonly value: number | boolean | string | bigint; /** Later it is not written any more. */ readonly until: Until | null }

/** A PLC that a crew reads. */
export interface HostedPlc {
  readonly plc: Plc
  readonly groups: readonly ScanGroup[]
  /** When in its cycle it is read, so that PLCs of one cycle are not read all at once. */
  readonly phaseMs: Ms
}

export type FromCrew =
  | { readonly kind: 'scan'; readonly parcel: Uint8Array; readonly texts: readonly (readonly [number, string])[] }
  | { readonly kind: 'link'; readonly change: LinkChange }
  /** Also the sign of life: it stops when a driver call is overdue. */
  | { readonly kind: 'health'; readonly plcs: readonly PlcHealth[] }
  | { readonly kind: 'written'; readonly id: number; readonly fault: FaultCode | null; readonly detail: string }

/** The machine's own monotonic clock in milliseconds: the same in every process, unlike `performance.now()`. */
export const machineMs = (): number => Number(process.hrtime.bigint()) / 1e6

/** A moment by both clocks that the daemon and its crews share: the one may stand still while the machine sleeps, and the other may step back, but not both. */
export interface Until { readonly machineMs: number; readonly at: Instant }
/** Both clocks are read before it is asked how much is left: whoever is stopped in between has less, and not more. */
export function untilIn(leftMs: () => Ms, clock: Pick<Clock, 'now'>): Until {
  const [machine, at] = [machineMs(), clock.now()]
  const ms = leftMs()
  return { machineMs: machine + ms, at: later(at, ms) }
}
export const isOver = (until: Until, clock: Pick<Clock, 'now'>): boolean => machineMs() >= until.machineMs || clock.now() >= until.at

/** Group, both clocks, then the values as doubles, then the qualities as bytes. */
const HEAD = 3

/** Room for a reading of a group, laid out so that it can be sent without being copied. */
export function emptyScan({ slots, tags }: Pick<ScanGroup, 'slots' | 'tags'>): Pick<Scan, 'values' | 'qualities'> & { readonly texts: Map<number, string> } {
  const { values, qualities } = viewsOf(new ArrayBuffer((HEAD + slots) * 8 + tags.length), slots, tags.length)
  return { values, qualities, texts: new Map() }
}

/** The scan's own bytes when `emptyScan` made room for it, a copy otherwise. */
export function packScan(scan: Scan, monoToMachineMs: number): Uint8Array<ArrayBuffer> {
  const { group, at, values, qualities } = scan
  const isLaidOut = values.byteOffset === HEAD * 8 && values.buffer === qualities.buffer && values.buffer instanceof ArrayBuffer
  const bytes = new Uint8Array(isLaidOut ? values.buffer : new ArrayBuffer((HEAD + values.length) * 8 + qualities.length))
  const views = viewsOf(bytes.buffer, values.length, qualities.length)
  views.head.set([group, at, scan.mono + monoToMachineMs])
  if (!isLaidOut) {
    views.values.set(values)
    views.qualities.set(qualities)
  }
  return bytes
}

const viewsOf = (buffer: ArrayBuffer, slots: number, tagsCount: number) => ({
  head: new Float64Array(buffer, 0, HEAD), values: new Float64Array(buffer, HEAD * 8, slots), qualities: new Uint8Array(buffer, (HEAD + slots) * 8, tagsCount),
})

/** The scan again, or `null` when the bytes are none of the groups'. */
export function unpackScan(parcel: Uint8Array, texts: readonly (readonly [number, string])[], groups: readonly ScanGroup[], monoToMachineMs: number): Scan | null {
  if (parcel.length < HEAD * 8) return null
  // A pipe hands out views of a larger buffer at any offset, and doubles need one of eight; a thread hands over the very bytes.
  const bytes = parcel.byteOffset === 0 ? parcel : parcel.slice()
  const head = new Float64Array(bytes.buffer, 0, HEAD)
  const group = groups[head[0]!]
  if (group === undefined || bytes.length !== (HEAD + group.slots) * 8 + group.tags.length) return null
  const at: Instant = instant(head[1]!)
  const atMono: Mono = mono(head[2]! - monoToMachineMs)
  return {
    group: group.index, at, mono: atMono, texts: new Map(texts),
    values: new Float64Array(bytes.buffer, HEAD * 8, group.slots),
    qualities: new Uint8Array(bytes.buffer, (HEAD + group.slots) * 8, group.tags.length),
  }
}
