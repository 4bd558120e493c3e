/** A node-snap7 client in a child process: a read that hangs there, or a crash, leaves the test alone. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'

interface Ask { readonly port: number; readonly pduBytes: number; readonly timeoutMs: number }
type Request = { readonly connect: Ask } | { readonly read: { readonly db: number; readonly bytes: number; readonly timeoutMs: number } }
interface Reply { readonly error: number; readonly pduBytes?: number; readonly image?: Uint8Array }

export interface Connected { readonly error: number; readonly pduBytes: number }
export interface Read { readonly error: number; readonly image: Buffer }

/** Wide, since a busy machine is slow; whoever asks what will not be answered says for how long. */
const PATIENT_MS = 20_000

/** One connection at a time; `error` is snap7's number, 0 when all is well. */
export interface S7Client {
  connect(port: number, options?: { readonly pduBytes?: number; readonly timeoutMs?: number }): Promise<Connected>
  read(db: number, bytes: number, timeoutMs?: number): Promise<Read>
  stop(): Promise<void>
}

export function startS7Client(): S7Client {
  const child = fork(new URL(import.meta.url), ['client'], { serialization: 'advanced', execArgv: [] })
  const ask = async (request: Request): Promise<Reply> => {
    child.send(request)
    const [reply] = await once(child, 'message') as [Reply]
    return reply
  }
  return {
    async connect(port, { pduBytes = 480, timeoutMs = PATIENT_MS } = {}) {
      const reply = await ask({ connect: { port, pduBytes, timeoutMs } })
      return { error: reply.error, pduBytes: reply.pduBytes ?? 0 }
    },
    async read(db, bytes, timeoutMs = PATIENT_MS) {
      const reply = await ask({ read: { db, bytes, timeoutMs } })
      return { error: reply.error, image: Buffer.from(reply.image ?? []) }
    },
    stop: () => killed(child),
  }
}

async function killed(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGKILL')
  await exited
}

/* ── in the child ────────────────────────────────────────────────────────────────────────────── */

interface Snap7Client {
  readonly RemotePort: number
  readonly RecvTimeout: number
  readonly PDURequest: number
  SetParam(param: number, value: number): boolean
  ConnectTo(host: string, rack: number, slot: number, done: (error: number | null) => void): void
  PDULength(): number
  DBRead(db: number, start: number, bytes: number, done: (error: number | null, image: Buffer) => void): void
  Disconnect(): void
}

if (process.argv[2] === 'client') serve()

function serve(): void {
  const require = createRequire(import.meta.url)
  const { S7Client } = require('node-snap7') as { S7Client: new () => Snap7Client }
  const client = new S7Client()
  const reply = (text: Reply) => { process.send?.(text) }
  process.on('disconnect', () => process.kill(process.pid, 'SIGKILL'))
  process.on('message', (request: Request) => {
    client.SetParam(client.RecvTimeout, 'read' in request ? request.read.timeoutMs : request.connect.timeoutMs)
    if ('read' in request) return client.DBRead(request.read.db, 0, request.read.bytes, (error, image) => reply(error === null ? { error: 0, image } : { error }))
    client.Disconnect()
    client.SetParam(client.RemotePort, request.connect.port)
    client.SetParam(client.PDURequest, request.connect.pduBytes)
    client.ConnectTo('127.0.0.1', 0, 1, (error) => reply(error === null ? { error: 0, pduBytes: client.PDULength() } : { error }))
  })
}
