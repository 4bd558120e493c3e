/** The OPC UA driver: the server says what changes and confirms at every reading that it is alive; where it does not, it is asked. Nothing is written unasked. */

import { assert, given } from '../../base/assert.js'
import { systemClock } from '../../base/clock.js'
import { type Mono, laterMono } from '../../base/units.js'
import type { Driver, DriverFamily, OpenInfo, ReadInfo, ScanSink } from '../../contract/driver.js'
import { Fault } from '../../contract/faults.js'
import type { PlcOf } from '../../contract/plcs.js'
import type { ScanGroup } from '../../contract/scan.js'
import { parseAddress } from './address.js'
import { type Place, Refused, TOO_MUCH } from './asking.js'
import { browse } from './browse.js'
import { type Said, verdictOf } from './decode.js'
import { GroupRead } from './group-read.js'
import { loadLibrary } from './library.js'
import { lookUp } from './places.js'
import { OpcuaSession } from './session.js'
import { Watch } from './watch.js'
import { type Written, valueToWrite } from './write.js'

export const opcuaFamily: DriverFamily<PlcOf<'opcua'>> = {
  name: 'opcua',
  parse: (text) => parseAddress(text),
  make: (plc, groups, deadlineMs) => new OpcuaDriver(plc, groups, deadlineMs),
  load: loadLibrary,
  browse,
}

const STATE: Place = { node: 'i=2259', range: '' }
/** States of a server in which its values are not those of the plant (ServerState, OPC 10000-5, 12.6). */
const doubts: Readonly<Record<number, string>> = { 1: 'has failed', 2: 'has no configuration', 3: 'is suspended', 6: 'cannot reach its devices' }
/** A server that stopped watching is asked to do so again after this. */
const WATCH_AGAIN_MS = 60_000
const NOBODY: ReadonlySet<number> = new Set()

class OpcuaDriver implements Driver {
  readonly #plc: PlcOf<'opcua'>
  readonly #reads: ReadonlyMap<number, GroupRead>
  readonly #session: OpcuaSession
  readonly #answerMs: number
  /** Namespaces, path, how it is held, and the write itself. */
  readonly writeRequestsCount = 4
  #bytesCount = 0
  #watch: Watch | null = null
  #watchAgainAt: Mono = systemClock.mono()

  constructor(plc: PlcOf<'opcua'>, groups: readonly ScanGroup[], deadlineMs: { readonly connect: number; readonly request: number }) {
    this.#plc = plc
    this.#reads = new Map(groups.map((group) => [group.index, new GroupRead(group)]))
    this.#session = new OpcuaSession(plc, deadlineMs)
    this.#answerMs = deadlineMs.request
  }

