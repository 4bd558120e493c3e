/** What was changed at the box about who may come in is journalled: within a second, or at the next start. */

import { isDeepStrictEqual } from 'node:util'
import type { Clock } from '../base/clock.js'
import { limits } from '../base/limits.js'
import type { Log } from '../base/log.js'
import { later, laterMono } from '../base/units.js'
import type { Desk } from '../contract/desk.js'
import { type Untold, type Waiting, openUntold } from '../faces/access/untold.js'

export interface AccessWatchParts {
  readonly directory: string
  readonly desk: Pick<Desk, 'facts' | 'record'>
  readonly clock: Clock
  readonly log: Log
}

const LOOK_MS = 1_000

/** A file that makes no sense keeps no gateway from working: it is looked at again until it is mended, and the log says so. */
export function startAccessWatch({ directory, desk, clock, log }: AccessWatchParts): { stop(): void } {
  const stopped = new AbortController()
  let untold: Untold | null = null
  let hasComplained = false

  async function journal(file: Untold, { id, draft }: Waiting): Promise<void> {
    // It may have been written just before the power failed, and then waits still.
    const known = await desk.facts({ types: ['access_changed'], from: draft.at, to: later(draft.at, 1), limit: limits.factsPerReadMax })
    if (!known.some(({ body }) => isDeepStrictEqual(body, draft.body))) await desk.record(draft)
    await file.letGo(id)
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      try {
        untold ??= openUntold(directory, clock)
        for (const waiting of untold.list()) await journal(untold, waiting)
        hasComplained = false
      } catch (thrown) {
        if (!hasComplained && !stopped.signal.aborted) log.warn('changes of access that were made at the box cannot be journalled yet', { error: String(thrown) })
        hasComplained = true
      }
      await clock.wait(laterMono(clock.mono(), LOOK_MS), stopped.signal)
    }
  }

  void run()
  return { stop() { stopped.abort() } }
}
