/** A driver process: a crew that talks over the channel of the process that forked it. */

import { Crew } from './crew.js'
import type { ToCrew } from './parcel.js'

let underWay = 0
const crew = new Crew({
  give(message) {
    underWay++
    process.send?.(message, undefined, {}, () => { underWay--; crew.goOn() })
  },
  underWay: () => underWay,
})

// The channel carries only what the host's types allow; both ends are the same build.
process.on('message', (message) => { crew.take(message as ToCrew) })

// Without its host nobody reads; and an orderly exit would wait for every blocked call in the thread pool.
process.on('disconnect', () => { process.kill(process.pid, 'SIGKILL') })
