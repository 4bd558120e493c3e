/** Flight recorders: the samples around the beginnings of stops, which outlive those around them. */

export const recorders = `
-- Turns around stops, as they were cut out of a chunk that retention took away; each row a block like a staged one.
CREATE TABLE recorders (
  turn_first  INTEGER PRIMARY KEY,
  at_first    INTEGER NOT NULL,
  at_last     INTEGER NOT NULL,
  block       BLOB NOT NULL
) STRICT;
CREATE INDEX recorders_by_at ON recorders (at_last, at_first);
`
