/** Loss rows added up where they lie: a year of minutes crosses the threads as a handful of sums. */

import type { SumQuery } from '../contract/journal.js'
import { type LossRow, partLeaves, timeLeaves } from '../contract/losses.js'
import type { Database } from './database.js'
import type { InTime } from './reads.js'
import { type StoredRow, rowOf } from './rows.js'

/**
 * One row for each equipment, period, product and ideal time, and for each shift or job where these are asked for; its `minute` is the start of the period.
 * Parts are counted in whole numbers or in fractions that doubles hold, so the order of adding changes nothing but the last bit.
 */
export function rowSummer(database: Database): (query: SumQuery, inTime: InTime) => LossRow[] {
  const sums = [...timeLeaves, ...partLeaves].map((leaf) => `sum(${leaf}) AS ${leaf}`).join(', ')
  return ({ equipment, edges, by }, inTime) => {
    const column = (name: 'shift' | 'job') => by.includes(name) ? name : `'' AS ${name}`
    const keys = [...by, 'product', 'ideal_ms'].join(', ')
    const within = database.prepare<{ equipment: string; from: number; to: number }, StoredRow>(`
      SELECT equipment, :from AS minute, ${column('shift')}, ${column('job')}, product, ideal_ms, max(line) AS line, max(revision) AS revision, ${sums}
      FROM losses WHERE equipment = :equipment AND minute >= :from AND minute < :to GROUP BY ${keys} ORDER BY ${keys}`)
    const rows: LossRow[] = []
    for (const code of equipment) {
      for (let i = 0; i + 1 < edges.length; i++) {
        inTime()
        for (const stored of within.all({ equipment: code, from: edges[i]!, to: edges[i + 1]! })) rows.push(rowOf({ ...stored, minute: edges[i]! }))
      }
    }
    return rows
  }
}
