/** What upstreams read by: in which order loss rows were last written, and the small values that must outlive a restart. */

export const upstream = `
ALTER TABLE losses ADD COLUMN written INTEGER NOT NULL DEFAULT 0;
UPDATE losses SET written = numbered.number
FROM (SELECT equipment, minute, shift, job, product, ideal_ms, row_number() OVER (ORDER BY minute) AS number FROM losses) AS numbered
WHERE (losses.equipment, losses.minute, losses.shift, losses.job, losses.product, losses.ideal_ms)
    = (numbered.equipment, numbered.minute, numbered.shift, numbered.job, numbered.product, numbered.ideal_ms);
CREATE INDEX losses_by_written ON losses (written);

CREATE TABLE notes (
  name   TEXT PRIMARY KEY,
  value  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
`
