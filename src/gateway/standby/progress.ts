/** How far a copy has got that is not whole yet, and how long the rest will take at the pace so far: a first one may take minutes. */

import type { Clock } from '../../base/clock.js'
import { type Mono, sinceMono } from '../../base/units.js'
import type { CopyPage, Place } from '../../contract/copy.js'
import type { Copying } from '../../contract/standby.js'

export interface Progress {
  /** A page came, with which everything up to `reached` is here. */
  took(page: CopyPage, reached: Place): void
  /** `null` before the first page, and when the copy is whole. */
  read(): Copying | null
  /** The copy is whole; what comes from now on is counted anew when it is not any more. */
  ended(): void
}

/** Numbers of facts and of loss rows. */
interface Reach { readonly facts: number; readonly rows: number }

/** A number counts as a record. Those that the other box has trimmed are no part of it: what comes first is the first there is. */
export function openProgress(clock: Clock): Progress {
  let begun: (Reach & { readonly at: Mono }) | null = null
  let here: Reach = { facts: 0, rows: 0 }
  let there: Reach = here

  return {
    took(page, reached) {
      const [fact, row] = [page.facts[0]?.seq, page.rows[0]?.['written']]
      here = { facts: reached.seq, rows: reached.rows }
      begun ??= { at: clock.mono(), facts: fact === undefined ? here.facts : fact - 1, rows: row === undefined ? here.rows : Number(row) - 1 }
      there = { facts: Math.max(page.head, here.facts), rows: Math.max(page.rows_head ?? 0, here.rows) }
    },
    ended() { begun = null },
    read() {
      if (begun === null) return null
      const done = here.facts - begun.facts + here.rows - begun.rows
      const left = there.facts - here.facts + there.rows - here.rows
      const seconds = sinceMono(clock.mono(), begun.at) / 1_000
      const pace = seconds > 0 && done > 0 ? done / seconds : null
      return { records: done, left, share: done + left === 0 ? 1 : done / (done + left), per_second: pace, remaining_seconds: pace === null ? null : left / pace }
    },
  }
}
