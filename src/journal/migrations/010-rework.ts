/** Parts that rework made good stand beside the leaves of their row. Facts from before were of the last hours only, and rows keep what was written. */

const parts: readonly string[] = ['good', 'startup_reject', 'production_reject', 'off_schedule', 'recovered', 'reworked']
const counts: readonly string[] = ['schedule_loss', 'no_order', 'no_data', 'unplanned', 'external', 'planned', 'changeover', 'micro_stop', 'running', ...parts]

const each = (text: (name: string) => string): string => counts.map(text).join(', ')
// Fractions of parts come and go by adding and taking away: beyond the ninth decimal there is nothing but the noise of doubles.
const whole = (name: string, sum: string): string => parts.includes(name) ? `round(${sum}, 9)` : sum
const hourOf = (row: string): string => `${row}.minute - ${row}.minute % 3600000`
const isHourOf = (row: string): string => `(equipment, hour, context) = (${row}.equipment, ${hourOf(row)}, ${row}.context)`

const put = (row: string): string => `
  INSERT INTO hours (equipment, hour, context, line, revision, rows_count, ${each((name) => name)})
  VALUES (${row}.equipment, ${hourOf(row)}, ${row}.context, ${row}.line, ${row}.revision, 1, ${each((name) => `${row}.${name}`)})
  ON CONFLICT DO UPDATE SET line = excluded.line, revision = max(revision, excluded.revision), rows_count = rows_count + 1,
    ${each((name) => `${name} = ${whole(name, `${name} + excluded.${name}`)}`)};`

const take = (row: string): string => `
  UPDATE hours SET rows_count = rows_count - 1, ${each((name) => `${name} = ${whole(name, `${name} - ${row}.${name}`)}`)} WHERE ${isHourOf(row)};`

export const rework = `
ALTER TABLE minutes ADD COLUMN reworked REAL NOT NULL DEFAULT 0;
ALTER TABLE hours ADD COLUMN reworked REAL NOT NULL DEFAULT 0;

DROP TRIGGER minutes_put;
DROP TRIGGER minutes_changed;
DROP TRIGGER minutes_taken;
CREATE TRIGGER minutes_put AFTER INSERT ON minutes BEGIN ${put('new')} END;
CREATE TRIGGER minutes_changed AFTER UPDATE ON minutes BEGIN ${take('old')} ${put('new')} END;
CREATE TRIGGER minutes_taken AFTER DELETE ON minutes BEGIN ${take('old')}
  DELETE FROM hours WHERE rows_count = 0 AND ${isHourOf('old')};
END;
`

/** All hours anew out of the minutes, into an empty table. */
export const rollUp = `
INSERT INTO hours (equipment, hour, context, line, revision, rows_count, ${each((name) => name)})
SELECT equipment, minute - minute % 3600000 AS hour, context, max(line), max(revision), count(*), ${each((name) => whole(name, `sum(${name})`))}
FROM minutes GROUP BY equipment, hour, context;
`
