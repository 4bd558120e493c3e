/** Rejects: when their share crosses its threshold, and when it has come back. */

import { type Instant, instantOf, rfc3339 } from '../../base/units.js'
import type { Draft, DraftOf } from '../../contract/events/catalogue.js'
import { configAt, draft, equipmentAt, indexOf } from '../memory/lookups.js'
import type { Equipment, Line, Quality } from '../memory/memory.js'

export const initialQuality: Quality = { recent: [], active: false }

/** After each record: the share of rejects among the last so many parts, with a lower threshold to come back. */
export function decideQuality(line: Line, fact: DraftOf<'count_recorded'> | DraftOf<'rejects_found'>): Draft[] {
  const i = indexOf(line, fact.equipment)
  const rule = configAt(line, i).quality_alert
  const { code, quality } = equipmentAt(line, i)
  if (rule === undefined) return []
  const good = sum(quality, 'good')
  const reject = sum(quality, 'reject')
  const parts = good + reject
  if (parts < rule.parts_min) return []
  const ratio = reject / parts
  const active = quality.active ? ratio > rule.clear_ratio : ratio >= rule.reject_ratio
  if (active === quality.active) return []
  const from: Instant = quality.recent[0]!.from
  return [draft(line, 'quality_alert', fact.at, code, { active, reject_ratio: ratio, threshold: active ? rule.reject_ratio : rule.clear_ratio, parts, from: rfc3339(from) })]
}

const sum = (quality: Quality, of: 'good' | 'reject'): number => quality.recent.reduce((parts, record) => parts + record[of], 0)

/** Keeps just as many records as are needed for the parts that judge. */
export function applyQuality(equipment: Equipment, fact: Draft, partsMin: number | undefined): Equipment {
  const { quality } = equipment
  if (fact.type === 'quality_alert') return { ...equipment, quality: { ...quality, active: fact.body.active } }
  if ((fact.type !== 'count_recorded' && fact.type !== 'rejects_found') || partsMin === undefined) return equipment
  const { good, reject } = fact.body
  let recent = [...quality.recent, { from: instantOf(fact.type === 'count_recorded' ? fact.body.from : fact.body.made_at)!, good, reject }]
  while (recent.length > 1 && recent.slice(1).reduce((parts, record) => parts + record.good + record.reject, 0) >= partsMin) recent = recent.slice(1)
  return { ...equipment, quality: { ...quality, recent: recent.slice(-RECORDS_MAX) } }
}

/** Records come once a minute; a machine that needs longer than this for its parts is judged by what it made meanwhile. */
const RECORDS_MAX = 240
