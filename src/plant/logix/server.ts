/** A Logix controller on EtherNet/IP: sessions over TCP, connected and unconnected requests, answered from its tag table. */

import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, createServer } from 'node:net'
import { Fault } from '../../contract/faults.js'
import { cut } from '../cut.js'
import { Connections } from './connections.js'
import { type Frame, type Item, commands, dataOf, frameOf, framesOf, itemTypes, itemsOf } from './encapsulation.js'
import { type Mischief, WayOut, noMischief } from './mischief.js'
import { segmentsOf } from './path.js'
import { MULTIPLE, answerTo, replyOf } from './router.js'
import { status } from './service.js'
import { type TagSpec, TagTable } from './tags.js'

export interface LogixOptions {
  readonly host: string
  /** 44818 is what some clients know alone; 0 = any free port. */
  readonly port: number
  readonly tags: readonly TagSpec[]
  /** `false`: like older controllers, it knows no Large Forward Open. */
  readonly isLargeKnown?: boolean
}

export interface LogixServer {
  readonly port: number
  readonly tags: TagTable
  readonly mischief: Mischief
  /** Frames with CIP requests in them so far. */
  readonly requestsCount: number
  readonly connectionsCount: number
  /** A program download: connections break, and every tag has another instance number. */
  download(): void
  /** Breaks the connections; new ones are welcome. */
  drop(): void
  /** As if its power were cut: connections break and are refused. */
  close(): Promise<void>
}

const LARGE_BYTES = 4_002
const PLAIN_BYTES = 500
/** An unconnected message has no size of its own agreed on. */
const UNCONNECTED_BYTES = 504
const RENUMBER_BY = 1_000

export async function openLogixServer(options: LogixOptions): Promise<LogixServer> {
  const logix = new Logix(options)
  await logix.listen(options)
  return logix
}

class Logix implements LogixServer {
  readonly tags: TagTable
  readonly mischief = noMischief()
  requestsCount = 0
  readonly #server: Server
  readonly #sockets = new Set<Socket>()
  readonly #isLargeKnown: boolean
  readonly #opened = new Set<Connections>()
  #instancesFrom = 1
  #lastSession = 0

  constructor({ tags, isLargeKnown = true }: LogixOptions) {
    this.tags = new TagTable(tags)
    this.#isLargeKnown = isLargeKnown
    this.#server = createServer({ noDelay: true }, (socket) => { this.#admit(socket) })
  }

