/** Loss rows by number instead of by name, one minute of all equipment beside the other: they are written in this order, and a year of them is read by the hour. */

import type { Database } from '../store/database.js'
import type { LongStep } from './long-step.js'

const parts: readonly string[] = ['good', 'startup_reject', 'production_reject', 'off_schedule', 'recovered']
const leaves: readonly string[] = ['schedule_loss', 'no_order', 'no_data', 'unplanned', 'external', 'planned', 'changeover', 'micro_stop', 'running', ...parts]

const each = (text: (leaf: string) => string): string => leaves.map(text).join(', ')
const column = (leaf: string): string => `${leaf} ${parts.includes(leaf) ? 'REAL' : 'INTEGER'} NOT NULL`
// Fractions of parts come and go by adding and taking away: beyond the ninth decimal there is nothing but the noise of doubles.
const whole = (leaf: string, sum: string): string => parts.includes(leaf) ? `round(${sum}, 9)` : sum
const hourOf = (row: string): string => `${row}.minute - ${row}.minute % 3600000`
const isHourOf = (row: string): string => `(equipment, hour, context) = (${row}.equipment, ${hourOf(row)}, ${row}.context)`

const put = (row: string): string => `
  INSERT INTO hours (equipment, hour, context, line, revision, rows_count, ${each((leaf) => leaf)})
  VALUES (${row}.equipment, ${hourOf(row)}, ${row}.context, ${row}.line, ${row}.revision, 1, ${each((leaf) => `${row}.${leaf}`)})
  ON CONFLICT DO UPDATE SET line = excluded.line, revision = max(revision, excluded.revision), rows_count = rows_count + 1,
    ${each((leaf) => `${leaf} = ${whole(leaf, `${leaf} + excluded.${leaf}`)}`)};`

const take = (row: string): string => `
  UPDATE hours SET rows_count = rows_count - 1, ${each((leaf) => `${leaf} = ${whole(leaf, `${leaf} - ${row}.${leaf}`)}`)} WHERE ${isHourOf(row)};`

const roll = (where: string): string => `
INSERT INTO hours SELECT equipment, minute - minute % 3600000 AS hour, context, max(line), max(revision), count(*), ${each((leaf) => whole(leaf, `sum(${leaf})`))}
FROM minutes ${where} GROUP BY equipment, hour, context;
`

const begin = `
-- Lines and equipment.
CREATE TABLE codes (
  id    INTEGER PRIMARY KEY,
  code  TEXT NOT NULL UNIQUE
) STRICT;

-- What a minute was worked for. No shift, job or product is an empty text, so that it can be told apart by.
CREATE TABLE contexts (
  id        INTEGER PRIMARY KEY,
  shift     TEXT NOT NULL,
  job       TEXT NOT NULL,
  product   TEXT NOT NULL,
  ideal_ms  REAL NOT NULL,
  UNIQUE (shift, job, product, ideal_ms)
) STRICT;

-- The loss tree: integer milliseconds and parts.
CREATE TABLE minutes (
  minute     INTEGER NOT NULL,
  equipment  INTEGER NOT NULL REFERENCES codes (id),
  context    INTEGER NOT NULL REFERENCES contexts (id),
  line       INTEGER NOT NULL REFERENCES codes (id),
  revision   INTEGER NOT NULL,
  written    INTEGER NOT NULL,
  ${leaves.map((leaf) => `${column(leaf)},`).join('\n  ')}
  PRIMARY KEY (minute, equipment, context)
) STRICT, WITHOUT ROWID;
CREATE INDEX minutes_by_written ON minutes (written);

-- Rows that leave for their new table are not taken out of any hour.
DROP TRIGGER losses_put;
DROP TRIGGER losses_changed;
DROP TRIGGER losses_taken;
DROP TABLE hours;
CREATE TABLE hours (
  equipment   INTEGER NOT NULL REFERENCES codes (id),
  hour        INTEGER NOT NULL,
  context     INTEGER NOT NULL REFERENCES contexts (id),
  line        INTEGER NOT NULL REFERENCES codes (id),
  revision    INTEGER NOT NULL,
  rows_count  INTEGER NOT NULL,
  ${leaves.map((leaf) => `${column(leaf)},`).join('\n  ')}
  PRIMARY KEY (equipment, hour, context)
) STRICT, WITHOUT ROWID;
`

const end = `
DROP TABLE losses;
CREATE TRIGGER minutes_put AFTER INSERT ON minutes BEGIN ${put('new')} END;
CREATE TRIGGER minutes_changed AFTER UPDATE ON minutes BEGIN ${take('old')} ${put('new')} END;
CREATE TRIGGER minutes_taken AFTER DELETE ON minutes BEGIN ${take('old')}
  DELETE FROM hours WHERE rows_count = 0 AND ${isHourOf('old')};
END;
`

const DAY_MS = 86_400_000

/** A year of twenty machines is ten million rows, so they move a day at a time. */
export const minutes: LongStep = {
  begin, end,
  isBegun: (database) => database.prepare("SELECT 1 FROM sqlite_master WHERE name = 'minutes'").get() !== undefined,
  move(database) {
    const machines = machinesIn(database)
    const oldest = database.prepare<[string], number>('SELECT min(minute) FROM losses WHERE equipment = ?').pluck()
    const first = Math.min(...machines.map((code) => oldest.get(code) ?? Infinity))
    if (first === Infinity) return false
    const from = Math.floor(first / DAY_MS) * DAY_MS
    moveBetween(database, machines, { from, to: from + DAY_MS })
    return true
  },
}

/** The key begins with the equipment: stepping from one to the next reads a row each. */
const machinesIn = (database: Database): readonly string[] => database.prepare<[], string>(`
  WITH RECURSIVE machines (code) AS (
    SELECT min(equipment) FROM losses
    UNION ALL SELECT (SELECT min(equipment) FROM losses WHERE equipment > code) FROM machines WHERE code IS NOT NULL)
  SELECT code FROM machines WHERE code IS NOT NULL`).pluck().all()

function moveBetween(database: Database, machines: readonly string[], period: { readonly from: number; readonly to: number }): void {
  const its = 'equipment = :code AND minute >= :from AND minute < :to'
  const statements = [
    `INSERT OR IGNORE INTO codes (code) SELECT DISTINCT equipment FROM losses WHERE ${its} UNION SELECT DISTINCT line FROM losses WHERE ${its}`,
    `INSERT OR IGNORE INTO contexts (shift, job, product, ideal_ms) SELECT DISTINCT shift, job, product, ideal_ms FROM losses WHERE ${its}`,
    `INSERT INTO minutes SELECT o.minute, e.id, c.id, l.id, o.revision, o.written, ${each((leaf) => `o.${leaf}`)}
     FROM losses o CROSS JOIN codes e ON e.code = o.equipment CROSS JOIN codes l ON l.code = o.line
     CROSS JOIN contexts c ON (c.shift, c.job, c.product, c.ideal_ms) = (o.shift, o.job, o.product, o.ideal_ms) WHERE ${its}`,
    `DELETE FROM losses WHERE ${its}`,
  ].map((sql) => database.prepare(sql))
  for (const code of machines) for (const statement of statements) statement.run({ code, ...period })
  // A day holds whole hours.
  database.prepare(roll('WHERE minute >= :from AND minute < :to')).run(period)
}
