/** A relay between node-snap7 and the PLC that lets only whole and expected frames reach the native client. */

import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net'
import { Fault } from '../../contract/faults.js'
import { faultOfSocket } from '../socket.js'
import { type Question, framesOf, misfitOfReply, questionOf } from './wire.js'

/**
 * The native client checks too little: it never compares PDU reference numbers, copies replies longer than asked over its heap, and returns heap garbage
 * for shorter ones. So it talks to a port on loopback, and here every frame is compared with what was asked. The guard also resolves names, knows precisely
 * why a connection failed, and ends a call in flight at once by closing the sockets, which snap7 itself cannot. It has no timer: snap7's timeouts hold.
 */
export interface Guard {
  /** The port on 127.0.0.1 for snap7 to connect to. */
  readonly port: number
  /** Whether the PLC accepted the TCP connection. */
  readonly reached: boolean
  /** Why the guard closed the connection; `null` while it stands. */
  readonly fault: Fault | null
  /** Bytes exchanged with the PLC so far, both ways. */
  readonly bytesCount: number
  /** Closes every socket at once; a call of snap7 in flight fails within its next milliseconds. */
  close(): void
}

/** snap7 does not notice a closed socket while it waits for data, only its timeout. A whole frame of no known type it refuses at once. */
const GOODBYE = Buffer.from([3, 0, 0, 7, 2, 0, 0x80])

export async function openGuard(plc: string, host: string, port: number): Promise<Guard> {
  const server = createServer({ noDelay: true, pauseOnConnect: true })
  server.listen(0, '127.0.0.1', 1)
  await once(server, 'listening')
  return new Relay(plc, host, port, server)
}

class Relay implements Guard {
  readonly port: number
  reached = false
  fault: Fault | null = null
  bytesCount = 0
  readonly #plc: string
  readonly #server: Server
  #client: Socket | null = null
  #remote: Socket | null = null
  #closed = false

  constructor(plc: string, host: string, port: number, server: Server) {
    this.#plc = plc
    this.#server = server
    this.port = (server.address() as AddressInfo).port
    // One connection is all there will be; nobody else on the box may borrow it.
    server.once('connection', (client) => { server.close(); this.#join(client, host, port) })
    server.on('error', (cause) => { this.#fail(new Fault('PLC_LINK_LOST', { plc }, cause)) })
  }

  close(): void {
    this.#closed = true
    this.#server.close()
    this.#remote?.destroy()
    if (this.#client?.writable === true) {
      this.#client.write(GOODBYE)
      this.#client.destroySoon()
    }
  }

  #join(client: Socket, host: string, port: number): void {
    const plc = connect({ host, port, noDelay: true })
    this.#client = client
    this.#remote = plc
    if (this.#closed) return this.close()
    plc.once('connect', () => { this.reached = true; client.resume() })
    plc.on('error', (cause: NodeJS.ErrnoException) => { this.#fail(faultOfSocket(this.#plc, this.reached, cause)) })
    plc.on('close', () => { this.#fail(new Fault('PLC_LINK_LOST', { plc: this.#plc })) })
    client.on('error', () => { this.close() })
    client.on('close', () => { this.close() })

    let asked: Question | null = null
    const requests = framesOf((frame) => {
      asked = questionOf(frame)
      this.#count(frame, plc)
    })
    const replies = framesOf((frame) => {
      const misfit = misfitOfReply(frame, asked)
      if (misfit !== null) return this.#fail(new Fault(misfit.fault, { plc: this.#plc, detail: misfit.detail }))
      asked = null
      this.#count(frame, client)
    })
    client.on('data', (bytes: Buffer) => { requests(bytes) })
    plc.on('data', (bytes: Buffer) => {
      if (this.fault === null && !replies(bytes)) this.#fail(new Fault('PLC_PROTOCOL', { plc: this.#plc, detail: 'a frame with no TPKT header' }))
    })
  }

  #count(frame: Buffer, to: Socket): void {
    if (this.fault !== null) return
    this.bytesCount += frame.length
    to.write(frame)
  }

  /** The first fault is the cause; what follows it is only noise of the closing. */
  #fail(fault: Fault): void {
    if (this.#closed) return
    this.fault ??= fault
    this.close()
  }
}
