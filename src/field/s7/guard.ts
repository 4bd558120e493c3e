/** What node-snap7 talks to in place of the PLC: a port on loopback, and behind it a session of our own that lets only sound replies through. */

import { once } from 'node:events'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { limits } from '../../base/limits.js'
import type { Ms } from '../../base/units.js'
import { type Fault, faultOf } from '../../contract/faults.js'
import type { PlcOf } from '../../contract/plcs.js'
import { DATA_HEAD, setNumber } from './requests.js'
import { S7Session, jobOf } from './session.js'
import { framesOf, questionOf } from './wire.js'

const SET_UP = 0xf0
const WRITE = 0x05
/** snap7 does not notice a closed socket while it waits for data, only its timeout. A whole frame of no known type it refuses at once. */
const GOODBYE = Buffer.from([3, 0, 0, 7, 2, 0, 0x80])

/**
 * The native client checks too little: it never compares PDU reference numbers, copies replies longer than asked over its heap, and returns heap garbage
 * for shorter ones. So it never hears the PLC itself. The session matches every reply, knows precisely why a connection failed, and ends a call in flight at once,
 * which snap7 itself cannot. Several clients ask over its one connection, as many at a time as the CPU grants.
 */
export class Guard {
  readonly #plc: PlcOf<'s7'>
  readonly #requestMs: Ms
  readonly #session: S7Session
  readonly #server = createServer({ noDelay: true })
  readonly #clients = new Set<Socket>()
  /** Asked when a write of a client has come here and goes out next, some tenths of a millisecond after the client began it; what it throws ends the connection. */
  leaves: () => void = () => undefined
  /** Why the connection to the PLC ended; `null` while it stands. */
  fault: Fault | null = null

  constructor(plc: PlcOf<'s7'>, requestMs: Ms) {
    this.#plc = plc
    this.#requestMs = requestMs
    this.#session = S7Session.start(plc)
  }

  get bytesCount(): number { return this.#session.bytesCount }
  /** A PLC may grant more than was asked; nothing of ours is made for that. */
  get pduBytes(): number { return Math.min(this.#session.pduBytes, this.#plc.pdu) }
  /** As many as the CPU takes requests at a time. Each sleeps a millisecond wherever a reply is not there at once, but they sleep at the same time. */
  get clientsMax(): number { return Math.min(limits.snap7ClientsMax, this.#session.jobsMax) }

  /** Connects to the PLC. */
  open(connectMs: Ms): Promise<void> { return this.#session.within(connectMs, this.#session.open()) }

  /** Resolves with the port on 127.0.0.1 for so many clients to connect to. */
  async admit(clientsCount: number): Promise<number> {
    let expected = clientsCount
    this.#server.on('connection', (client) => {
      // Nobody else on the box may borrow the connection.
      if (--expected === 0) this.#server.close()
      this.#join(client)
    })
    this.#server.listen(0, '127.0.0.1', clientsCount)
    await once(this.#server, 'listening')
    // A TCP server's address is text only for pipes.
    return (this.#server.address() as AddressInfo).port
  }

  /** Closes every socket at once; calls of snap7 in flight fail within their next milliseconds. */
  close(): void {
    this.#session.close()
    if (this.#server.listening) this.#server.close()
    for (const client of this.#clients) {
      if (client.writable) client.write(GOODBYE)
      client.destroySoon()
    }
    this.#clients.clear()
  }

  #join(client: Socket): void {
    this.#clients.add(client)
    client.on('error', () => undefined)
    client.on('close', () => { this.#clients.delete(client) })
    const take = framesOf((frame) => {
      const question = questionOf(frame)
      if (question.kind === 'connect') client.write(confirmationOf(frame))
      else if (question.call === SET_UP) client.write(grantOf(question.number, this.pduBytes))
      else void this.#relay(client, frame, question.number)
    })
    client.on('data', (bytes: Buffer) => { take(bytes) })
  }

  async #relay(client: Socket, frame: Buffer, number: number): Promise<void> {
    const answered = (reply: Buffer): void => {
      const own = Buffer.from(reply)
      setNumber(own, number)
      client.write(own)
    }
    try {
      if (isWrite(frame)) this.leaves()
      await this.#session.within(this.#requestMs, this.#session.run([jobOf(frame, answered)]))
    } catch (thrown) {
      this.fault ??= faultOf(thrown, 'PLC_LINK_LOST', { plc: this.#plc.id })
      this.close()
    }
  }
}

const isWrite = (frame: Buffer): boolean => frame[DATA_HEAD + 10] === WRITE

/** The connection confirmed, with the two references the other way round. */
function confirmationOf(request: Buffer): Buffer {
  const reply = Buffer.from(request)
  reply[5] = 0xd0
  request.copy(reply, 6, 8, 10)
  request.copy(reply, 8, 6, 8)
  return reply
}

/** One job at a time and this PDU. */
function grantOf(number: number, pduBytes: number): Buffer {
  const reply = Buffer.from([3, 0, 0, 27, 2, 0xf0, 0x80, 0x32, 3, 0, 0, 0, 0, 0, 8, 0, 0, 0, 0, SET_UP, 0, 0, 1, 0, 1, 0, 0])
  reply.writeUInt16BE(number, DATA_HEAD + 4)
  reply.writeUInt16BE(pduBytes, 25)
  return reply
}
