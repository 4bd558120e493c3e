/** The trace driver: plays a recorded trace back as if it were the PLC. */

import { statSync } from 'node:fs'
import { type Clock, systemClock } from '../../base/clock.js'
import { nearest } from '../../base/near.js'
import { type Mono, sinceMono } from '../../base/units.js'
import type { Address, Driver, DriverFamily, OpenInfo, ReadInfo, ScanSink } from '../../contract/driver.js'
import { Fault, type FaultCode } from '../../contract/faults.js'
import type { PlcOf } from '../../contract/plcs.js'
import { type ScanGroup, type TagSlot, qualities } from '../../contract/scan.js'
import type { BadQuality, ScanTraceHead, ScanTraceValue } from '../../contract/scan-trace.js'
import { TraceFile } from './file.js'
import { Player } from './player.js'

type TracePlc = PlcOf<'trace'>

/** A recorded PLC has a time of its own, which goes on between two connections; so this driver alone needs a clock. */
export function traceFamilyOn(clock: Pick<Clock, 'mono'>): DriverFamily<TracePlc> {
  const players = new Map<string, { readonly player: Player; readonly begun: Mono }>()
  const playing = (plc: TracePlc): Player => {
    const key = `${plc.id}\n${plc.file}`
    const known = players.get(key) ?? { player: new Player(plc.file, plc.loop), begun: clock.mono() }
    players.set(key, known)
    // What was read in one cycle was read one after the other, and belongs together.
    known.player.playTo(sinceMono(clock.mono(), known.begun) * plc.speed + known.player.head.cycle_ms)
    return known.player
  }
  return { name: 'trace', parse: parseAddress, make: (plc, groups) => new TraceDriver(plc, groups, () => playing(plc)) }
}

export const traceFamily = traceFamilyOn(systemClock)

/** A tag is found by the name it was recorded under, or by its address then, so that a configuration keeps its tags when its PLC becomes a trace. */
function parseAddress(text: string, { file }: TracePlc): Address<string> | string {
  const head = headOf(file)
  if (typeof head === 'string') return head
  const wanted = text.replace(/\s+/g, '')
  const tag = head.tags.find(({ name }) => name === text) ?? head.tags.find(({ address }) => address.replace(/\s+/g, '') === wanted)
  if (tag !== undefined) return { type: tag.type, length: tag.length, target: tag.name }
  const near = nearest(text, head.tags.flatMap(({ name, address }) => [name, address]))
  return `${JSON.stringify(text)} was not recorded in ${file}${near === null ? '' : `; did you mean ${near}?`} (write the name or the address of a recorded tag)`
}

const heads = new Map<string, { readonly stamp: string; readonly head: ScanTraceHead }>()

/** Read once for all tags, and again when the file is another. */
function headOf(file: string): ScanTraceHead | string {
  try {
    const { mtimeMs, size, ino } = statSync(file)
    const stamp = `${mtimeMs} ${size} ${ino}`
    const known = heads.get(file)
    if (known?.stamp === stamp) return known.head
    const trace = new TraceFile(file)
    trace.close()
    heads.set(file, { stamp, head: trace.head })
    return trace.head
  } catch (thrown) {
    const why = thrown instanceof Fault ? String(thrown.fields['detail']) : thrown instanceof Error ? thrown.message : String(thrown)
    return `the trace ${file} cannot be played: ${why}`
  }
}

class TraceDriver implements Driver {
  readonly #plc: TracePlc
  readonly #groups: readonly ScanGroup[]
  readonly #playing: () => Player
  #player: Player | null = null

  constructor(plc: TracePlc, groups: readonly ScanGroup[], playing: () => Player) {
    this.#plc = plc
    this.#groups = groups
    this.#playing = playing
  }

  // The port is asynchronous; a file that is read forward has nothing to wait for.
  open(): Promise<OpenInfo> {
    return answered(() => {
      this.#player = this.#answering()
      return { pduBytes: null, requestsPerScan: new Map(this.#groups.map(({ index }) => [index, 0])), pduFill: null }
    })
  }

  read(group: ScanGroup, into: ScanSink, quarantined: ReadonlySet<number>): Promise<ReadInfo> {
    return answered(() => {
      if (this.#player === null) throw new Fault('PLC_LINK_LOST', { plc: this.#plc.id })
      const player = this.#answering()
      const badTags: ReadInfo['badTags'][number][] = []
      for (const [tag, slot] of group.tags.entries()) {
        const recorded = parseAddress(slot.address, this.#plc)
        const held = quarantined.has(tag) || typeof recorded === 'string' ? null : player.held(recorded.target)
        if (held !== null && 'value' in held) {
          into.qualities[tag] = qualities.good
          put(into, slot, tag, held.value)
        } else {
          const quality = quarantined.has(tag) ? 'quarantined' : held?.bad ?? 'not_read'
          into.qualities[tag] = qualities[quality]
          const fault = quarantined.has(tag) ? undefined : faultOfQuality[quality]
          if (fault !== undefined) badTags.push({ tag, quality, fault, detail: 'so it was recorded' })
        }
      }
      return { requestsCount: 0, bytesCount: 8 * group.slots + group.tags.length, badTags }
    })
  }

  close(): Promise<void> {
    this.#player = null
    return Promise.resolve()
  }

  #answering(): Player {
    const player = this.#playing()
    const trouble = player.trouble()
    if (trouble !== null) throw new Fault(trouble.fault, { plc: this.#plc.id, detail: trouble.detail })
    return player
  }
}

function answered<T>(work: () => T): Promise<T> {
  try {
    return Promise.resolve(work())
  } catch (thrown) {
    return Promise.reject(thrown instanceof Error ? thrown : new Error(String(thrown)))
  }
}

const faultOfQuality: Readonly<Partial<Record<BadQuality, FaultCode>>> = {
  not_found: 'TAG_NOT_FOUND', out_of_range: 'TAG_OUT_OF_RANGE', type_misfit: 'TAG_TYPE_MISFIT', protected: 'TAG_PROTECTED', quarantined: 'TAG_QUARANTINED',
}

const WORD = 32n

function put(into: ScanSink, { type, length, slot }: TagSlot, tag: number, value: ScanTraceValue): void {
  if (type === 'text') { into.texts.set(tag, String(value)); return }
  const elements = Array.isArray(value) ? value : [value]
  for (let i = 0; i < length; i++) {
    const element = elements[i] ?? 0
    if (type !== 'int64' && type !== 'uint64') { into.values[slot + i] = Number(element); continue }
    const whole = wholeOf(element)
    into.values[slot + 2 * i] = Number(BigInt.asUintN(32, whole))
    into.values[slot + 2 * i + 1] = type === 'int64' ? Number(BigInt.asIntN(32, whole >> WORD)) : Number(BigInt.asUintN(32, whole >> WORD))
  }
}

const wholeOf = (element: number | string): bigint => (typeof element === 'number' ? BigInt(Math.trunc(element)) : /^-?\d+$/.test(element) ? BigInt(element) : 0n)
