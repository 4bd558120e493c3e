/** The Modbus/TCP driver over modbus-serial, its only importer. */

import { once } from 'node:events'
import { type Socket, connect } from 'node:net'
import type modbus from 'modbus-serial'
import { assert, given } from '../../base/assert.js'
import type { Driver, DriverFamily, OpenInfo, ReadInfo, ScanSink } from '../../contract/driver.js'
import { Fault, type FaultCode } from '../../contract/faults.js'
import type { PlcOf } from '../../contract/plcs.js'
import { type Quality, type ScanGroup, qualities } from '../../contract/scan.js'
import { faultOfSilence, faultOfSocket } from '../socket.js'
import { type ModbusTarget, parseAddress } from './address.js'
import { decode, decodeBits } from './decode.js'
import { type ModbusRead, planReads } from './plan.js'

type ModbusPlc = PlcOf<'modbus'>

export const modbusFamily: DriverFamily<ModbusPlc> = {
  name: 'modbus',
  parse: (text) => parseAddress(text),
  make: (plc, groups, deadlineMs) => new ModbusDriver(plc, groups, deadlineMs),
}

/** MBAP header and function of a request with its start and count; header, function and length of a reply. */
const REQUEST_BYTES = 12
const REPLY_HEAD_BYTES = 9
const NOBODY: ReadonlySet<number> = new Set()

interface Verdict { readonly quality: Quality; readonly fault: FaultCode; readonly detail: string }
type Reply = { readonly data: readonly (number | boolean)[]; readonly buffer: Buffer }

/**
 * modbus-serial matches replies by transaction and ignores late ones, but a call in flight outlives its connection until its timeout.
 * So every call here also ends with the socket.
 */
class ModbusDriver implements Driver {
  readonly #plc: ModbusPlc
  readonly #groups: ReadonlyMap<number, GroupRead>
  readonly #deadlineMs: { readonly connect: number; readonly request: number }
  #client: InstanceType<typeof modbus.default> | null = null
  /** Rejects when the connection ends; whatever is under way races it. */
  readonly #ended: Promise<never>
  #end: (fault: Fault) => void = () => undefined
  #socket: Socket | null = null
  #closed = false

  constructor(plc: ModbusPlc, groups: readonly ScanGroup[], deadlineMs: { readonly connect: number; readonly request: number }) {
    this.#plc = plc
    this.#groups = new Map(groups.map((group) => [group.index, new GroupRead(group)]))
    this.#deadlineMs = deadlineMs
    this.#ended = new Promise((_, reject) => { this.#end = reject })
    this.#ended.catch(() => undefined)
  }

