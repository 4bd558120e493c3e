/** Start-up: from what the journal remembers to the lines as they were at the last durable turn. */

import { given } from '../base/assert.js'
import { breather } from '../base/breath.js'
import { limits } from '../base/limits.js'
import type { Draft, Fact } from '../contract/events/catalogue.js'
import type { Journal, Remembered } from '../contract/journal.js'
import type { LossRow } from '../contract/losses.js'
import { type Solved, flush, solve } from '../core/line.js'
import { allTold, lineBefore } from '../core/snapshot.js'
import { Telling } from '../core/telling.js'
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
  return solvedAgain(remembered, plans.map((plan) => asOfFacts(remembered, plan)), signals, lineOfEquipment)
}

/** The same where more facts follow than were remembered at once: they are read and told by pages, and no more than one is held. */
export async function recallByPages(remembered: Known & Pick<Remembered, 'factsLeft'>, journal: Pick<Journal, 'facts'>, plans: readonly LinePlan[], signals: Pick<Sampler, 'samples'>, lineOfEquipment: (equipment: string) => string): Promise<Recalled> {
  if (!remembered.factsLeft) return recall(remembered, plans, signals, lineOfEquipment)
  const told = plans.map((plan) => ({ knownTo: snapshotOf(remembered, plan)?.seq ?? 0, telling: new Telling(before(remembered, plan)) }))
  const breathe = breather()
  let page: readonly Fact[] = remembered.facts
  for (let last = page.at(-1); last !== undefined; last = page.at(-1)) {
    for (const fact of page) {
      for (const one of told) if (fact.seq > one.knownTo) one.telling.tell(fact)
      await breathe()
    }
    page = await journal.facts({ after: last.seq, limit: limits.factsPerReadMax })
  }
  return solvedAgain(remembered, told.map(({ telling }) => allMade(remembered, telling.line)), signals, lineOfEquipment)
}

function solvedAgain(remembered: Pick<Known, 'tail'>, asOf: readonly Line[], signals: Pick<Sampler, 'samples'>, lineOfEquipment: (equipment: string) => string): Recalled {
  const lines = new Map(asOf.map((line) => [line.plan.line.code, line]))
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

type Told = Omit<Known, 'tail'>

const snapshotOf = ({ snapshots }: Told, { line: { code } }: LinePlan) => snapshots.find((candidate) => candidate.line === code)

const before = (remembered: Told, plan: LinePlan): Line => lineBefore(plan, snapshotOf(remembered, plan)?.state ?? null, remembered.rows.filter((row) => row.line === plan.line.code))

const allMade = ({ made }: Told, line: Line): Line => withPaces(allTold(line), made ?? [])

function asOfFacts(remembered: Told, plan: LinePlan): Line {
  const knownTo = snapshotOf(remembered, plan)?.seq ?? 0
  const telling = new Telling(before(remembered, plan))
  for (const fact of remembered.facts) if (fact.seq > knownTo) telling.tell(fact)
  return allMade(remembered, telling.line)
}
