import { once } from 'node:events'
import { setFlagsFromString } from 'node:v8'
import { Worker } from 'node:worker_threads'
import t from 'tap'
import { roomyWorker } from '../../src/gateway/roomy-worker.js'

const MB = 1_048_576
const THREAD = new URL('./roomy-worker-thread.js', import.meta.url)

t.test('one thread has room, and those before and after it what the process was given', async (t) => {
  // As `bin/lineside` starts the gateway.
  const flag = '--max-semi-space-size=1'
  process.execArgv.push(flag)
  setFlagsFromString(flag)
  const young = async (worker: Worker): Promise<number> => {
    const [[size]] = await Promise.all([once(worker, 'message') as Promise<[number]>, once(worker, 'exit')])
    return size
  }
  const [before, roomy, after] = [await young(new Worker(THREAD)), await young(roomyWorker(THREAD, { name: 'roomy', workerData: {} }, 8)), await young(new Worker(THREAD))]
  t.ok(before <= 3 * MB, `${before} bytes`)
  t.ok(roomy > 8 * MB && roomy <= 24 * MB, `${roomy} bytes`)
  t.equal(after, before)
})
