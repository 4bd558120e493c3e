/** The network in front of the PLC: passes everything through until it is told to be slow, silent or unplugged. */

import { once } from 'node:events'
import { type AddressInfo, type Server, type Socket, connect, createServer } from 'node:net'
import { Transform, type TransformCallback, pipeline } from 'node:stream'
import { systemClock } from '../base/clock.js'
import { laterMono } from '../base/units.js'
import { Fault } from '../contract/faults.js'
import { cut } from './cut.js'

export class Door {
  readonly #host: string
  readonly #portBehind: number
  readonly #sockets = new Set<Socket>()
  #port: number
  #server: Server | null = null
  #delayMs = 0
  /** Resolves when silence ends; `null` while replies pass. */
  #silence: { ended: Promise<void>; end: () => void } | null = null

  constructor(host: string, port: number, portBehind: number) {
    this.#host = host
    this.#port = port
    this.#portBehind = portBehind
  }

  get port(): number { return this.#port }

  /** Listens, on the same port as ever. */
  async open(): Promise<void> {
    if (this.#server !== null) return
    const server = createServer({ noDelay: true }, (client) => this.#admit(client))
    server.listen(this.#port, this.#host)
    try {
      await once(server, 'listening')
    } catch (cause) {
      throw new Fault('PLANT_PORT_IN_USE', { host: this.#host, port: this.#port }, cause)
    }
    // A TCP server's address is text only for pipes.
    this.#port = (server.address() as AddressInfo).port
    this.#server = server
  }

  /** As if the cable were pulled, but told at once: connections break and new ones are refused. */
  async close(): Promise<void> {
    const server = this.#server
    this.#server = null
    this.drop()
    if (server !== null) await new Promise((done) => server.close(done))
  }

  /** Breaks the connections; new ones are welcome. */
  drop(): void {
    for (const socket of this.#sockets) cut(socket)
    this.#sockets.clear()
  }

  /** Every reply takes so much longer. */
  delay(ms: number): void { this.#delayMs = ms }

  /** Keeps all replies back, the handshake's too, until `speak`; then they all arrive, late. */
  hush(): void {
    if (this.#silence !== null) return
    let end = (): void => {}
    const ended = new Promise<void>((resolve) => { end = resolve })
    this.#silence = { ended, end }
  }

  speak(): void {
    this.#silence?.end()
    this.#silence = null
  }

  #admit(client: Socket): void {
    const behind = connect({ host: this.#host, port: this.#portBehind, noDelay: true })
    for (const socket of [client, behind]) {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
    }
    // Either side ending ends the other; errors on a wire that we break on purpose are no news.
    pipeline(client, behind, () => client.destroy())
    pipeline(behind, new Gate(() => this.#hold()), client, () => behind.destroy())
  }

  async #hold(): Promise<void> {
    if (this.#delayMs > 0) await systemClock.wait(laterMono(systemClock.mono(), this.#delayMs))
    await this.#silence?.ended
  }
}

/** Lets each chunk through when the hold on it ends, in order. */
class Gate extends Transform {
  readonly #hold: () => Promise<void>

  constructor(hold: () => Promise<void>) {
    super()
    this.#hold = hold
  }

  async #release(chunk: Buffer, done: TransformCallback): Promise<void> {
    await this.#hold()
    done(null, chunk)
  }

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    void this.#release(chunk, done)
  }
}
