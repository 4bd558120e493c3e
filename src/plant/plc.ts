/** The PLC of the plant, a process of its own: the S7 server, the network in front of it, and orders from its parent. */

import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { never } from '../base/assert.js'
import { Fault, faultOf } from '../contract/faults.js'
import { Door } from './door.js'
import type { Answer, Order, PlcOptions } from './orders.js'
import { type S7Wire, openS7Server } from './s7server.js'
import { startSwing } from './swing.js'

const HOST = '127.0.0.1'
const START_TRIES = 5

let plc: Plc | null = null

process.on('message', (message: { id: number; order: Order }) => {
  void obey(message.order).then(
    (port) => answer({ id: message.id, port, fault: null }),
    (thrown: unknown) => answer({ id: message.id, port: null, fault: faultOf(thrown, 'PLC_PROTOCOL').code }),
  )
})
// Nobody is left to give orders to a PLC whose parent is gone.
process.on('disconnect', () => process.exit(0))
// A signal to the terminal's process group is for the parent to act on.
process.on('SIGINT', () => {})

const answer = (text: Answer): void => { process.send?.(text) }

async function obey(order: Order): Promise<number | null> {
  if (order.do === 'open') {
    plc = await Plc.open(order.options)
    return plc.port
  }
  if (plc === null) throw new Fault('PLC_UNREACHABLE', { order: order.do })
  await plc.obey(order)
  return null
}

class Plc {
  readonly #wire: S7Wire
  /** `null` when clients talk to the server directly. */
  readonly #door: Door | null
  readonly port: number

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
