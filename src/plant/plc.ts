/** The PLC of the plant: the S7 server, the network in front of it, and the orders it obeys. */

import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { never } from '../base/assert.js'
import { Door } from './door.js'
import type { Order, PlcOptions, RunningPlc } from './orders.js'
import { type S7Wire, openS7Server } from './s7server.js'
import { startSwing } from './swing.js'

const HOST = '127.0.0.1'
const START_TRIES = 5

/** Lives until its process ends; once killed it is out of reach, as one without power. */
export class Plc implements RunningPlc {
  readonly #wire: S7Wire
  /** `null` when clients talk to the server directly. */
  readonly #door: Door | null
  readonly port: number
  readonly pid = process.pid
  #isAlive = true

  private constructor(wire: S7Wire, door: Door | null, port: number) {
    this.#wire = wire
    this.#door = door
    this.port = port
  }

  static async open(options: PlcOptions): Promise<Plc> {
    const [wire, port] = await openOnFreePort(options)
    startSwing(options.swing, (block) => wire.write(block))
    if (!options.door) return new Plc(wire, null, port)
    const door = new Door(HOST, options.port, port)
    await door.open()
    return new Plc(wire, door, door.port)
  }

  get isAlive(): boolean { return this.#isAlive }

  async kill(): Promise<void> {
    this.#isAlive = false
    await this.#door?.close()
  }

  async obey(order: Exclude<Order, { do: 'open' }>): Promise<void> {
    switch (order.do) {
      case 'write': for (const block of order.blocks) this.#wire.write(block); return
      case 'lock': return this.#wire.lock()
      case 'hush': return this.#door?.hush()
      case 'slow': return this.#door?.delay(order.ms)
      case 'pull': return this.#door?.close()
      case 'drop': return this.#door?.drop()
      case 'release':
        this.#wire.unlock()
        this.#door?.delay(0)
        this.#door?.speak()
        return this.#door?.open()
      default: never(order)
    }
  }
}

/** snap7 cannot tell which port it got, so a free one is looked for first; in between another may take it. */
async function openOnFreePort(options: PlcOptions): Promise<[S7Wire, number]> {
  const isOurs = options.door || options.port === 0
  for (let triesLeft = START_TRIES; ; triesLeft--) {
    const port = isOurs ? await freePort() : options.port
    try {
      const blocks = [...options.blocks, ...options.swing.map(({ db, bytes }) => ({ db, image: new Uint8Array(bytes) }))]
      return [openS7Server({ host: HOST, port, pduBytes: options.pduBytes, blocks }), port]
    } catch (thrown) {
      if (!isOurs || triesLeft === 1) throw thrown
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, HOST)
  await once(probe, 'listening')
  // A TCP server's address is text only for pipes.
  const { port } = probe.address() as AddressInfo
  await new Promise((done) => probe.close(done))
  return port
}
