/** Facts of past days, sealed into packs: what happened never changes, and much alike takes little room side by side. */

export const packs = `
-- A run of facts, oldest first. A pack that is not sealed is one that a crash interrupted; its facts still stand as rows.
CREATE TABLE packs (
  seq_first    INTEGER PRIMARY KEY,
  seq_last     INTEGER NOT NULL,
  turn_first   INTEGER NOT NULL,
  turn_last    INTEGER NOT NULL,
  at_first     INTEGER NOT NULL,
  at_last      INTEGER NOT NULL,
  epoch_last   INTEGER NOT NULL,
  facts_count  INTEGER NOT NULL,
  sealed       INTEGER NOT NULL
) STRICT;

-- The facts of one kind about one equipment within a pack.
CREATE TABLE strands (
  id         INTEGER PRIMARY KEY,
  pack       INTEGER NOT NULL REFERENCES packs (seq_first),
  type       TEXT NOT NULL,
  line       TEXT,
  equipment  TEXT,
  content    BLOB NOT NULL
) STRICT;
CREATE INDEX strands_by_pack ON strands (pack, type, equipment);

-- Which facts of a pack name a stop, and when the stops began of which it tells: what would otherwise ask for every body.
CREATE TABLE told (
  pack  INTEGER NOT NULL REFERENCES packs (seq_first),
  stop  TEXT NOT NULL,
  seq   INTEGER NOT NULL,
  PRIMARY KEY (pack, stop, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE beginnings (
  pack  INTEGER NOT NULL REFERENCES packs (seq_first),
  at    INTEGER NOT NULL,
  PRIMARY KEY (pack, at)
) STRICT, WITHOUT ROWID;
`
