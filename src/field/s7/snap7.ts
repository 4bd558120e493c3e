/** The S7 transport over node-snap7, behind a guard. The only importer of its client. */

import type { MultiVar, S7Client } from 'node-snap7'
import { assert, given } from '../../base/assert.js'
import type { Driver, OpenInfo, ReadInfo, ScanSink } from '../../contract/driver.js'
import { Fault } from '../../contract/faults.js'
import type { PlcOf } from '../../contract/plcs.js'
import type { ScanGroup } from '../../contract/scan.js'
import type { S7Area } from './address.js'
import { type Written, writeOf } from './encode.js'
import { type FailedItem, GroupRead, type Verdict, openInfoOf } from './group-read.js'
import { Guard } from './guard.js'
import { PDU_BYTES_MIN, type PlannedItem, type PlannedRequest } from './plan.js'

type S7Plc = PlcOf<'s7'>

/** Clients with a call out and the bytes they write: the addon holds no reference of its own to either, and would abort, or write what stands in freed memory. */
const calling = new Map<S7Client, Buffer | null>()
/** The guard ends a call in its time; snap7's own timeout only ends one that the guard could not. */
const PATIENCE = 2

/**
 * node-snap7 is fast to call and easy to hurt. Never two calls of one client at a time; never let a client be collected while a call is out; never use it
 * again after any TCP or ISO error, since late answers would be paired with the next questions; never a synchronous call; never trust `Connected()`.
 */
export class Snap7Driver implements Driver {
  readonly #plc: S7Plc
  readonly #groups: readonly ScanGroup[]
  readonly #deadlineMs: { readonly connect: number; readonly request: number }
  readonly #reads = new Map<number, GroupRead>()
  readonly #calls = new Map<S7Client, Promise<unknown>>()
  #clients: readonly S7Client[] = []
  #guard: Guard | null = null
  #closed = false

  constructor(plc: S7Plc, groups: readonly ScanGroup[], deadlineMs: { readonly connect: number; readonly request: number }) {
    this.#plc = plc
    this.#groups = groups
    this.#deadlineMs = deadlineMs
  }

