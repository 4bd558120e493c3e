/** Loss rows added up where they lie: a year of minutes crosses the threads as a handful of sums. */

import type { Made, SumQuery } from '../../contract/journal.js'
import { type LossRow, partCounts, timeLeaves } from '../../contract/losses.js'
import { type Database, prepared } from '../store/database.js'
import type { InTime } from '../store/deadline.js'
import { type StoredRow, rowOf } from './rows.js'

const HOUR_MS = 3_600_000
const LEAVES = [...timeLeaves, ...partCounts]

/**
 * One row for each equipment, period, product and ideal time, and for each shift or job where these are asked for; its `minute` is the start of the period.
 * Whole hours come out of their roll-up, what is left at both ends out of the minutes. All periods are one question, because asking is what takes long.
 * Parts are counted in whole numbers or in fractions that doubles hold, so the order of adding changes nothing but the last bit.
 */
export function rowSummer(database: Database): (query: SumQuery, inTime: InTime) => LossRow[] {
  const names = `context, line, revision, ${LEAVES.join(', ')}`
  const sums = LEAVES.map((leaf) => `sum(${leaf}) AS ${leaf}`).join(', ')
  const idOf = database.prepare<[string], number>('SELECT id FROM codes WHERE code = ?').pluck()
  return ({ equipment, edges, by }, inTime) => {
    const column = (name: 'shift' | 'job') => by.includes(name) ? name : `'' AS ${name}`
    const keys = [...by, 'product', 'ideal_ms'].join(', ')
    const within = prepared<{ equipment: string; id: number; periods: string }, StoredRow>(database, `
      WITH periods AS MATERIALIZED (SELECT value ->> 0 AS start, value ->> 1 AS first_hour, value ->> 2 AS last_hour, value ->> 3 AS end FROM json_each(:periods))
      SELECT :equipment AS equipment, r.start AS minute, ${column('shift')}, ${column('job')}, product, ideal_ms, max(l.code) AS line, max(revision) AS revision, ${sums}
      FROM (
        SELECT start, ${names} FROM periods CROSS JOIN minutes WHERE equipment = :id AND minute >= start AND minute < first_hour
        UNION ALL SELECT start, ${names} FROM periods CROSS JOIN hours WHERE equipment = :id AND hour >= first_hour AND hour < last_hour
        UNION ALL SELECT start, ${names} FROM periods CROSS JOIN minutes WHERE equipment = :id AND minute >= last_hour AND minute < end) AS r
      CROSS JOIN contexts c ON c.id = r.context CROSS JOIN codes l ON l.id = r.line
      GROUP BY r.start, ${keys} ORDER BY r.start, ${keys}`)
    const periods = JSON.stringify(edges.slice(1).map((to, i) => periodOf(edges[i]!, to)))
    return equipment.flatMap((code) => {
      inTime()
      const id = idOf.get(code)
      return id === undefined ? [] : within.all({ equipment: code, id, periods }).map(rowOf)
    })
  }
}

/** The newest hours in which each product was made on each equipment, oldest first; out of the roll-up, so that a month is a few thousand rows. */
export function madeSince(database: Database, from: number, hoursEach: number): Made[] {
  return database.prepare<{ from: number; hours: number }, Made>(`
    WITH made AS (
      SELECT e.code AS equipment, h.hour, c.product, sum(h.good) AS good, sum(h.unplanned + h.external + h.planned + h.changeover + h.micro_stop + h.running) AS plannedMs,
        row_number() OVER (PARTITION BY h.equipment, c.product ORDER BY h.hour DESC) AS place
      FROM codes e CROSS JOIN hours h ON h.equipment = e.id AND h.hour >= :from CROSS JOIN contexts c ON c.id = h.context
      WHERE c.product <> '' AND h.good > 0 GROUP BY h.equipment, h.hour, c.product)
    SELECT equipment, hour, product, good, plannedMs FROM made WHERE place <= :hours ORDER BY hour, equipment, product`).all({ from, hours: hoursEach })
}

/** Its start, its whole hours, its end. */
function periodOf(from: number, to: number): readonly [from: number, firstHour: number, lastHour: number, to: number] {
  const firstHour = Math.min(to, Math.ceil(from / HOUR_MS) * HOUR_MS)
  return [from, firstHour, Math.max(firstHour, Math.floor(to / HOUR_MS) * HOUR_MS), to]
}
