/** The PLCs of the plant, which live and die together: an S7 server, a Logix one when asked for, the network in front of them, and the orders they obey. */

import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { never } from '../base/assert.js'
import { Door } from './door.js'
import { machineTag } from './logix/machine.js'
import { type LogixServer, openLogixServer } from './logix/server.js'
import type { Order, PlcOptions, RunningPlc } from './orders.js'
import { type S7Wire, openS7Server } from './s7server.js'
import { startSwing } from './swing.js'

const HOST = '127.0.0.1'
const START_TRIES = 5

/** Once killed it is out of reach, as one without power; another S7 server in the same process would share its events. */
export class Plc implements RunningPlc {
  readonly #wire: S7Wire
  readonly #logix: LogixServer | null
  /** None when clients talk to the servers directly. */
  readonly #doors: readonly Door[]
  readonly port: number
  readonly logixPort: number | null
  readonly pid = process.pid
  #isAlive = true

  private constructor(wire: S7Wire, logix: LogixServer | null, doors: readonly Door[], port: number, logixPort: number | null) {
    this.#wire = wire
    this.#logix = logix
    this.#doors = doors
    this.port = port
    this.logixPort = logixPort
  }

  static async open(options: PlcOptions): Promise<Plc> {
    const [wire, port] = await openOnFreePort(options)
    startSwing(options.swing, (block) => wire.write(block))
    const logix = options.logixPort === null ? null : await openLogixServer({ host: HOST, port: options.door ? 0 : options.logixPort, tags: options.machines.map(machineTag) })
    if (!options.door) return new Plc(wire, logix, [], port, logix?.port ?? null)
    const door = new Door(HOST, options.port, port)
    await door.open()
    if (logix === null) return new Plc(wire, null, [door], door.port, null)
    const logixDoor = new Door(HOST, options.logixPort ?? 0, logix.port)
    await logixDoor.open()
    return new Plc(wire, logix, [door, logixDoor], door.port, logixDoor.port)
  }

  get isAlive(): boolean { return this.#isAlive }

  async kill(): Promise<void> {
    this.#isAlive = false
    await this.#through((door) => door.close())
    await this.#logix?.close()
    this.#wire.close()
  }

  async obey(order: Exclude<Order, { do: 'open' }>): Promise<void> {
    switch (order.do) {
      case 'write':
        for (const block of order.blocks) this.#wire.write(block)
        for (const { tag, bytes } of order.machines) this.#logix?.tags.set(tag, bytes)
        return
      case 'lock':
        this.#wire.lock()
        if (this.#logix !== null) this.#logix.mischief.isHung = true
        return
      case 'hush': return this.#through((door) => { door.hush() })
      case 'slow': return this.#through((door) => { door.delay(order.ms) })
      case 'pull': return this.#through((door) => door.close())
      case 'drop': return this.#through((door) => { door.drop() })
      case 'release':
        this.#wire.unlock()
        if (this.#logix !== null) this.#logix.mischief.isHung = false
        return this.#through((door) => {
          door.delay(0)
          door.speak()
          return door.open()
        })
      default: never(order)
    }
  }

  async #through(act: (door: Door) => Promise<void> | void): Promise<void> { for (const door of this.#doors) await act(door) }
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
