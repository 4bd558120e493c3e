/** A configuration tried on what was recorded: what it would have changed, and what it takes to let it take effect. */

import { limits } from '../base/limits.js'
import { type Instant, rfc3339 } from '../base/units.js'
import { changesBetween, reachOf } from '../configuration/changes.js'
import type { Config } from '../contract/config.js'
import type { Plan } from '../contract/plan.js'
import { compare } from '../replay/compare.js'
import { recordedEnd, replayRecording } from '../replay/recording.js'
import { reportOf } from '../replay/report.js'
import { refOf } from '../signals/plan.js'

export interface Tried {
  readonly before: Config
  readonly after: Config
  /** Data directory whose journal holds the recording; a gateway may be writing it. */
  readonly directory: string
  readonly from: Instant
  readonly to: Instant
}

/** Both are solved, so that only what the configuration decides can differ. Throws JOURNAL_TRIMMED when nothing of the period is recorded. */
export async function planOf({ before, after, directory, from, to: asked }: Tried, progress: (share: number) => void = () => undefined): Promise<Plan> {
  // What is written while the first is solved would be a difference to the second.
  const to = recordedEnd(directory, { from, to: asked })
  const at = (half: number) => (now: Instant) => { progress((half + Math.min(1, Math.max(0, (now - from) / (to - from)))) / 2) }
  const was = reportOf(await replayRecording(() => before, directory, { from, to }, at(0)))
  const is = reportOf(await replayRecording(() => after, directory, { from, to }, at(1)))
  const changes = changesBetween(before, after)
  return {
    window: { from: rfc3339(from), to: rfc3339(to) }, changes, reach: reachOf(changes), unrecorded: unrecordedIn(before, after),
    reconnects: changes.some(({ reach }) => reach === 'reconnect') ? after.plcs.map(({ id }) => id) : [],
    ...compare(was, is, limits.plannedRowsMax),
  }
}

/** Signals of a tag that the configuration in force does not read, or reads at another address. */
function unrecordedIn(before: Config, after: Config): string[] {
  const addressOf = (config: Config, tag: string): string | undefined => {
    const { plc, tag: name } = refOf(tag)
    return config.plcs.find(({ id }) => id === plc)?.tags[name]?.address
  }
  return after.lines.flatMap((line) => line.equipment.flatMap(({ code, signals }) => Object.entries(signals).flatMap(([role, { tag }]) => {
    const address = addressOf(after, tag)
    return address !== undefined && address === addressOf(before, tag) ? [] : [`${code}/${role}: ${tag}`]
  })))
}
