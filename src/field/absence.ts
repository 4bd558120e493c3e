/** A PLC that is gone gives no readings: each one that would have been is told as bad, so that whoever bridges a short gap sees how long this one is. */

import type { Clock } from '../base/clock.js'
import { limits } from '../base/limits.js'
import { laterMono } from '../base/units.js'
import type { FaultCode } from '../contract/faults.js'
import type { Scan, ScanGroup } from '../contract/scan.js'
import { badScan } from './poller.js'

export interface AbsenceParts {
  readonly clock: Clock
  /** Of the PLC that is gone. */
  readonly groups: readonly ScanGroup[]
  readonly fault: FaultCode
  readonly onScan: (scan: Scan) => void
}

/** Begins to tell bad readings; the first was told by whoever lost the PLC. The returned function ends it; it ends by itself when no gap so long is bridged by anybody. */
export function tellAbsence({ clock, groups, fault, onScan }: AbsenceParts): () => void {
  const back = new AbortController()
  const tell = async (group: ScanGroup): Promise<void> => {
    for (let count = 0; count < limits.holdPollsMax; count++) {
      await clock.wait(laterMono(clock.mono(), group.cycleMs), back.signal)
      if (back.signal.aborted) return
      onScan(badScan(group, fault, clock.now(), clock.mono()))
    }
  }
  for (const group of groups) void tell(group)
  return () => { back.abort() }
}
