/** Loss rows rolled up by the hour, so that a year is a few thousand rows: kept in step by the database itself, whoever writes a row. */

const leaves = [
  'schedule_loss', 'no_order', 'no_data', 'unplanned', 'external', 'planned', 'changeover', 'micro_stop', 'running',
  'good', 'startup_reject', 'production_reject', 'off_schedule', 'recovered',
] as const
const parts: readonly string[] = leaves.slice(9)

const each = (text: (leaf: string) => string): string => leaves.map(text).join(', ')
const key = (row: string, hour: string): string => `${row}.equipment, ${hour}, ${row}.shift, ${row}.job, ${row}.product, ${row}.ideal_ms`
const hourOf = (row: string): string => `${row}.minute - ${row}.minute % 3600000`
const isHourOf = (row: string): string => `(equipment, hour, shift, job, product, ideal_ms) = (${key(row, hourOf(row))})`
// Fractions of parts come and go by adding and taking away: beyond the ninth decimal there is nothing but the noise of doubles.
const whole = (leaf: string, sum: string): string => parts.includes(leaf) ? `round(${sum}, 9)` : sum

const put = (row: string): string => `
  INSERT INTO hours (equipment, hour, shift, job, product, ideal_ms, line, revision, rows_count, ${each((leaf) => leaf)})
  VALUES (${key(row, hourOf(row))}, ${row}.line, ${row}.revision, 1, ${each((leaf) => `${row}.${leaf}`)})
  ON CONFLICT DO UPDATE SET line = excluded.line, revision = max(revision, excluded.revision), rows_count = rows_count + 1,
    ${each((leaf) => `${leaf} = ${whole(leaf, `${leaf} + excluded.${leaf}`)}`)};`

const take = (row: string): string => `
  UPDATE hours SET rows_count = rows_count - 1, ${each((leaf) => `${leaf} = ${whole(leaf, `${leaf} - ${row}.${leaf}`)}`)} WHERE ${isHourOf(row)};`

const rollUp = `
INSERT INTO hours SELECT equipment, minute - minute % 3600000 AS hour, shift, job, product, ideal_ms, max(line), max(revision), count(*), ${each((leaf) => whole(leaf, `sum(${leaf})`))}
FROM losses GROUP BY equipment, hour, shift, job, product, ideal_ms;
`

export const hours = `
CREATE TABLE hours (
  equipment   TEXT NOT NULL,
  hour        INTEGER NOT NULL,
  shift       TEXT NOT NULL,
  job         TEXT NOT NULL,
  product     TEXT NOT NULL,
  ideal_ms    REAL NOT NULL,
  line        TEXT NOT NULL,
  revision    INTEGER NOT NULL,
  rows_count  INTEGER NOT NULL,
  ${leaves.map((leaf) => `${leaf} ${parts.includes(leaf) ? 'REAL' : 'INTEGER'} NOT NULL,`).join('\n  ')}
  PRIMARY KEY (equipment, hour, shift, job, product, ideal_ms)
) STRICT, WITHOUT ROWID;
${rollUp}
CREATE TRIGGER losses_put AFTER INSERT ON losses BEGIN ${put('new')} END;
CREATE TRIGGER losses_changed AFTER UPDATE ON losses BEGIN ${take('old')} ${put('new')} END;
CREATE TRIGGER losses_taken AFTER DELETE ON losses BEGIN ${take('old')}
  DELETE FROM hours WHERE rows_count = 0 AND ${isHourOf('old')};
END;
`
