/** A thread that keeps some of what it makes for a moment, and says how large its young heap has become. */

import { getHeapSpaceStatistics } from 'node:v8'
import { parentPort } from 'node:worker_threads'

let kept: object[] = []
for (let i = 0; i < 1_000_000; i++) {
  kept.push({ i, of: [i] })
  if (kept.length > 20_000) kept = []
}
parentPort!.postMessage(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space')!.space_size)
