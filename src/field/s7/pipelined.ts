/** The S7 transport over a session of our own: every request of a reading in flight at once, as far as the CPU allows. */

import { given } from '../../base/assert.js'
import type { Driver, OpenInfo, ReadInfo, ScanSink } from '../../contract/driver.js'
import { Fault } from '../../contract/faults.js'
import type { PlcOf } from '../../contract/plcs.js'
import type { ScanGroup } from '../../contract/scan.js'
import { type FailedItem, GroupRead, type Verdict, openInfoOf } from './group-read.js'
import { PDU_BYTES_MIN, type PlannedRequest, type ReadPlan } from './plan.js'
import { type Written, writeOf } from './encode.js'
import { readRequest, writeRequest } from './requests.js'
import { type Job, S7Session, jobOf } from './session.js'

export class PipelinedDriver implements Driver {
  readonly #plc: PlcOf<'s7'>
  readonly #groups: readonly ScanGroup[]
  readonly #deadlineMs: { readonly connect: number; readonly request: number }
  readonly #reads = new Map<number, GroupRead>()
  /** The jobs of a plan are built once; a new plan is another key. */
  readonly #jobs = new WeakMap<ReadPlan, readonly Job[]>()
  #session: S7Session | null = null
  #failed: FailedItem[] = []

  constructor(plc: PlcOf<'s7'>, groups: readonly ScanGroup[], deadlineMs: { readonly connect: number; readonly request: number }) {
    this.#plc = plc
    this.#groups = groups
    this.#deadlineMs = deadlineMs
  }

  async open(): Promise<OpenInfo> {
    const session = this.#session = S7Session.start(this.#plc)
    await session.within(this.#deadlineMs.connect, session.open())
    // A PLC may grant more than was asked; nothing of ours is made for that.
    const pduBytes = Math.min(session.pduBytes, this.#plc.pdu)
    if (pduBytes < PDU_BYTES_MIN) throw new Fault('PLC_PDU_TOO_SMALL', { plc: this.#plc.id, pduBytes })
    for (const group of this.#groups) this.#reads.set(group.index, new GroupRead(group, pduBytes))
    return openInfoOf(pduBytes, [...this.#reads.values()])
  }

  async read(group: ScanGroup, into: ScanSink, quarantined: ReadonlySet<number>): Promise<ReadInfo> {
    const session = given(this.#session, 'the session of an open driver')
    const read = given(this.#reads.get(group.index), `group ${group.index} of ${this.#plc.id}`)
    const bytesBefore = session.bytesCount
    read.leaveOut(quarantined)
    let failed = await this.#readAll(session, read)
    let requestsCount = read.plan.requests.length
    // One unreadable byte spoils its whole item. Ask the tags of such an item one by one from now on, and look again at once.
    if (read.setApart(failed)) {
      failed = await this.#readAll(session, read)
      requestsCount += read.plan.requests.length
    }
    return { requestsCount, bytesCount: session.bytesCount - bytesBefore, badTags: read.decodeInto(into, failed) }
  }

  async write(group: ScanGroup, tag: number, value: Written, leaves: () => void): Promise<void> {
    const session = given(this.#session, 'the session of an open driver')
    const target = given(this.#reads.get(group.index)?.targets[tag], `tag ${tag} of group ${group.index}`)
    const fields = { plc: this.#plc.id, tag: group.tags[tag]!.name }
    const write = writeOf(target, group.tags[tag]!.length, value)
    if (typeof write === 'string') throw new Fault('TAG_TYPE_MISFIT', { ...fields, detail: write })
    if (write.bytes.length + WRITE_HEAD > session.pduBytes) throw new Fault('PLC_PDU_TOO_SMALL', { ...fields, pduBytes: session.pduBytes })
    const item = { area: target.area, db: target.db, start: write.start, bytes: write.bytes.length }
    let code: number | undefined
    leaves()
    await session.within(this.#deadlineMs.request, session.run([jobOf(writeRequest(item, write.bit, write.bytes), (frame) => { code = writtenCode(frame) })]))
    if (code === undefined) {
      session.close()
      throw new Fault('PLC_SHORT_REPLY', { ...fields, detail: 'a write without a return code' })
    }
    if (code !== GOOD) throw new Fault(verdictOf(code).fault, { ...fields, detail: verdictOf(code).detail })
  }

  close(): Promise<void> {
    this.#session?.close()
    return Promise.resolve()
  }

  async #readAll(session: S7Session, read: GroupRead): Promise<FailedItem[]> {
    const jobs = this.#jobs.get(read.plan) ?? this.#jobsOf(read)
    this.#failed = []
    // Jobs beyond what the CPU takes at once wait for their turn, and each turn may take a request's time.
    await session.within(this.#deadlineMs.request * Math.ceil(jobs.length / session.jobsMax), session.run(jobs))
    return this.#failed
  }

  #jobsOf(read: GroupRead): readonly Job[] {
    const { image } = read
    const jobs = read.plan.requests.map((request) => jobOf(readRequest(request.items), (frame) => { this.#failed.push(...copyItems(frame, request, image)) }))
    this.#jobs.set(read.plan, jobs)
    return jobs
  }
}

/** S7 header, parameter and item head before the bytes of a write. */
const WRITE_HEAD = 10 + 14 + 4
const PARAMETER_END = 21
const ITEM_HEAD = 4
const GOOD = 0xff

/** Copies the good items of a sound answer into the image; gives the others back. */
function copyItems(frame: Buffer, { items }: PlannedRequest, image: Uint8Array): FailedItem[] {
  const error = frame.readUInt16BE(17)
  if (error !== 0) return items.map((item) => ({ item, verdict: { quality: 'protected', fault: 'TAG_PROTECTED', detail: refusalOf(error) } }))
  const failed: FailedItem[] = []
  let at = PARAMETER_END
  for (const item of items) {
    const code = frame[at]!
    at += ITEM_HEAD
    if (code !== GOOD) { failed.push({ item, verdict: verdictOf(code) }); continue }
    // Not `frame.copy`: for a few hundred bytes, crossing into native code costs more than it saves.
    image.set(frame.subarray(at, at + item.bytes), item.at)
    at += item.bytes + (item.bytes & 1)
  }
  return failed
}

/** The CPU refuses the whole call: 0x8104 is what S7-1200 and 1500 say while PUT/GET is not permitted. */
const refusalOf = (error: number): string => `S7 error 0x${error.toString(16)}${error === 0x8104 ? ': permit PUT/GET access in the protection settings of the CPU' : ''}`

/** The return code of the one item of a write; an error of the whole call counts as protection. */
const writtenCode = (frame: Buffer): number | undefined => frame.readUInt16BE(17) === 0 ? frame[PARAMETER_END] : PROTECTED
const PROTECTED = 0x03

/** The CPU's return code of an item (S7 communication). */
function verdictOf(code: number): Verdict {
  const detail = `S7 item code 0x${code.toString(16).padStart(2, '0')}`
  if (code === 0x05) return { quality: 'out_of_range', fault: 'TAG_OUT_OF_RANGE', detail }
  if (code === 0x06 || code === 0x07) return { quality: 'type_misfit', fault: 'TAG_TYPE_MISFIT', detail }
  if (code === 0x0a) return { quality: 'not_found', fault: 'TAG_NOT_FOUND', detail }
  return { quality: 'protected', fault: 'TAG_PROTECTED', detail }
}
