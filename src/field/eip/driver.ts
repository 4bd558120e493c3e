/** The EtherNet/IP driver for ControlLogix, CompactLogix and Micro800: reads by name, several tags in a message, and never writes unasked. */

import { given } from '../../base/assert.js'
import { systemChance } from '../../base/chance.js'
import type { Driver, DriverFamily, OpenInfo, ReadInfo, ScanSink } from '../../contract/driver.js'
import { Fault } from '../../contract/faults.js'
import type { PlcOf } from '../../contract/plcs.js'
import type { ScanGroup } from '../../contract/scan.js'
import { parseAddress } from './address.js'
import { browse } from './browse.js'
import { isWhole, misfitOfType, tooLarge, typeOf, verdictOf } from './decode.js'
import { GroupRead, openInfoOf } from './group-read.js'
import { type Ask, type PlannedMessage, messageOf } from './plan.js'
import { pathOf, readRequest, services } from './requests.js'
import { EipSession } from './session.js'
import { type Reply, repliesIn } from './wire.js'
import { type Written, requestToWrite } from './write.js'

export const eipFamily: DriverFamily<PlcOf<'eip'>> = {
  name: 'eip',
  parse: (text) => parseAddress(text),
  make: (plc, groups, deadlineMs) => new EipDriver(plc, groups, deadlineMs),
  browse,
}

const GOOD = 0x00
const SOME_FAILED = 0x1e
const SERVICE_UNKNOWN = 0x08

class EipDriver implements Driver {
  /** One that tells how the tag is held, and the one that writes it. */
  readonly writeRequestsCount = 2
  readonly #plc: PlcOf<'eip'>
  readonly #groups: readonly ScanGroup[]
  readonly #deadlineMs: { readonly connect: number; readonly request: number }
  readonly #reads = new Map<number, GroupRead>()
  /** A message is framed once; a new plan brings new messages. */
  readonly #frames = new WeakMap<PlannedMessage, Buffer>()
  #session: EipSession | null = null
  #isClosed = false
  #requestsCount = 0

  constructor(plc: PlcOf<'eip'>, groups: readonly ScanGroup[], deadlineMs: { readonly connect: number; readonly request: number }) {
    this.#plc = plc
    this.#groups = groups
    this.#deadlineMs = deadlineMs
  }

  async open(): Promise<OpenInfo> {
    const session = this.#session = await EipSession.make(this.#plc, systemChance)
    if (this.#isClosed) session.close()
    await session.within(this.#deadlineMs.connect, session.open())
    for (const group of this.#groups) this.#reads.set(group.index, new GroupRead(group, session.messageBytesMax))
    return openInfoOf(session.messageBytesMax, [...this.#reads.values()])
  }

  async read(group: ScanGroup, into: ScanSink, quarantined: ReadonlySet<number>): Promise<ReadInfo> {
    const session = given(this.#session, 'the session of an open driver')
    const read = given(this.#reads.get(group.index), `group ${group.index} of ${this.#plc.id}`)
    const bytesBefore = session.bytesCount
    this.#requestsCount = 0
    read.begin(into, quarantined)
    for (const planned of read.plan.messages) await this.#readMessage(session, read, planned, into)
    return { requestsCount: this.#requestsCount, bytesCount: session.bytesCount - bytesBefore, badTags: read.badTags }
  }

  async write(group: ScanGroup, tag: number, value: Written, leaves: () => void): Promise<void> {
    const session = given(this.#session, 'the session of an open driver')
    const target = given(this.#reads.get(group.index)?.targets[tag], `tag ${tag} of group ${group.index}`)
    const fields = { plc: this.#plc.id, tag: group.tags[tag]!.name }
    // How the tag is held now decides what is sent; a download since the last reading may have changed it.
    const held = await this.#ask(session, session.frameOf(readRequest(pathOf(target.path), 1)))
    if (held.status !== GOOD) throw new Fault(verdictOf(held).fault, { ...fields, detail: verdictOf(held).detail })
    const end = held.frame.length
    const typed = typeOf(held, end)
    if (typed === null || !isWhole(held.frame, typed, end, 1)) throw session.fail(this.#shortReply())
    const misfit = misfitOfType(typed, end, held.frame, target)
    if (misfit !== null) throw new Fault(misfit.fault, { ...fields, detail: misfit.detail })
    const request = requestToWrite(target, value, held, typed, end)
    if (typeof request === 'string') throw new Fault('TAG_TYPE_MISFIT', { ...fields, detail: request })
    leaves()
    const { status, extended } = await this.#ask(session, session.frameOf(request))
    if (status !== GOOD) throw new Fault(verdictOf({ status, extended }).fault, { ...fields, detail: verdictOf({ status, extended }).detail })
  }

  close(): Promise<void> {
    this.#isClosed = true
    this.#session?.close()
    return Promise.resolve()
  }

  /** One message, and where it is refused as a whole, its halves: so that one bad tag is found, and its neighbours are read. */
  async #readMessage(session: EipSession, read: GroupRead, planned: PlannedMessage, into: ScanSink): Promise<void> {
    const { asks } = planned
    const reply = await this.#ask(session, this.#framed(session, planned))
    if (asks.length === 1) {
      this.#take(session, read, asks[0]!, reply, reply.frame.length, into)
      return
    }
    if (reply.status !== GOOD && reply.status !== SOME_FAILED) {
      if (reply.status === SERVICE_UNKNOWN) read.askOneByOne()
      const half = reply.status === SERVICE_UNKNOWN ? 1 : Math.ceil(asks.length / 2)
      for (let from = 0; from < asks.length; from += half) await this.#readMessage(session, read, messageOf(asks.slice(from, from + half)), into)
      return
    }
    const replies = repliesIn(reply, asks.length, services.read)
    if ('fault' in replies) throw session.fail(new Fault(replies.fault, { plc: this.#plc.id, detail: replies.detail }))
    const crowded: Ask[] = []
    for (const [i, each] of replies.entries()) {
      // A tag that is larger than configured leaves no room for those behind it; alone each has room enough.
      if (tooLarge(each.status)) crowded.push(asks[i]!)
      else this.#take(session, read, asks[i]!, each, each.end, into)
    }
    for (const ask of crowded) await this.#readMessage(session, read, messageOf([ask]), into)
  }

  #take(session: EipSession, read: GroupRead, ask: Ask, reply: Reply, end: number, into: ScanSink): void {
    if (reply.status !== GOOD) read.refuse(ask, verdictOf(reply), into)
    else if (!read.take(ask, reply, end, into)) throw session.fail(this.#shortReply())
  }

  #ask(session: EipSession, frame: Buffer): Promise<Reply> {
    this.#requestsCount++
    return session.within(this.#deadlineMs.request, session.ask(frame))
  }

  #framed(session: EipSession, planned: PlannedMessage): Buffer {
    const frame = this.#frames.get(planned) ?? session.frameOf(planned.message)
    this.#frames.set(planned, frame)
    return frame
  }

  #shortReply(): Fault { return new Fault('PLC_SHORT_REPLY', { plc: this.#plc.id, detail: 'the values are not as long as their type says' }) }
}
