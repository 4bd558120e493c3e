/** A Modbus device for tests: modbus-serial's own server in a process of its own, to freeze and to kill. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import modbus from 'modbus-serial'
import { freeze } from '../../support/child.js'
import { freePort } from '../../support/ports.js'

export interface Device {
  readonly port: number
  freeze(): Promise<void>
  thaw(): void
  kill(): Promise<void>
}

/** Registers from 0 on; holding and input registers hold the same, coils and discrete inputs the same bits. */
export interface Memory { readonly registers: readonly number[]; readonly bits: readonly boolean[] }

export async function startDevice(memory: Memory, port?: number): Promise<Device> {
  const at = port ?? await freePort()
  const child = fork(new URL(import.meta.url), [String(at), JSON.stringify(memory)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
  await once(child, 'message')
  return { port: at, freeze: () => freeze(child), thaw: () => { child.kill('SIGCONT') }, kill: () => killed(child) }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/** The server's side: this file, forked. Beyond its memory it answers exception 2; discrete inputs above 999 are a table it does not have. */
function serve(port: number, { registers, bits }: Memory): void {
  const exception = (modbusErrorCode: number): Error => Object.assign(new Error(`exception ${modbusErrorCode}`), { modbusErrorCode })
  const register = (at: number) => {
    if (at >= registers.length) throw exception(2)
    return registers[at]!
  }
  const bit = (at: number) => {
    if (at >= bits.length) throw exception(2)
    return bits[at]!
  }
  const server = new modbus.ServerTCP({
    getHoldingRegister: register, getInputRegister: register, getCoil: bit,
    getDiscreteInput: (at: number) => { if (at >= 1_000) throw exception(1); return bit(at) },
  }, { host: '127.0.0.1', port, unitID: 1 })
  server.on('initialized', () => { process.send?.('ready') })
  process.on('disconnect', () => { process.exit() })
}

if (process.argv[2] !== undefined && process.send !== undefined) serve(Number(process.argv[2]), JSON.parse(process.argv[3]!) as Memory)
