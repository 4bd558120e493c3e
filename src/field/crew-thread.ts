/** A driver thread: a crew that talks over the port of the thread that started it. */

import { parentPort, workerData } from 'node:worker_threads'
import { given } from '../base/assert.js'
import { tellHeap } from '../base/threads.js'
import { Crew } from './crew.js'
import type { ToCrew } from './parcel.js'

const port = given(parentPort, 'the thread that started this one')
// Counted up by the host; a port, unlike a pipe, does not say when a message was taken.
const taken = new Int32Array((workerData as { readonly taken: SharedArrayBuffer }).taken)
let sent = 0
tellHeap()

const crew = new Crew({
  give(message) {
    sent++
    // The bytes of a scan change hands; they are not copied.
    port.postMessage(message, message.kind === 'scan' ? [message.parcel.buffer as ArrayBuffer] : [])
  },
  underWay: () => (sent - Atomics.load(taken, 0)) | 0,
})

port.on('message', (message: ToCrew) => { crew.take(message) })
