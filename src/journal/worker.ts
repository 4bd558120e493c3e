/** The thread that writes: the only writer there is. */

import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads'
import { given } from '../base/assert.js'
import { tellHeap } from '../base/threads.js'
import { Fault } from '../contract/faults.js'
import { ailmentOf } from './store/database.js'
import { type FromWriter, type ThreadOptions, type ToWriter, wireFault } from './wire.js'
import { Writer } from './writer.js'

/** How often the work between the commits is looked at. */
const TEND_MS = 500

const port = given(parentPort, 'the port to the daemon')
// The one caller is `teller.ts`, with exactly this.
const options = workerData as ThreadOptions
tellHeap()
const post = (message: FromWriter): void => { port.postMessage(message) }

try {
  run(new Writer(options, post))
} catch (error) {
  // A disk that is full, read-only or failing is no mistake of ours, and whoever reads of it is told what to look at.
  post({ kind: 'refused', fault: error instanceof Fault || ailmentOf(error) === 'ours' ? wireFault(error) : wireFault(error, 'JOURNAL_UNWRITABLE') })
  port.close()
}

function run(writer: Writer): void {
  const tendTimer = setInterval(tend, TEND_MS)

  port.on('message', (first: ToWriter) => {
    const messages = [first]
    // Whatever else waits goes into the same commit.
    for (let next = receiveMessageOnPort(port); next !== undefined; next = receiveMessageOnPort(port)) messages.push(next.message as ToWriter)
    if (writer.take(messages)) {
      clearInterval(tendTimer)
      port.close()
    } else if (messages.some(({ kind }) => kind === 'seal')) setImmediate(tend)
  })

  function tend(): void {
    if (writer.tend()) setImmediate(tend)
  }
}
