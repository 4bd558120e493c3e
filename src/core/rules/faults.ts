/** Fault bits of an equipment: which are on, and when each rose. */

import { limits } from '../../base/limits.js'
import { type Instant, rfc3339, since } from '../../base/units.js'
import type { FaultEntry } from '../../contract/config.js'
import type { Draft } from '../../contract/events/catalogue.js'
import { draft, equipmentAt } from '../memory/lookups.js'
import type { Equipment, EquipmentRules, Faults, Line } from '../memory/memory.js'

export const initialFaults: Faults = { active: [], risen: [] }

/** Compares the word with what was on. A fault that is not in the catalogue has no meaning to anybody, and is not told. */
export function decideFaults(line: Line, i: number, word: bigint | number, at: Instant): Draft[] {
  const { code, faults } = equipmentAt(line, i)
  const bits = BigInt(word)
  const drafts: Draft[] = []
  for (const { bit, since: risenAt } of faults.active) {
    const entry = line.rules[i]!.faults.get(bit)
    if (entry === undefined || isSet(bits, bit)) continue
    drafts.push(draft(line, 'plc_fault_cleared', at, code, { ...bodyOf(entry), lasted_seconds: since(at, risenAt) / 1_000 }))
  }
  for (const entry of line.rules[i]!.config.faults) {
    if (isSet(bits, entry.bit) && !faults.active.some(({ bit }) => bit === entry.bit)) drafts.push(draft(line, 'plc_fault', at, code, bodyOf(entry)))
  }
  return drafts
}

export function applyFaults(equipment: Equipment, fact: Draft): Equipment {
  const { active, risen } = equipment.faults
  switch (fact.type) {
    case 'plc_fault': {
      const { bit } = fact.body
      if (bit === null) return equipment
      return { ...equipment, faults: {
        active: [...active, { bit, since: fact.at }],
        risen: [...risen.slice(1 - limits.faultsRememberedMax), { bit, at: fact.at }],
      } }
    }
    case 'plc_fault_cleared': return { ...equipment, faults: { risen, active: active.filter(({ bit }) => bit !== fact.body.bit) } }
    default: return equipment
  }
}

/** What is on, worst first, as screens show it. */
export function activeFaults(equipment: Equipment, rules: EquipmentRules): { fault: string; name: string; severity: string; marker: string; since: string }[] {
  return equipment.faults.active
    .flatMap(({ bit, since: from }) => {
      const entry = rules.faults.get(bit)
      return entry === undefined || entry.kind === 'status' ? [] : [{ entry, from }]
    })
    .sort((a, b) => severityRank(a.entry) - severityRank(b.entry) || a.from - b.from)
    .map(({ entry, from }) => ({ fault: entry.code, name: entry.name, severity: entry.severity, marker: entry.marker, since: rfc3339(from) }))
}

const severities = ['critical', 'high', 'medium', 'low'] as const
/** 0 is the worst. */
export const severityRank = (entry: FaultEntry): number => severities.indexOf(entry.severity)

const isSet = (bits: bigint, bit: number): boolean => ((bits >> BigInt(bit)) & 1n) === 1n
const bodyOf = (entry: FaultEntry) =>
  ({ fault: entry.code, name: entry.name, bit: entry.bit, marker: entry.marker, kind: entry.kind, severity: entry.severity })
