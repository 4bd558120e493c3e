/** Breaks a connection at once, as a pulled cable or a PLC that falls over does. */

import type { Socket } from 'node:net'

/**
 * The peer is told by a reset. A socket that is already saying good-bye is only destroyed: the system refuses a reset then,
 * Node takes the handle for closed all the same, and the process could not end for waiting for it.
 */
export function cut(socket: Socket): void {
  if (socket.writableEnded) socket.destroy()
  else socket.resetAndDestroy()
}
