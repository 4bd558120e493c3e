/** The time a question to the journal has. */

import { Fault } from '../../contract/faults.js'

/** Throws READ_DEADLINE when the question has had its time; asked between two pieces of work. */
export type InTime = () => void

/** By the monotonic clock of this thread, in milliseconds. */
export function deadline(ms: number, monotonic: () => number): InTime {
  const until = monotonic() + ms
  return () => { if (monotonic() > until) throw new Fault('READ_DEADLINE', { deadlineMs: ms }) }
}
