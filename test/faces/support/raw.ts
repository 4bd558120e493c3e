/** Bytes over TCP or TLS, for what no honest client would send. */

import { once } from 'node:events'
import { connect as connectTcp, type Socket } from 'node:net'
import { connect as connectTls } from 'node:tls'

export interface Address { readonly port: number; readonly secure: boolean }

export interface Raw {
  readonly socket: Socket
  /** Everything the server has said, byte for character. */
  said(): string
  send(bytes: string | Buffer): void
  /** Resolves when the server has ended the connection, with everything it said. */
  ended: Promise<string>
  /** Resolves as soon as the server has said something that matches, or has ended the connection. */
  saying(pattern: RegExp | string): Promise<string>
}

export async function openRaw({ port, secure }: Address): Promise<Raw> {
  const socket = secure ? connectTls({ port, host: '127.0.0.1', rejectUnauthorized: false }) : connectTcp({ port, host: '127.0.0.1' })
  let said = ''
  socket.on('data', (bytes: Buffer) => { said += bytes.toString('latin1') })
  socket.on('error', () => undefined)
  await once(socket, secure ? 'secureConnect' : 'connect')
  return {
    socket,
    said: () => said,
    send(bytes) { if (socket.writable) socket.write(typeof bytes === 'string' ? Buffer.from(bytes, 'latin1') : bytes) },
    ended: new Promise((resolve) => { socket.on('close', () => { resolve(said) }) }),
    saying: (pattern) => new Promise((resolve) => {
      const look = (): void => {
        if (!socket.destroyed && !(typeof pattern === 'string' ? said.includes(pattern) : pattern.test(said))) return
        socket.off('data', look)
        resolve(said)
      }
      socket.on('data', look)
      socket.on('close', look)
      look()
    }),
  }
}

export const statusOf = (said: string): number | null => {
  const match = /^HTTP\/1\.1 (\d{3}) /.exec(said)
  return match === null ? null : Number(match[1])
}

/** One masked WebSocket frame, as a client sends it. `first` is the first byte: FIN, RSV and opcode. */
export function frame(first: number, payload: string | Buffer, options: { readonly unmasked?: boolean; readonly claims?: number } = {}): Buffer {
  const body = Buffer.from(payload)
  const length = options.claims ?? body.length
  const flag = options.unmasked === true ? 0 : 0x80
  const head = length < 126 ? Buffer.from([first, flag | length])
    : length < 65_536 ? Buffer.from([first, flag | 126, length >> 8, length & 255])
      : Buffer.concat([Buffer.from([first, flag | 127]), bigEndian(length)])
  if (flag === 0) return Buffer.concat([head, body])
  const mask = Buffer.from([1, 2, 3, 4])
  return Buffer.concat([head, mask, Buffer.from(body.map((byte, i) => byte ^ mask[i % 4]!))])
}

function bigEndian(length: number): Buffer {
  const bytes = Buffer.alloc(8)
  bytes.writeBigUInt64BE(BigInt(length))
  return bytes
}

export const KEY = 'dGhlIHNhbXBsZSBub25jZQ=='
export const handshake = (path = '/api/v1/ws/production', extra = ''): string =>
  `GET ${path} HTTP/1.1\r\nHost: a\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${KEY}\r\n${extra}\r\n`
