/** Loads the native library of uWebSockets.js: that file, with that hash, or a fault. The only file that knows the package. */

// The package's own entry quietly falls back to a JavaScript imitation that lacks TLS and dies of one bad frame.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import type { AppOptions, HttpRequest, HttpResponse, TemplatedApp, WebSocket, WebSocketBehavior, us_listen_socket, us_socket_context_t } from 'uWebSockets.js'
import { Fault } from '../../contract/faults.js'

/** The part of the library that is used. */
export interface Uws {
  App(): UwsApp
  SSLApp(options: AppOptions): UwsApp
  us_listen_socket_close(bound: UwsBound): void
  us_socket_local_port(bound: UwsBound): number
  readonly LIBUS_LISTEN_EXCLUSIVE_PORT: number
}

export type UwsReq = HttpRequest
export type UwsRes = HttpResponse
export type UwsBound = us_listen_socket
export type UwsContext = us_socket_context_t
export type UwsSocket<Seat> = WebSocket<Seat>
export type UwsBehavior<Seat> = WebSocketBehavior<Seat>

/** With what the published types leave out. */
export interface UwsApp extends Omit<TemplatedApp, 'listen'> {
  listen(host: string, port: number, options: number, done: (bound: UwsBound | false) => void): UwsApp
  close(): UwsApp
}

const SHA256: Readonly<Record<string, string>> = {
  uws_linux_x64_115: 'f158fb441f7e2e37b3ab9a56782fe37f4c0d33b5cd32e96ee5c0120ce7db7ced',
  uws_linux_arm64_115: 'fa46518766a985c6a79daef039f40cccd8e98e9a288f2ceaf31a0a18901bbfd5',
}

export function loadUws(build = `uws_${process.platform}_${process.arch}_${process.versions.modules}`): Uws {
  const expected = SHA256[build]
  if (expected === undefined) throw new Fault('SERVER_ADAPTER_MISSING', { build, node: process.version, why: 'no build for this platform and Node' })
  const require = createRequire(import.meta.url)
  let binary: unknown
  try {
    const file = require.resolve(`uWebSockets.js/binaries/${build}.node`)
    const found = createHash('sha256').update(readFileSync(file)).digest('hex')
    if (found !== expected) throw new Fault('SERVER_ADAPTER_MISSING', { build, found, expected, why: 'the file is not the one that was reviewed' })
    binary = require(file)
  } catch (thrown) {
    throw thrown instanceof Fault ? thrown : new Fault('SERVER_ADAPTER_MISSING', { build }, thrown)
  }
  if (!isUws(binary)) throw new Fault('SERVER_ADAPTER_MISSING', { build, why: 'the library has no TLS' })
  return binary
}

const isUws = (binary: unknown): binary is Uws =>
  typeof binary === 'object' && binary !== null && 'App' in binary && 'SSLApp' in binary && typeof binary.SSLApp === 'function'
