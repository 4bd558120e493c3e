/** Loss rows of the journal as they were before a turn: the archive keeps them as they stand now, after whatever people corrected since. */

import { atOnce } from '../base/portions.js'
import { instantOf } from '../base/units.js'
import type { CommandOf } from '../contract/commands.js'
import type { DraftOf, Fact } from '../contract/events/catalogue.js'
import type { LossRow } from '../contract/losses.js'
import { rowsBeforeCorrections } from '../core/past/ideal-correction.js'
import { keyOf } from '../core/losses/lossbook.js'
import type { Line } from '../core/memory/memory.js'
import { rowsBetween } from '../core/past/revaluation.js'
import { spansAfter, spansOf, withSpans } from '../core/time/worked.js'
import { type ConfigOf, type Remembering, recollected } from '../turn/recollect.js'

/** `lines` are as the facts before the turn left them, and `told` the corrections since, in the order of their numbers. */
export async function rowsOfThen(standing: readonly LossRow[], lines: readonly Line[], told: readonly Fact[], journal: Pick<Remembering, 'facts'>, configOf: ConfigOf, untilTurn: number): Promise<readonly LossRow[]> {
  let rows = rowsBeforeCorrections(standing, told)
  for (const line of lines) {
    const said = told.filter((fact) => fact.type === 'calendar_corrected' && fact.line === line.plan.line.code) as (Fact & DraftOf<'calendar_corrected'>)[]
    // What held after each of them, beginning with none.
    const held = [line]
    for (const fact of said) held.push(corrected(held.at(-1)!, fact))
    for (const [i, fact] of [...said.entries()].toReversed()) {
      const { past } = await recollected(asked(fact), line, { facts: (query) => journal.facts(query), rows: () => Promise.resolve([]) }, configOf, { untilTurn })
      if (past === undefined) continue
      const period = { from: instantOf(fact.body.from)!, to: instantOf(fact.body.to)! }
      rows = replaced(rows, atOnce(rowsBetween(held[i + 1]!, held[i]!, { ...past, rows: rows.filter((row) => row.line === line.plan.line.code) }, period, fact.at)))
    }
  }
  return rows
}

function corrected(line: Line, { body: { from, to, as, shift } }: DraftOf<'calendar_corrected'>): Line {
  return { ...line, plan: withSpans(line.plan, spansAfter(spansOf(line.plan.calendar), { from: instantOf(from)!, to: instantOf(to)! }, as === 'calendar' ? null : { as, shift })) }
}

/** The same period is asked about as then. */
const asked = ({ at, line, body: { from, to, as, reason, by } }: DraftOf<'calendar_corrected'>): CommandOf<'calendar_correct'> =>
  ({ name: 'calendar_correct', at, line: line ?? '', equipment: null, key: null, by: { id: by, name: by, role: 'admin', lines: null }, body: { from, to, as, reason } })

function replaced(rows: readonly LossRow[], changed: readonly LossRow[]): readonly LossRow[] {
  const nameOf = (row: LossRow) => `${row.equipment} ${keyOf(row)}`
  return [...new Map([...rows, ...changed].map((row) => [nameOf(row), row])).values()]
}