  open(): Promise<OpenInfo> { return this.#session.orFault(this.#open()) }
  read(group: ScanGroup, into: ScanSink, quarantined: ReadonlySet<number>): Promise<ReadInfo> { return this.#session.orFault(this.#read(group, into, quarantined)) }
  write(group: ScanGroup, tag: number, value: Written, leaves: () => void): Promise<void> { return this.#session.orFault(this.#write(group, tag, value, leaves)) }
  close(): Promise<void> { return this.#session.close() }

  async #open(): Promise<OpenInfo> {
    await this.#session.open()
    for (const read of this.#reads.values()) {
      // A first reading shows what can be watched, and leaves a value until the server tells of the next.
      await this.#ask(read, read.asked(NOBODY))
      await this.#keepUp(read, read.give(sinkFor(read.group), NOBODY, null))
    }
    this.#bytesCount = this.#session.bytesCount
    const requestsOf = (read: GroupRead): number => Math.max(1, Math.ceil((read.asked(NOBODY).length + 1) / this.#session.atOnce.read))
    return { pduBytes: null, pduFill: null, requestsPerScan: new Map([...this.#reads].map(([index, read]) => [index, requestsOf(read)])) }
  }

  async #read(group: ScanGroup, into: ScanSink, quarantined: ReadonlySet<number>): Promise<ReadInfo> {
    const read = given(this.#reads.get(group.index), `group ${group.index} of ${this.#plc.id}`)
    const requestsBefore = this.#session.requestsCount
    let state = await this.#ask(read, read.asked(quarantined))
    // Whatever news the server had sent has been heard before its answer.
    if (this.#watch?.isSound(systemClock.mono()) === false) {
      await this.#unwatch()
      state = await this.#ask(read, read.asked(quarantined))
    }
    const found = read.give(into, quarantined, doubtOf(state))
    await this.#keepUp(read, found)
    // With what the server has said by itself since the last reading.
    const bytesBefore = this.#bytesCount
    this.#bytesCount = this.#session.bytesCount
    return { requestsCount: this.#session.requestsCount - requestsBefore, bytesCount: this.#bytesCount - bytesBefore, badTags: found.bad }
  }

  async #write(group: ScanGroup, tag: number, value: Written, leaves: () => void): Promise<void> {
    const read = given(this.#reads.get(group.index), `group ${group.index} of ${this.#plc.id}`)
    const target = given(read.targets[tag], `tag ${tag} of group ${group.index}`)
    const fields = { plc: this.#plc.id, tag: group.tags[tag]!.name }
    const [place = 'no place'] = await lookUp(this.#session, [target])
    if (typeof place === 'string') throw new Fault('TAG_NOT_FOUND', { ...fields, detail: place })
    // How the server holds the value now decides what is sent.
    const [held] = await this.#session.read([place])
    assert(held !== undefined, 'one place, one answer')
    const known = held.statusCode.value >>> 30 === 0 ? null : verdictOf(held.statusCode)
    if (known !== null && known.passes !== true) throw new Fault(known.fault, { ...fields, detail: known.detail })
    const written = valueToWrite(target, held.value?.dataType ?? 0, value)
    if (typeof written === 'string') throw new Fault('TAG_TYPE_MISFIT', { ...fields, detail: written })
    leaves()
    const status = await this.#session.write(place, written.dataType, written.value, target.range !== '')
    if (status.startsWith('Good')) return
    throw new Fault(/NotWritable|WriteNotSupported|ServiceUnsupported|Denied/.test(status) ? 'TAG_PROTECTED' : verdictOf({ value: 0x8000_0000, name: status }).fault, { ...fields, detail: status })
  }

  /** Asks for tags, and in the same breath for the state of the server, which it gives. */
  async #ask(read: GroupRead, tags: readonly number[]): Promise<Said | undefined> {
    const lost = read.lost(tags)
    if (lost.length > 0) for (const [i, place] of (await lookUp(this.#session, lost.map((tag) => read.targets[tag]!))).entries()) read.place(lost[i]!, place)
    const asked = tags.flatMap((tag) => { const place = read.placeOf(tag); return place === null ? [] : [{ tag, place }] })
    const places = [STATE, ...asked.map(({ place }) => place)]
    const said: Said[] = []
    while (said.length < places.length) {
      const some = places.slice(said.length, said.length + this.#session.atOnce.read)
      try {
        said.push(...await this.#session.read(some))
      } catch (thrown) {
        if (!(thrown instanceof Refused) || !TOO_MUCH.test(thrown.status) || some.length === 1) throw thrown
        this.#session.atOnce.read = Math.ceil(some.length / 2)
      }
    }
    for (const [i, { tag }] of asked.entries()) read.hear(tag, said[i + 1]!)
    return said[0]
  }

  /** Has the server watch what it can, and no longer what is of no use. */
  async #keepUp(read: GroupRead, { ready, over }: ReturnType<GroupRead['give']>): Promise<void> {
    if (this.#plc.reading === 'poll') return
    if (this.#watch === null && ready.length > 0 && systemClock.mono() >= this.#watchAgainAt) {
      this.#watchAgainAt = laterMono(systemClock.mono(), WATCH_AGAIN_MS)
      this.#watch = await Watch.start(this.#session, Math.min(...[...this.#reads.values()].map(({ group }) => group.cycleMs)), this.#answerMs, () => systemClock.mono())
    }
    await this.#watch?.drop(over)
    await this.#watch?.add(read, ready)
  }

  async #unwatch(): Promise<void> {
    const watch = this.#watch
    this.#watch = null
    for (const read of this.#reads.values()) read.unwatchAll()
    await watch?.stop()
  }
}

/** Why the values of a server cannot be relied on although it answers; `null` when nothing speaks against them. A server need not show its state. */
function doubtOf(state: Said | undefined): string | null {
  const value: unknown = state?.value?.value
  const doubt = typeof value === 'number' ? doubts[value] : undefined
  return doubt === undefined ? null : `the server says that it ${doubt}`
}

const sinkFor = ({ slots, tags }: ScanGroup): ScanSink => ({ values: new Float64Array(slots), qualities: new Uint8Array(tags.length), texts: new Map() })
