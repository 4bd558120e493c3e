/** Loss rows by number instead of by name, one minute of all equipment beside the other: they are written in this order, and a year of them is read by the hour. */

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

/** All hours anew out of the minutes, into an empty table. */
export const rollUp = `
INSERT INTO hours SELECT equipment, minute - minute % 3600000 AS hour, context, max(line), max(revision), count(*), ${each((leaf) => whole(leaf, `sum(${leaf})`))}
FROM minutes GROUP BY equipment, hour, context;
`

export const minutes = `
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
INSERT INTO codes (code) SELECT equipment FROM losses UNION SELECT line FROM losses;
INSERT INTO contexts (shift, job, product, ideal_ms) SELECT DISTINCT shift, job, product, ideal_ms FROM losses;
-- A day of all equipment after the other, so that nothing is sorted and what is written lies side by side.
WITH RECURSIVE days (day) AS (SELECT min(hour) FROM hours UNION ALL SELECT day + 86400000 FROM days WHERE day + 86400000 <= (SELECT max(hour) FROM hours))
INSERT INTO minutes SELECT o.minute, e.id, c.id, l.id, o.revision, o.written, ${each((leaf) => `o.${leaf}`)}
FROM days CROSS JOIN codes e CROSS JOIN losses o ON o.equipment = e.code AND o.minute >= day AND o.minute < day + 86400000
CROSS JOIN codes l ON l.code = o.line
CROSS JOIN contexts c ON (c.shift, c.job, c.product, c.ideal_ms) = (o.shift, o.job, o.product, o.ideal_ms);
CREATE INDEX minutes_by_written ON minutes (written);
DROP TABLE losses;
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
${rollUp}
CREATE TRIGGER minutes_put AFTER INSERT ON minutes BEGIN ${put('new')} END;
CREATE TRIGGER minutes_changed AFTER UPDATE ON minutes BEGIN ${take('old')} ${put('new')} END;
CREATE TRIGGER minutes_taken AFTER DELETE ON minutes BEGIN ${take('old')}
  DELETE FROM hours WHERE rows_count = 0 AND ${isHourOf('old')};
END;
`
