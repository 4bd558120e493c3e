/** The EtherNet/IP frames and CIP requests we send. Replies are checked in `wire.ts`. */

import type { Step } from './address.js'

export const services = { multiple: 0x0a, read: 0x4c, write: 0x4d, modify: 0x4e, forwardOpen: 0x54, largeForwardOpen: 0x5b, forwardClose: 0x4e, listSymbols: 0x55, attributes: 0x03 } as const
export const commands = { registerSession: 0x65, unregisterSession: 0x66, sendRRData: 0x6f, sendUnitData: 0x70 } as const
export const HEAD = 24

const router = Buffer.from([0x20, 0x02, 0x24, 0x01])
const connectionManager = Buffer.from([0x20, 0x06, 0x24, 0x01])
const NOTHING = Buffer.alloc(0)

/* ── encapsulation ───────────────────────────────────────────────────────────────────────────── */

export const registerRequest = (): Buffer => frameOf(commands.registerSession, 0, 0, Buffer.from([1, 0, 0, 0]))
export const unregisterRequest = (session: number): Buffer => frameOf(commands.unregisterSession, session, 0, NOTHING)

/** A request without a connection; the reply carries the context back. */
export function unconnectedFrame(session: number, context: number, message: Buffer): Buffer {
  const items = Buffer.alloc(16)
  items.writeUInt16LE(2, 6)
  items.writeUInt16LE(0xb2, 12)
  items.writeUInt16LE(message.length, 14)
  return frameOf(commands.sendRRData, session, context, Buffer.concat([items, message]))
}

const SEQUENCE_AT = HEAD + 20

/** A request over a connection, still without its sequence number. Built once, sent every cycle. */
export function connectedFrame(session: number, connection: number, message: Buffer): Buffer {
  const items = Buffer.alloc(22)
  items.writeUInt16LE(2, 6)
  items.writeUInt16LE(0xa1, 8)
  items.writeUInt16LE(4, 10)
  items.writeUInt32LE(connection, 12)
  items.writeUInt16LE(0xb1, 16)
  items.writeUInt16LE(2 + message.length, 18)
  return frameOf(commands.sendUnitData, session, 0, Buffer.concat([items, message]))
}

/** Numbers a connected frame; the reply carries the number back. */
export const setSequence = (frame: Buffer, sequence: number): void => { frame.writeUInt16LE(sequence, SEQUENCE_AT) }
export const serviceOf = (frame: Buffer): number => frame[SEQUENCE_AT + 2]!

function frameOf(command: number, session: number, context: number, data: Buffer): Buffer {
  const head = Buffer.alloc(HEAD)
  head.writeUInt16LE(command)
  head.writeUInt16LE(data.length, 2)
  head.writeUInt32LE(session, 4)
  head.writeUInt32LE(context, 12)
  return Buffer.concat([head, data])
}

/* ── connections ─────────────────────────────────────────────────────────────────────────────── */

export interface ConnectionAsk {
  /** By which we shall know its replies. */
  readonly clientId: number
  readonly serial: number
  /** Of one message, its sequence number included. */
  readonly bytes: number
  /** Ports and addresses from the EtherNet/IP module to the CPU; empty when they are one. */
  readonly route: Buffer
  /** The controller forgets the connection after four such intervals without a request. */
  readonly intervalMs: number
}

const VENDOR = 0x1337
const ORIGINATOR = 0x6c696e65
const PRIORITY_TICKS = [0x0a, 0x0e] // 14 ticks of 1024 ms: how long a bridge on the route may try
const POINT_TO_POINT_VARIABLE = 0b0100_0010_0000_0000
const TRANSPORT_CLASS_3_SERVER = 0xa3

/** Forward Open, in its large form when the size asks for it (CIP volume 1, 3-5.5). */
export function forwardOpenRequest({ clientId, serial, bytes, route, intervalMs }: ConnectionAsk): Buffer {
  const isLarge = bytes > 0x1ff
  const path = Buffer.concat([route, router])
  const intervalUs = Math.min(0xffff_ffff, Math.round(intervalMs * 1_000))
  const body = Buffer.alloc(isLarge ? 39 : 35)
  body.set(PRIORITY_TICKS)
  body.writeUInt32LE(clientId, 6)
  body.writeUInt16LE(serial, 10)
  body.writeUInt16LE(VENDOR, 12)
  body.writeUInt32LE(ORIGINATOR, 14)
  let at = 22 // the timeout multiplier before it stays 0: four intervals
  for (const _ of ['to the controller', 'back']) {
    body.writeUInt32LE(intervalUs, at)
    if (isLarge) body.writeUInt32LE(((POINT_TO_POINT_VARIABLE << 16) | bytes) >>> 0, at + 4)
    else body.writeUInt16LE(POINT_TO_POINT_VARIABLE | bytes, at + 4)
    at += isLarge ? 8 : 6
  }
  body[at] = TRANSPORT_CLASS_3_SERVER
  return requestOf(isLarge ? services.largeForwardOpen : services.forwardOpen, connectionManager, Buffer.concat([body, Buffer.from([path.length / 2]), path]))
}

