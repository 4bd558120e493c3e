/** Who sits at the box, as the journal names them. File permissions let them in, so they may what the gateway itself may. */

import { userInfo } from 'node:os'
import type { Actor } from '../contract/roles.js'

export function whoAsks(environment: NodeJS.ProcessEnv = process.env): Actor {
  const uid = process.getuid?.() ?? 0
  const name = nameOf(uid)
  // Root may be anybody: sudo says who it was before.
  const before = uid === 0 ? environment['SUDO_USER'] : undefined
  return { id: `uid/${uid}`, name: (before === undefined ? name : `${before} as ${name}`).slice(0, NAME_MAX), role: 'admin', lines: null }
}

const NAME_MAX = 64

function nameOf(uid: number): string {
  try {
    return userInfo().username
  } catch {
    // In a container a user may have a number and no name.
    return `uid ${uid}`
  }
}
