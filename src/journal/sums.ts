/** Loss rows added up where they lie: a year of minutes crosses the threads as a handful of sums. */

import type { SumQuery } from '../contract/journal.js'
import { type LossRow, partLeaves, timeLeaves } from '../contract/losses.js'
import type { Database } from './database.js'
import type { InTime } from './reads.js'
import { type StoredRow, rowOf } from './rows.js'

const HOUR_MS = 3_600_000
const LEAVES = [...timeLeaves, ...partLeaves]

/**
 * One row for each equipment, period, product and ideal time, and for each shift or job where these are asked for; its `minute` is the start of the period.
 * Whole hours come out of their roll-up, what is left at both ends out of the minutes.
 * Parts are counted in whole numbers or in fractions that doubles hold, so the order of adding changes nothing but the last bit.
 */
export function rowSummer(database: Database): (query: SumQuery, inTime: InTime) => LossRow[] {
  const names = `context, line, revision, ${LEAVES.join(', ')}`
  const sums = LEAVES.map((leaf) => `sum(${leaf}) AS ${leaf}`).join(', ')
  const idOf = database.prepare<[string], number>('SELECT id FROM codes WHERE code = ?').pluck()
  return ({ equipment, edges, by }, inTime) => {
    const column = (name: 'shift' | 'job') => by.includes(name) ? name : `'' AS ${name}`
    const keys = [...by, 'product', 'ideal_ms'].join(', ')
    const within = database.prepare<{ equipment: string; id: number; from: number; firstHour: number; lastHour: number; to: number }, StoredRow>(`
      SELECT :equipment AS equipment, :from AS minute, ${column('shift')}, ${column('job')}, product, ideal_ms, max(l.code) AS line, max(revision) AS revision, ${sums}
      FROM (
        SELECT ${names} FROM minutes WHERE equipment = :id AND minute >= :from AND minute < :firstHour
        UNION ALL SELECT ${names} FROM hours WHERE equipment = :id AND hour >= :firstHour AND hour < :lastHour
        UNION ALL SELECT ${names} FROM minutes WHERE equipment = :id AND minute >= :lastHour AND minute < :to) AS r
      CROSS JOIN contexts c ON c.id = r.context CROSS JOIN codes l ON l.id = r.line
      GROUP BY ${keys} ORDER BY ${keys}`)
    const rows: LossRow[] = []
    for (const code of equipment) {
      const id = idOf.get(code)
      if (id === undefined) continue
      for (let i = 0; i + 1 < edges.length; i++) {
        inTime()
        const [from, to] = [edges[i]!, edges[i + 1]!]
        const firstHour = Math.min(to, Math.ceil(from / HOUR_MS) * HOUR_MS)
        const lastHour = Math.max(firstHour, Math.floor(to / HOUR_MS) * HOUR_MS)
        for (const stored of within.all({ equipment: code, id, from, firstHour, lastHour, to })) rows.push(rowOf({ ...stored, minute: from }))
      }
    }
    return rows
  }
}