export function forwardCloseRequest({ serial, route }: Pick<ConnectionAsk, 'serial' | 'route'>): Buffer {
  const path = Buffer.concat([route, router])
  const body = Buffer.alloc(10)
  body.set(PRIORITY_TICKS)
  body.writeUInt16LE(serial, 2)
  body.writeUInt16LE(VENDOR, 4)
  body.writeUInt32LE(ORIGINATOR, 6)
  return requestOf(services.forwardClose, connectionManager, Buffer.concat([body, Buffer.from([path.length / 2, 0]), path]))
}

/* ── tags ────────────────────────────────────────────────────────────────────────────────────── */

/** A request path: each name as a symbol, each index as an element, `elements` further along the last. */
export function pathOf(steps: readonly Step[], elements = 0): Buffer {
  return Buffer.concat(steps.flatMap(({ name, indices }, step) => [
    symbolOf(name), ...indices.map((index, i) => elementOf(index + (step === steps.length - 1 && i === indices.length - 1 ? elements : 0))),
  ]))
}

export const readRequest = (path: Buffer, count: number): Buffer => requestOf(services.read, path, u16(count))

/** The head is the type as a reading gave it. */
export const writeRequest = (path: Buffer, head: Uint8Array, data: Uint8Array): Buffer => requestOf(services.write, path, Buffer.concat([head, u16(1), data]))

/** Sets the bits of `or`, then keeps those of `and`; both as wide as the element. */
export const modifyRequest = (path: Buffer, or: Uint8Array, and: Uint8Array): Buffer => requestOf(services.modify, path, Buffer.concat([u16(or.length), or, and]))

/** The symbols of a scope from an instance on: name, type and dimensions. */
export function listSymbolsRequest(program: string | null, from: number): Buffer {
  const symbolClass = Buffer.from([0x20, 0x6b, 0x26, 0x00, 0, 0, 0, 0])
  symbolClass.writeUInt32LE(from, 4)
  return requestOf(services.listSymbols, Buffer.concat([program === null ? NOTHING : symbolOf(program), symbolClass]), Buffer.from([3, 0, 1, 0, 2, 0, 8, 0]))
}

/** Size of the definition in words (4) and count of members (2) of a structure. */
export const templateAttributesRequest = (id: number): Buffer => requestOf(services.attributes, templatePath(id), Buffer.from([2, 0, 4, 0, 2, 0]))

/** A piece of the definition of a structure. */
export function templateBodyRequest(id: number, from: number, bytes: number): Buffer {
  const data = Buffer.alloc(6)
  data.writeUInt32LE(from)
  data.writeUInt16LE(bytes, 4)
  return requestOf(services.read, templatePath(id), data)
}

const templatePath = (id: number): Buffer => Buffer.from([0x20, 0x6c, 0x25, 0x00, id & 0xff, id >> 8])

/** Several requests in one. */
export function multipleRequest(requests: readonly Buffer[]): Buffer {
  const head = Buffer.alloc(2 + 2 * requests.length)
  head.writeUInt16LE(requests.length)
  let at = head.length
  for (const [i, request] of requests.entries()) {
    head.writeUInt16LE(at, 2 + 2 * i)
    at += request.length
  }
  return requestOf(services.multiple, router, Buffer.concat([head, ...requests]))
}

function requestOf(service: number, path: Buffer, data: Buffer): Buffer {
  return Buffer.concat([Buffer.from([service, path.length / 2]), path, data])
}

function symbolOf(name: string): Buffer {
  const text = Buffer.from(name, 'latin1')
  return Buffer.concat([Buffer.from([0x91, text.length]), text, Buffer.alloc(text.length & 1)])
}

function elementOf(index: number): Buffer {
  if (index <= 0xff) return Buffer.from([0x28, index])
  const wide = index > 0xffff
  const segment = Buffer.alloc(wide ? 6 : 4)
  segment[0] = wide ? 0x2a : 0x29
  if (wide) segment.writeUInt32LE(index, 2)
  else segment.writeUInt16LE(index, 2)
  return segment
}

function u16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16LE(value)
  return bytes
}
