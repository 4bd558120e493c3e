/** The thread that reads: one question after the other, over a connection that cannot write. */

import { performance } from 'node:perf_hooks'
import { parentPort, workerData } from 'node:worker_threads'
import { given } from '../base/assert.js'
import { tellHeap } from '../base/threads.js'
import { databasePath } from './keeping/gate.js'
import { answerer } from './reads.js'
import { openReader } from './store/database.js'
import { deadline } from './store/deadline.js'
import { type FromReader, type ToReader, wireFault } from './wire.js'

const port = given(parentPort, 'the port to the daemon')
// The one caller is `asker.ts`, with exactly this.
const { directory } = workerData as { directory: string }
const database = openReader(databasePath(directory))
const answer = answerer(database)
tellHeap()
const post = (message: FromReader): void => { port.postMessage(message) }
post({ kind: 'ready' })

port.on('message', (asked: ToReader | 'close') => {
  if (asked === 'close') {
    database.close()
    port.close()
    return
  }
  try {
    post({ kind: 'done', id: asked.id, value: answer(asked.question, deadline(asked.deadlineMs, () => performance.now())) })
  } catch (error) {
    post({ kind: 'failed', id: asked.id, fault: wireFault(error) })
  }
})
