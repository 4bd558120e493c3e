/** Lives the days of some seeds on a thread of its own, and posts what was wrong with each. */

import { parentPort, workerData } from 'node:worker_threads'
import { liveDay } from './day.js'
import { wrongsOf } from './judge.js'

for (const seed of workerData as readonly number[]) parentPort?.postMessage(wrongsOf(liveDay(seed)))
