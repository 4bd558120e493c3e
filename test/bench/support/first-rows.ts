/** A thread of its own that is asked for one chart over indexed rows, and tells how long it took when its code was loaded and the file open. */

import { parentPort, workerData } from 'node:worker_threads'
import type { Instant } from '../../../src/base/units.js'
import { chartOfRows, reopenRows } from './indexed-rows.js'

const { path, slot, from, to, points } = workerData as { readonly path: string; readonly slot: number; readonly from: Instant; readonly to: Instant; readonly points: number }
const rows = reopenRows(path)
const begun = performance.now()
chartOfRows(rows, slot, from, to, points)
parentPort?.postMessage(performance.now() - begun)
rows.close()
