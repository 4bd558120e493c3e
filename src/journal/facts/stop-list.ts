/** Pages out of the table of stops: found by their place, whatever lies before and behind. */

import type { StopQuery } from '../../contract/journal.js'
import type { ToldStop } from '../../contract/told-stop.js'
import type { Database } from '../store/database.js'
import type { InTime } from '../store/deadline.js'
import { isListed, STOP_COLUMNS, stopOf, type StopRow, stoppedReader, stopWords, type StopWords } from './stops.js'

/** Stops of one equipment that may lie over each other after a step of the clock. */
const OVERLAPS_MAX = 16

/** `null` while the table does not know all facts. */
export function stopReader(database: Database): (query: StopQuery, inTime: InTime) => ToldStop[] | null {
  const stopped = stoppedReader(database)
  const words = stopWords(database)
  // Stops of one equipment follow each other, so that what reaches into a period is the last before it.
  const reaching = database.prepare<object, number | null>(`
    SELECT min(began) FROM (SELECT began, ended FROM stops WHERE line = :line AND equipment = :equipment AND began < :from ORDER BY began DESC LIMIT ${OVERLAPS_MAX}) WHERE ended > :from`).pluck()
  const page = database.prepare<object, StopRow>(`
    SELECT ${STOP_COLUMNS} FROM stops
    WHERE line = :line AND equipment = :equipment AND began >= :first AND began < :to AND (began, stop) < (:afterBegan, :afterStop)
      AND (ended > :from OR (ended IS NULL AND began >= :from))
      AND (:open IS NULL OR (ended IS NULL) = :open)
      AND (:reason IS NULL OR reason = :reason)
      AND (:explained IS NULL OR (reason IS NOT NULL) = :explained)
      AND (:microMs IS NULL OR micro_above_ms IS NULL OR micro_above_ms >= :microMs)
      AND stop NOT IN (SELECT value FROM json_each(:except))
    ORDER BY began DESC, stop DESC LIMIT :limit`)

  return ({ lines, equipment, after, microMs, ...query }, inTime) => {
    if (!isListed(database)) return null
    const asked = {
      from: query.from, to: query.to, limit: query.limit, afterBegan: after?.from ?? Number.MAX_SAFE_INTEGER, afterStop: after?.stopId ?? '',
      open: bit(query.open), reason: query.reason ?? null, explained: bit(query.explained), except: JSON.stringify(query.except ?? []),
    }
    const found = stopped().flatMap((place) => {
      inTime()
      const code = words.code(place.equipment)
      if ((lines !== null && !lines.includes(words.code(place.line))) || (equipment !== undefined && equipment !== code)) return []
      const its = { ...asked, line: place.line, equipment: place.equipment, microMs: microMs === undefined ? null : microMs[code] ?? 0 }
      return page.all({ ...its, first: reaching.get(its) ?? query.from })
    })
    const read = readOnce(words)
    return found.sort(newestFirst).slice(0, query.limit).map((row) => stopOf(row, read))
  }
}

/** Many stops of a page say the same. */
function readOnce({ code, said }: StopWords): StopWords {
  const once = <T>(read: (id: number) => T) => {
    const known = new Map<number, T>()
    return (id: number): T => {
      const before = known.get(id)
      if (before !== undefined) return before
      const found = read(id)
      known.set(id, found)
      return found
    }
  }
  return { code: once(code), said: once(said) }
}

const newestFirst = (one: StopRow, other: StopRow): number => other.began - one.began || (one.stop > other.stop ? -1 : 1)

const bit = (wish: boolean | undefined): number | null => (wish === undefined ? null : Number(wish))
