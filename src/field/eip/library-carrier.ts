/** Messages over st-ethernet-ip, wrapped so that what is broken in it cannot happen. Its only importer. */

import { Socket, type TcpNetConnectOpts } from 'node:net'
import { Controller, EthernetIP } from 'st-ethernet-ip'
import { given } from '../../base/assert.js'
import type { Carrier } from './carrier.js'
import type { Question, Reply } from './wire.js'

/**
 * The library frames every request, numbers it, and takes every reply apart. It is not asked for what it gets wrong:
 *
 * - it takes each TCP segment for one whole packet, pads short replies with zeros and matches replies by service alone:
 *   so it sees a frame only after the session has cut it out of the stream and held it against its question;
 * - its waits last ten seconds, on timers it never clears, and outlive the socket: so it never waits, and the session does;
 * - it knows one port, and writes to a socket that has just failed: so connecting and destroying are the plain socket's;
 * - its groups fail as a whole over one tag, its types are not all, and its `scan` writes: so messages are made by our planner and read by our decoder.
 */
export class LibraryCarrier implements Carrier {
  readonly #clientId: number
  readonly #controller = new WrappedController()
  /** A controller is a socket in all but its `connect`, which the library declares anew; what is called here is the socket's own. */
  readonly socket = this.#controller as unknown as Socket

  constructor(clientId: number) { this.#clientId = clientId }

  connect(host: string, port: number): void { plainSocket.connect.call(this.socket, { host, port, noDelay: true, keepAlive: true }) }

  register(): Question {
    this.#controller.write(EthernetIP.encapsulation.registerSession())
    return { kind: 'register' }
  }

  unconnected(message: Buffer): Question {
    // The network module itself is asked: the controller's own method would wrap the request for the CPU.
    EthernetIP.ENIP.prototype.write_cip.call(this.#controller, message, false)
    return { kind: 'unconnected', session: this.#controller.session_id, context: 0, service: message[0]! }
  }

  connected(message: Buffer): Question {
    this.#controller.write_cip(message, true)
    return { kind: 'connected', session: this.#controller.session_id, clientId: this.#clientId, sequence: this.#controller.seq_conn, service: message[0]! }
  }

  unregister(): void { this.#controller.write(EthernetIP.encapsulation.unregisterSession(this.#controller.session_id)) }

  take(frame: Buffer): Reply | null { return this.#controller.replyIn(frame) }

  opened(connection: number): void {
    this.#controller.id_conn = connection
    this.#controller.established_conn = true
  }

  /** The library frames a message every time. */
  frameOf(message: Buffer): Buffer { return message }
}

/** The one of its overloads that is wanted. */
const plainSocket: { connect(this: Socket, options: TcpNetConnectOpts): Socket } = Socket.prototype

type Items = Parameters<Controller['_handleSendUnitDataReceived']>[0]
const SEQUENCE_BYTES = 2

class WrappedController extends Controller {
  #reply: Reply | null = null

  constructor() {
    super(true)
    this._initializeControllerEventHandlers()
  }

  /** The library's own way through a frame, which ends at one of the two handlers, or at none for a new session. */
  replyIn(frame: Buffer): Reply | null {
    this.#reply = null
    super._handleDataEvent(frame)
    return this.#reply
  }

  override _handleDataEvent(): void { /* Bytes as they come are the session's to hear. */ }
  override _handleSendUnitDataReceived([, item]: Items): void { this.#parse(given(item, 'the data item').data.subarray(SEQUENCE_BYTES)) }
  override _handleSendRRDataReceived([, item]: Items): void { this.#parse(given(item, 'the data item').data) }

  override destroy(cause?: Error): this {
    Socket.prototype.destroy.call(this, cause)
    return this
  }

  #parse(message: Buffer): void {
    const { service, generalStatusCode, extendedStatus, data } = EthernetIP.CIP.MessageRouter.parse(message)
    this.#reply = { frame: data, at: 0, service: service & 0x7f, status: generalStatusCode, extended: extendedStatus[0] ?? 0 }
  }
}