  async open(): Promise<OpenInfo> {
    // Native code comes into a process that uses it, and into no other: the daemon knows the S7 family too.
    const { default: snap7 } = await import('node-snap7')
    if (this.#closed) throw new Fault('PLC_LINK_LOST', { plc: this.#plc.id })
    const guard = this.#guard = new Guard(this.#plc, this.#deadlineMs.request)
    await guard.open(this.#deadlineMs.connect)
    const { pduBytes } = guard
    if (pduBytes < PDU_BYTES_MIN) throw new Fault('PLC_PDU_TOO_SMALL', { plc: this.#plc.id, pduBytes })
    for (const group of this.#groups) this.#reads.set(group.index, new GroupRead(group, pduBytes))
    const clientsCount = Math.min(guard.clientsMax, Math.max(1, ...[...this.#reads.values()].map(({ plan }) => plan.requests.length)))
    const port = await guard.admit(clientsCount)
    this.#clients = Array.from({ length: clientsCount }, () => {
      const client = new snap7.S7Client()
      client.SetParam(client.RemotePort, port)
      client.SetParam(client.PingTimeout, this.#deadlineMs.connect)
      client.SetParam(client.SendTimeout, this.#deadlineMs.request)
      client.SetParam(client.RecvTimeout, PATIENCE * this.#deadlineMs.request)
      client.SetParam(client.PDURequest, this.#plc.pdu)
      return client
    })
    await this.#together(async (client) => {
      const { error } = await this.#ask<null>(client, (done) => { client.ConnectTo('127.0.0.1', this.#plc.rack, this.#plc.slot, (error) => { done(error, null) }) })
      this.#settle(error)
      assert(client.PDULength() === pduBytes, 'a client takes the PDU that the guard grants')
    })
    return openInfoOf(pduBytes, [...this.#reads.values()])
  }

  async read(group: ScanGroup, into: ScanSink, quarantined: ReadonlySet<number>): Promise<ReadInfo> {
    const guard = given(this.#guard, 'the guard of an open driver')
    const read = given(this.#reads.get(group.index), `group ${group.index} of ${this.#plc.id}`)
    const bytesBefore = guard.bytesCount
    read.leaveOut(quarantined)
    let failed = await this.#readAll(read)
    let requestsCount = read.plan.requests.length
    // One unreadable byte spoils its whole item. Ask the tags of such an item one by one from now on, and look again at once.
    if (read.setApart(failed)) {
      failed = await this.#readAll(read)
      requestsCount += read.plan.requests.length
    }
    return { requestsCount, bytesCount: guard.bytesCount - bytesBefore, badTags: read.decodeInto(into, failed) }
  }

  async write(group: ScanGroup, tag: number, value: Written, leaves: () => void): Promise<void> {
    const client = given(this.#clients[0], 'a client of an open driver')
    const target = given(this.#reads.get(group.index)?.targets[tag], `tag ${tag} of group ${group.index}`)
    const fields = { plc: this.#plc.id, tag: group.tags[tag]!.name }
    const write = writeOf(target, group.tags[tag]!.length, value)
    if (typeof write === 'string') throw new Fault('TAG_TYPE_MISFIT', { ...fields, detail: write })
    const { bit, bytes } = write
    const start = bit === null ? write.start : write.start * 8 + bit
    leaves()
    given(this.#guard, 'the guard of an open driver').leaves = leaves
    const { error } = await this.#ask<null>(client, (done) => {
      client.WriteArea(areasOf(client)[target.area], target.db, start, bit === null ? bytes.length : 1, bit === null ? client.S7WLByte : client.S7WLBit, bytes, (error) => { done(error, null) })
    }, bytes)
    this.#settle(error)
    if (error !== 0) throw new Fault(verdictOf(error).fault, { ...fields, detail: verdictOf(error).detail })
  }

  async close(): Promise<void> {
    this.#closed = true
    // Closing the guard's sockets ends the calls in flight; a client itself may only be touched when it has come back.
    this.#guard?.close()
    const clients = this.#clients
    this.#clients = []
    await Promise.all(this.#calls.values())
    for (const client of clients) client.Disconnect()
  }

  /** Every client takes the next request as soon as it has done with its last. */
  async #readAll(read: GroupRead): Promise<FailedItem[]> {
    const failed: FailedItem[] = []
    const left = read.plan.requests.values()
    await this.#together(async (client) => {
      for (const request of left) failed.push(...await this.#readOne(client, request, read.image))
    })
    return failed
  }

  /** Resolves when all clients have done; the first fault is the cause, and ends what the others have under way. */
  async #together(work: (client: S7Client) => Promise<void>): Promise<void> {
    const ends = await Promise.allSettled(this.#clients.map(work))
    const broken = ends.find((end) => end.status === 'rejected')
    if (broken !== undefined) throw broken.reason
    if (this.#closed) throw new Fault('PLC_LINK_LOST', { plc: this.#plc.id })
  }

  async #readOne(client: S7Client, request: PlannedRequest, image: Uint8Array): Promise<FailedItem[]> {
    const { error, result } = await this.#ask<readonly { readonly Result: number; readonly Data: Buffer | null }[] | null>(client, (done) => {
      client.ReadMultiVars(request.items.map((item) => multiVarOf(client, item)), done)
    })
    this.#settle(error)
    if (error !== 0) return request.items.map((item) => ({ item, verdict: verdictOf(error) }))

    const failed: FailedItem[] = []
    for (const [i, item] of request.items.entries()) {
      const { Result, Data } = given(result?.[i], 'a result for each item')
      if (Result !== 0 || Data === null) { failed.push({ item, verdict: verdictOf(Result) }); continue }
      assert(Data.length === item.bytes, 'an item has the length that was asked for')
      image.set(Data, item.at)
    }
    return failed
  }

  /** Nothing may be asked on this connection again after a fatal error, or the late answer to this question would answer the next one. */
  #settle(error: number): void {
    const guard = given(this.#guard, 'the guard of an open driver')
    if (guard.fault === null && !isFatal(error)) return
    this.#closed = true
    guard.close()
    throw guard.fault ?? new Fault(isTimeout(error) ? 'PLC_TIMEOUT' : 'PLC_LINK_LOST', { plc: this.#plc.id, error: hex(error) })
  }

  /** One call of a client, alone, and with the client and what it writes kept alive until it comes back. */
  async #ask<R>(client: S7Client, start: (done: (error: number | null, result: R) => void) => void, writing: Buffer | null = null): Promise<{ error: number; result: R }> {
    assert(!this.#calls.has(client), 'one call of a client at a time')
    if (this.#closed) throw new Fault('PLC_LINK_LOST', { plc: this.#plc.id })
    calling.set(client, writing)
    const call = new Promise<{ error: number; result: R }>((resolve) => { start((error, result) => { resolve({ error: error ?? 0, result }) }) })
    this.#calls.set(client, call)
    try {
      return await call
    } finally {
      calling.delete(client)
      this.#calls.delete(client)
    }
  }
}

const areasOf = (client: S7Client): Readonly<Record<S7Area, number>> => ({ DB: client.S7AreaDB, M: client.S7AreaMK, I: client.S7AreaPE, Q: client.S7AreaPA, T: client.S7AreaTM, C: client.S7AreaCT })

function multiVarOf(client: S7Client, item: PlannedItem): MultiVar {
  const areas = areasOf(client)
  const isTimer = item.area === 'T'
  const isNumbered = isTimer || item.area === 'C'
  return {
    Area: areas[item.area], DBNumber: item.db, Start: item.start,
    WordLen: isTimer ? client.S7WLTimer : isNumbered ? client.S7WLCounter : client.S7WLByte,
    Amount: isNumbered ? item.bytes / 2 : item.bytes,
  }
}

const NEGOTIATING = 0x0010_0000
const INVALID_ANSWER = 0x0080_0000
const OUT_OF_RANGE = 0x0090_0000
const TRANSPORT_SIZE = 0x00a0_0000
const NOT_AVAILABLE = 0x00c0_0000
const ETIMEDOUT = 110
const isTimeout = (error: number): boolean => (error & 0xffff) === ETIMEDOUT

/** A socket or ISO error, a failed negotiation or an unintelligible answer: whatever comes next on this connection may belong to another question. */
const isFatal = (error: number): boolean => (error & 0x000f_ffff) !== 0 || error === NEGOTIATING || error === INVALID_ANSWER

function verdictOf(error: number): Verdict {
  const detail = hex(error)
  if (error === OUT_OF_RANGE) return { quality: 'out_of_range', fault: 'TAG_OUT_OF_RANGE', detail }
  if (error === NOT_AVAILABLE) return { quality: 'not_found', fault: 'TAG_NOT_FOUND', detail }
  if (error === TRANSPORT_SIZE) return { quality: 'type_misfit', fault: 'TAG_TYPE_MISFIT', detail }
  return { quality: 'protected', fault: 'TAG_PROTECTED', detail }
}

const hex = (error: number): string => `snap7 0x${(error >>> 0).toString(16).padStart(8, '0')}`
