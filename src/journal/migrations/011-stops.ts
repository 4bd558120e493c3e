/** Stops as they stand by their facts, in the order of time for each equipment: a page of a list is found and not told anew. */

export const stopTable = `
-- What is the same for many stops: state, reason and cause; job, product and shift. \`used\` is the newest beginning of a stop that says it.
CREATE TABLE stop_texts (
  id    INTEGER PRIMARY KEY,
  text  TEXT NOT NULL UNIQUE,
  used  INTEGER NOT NULL
) STRICT;

-- \`why\` and \`during\` are texts. Notes are NULL where there are none.
CREATE TABLE stops (
  line            INTEGER NOT NULL REFERENCES codes (id),
  equipment       INTEGER NOT NULL REFERENCES codes (id),
  began           INTEGER NOT NULL,
  stop            TEXT NOT NULL,
  ended           INTEGER,
  lost_ms         INTEGER NOT NULL,
  micro_above_ms  INTEGER,
  reason          TEXT,
  revision        INTEGER NOT NULL,
  why             INTEGER NOT NULL,
  during          INTEGER NOT NULL,
  notes           TEXT,
  PRIMARY KEY (line, equipment, began, stop)
) STRICT, WITHOUT ROWID;
CREATE UNIQUE INDEX stops_by_name ON stops (stop);

-- How far the table has heard the facts that were there before it; once it has heard all of them it goes with the facts, and this is gone.
INSERT INTO marks (name, value) SELECT 'stops_heard', '0' WHERE EXISTS (SELECT 1 FROM facts) OR EXISTS (SELECT 1 FROM packs);
`
