/** The state file beside the database: who it is and how far it had got, so that an emptied, swapped or rolled back database is noticed. */

import { closeSync, constants, fsyncSync, openSync, readFileSync, writeSync } from 'node:fs'
import { dirname } from 'node:path'
import { crc32 } from 'node:zlib'

export interface Identity {
  /** The random name of one database file in one epoch. */
  readonly instance: string
  readonly epoch: string
  /** Its head at least; the database never knows less. */
  readonly head: number
  /** The database was found damaged while it was in use: the next start looks at all of it. */
  readonly suspect: boolean
}

/** Small enough to lie in one sector: it is overwritten in place, and a torn write is told by the checksum. */
const FILE_BYTES = 256

/** `null` when there is none, or none that can be believed. */
export function readIdentity(path: string): Identity | null {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch {
    return null
  }
  const match = /^([0-9a-f]{8}) (\{.*\}) *\n$/.exec(text)
  if (match === null || crc32(match[2]!).toString(16).padStart(8, '0') !== match[1]) return null
  // The checksum holds, so it is what `write` below wrote.
  return JSON.parse(match[2]!) as Identity
}

/** Keeps the state file up to date. */
export interface IdentityFile {
  /**
   * Notes how far the database has got; call it after the commit. It reaches the disk with the system's next flush:
   * after a power cut it may name an older head, which is no harm, and never a newer one.
   */
  write(identity: Identity): void
  /** Writes through to the disk. */
  sync(): void
  close(): void
}

export function openIdentity(path: string): IdentityFile {
  const place = openSync(path, constants.O_RDWR | constants.O_CREAT, 0o600)
  const directory = openSync(dirname(path), 'r')
  fsyncSync(directory)
  closeSync(directory)
  return {
    write(identity) {
      const json = JSON.stringify(identity)
      const line = `${crc32(json).toString(16).padStart(8, '0')} ${json}`
      writeSync(place, `${line.padEnd(FILE_BYTES - 1)}\n`, 0)
    },
    sync() { fsyncSync(place) },
    close() { closeSync(place) },
  }
}
