/** Start-up: from what the journal remembers to the lines as they were at the last durable turn. */

import { given } from '../base/assert.js'
import type { Draft } from '../contract/events/catalogue.js'
import type { Remembered } from '../contract/journal.js'
import type { LossRow } from '../contract/losses.js'
import { type Solved, flush, solve } from '../core/line.js'
import { openLine } from '../core/snapshot.js'
import type { Line } from '../core/memory/memory.js'
import { withPaces } from '../core/rules/pace.js'
import type { LinePlan } from '../core/time/plan.js'
import type { Sampler } from '../signals/sampler.js'

export interface Recalled {
  readonly lines: Line[]
  /** Facts that follow from scans which were staged but not yet solved into a fact; the first turn journals them. */
  readonly drafts: Draft[]
  readonly rows: LossRow[]
}

/**
 * Latest snapshot, then the facts after it, then the staged scans after the last fact.
 * The scans are solved again because parts that were seen but not yet recorded live only there.
 */
export function recall(remembered: Known, plans: readonly LinePlan[], signals: Pick<Sampler, 'samples'>, lineOfEquipment: (equipment: string) => string): Recalled {
  const lines = new Map(plans.map((plan) => [plan.line.code, lineAsOfFacts(remembered, plan)]))
  const drafts: Draft[] = []
  const rows: LossRow[] = []
  const hear = (code: string, solved: Solved) => {
    lines.set(code, solved.line)
    drafts.push(...solved.drafts)
    rows.push(...solved.rows)
  }
  for (const { at, scans } of remembered.tail) {
    for (const scan of scans) {
      for (const sample of signals.samples(scan)) {
        const code = lineOfEquipment(sample.equipment)
        hear(code, solve(given(lines.get(code), `line ${code}`), sample))
      }
    }
    for (const [code, line] of lines) hear(code, solve(line, { kind: 'beat', at }))
  }
  const last = remembered.tail.at(-1)
  if (last !== undefined) for (const [code, line] of lines) hear(code, flush(line, last.at))
  return { lines: [...lines.values()], drafts, rows }
}

/** A replay recalls without what products were made at: no fact rests on that. */
type Known = Pick<Remembered, 'snapshots' | 'facts' | 'tail' | 'rows'> & Partial<Pick<Remembered, 'made'>>

function lineAsOfFacts(remembered: Omit<Known, 'tail'>, plan: LinePlan): Line {
  const code = plan.line.code
  const snapshot = remembered.snapshots.find((candidate) => candidate.line === code)
  const rows = remembered.rows.filter((row) => row.line === code)
  const facts = remembered.facts.filter((fact) => (fact.line === code || fact.line === null) && fact.seq > (snapshot?.seq ?? 0))
  return withPaces(openLine(plan, snapshot?.state ?? null, rows, facts), remembered.made ?? [])
}
