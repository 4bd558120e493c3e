/** A wire to a PLC on which it is seen which process writes: S7 requests are counted by who sent them. */

import { once } from 'node:events'
import { readFileSync, readdirSync, readlinkSync } from 'node:fs'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'

export interface WriteWatch {
  readonly port: number
  /** Requests to write that this process has sent. */
  countOf(pid: number): number
  stop(): Promise<void>
}

/** `heard` gets the frame of each write as it arrives, and who sent it. */
export async function watchWrites(portBehind: number, pids: () => readonly number[], heard: (frame: Buffer, pid: number | null) => void = () => undefined): Promise<WriteWatch> {
  const counts = new Map<number, number>()
  const sockets = new Set<Socket>()
  const server = createServer((near) => {
    const far = connect(portBehind, '127.0.0.1')
    const port = near.remotePort!
    let pid: number | null = null
    let rest = Buffer.alloc(0)
    near.on('data', (bytes: Buffer) => {
      pid ??= ownerOf(port, near.localPort!, pids())
      rest = Buffer.concat([rest, bytes])
      for (let length = lengthOf(rest); length !== null && rest.length >= length; length = lengthOf(rest)) {
        // Behind TPKT and COTP an S7 job, whose first parameter is its function.
        if (rest[7] === 0x32 && rest[8] === 1 && rest[17] === WRITE) {
          counts.set(pid ?? UNKNOWN, (counts.get(pid ?? UNKNOWN) ?? 0) + 1)
          heard(rest.subarray(0, length), pid)
        }
        rest = rest.subarray(length)
      }
      far.write(bytes)
    })
    far.on('data', (bytes: Buffer) => near.write(bytes))
    for (const [one, other] of [[near, far], [far, near]] as const) {
      sockets.add(one)
      one.on('error', () => undefined)
      one.on('close', () => { sockets.delete(one); other.destroy() })
    }
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    port: (server.address() as AddressInfo).port,
    countOf(pid) {
      if (counts.has(UNKNOWN)) throw new Error('a process that is not known wrote')
      return counts.get(pid) ?? 0
    },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const WRITE = 0x05
const UNKNOWN = -1

/** Of a TPKT, whose head is four bytes; `null` while that is not all there. */
const lengthOf = (bytes: Buffer): number | null => (bytes.length < 4 ? null : bytes.readUInt16BE(2))

/** Which of some processes holds the socket between these ports; one port may be that of several connections. */
function ownerOf(from: number, to: number, pids: readonly number[]): number | null {
  const inode = readFileSync('/proc/net/tcp', 'utf8').split('\n').map((line) => line.trim().split(/\s+/)).find((fields) => fields[1] === addressOf(from) && fields[2] === addressOf(to))?.[9]
  return pids.find((pid) => filesOf(pid).includes(`socket:[${inode}]`)) ?? null
}

const addressOf = (port: number): string => `0100007F:${port.toString(16).toUpperCase().padStart(4, '0')}`

function filesOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
      try { return [readlinkSync(`/proc/${pid}/fd/${name}`)] } catch { return [] }
    })
  } catch {
    return []
  }
}
