/** Edits of the past, one after the other: what one reads of the past, none before it may still be changing. */

import type { Clock } from '../base/clock.js'
import type { Command } from '../contract/commands.js'
import { isLong, recollected, type ConfigOf, type Remembering } from '../turn/recollect.js'
import type { Outcome } from '../turn/turn.js'
import type { Cycle } from './cycle.js'
import type { PastWorkshop } from './past-workshop.js'

export interface PastEditsParts {
  readonly clock: Pick<Clock, 'now'>
  readonly cycle: Pick<Cycle, 'lines' | 'head' | 'command' | 'worked'>
  readonly journal: Remembering
  readonly configOf: ConfigOf
  /** Works out elsewhere what takes long; without, the turn does. */
  readonly workshop?: Pick<PastWorkshop, 'workOut'>
}

/**
 * Turns go on while a command about a long past is worked out. Where that does not hold any more when a turn comes to it, because the past was edited or a minute
 * ended, it is worked out again, and at last in the turn itself.
 */
export function editsOfPast({ clock, cycle, journal, configOf, workshop }: PastEditsParts): (command: Command) => Promise<Outcome> {
  let last: Promise<unknown> = Promise.resolve()

  async function edit(command: Command): Promise<Outcome> {
    for (let triesLeft = WORKED_TRIES; workshop !== undefined && triesLeft > 0; triesLeft--) {
      const was = cycle.lines().get(command.line)
      if (was === undefined || !isLong(command, was)) break
      const worked = await workshop.workOut({ ...command, at: clock.now() }, was, cycle.head())
      const outcome = await cycle.worked(command, { was, worked })
      if (outcome !== null) return outcome
      // It is of its own instant, and will be again.
      if (worked.edited.goodTo - worked.at <= 1) break
    }
    return cycle.command(await recollected(command, cycle.lines().get(command.line), journal, configOf))
  }

  return (command) => {
    const asked = last.then(() => edit(command))
    last = asked.catch(() => undefined)
    return asked
  }
}

const WORKED_TRIES = 4

export const editsPast = ({ name }: Command): boolean => name === 'gap_declare' || name === 'ideal_correct' || name === 'calendar_correct' || name === 'stop_reason' || name === 'stop_note' || name === 'stop_split' || name === 'stop_merge'