  get port(): number { return (this.#server.address() as AddressInfo).port }
  get connectionsCount(): number { return [...this.#opened].reduce((sum, { count }) => sum + count, 0) }

  async listen({ host, port }: LogixOptions): Promise<void> {
    this.#server.listen(port, host)
    try {
      await once(this.#server, 'listening')
    } catch (cause) {
      throw new Fault('PLANT_PORT_IN_USE', { host, port }, cause)
    }
  }

  download(): void {
    this.#instancesFrom += RENUMBER_BY
    this.tags.renumber(this.#instancesFrom)
    this.drop()
  }

  drop(): void { for (const socket of this.#sockets) cut(socket) }

  async close(): Promise<void> {
    if (!this.#server.listening) return
    const closed = once(this.#server, 'close')
    this.#server.close()
    this.drop()
    await closed
  }

  #admit(socket: Socket): void {
    const session = new Session(this, ++this.#lastSession, new Connections({ bytesMax: this.#isLargeKnown ? LARGE_BYTES : PLAIN_BYTES, isLargeKnown: this.#isLargeKnown }))
    this.#sockets.add(socket)
    this.#opened.add(session.connections)
    const out = new WayOut(socket, this.mischief)
    const take = framesOf((frame) => {
      const reply = session.answer(frame)
      if (reply === 'end') socket.end()
      else if (reply !== null) out.send(reply)
    })
    socket.on('data', take)
    // A client that breaks off is no news here.
    socket.on('error', () => undefined)
    socket.on('close', () => { this.#sockets.delete(socket); this.#opened.delete(session.connections) })
  }
}

/** One client: its session number, and the connections opened over it. */
class Session {
  readonly connections: Connections
  readonly #logix: Pick<Logix, 'tags' | 'mischief'> & { requestsCount: number }
  readonly #number: number

  constructor(logix: Logix, number: number, connections: Connections) {
    this.#logix = logix
    this.#number = number
    this.connections = connections
  }

  /** `null` when nothing is to be said. */
  answer(frame: Frame): Buffer | 'end' | null {
    switch (frame.command) {
      case commands.registerSession: return frameOf({ ...frame, session: this.#number })
      case commands.unregisterSession: return 'end'
      case commands.sendRRData: case commands.sendUnitData: break
      default: return frameOf({ ...frame, data: Buffer.alloc(0) }, 0x01)
    }
    if (frame.session !== this.#number) return frameOf({ ...frame, data: Buffer.alloc(0) }, 0x64)
    const items = itemsOf(frame.data)
    if (items === null) return frameOf({ ...frame, data: Buffer.alloc(0) }, 0x03)
    this.#logix.requestsCount++
    const reply = frame.command === commands.sendRRData ? this.#unconnected(items) : this.#connected(items)
    return reply === null ? null : frameOf({ ...frame, data: dataOf(reply) })
  }

  #unconnected(items: readonly Item[]): Item[] | null {
    const request = items.find(({ type }) => type === itemTypes.unconnectedData)?.data
    if (request === undefined) return null
    return [{ type: itemTypes.nothing, data: Buffer.alloc(0) }, { type: itemTypes.unconnectedData, data: this.#serve(request) }]
  }

  #serve(request: Buffer): Buffer {
    const pathEnd = 2 + 2 * (request[1] ?? 0)
    const [first] = segmentsOf(request.subarray(2, pathEnd)) ?? []
    if (first?.kind !== 'class' || first.value !== 0x06) return answerTo(request, this.#logix.tags, UNCONNECTED_BYTES)
    if (this.#logix.mischief.isOpenRefused) return replyOf(request[0]!, { status: 0x01, extended: [0x0113] })
    const answer = this.connections.serve(request[0]!, request.subarray(pathEnd))
    return 'unwrapped' in answer ? answerTo(answer.unwrapped, this.#logix.tags, UNCONNECTED_BYTES) : replyOf(request[0]!, answer)
  }

  #connected(items: readonly Item[]): Item[] | null {
    const [address, message] = [items.find(({ type }) => type === itemTypes.connected)?.data, items.find(({ type }) => type === itemTypes.connectedData)?.data]
    if (address === undefined || address.length < 4 || message === undefined || message.length < 4) return null
    const connection = this.connections.of(address.readUInt32LE())
    // A controller says nothing on a connection it does not have.
    if (connection === undefined) return null
    const { status: injected, shortBytes, sequenceOffset, refusesMultipleWith } = this.#logix.mischief
    const request = message.subarray(2)
    const refused = injected !== status.good ? injected : request[0] === MULTIPLE && refusesMultipleWith !== null && request.includes(refusesMultipleWith) ? status.unknownDestination : status.good
    const answered = refused === status.good ? answerTo(request, this.#logix.tags, connection.bytesMax - 2) : replyOf(request[0]!, { status: refused })
    const reply = answered.subarray(0, Math.max(4, answered.length - shortBytes))
    const sequence = Buffer.alloc(2)
    sequence.writeUInt16LE((message.readUInt16LE(0) + sequenceOffset) & 0xffff)
    const clientId = Buffer.alloc(4)
    clientId.writeUInt32LE(connection.clientId)
    return [{ type: itemTypes.connected, data: clientId }, { type: itemTypes.connectedData, data: Buffer.concat([sequence, reply]) }]
  }
}
