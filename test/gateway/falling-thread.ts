/** Stands where corrections are worked out, and falls when it is asked. */

import { parentPort } from 'node:worker_threads'

parentPort!.once('message', () => { throw new Error('the thread falls') })
