/** A node-snap7 server with our data blocks in it. Only one may live in a process. The only file here that knows node-snap7. */

import { createRequire } from 'node:module'
import { Fault } from '../contract/faults.js'

/** A data block and what stands in it. */
export interface Block {
  readonly db: number
  readonly image: Uint8Array
}

export interface S7ServerOptions {
  readonly host: string
  readonly port: number
  /** The PDU every client gets, whatever it asked for; 0 = what it asked for. snap7 fixes it when the server starts. */
  readonly pduBytes: number
  readonly blocks: readonly Block[]
}

export interface S7Wire {
  /** Replaces a block at once: a reader gets the old image or the new one. While locked the newest image waits. */
  write(block: Block): void
  /** From here on no read is answered; connections still open. */
  lock(): void
  unlock(): void
  /**
   * Stops the server's threads; a process whose server was not stopped does not end by itself. It blocks for some 200 ms. A worker that waits for a locked
   * block would abort the process, so the blocks are unlocked first. A stopped server cannot be started again.
   */
  close(): void
}

/** The part of node-snap7's server that is used here; the package brings no types. */
interface Snap7Server {
  readonly srvAreaDB: number
  readonly LocalPort: number
  readonly PDURequest: number
  SetParam(param: number, value: number): boolean
  SetEventMask(mask: number): void
  RegisterArea(area: number, db: number, buffer: Buffer): boolean
  SetArea(area: number, db: number, buffer: Buffer): void
  LockArea(area: number, db: number): boolean
  UnlockArea(area: number, db: number): boolean
  StartTo(host: string): boolean
  Stop(): boolean
  LastError(): number
}

// A CommonJS package without types: require gives `any`, and the interface above says what we rely on.
const require = createRequire(import.meta.url)
const { S7Server } = require('node-snap7') as { S7Server: new () => Snap7Server }

export function openS7Server(options: S7ServerOptions): S7Wire {
  const server = new S7Server()
  const blocks = new Map(options.blocks.map(({ db, image }) => [db, Buffer.from(image)]))
  let isLocked = false
  let isStopped = false
  const unlock = (): void => {
    if (!isLocked) return
    isLocked = false
    for (const [db, image] of blocks) {
      server.UnlockArea(server.srvAreaDB, db)
      server.SetArea(server.srvAreaDB, db, image)
    }
  }
  // Every event would cross to this thread and be thrown away; masking them halves the cost of a read.
  server.SetEventMask(0)
  server.SetParam(server.LocalPort, options.port)
  server.SetParam(server.PDURequest, options.pduBytes)
  // The server keeps a copy of its own: only SetArea moves data into it, under the lock of the block.
  for (const [db, image] of blocks) server.RegisterArea(server.srvAreaDB, db, image)
  if (!server.StartTo(options.host)) throw new Fault('PLANT_PORT_IN_USE', { host: options.host, port: options.port, snap7: server.LastError() })
  return {
    write({ db, image }) {
      blocks.set(db, Buffer.from(image))
      if (!isLocked && !isStopped) server.SetArea(server.srvAreaDB, db, blocks.get(db)!)
    },
    lock() {
      if (!isLocked && !isStopped) for (const db of blocks.keys()) server.LockArea(server.srvAreaDB, db)
      isLocked = true
    },
    unlock,
    close() {
      if (isStopped) return
      isStopped = true
      unlock()
      server.Stop()
    },
  }
}
