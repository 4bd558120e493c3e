/** Stands where reports are made, and says only who was asked: a thread that answers at once, never, or by falling, as the question is named. */

import { parentPort, threadId } from 'node:worker_threads'
import type { FromReports, ReportJob } from '../../src/gateway/report-thread.js'

const port = parentPort!
let asked = 0

port.on('message', ({ id, name, inForce, now }: ReportJob) => {
  asked++
  if (name === 'oee_alert_analysis') return
  if (name === 'oee_optimization_recommendations') throw new Error('the thread falls')
  const made = { written: new TextEncoder().encode(JSON.stringify({ thread: threadId, asked, version: inForce?.version ?? null, now })) }
  port.postMessage({ id, made } satisfies FromReports)
})
