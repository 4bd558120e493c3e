/** Tells the service manager how we are (sd_notify). Does nothing where there is none. The only importer of unix-dgram. */

import { createRequire } from 'node:module'
import type { Log } from './log.js'

export interface Notify {
  /** We are not ready yet, and got on: a start may take this much longer from now. */
  starting(): void
  /** We can do our job. */
  ready(status: string): void
  /** We are alive: call it for finished work only, never from a timer. */
  watchdog(): void
  stopping(): void
  /** Its socket keeps a process from ending. */
  close(): void
}

interface DatagramSocket { connect(path: string): void; send(data: Buffer): void; on(event: 'error', listener: (error: Error) => void): void; close(): void }

export function openNotify(environment: NodeJS.ProcessEnv, log: Log): Notify {
  const path = environment['NOTIFY_SOCKET']
  const watchdogMs = Number(environment['WATCHDOG_USEC'] ?? 0) / 1_000
  if (path === undefined || path === '') return { starting: () => undefined, ready: () => undefined, watchdog: () => undefined, stopping: () => undefined, close: () => undefined }
  let socket = connectTo(path, log)
  const say = (state: string) => { socket?.send(Buffer.from(state)) }
  let fedAt = -Infinity
  return {
    starting: () => { say(`EXTEND_TIMEOUT_USEC=${STARTING_MS * 1_000}`) },
    ready: (status) => { say(`READY=1\nSTATUS=${status}`) },
    watchdog() {
      // Half the allowed silence is often enough; every turn would be noise.
      if (watchdogMs === 0 || performance.now() - fedAt < watchdogMs / 4) return
      fedAt = performance.now()
      say('WATCHDOG=1')
    },
    stopping: () => { say('STOPPING=1') },
    close() {
      socket?.close()
      socket = null
    },
  }
}

const STARTING_MS = 60_000

function connectTo(path: string, log: Log): DatagramSocket | null {
  try {
    const library = createRequire(import.meta.url)('unix-dgram') as { createSocket(type: 'unix_dgram'): DatagramSocket }
    const socket = library.createSocket('unix_dgram')
    socket.on('error', (error) => { log.warn('the service manager does not listen', { error: error.message }) })
    // A leading @ names a socket in the abstract name space.
    socket.connect(path.startsWith('@') ? `\0${path.slice(1)}` : path)
    return socket
  } catch (thrown) {
    log.warn('cannot talk to the service manager', { error: String(thrown) })
    return null
  }
}
