/** Names of sockets in deep directories: the system takes at most 107 bytes, and a directory that is open has a short name. */

import { closeSync, constants, openSync } from 'node:fs'
import { join } from 'node:path'

const PATH_BYTES_MAX = 107

export interface SocketPath {
  readonly path: string
  /** After the socket was closed, or connected. */
  close(): void
}

export function openSocketPath(directory: string, name: string): SocketPath {
  const path = join(directory, name)
  if (Buffer.byteLength(path) <= PATH_BYTES_MAX) return { path, close: () => undefined }
  const folder = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY)
  return { path: `/proc/self/fd/${folder}/${name}`, close: () => { closeSync(folder) } }
}
