/** The columns of a strip in one run of bytes instead of a row each: rows have a head and leave room in their pages, and tables can be shared. */

export const rolls = `
-- The run of a strip, cut into pieces: id is strip × 2^20 + piece.
CREATE TABLE pieces (
  id     INTEGER PRIMARY KEY,
  bytes  BLOB NOT NULL
) STRICT;

-- Where which column lies in the run, and the figures of all. NULL for a strip whose columns still have rows of their own.
ALTER TABLE strips ADD COLUMN contents BLOB;
ALTER TABLE strips ADD COLUMN figures BLOB;
`