  async open(): Promise<OpenInfo> {
    const { id, host, port, unit } = this.#plc
    const socket = this.#socket = await this.#connected(connect({ host, port, noDelay: true, keepAlive: true }))
    socket.on('error', (cause) => { this.#end(new Fault('PLC_LINK_LOST', { plc: id }, cause)) })
    socket.on('close', () => { this.#end(new Fault('PLC_LINK_LOST', { plc: id })) })
    // Loaded by who needs it: it weighs 16 MB.
    const { default: library } = await import('modbus-serial')
    const client = this.#client = new library.default()
    // What goes wrong with the socket is heard there.
    client.on('error', () => undefined)
    await client.linkTCP(socket, { port })
    client.setID(unit)
    client.setTimeout(this.#deadlineMs.request)
    // A device may accept and say nothing: only an answer, be it a refusal, shows that somebody is there.
    await this.#ask({ table: 'holding', start: 0, count: 1, tags: [] }).catch((thrown: unknown) => { if (!isException(thrown)) throw thrown })
    return { pduBytes: null, requestsPerScan: new Map([...this.#groups].map(([index, group]) => [index, group.reads.length])), pduFill: null }
  }

  async read(group: ScanGroup, into: ScanSink, quarantined: ReadonlySet<number>): Promise<ReadInfo> {
    const reading = given(this.#groups.get(group.index), `group ${group.index} of ${this.#plc.id}`)
    reading.leaveOut(quarantined)
    let took = await this.#readAll(reading, into)
    // One missing register refuses the whole request. Ask the tags of such a request one by one from now on, and look again at once.
    if (reading.setApart(took.failed)) {
      const again = await this.#readAll(reading, into)
      took = { failed: again.failed, requestsCount: took.requestsCount + again.requestsCount, bytesCount: took.bytesCount + again.bytesCount }
    }
    const badTags = took.failed.flatMap(({ read, verdict }) => read.tags.map((tag) => {
      into.qualities[tag] = qualities[verdict.quality]
      return { tag, ...verdict }
    }))
    for (const tag of quarantined) into.qualities[tag] = qualities.quarantined
    return { requestsCount: took.requestsCount, bytesCount: took.bytesCount, badTags }
  }

  close(): Promise<void> {
    if (this.#closed) return Promise.resolve()
    this.#closed = true
    this.#end(new Fault('PLC_LINK_LOST', { plc: this.#plc.id }))
    // The library's timer of a call in flight ends with its client.
    this.#client?.destroy(() => undefined)
    this.#socket?.destroy()
    return Promise.resolve()
  }

  async #connected(socket: Socket): Promise<Socket> {
    const { id } = this.#plc
    this.#socket = socket
    const late = setTimeout(() => { this.#end(new Fault('PLC_UNREACHABLE', { plc: id, waitedMs: this.#deadlineMs.connect })) }, this.#deadlineMs.connect)
    try {
      await Promise.race([once(socket, 'connect'), this.#ended])
      return socket
    } catch (thrown) {
      socket.destroy()
      // Errors of a socket carry their code.
      throw thrown instanceof Fault ? thrown : faultOfSocket(id, false, thrown as NodeJS.ErrnoException)
    } finally {
      clearTimeout(late)
    }
  }

  async #readAll(reading: GroupRead, into: ScanSink) {
    const failed: { read: ModbusRead; verdict: Verdict }[] = []
    let bytesCount = 0
    for (const read of reading.reads) {
      try {
        const reply = await this.#ask(read)
        bytesCount += REQUEST_BYTES + REPLY_HEAD_BYTES + reply.buffer.length
        reading.decodeInto(into, read, reply, this.#plc)
      } catch (thrown) {
        if (!isException(thrown)) throw thrown
        failed.push({ read, verdict: verdictOf(thrown.modbusCode) })
      }
    }
    return { failed, requestsCount: reading.reads.length, bytesCount }
  }

  async #ask(read: ModbusRead): Promise<Reply> {
    try {
      return checked(read, await Promise.race([this.#call(read), this.#ended]), this.#plc.id)
    } catch (thrown) {
      if (thrown instanceof Fault || isException(thrown)) throw thrown
      const code = faultOfCall(codeOf(thrown))
      const fault = code === 'PLC_TIMEOUT' ? faultOfSilence(this.#plc.id, true, this.#socket?.bytesRead ?? 0, this.#deadlineMs.request) : new Fault(code, { plc: this.#plc.id }, thrown)
      this.#end(fault)
      throw fault
    }
  }

  #call({ table, start, count }: ModbusRead): Promise<Reply> {
    const client = given(this.#client, 'the client of an open driver')
    switch (table) {
      case 'holding': return client.readHoldingRegisters(start, count)
      case 'input': return client.readInputRegisters(start, count)
      case 'coil': return client.readCoils(start, count)
      case 'discrete': return client.readDiscreteInputs(start, count)
    }
  }
}

/** What one group needs from reading to reading: its plan, and which tags must be asked alone. */
class GroupRead {
  readonly #group: ScanGroup
  readonly #targets: readonly ModbusTarget[]
  readonly #apart = new Set<number>()
  #leftOut: ReadonlySet<number> = NOBODY
  reads: readonly ModbusRead[]

  constructor(group: ScanGroup) {
    this.#group = group
    this.#targets = group.tags.map((tag) => {
      const address = parseAddress(tag.address)
      assert(typeof address !== 'string', 'the addresses of a group have been read before')
      return address.target
    })
    this.reads = this.#planned()
  }

  /** Tags that are not asked for this time; the same set again costs nothing. */
  leaveOut(tags: ReadonlySet<number>): void {
    if (tags === this.#leftOut) return
    this.#leftOut = tags
    this.reads = this.#planned()
  }

  /** Gives the tags of failed requests a request each; false when they have one already. */
  setApart(failed: readonly { readonly read: ModbusRead }[]): boolean {
    const merged = failed.filter(({ read }) => read.tags.length > 1).flatMap(({ read }) => read.tags)
    if (merged.length === 0) return false
    for (const tag of merged) this.#apart.add(tag)
    this.reads = this.#planned()
    return true
  }

  decodeInto(into: ScanSink, read: ModbusRead, reply: Reply, plc: ModbusPlc): void {
    for (const tag of read.tags) {
      const target = this.#targets[tag]!
      const { slot, length } = this.#group.tags[tag]!
      const at = target.start - read.start
      if (read.table === 'coil' || read.table === 'discrete') {
        // Replies are rounded up to whole bytes; what lies beyond the count is padding.
        decodeBits(reply.data as readonly boolean[], at, length, slot, into)
        into.qualities[tag] = qualities.good
      } else into.qualities[tag] = decode(reply.buffer, 2 * at, target, length, { words: plc.word_order, bytes: plc.byte_order }, tag, slot, into)
    }
  }

  #planned(): ModbusRead[] {
    return planReads(this.#targets.map((target, tag) => this.#leftOut.has(tag) ? null : target), this.#apart)
  }
}

/** A reply of another length than was asked for must not be read. */
function checked(read: ModbusRead, reply: Reply, plc: string): Reply {
  const bytes = read.table === 'coil' || read.table === 'discrete' ? Math.ceil(read.count / 8) : 2 * read.count
  if (reply.buffer.length !== bytes) throw new Fault('PLC_SHORT_REPLY', { plc, detail: `${reply.buffer.length} bytes, not ${bytes}` })
  return reply
}

interface Exception extends Error { readonly modbusCode: number }
const isException = (thrown: unknown): thrown is Exception => thrown instanceof Error && 'modbusCode' in thrown && typeof thrown.modbusCode === 'number'

/** Exception codes of the application protocol, section 7. */
function verdictOf(code: number): Verdict {
  const detail = `Modbus exception ${code}`
  if (code === 1) return { quality: 'not_found', fault: 'TAG_NOT_FOUND', detail: `${detail}: the device has no such table` }
  if (code === 2 || code === 3) return { quality: 'out_of_range', fault: 'TAG_OUT_OF_RANGE', detail: `${detail}: the device has no such register` }
  return { quality: 'protected', fault: 'TAG_PROTECTED', detail }
}

/** A port that is not open any more is called a refused connection by the library. */
const faultOfCall = (code: string): FaultCode => code === 'ETIMEDOUT' ? 'PLC_TIMEOUT' : code === 'ECONNREFUSED' ? 'PLC_LINK_LOST' : 'PLC_PROTOCOL'

/** The library's own errors are no `Error`s, and name their code `errno`. */
const codeOf = (thrown: unknown): string => typeof thrown === 'object' && thrown !== null && 'errno' in thrown ? String(thrown.errno) : ''
