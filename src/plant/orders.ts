/** What the plant tells its PLC process to do, and what that answers. */

import type { Fields } from '../base/log.js'
import type { FaultCode } from '../contract/faults.js'
import type { MachineImage } from './logix/machine.js'
import type { Block } from './s7server.js'
import type { SwingBlock } from './swing.js'

/** What the machines look like, for S7 clients and for EtherNet/IP ones. */
export interface Shown {
  readonly blocks: readonly Block[]
  readonly machines: readonly MachineImage[]
}

export interface PlcOptions extends Shown {
  /** Where S7 clients connect; 0 = any free port. */
  readonly port: number
  /** Where EtherNet/IP clients connect; 0 = any free port, `null` = nowhere. */
  readonly logixPort: number | null
  /** Put a network in front that can be made slow, silent or unplugged; costs a hop per request. */
  readonly door: boolean
  readonly pduBytes: number
  /** Further blocks of moving values, written by the PLC process itself. */
  readonly swing: readonly SwingBlock[]
}

export type Order =
  | { readonly do: 'open'; readonly options: PlcOptions }
  | { readonly do: 'write' } & Shown
  /** Reads hang; connections still open. */
  | { readonly do: 'lock' }
  /** No reply comes at all, not even to a handshake. */
  | { readonly do: 'hush' }
  | { readonly do: 'slow'; readonly ms: number }
  /** Connections break and are refused. */
  | { readonly do: 'pull' }
  /** Connections break. */
  | { readonly do: 'drop' }
  /** Ends lock, hush, slow and pull. */
  | { readonly do: 'release' }

/** A PLC that was started, in a process of its own or in the plant's. */
export interface RunningPlc {
  readonly port: number
  readonly logixPort: number | null
  /** Of the process it lives in. */
  readonly pid: number
  readonly isAlive: boolean
  /** Resolves when the order has been carried out; fails when the PLC dies before. */
  obey(order: Exclude<Order, { do: 'open' }>): Promise<void>
  /** Ends it as a power cut does. */
  kill(): Promise<void>
}

export interface Answer {
  readonly id: number
  /** To `open`: the port that clients connect to. */
  readonly port: number | null
  readonly logixPort: number | null
  readonly fault: { readonly code: FaultCode; readonly fields: Fields } | null
}
