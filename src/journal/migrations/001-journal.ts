/** The first schema: facts, what follows from them, and the samples beside them. */

export const journal = `
-- The lives of this journal. Numbers go on from one epoch to the next; a new one says that history before it may be missing or changed.
CREATE TABLE epochs (
  id             INTEGER PRIMARY KEY,
  epoch          TEXT NOT NULL UNIQUE,
  first_seq      INTEGER NOT NULL,
  previous       TEXT,
  previous_head  INTEGER,
  minted_at      INTEGER NOT NULL,
  why            TEXT NOT NULL
) STRICT;

-- Single values: instance, clean.
CREATE TABLE marks (
  name   TEXT PRIMARY KEY,
  value  TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What happened, numbered without holes.
CREATE TABLE facts (
  seq        INTEGER PRIMARY KEY,
  epoch      INTEGER NOT NULL REFERENCES epochs (id),
  turn       INTEGER NOT NULL,
  at         INTEGER NOT NULL,
  line       TEXT,
  equipment  TEXT,
  type       TEXT NOT NULL,
  config     INTEGER NOT NULL,
  body       TEXT NOT NULL,
  crc        INTEGER NOT NULL
) STRICT;
CREATE INDEX facts_by_at ON facts (at);
CREATE INDEX facts_by_type ON facts (type, at);
CREATE INDEX facts_by_equipment ON facts (equipment, at) WHERE equipment IS NOT NULL;

-- The state of a line as of a number.
CREATE TABLE snapshots (
  line   TEXT NOT NULL,
  seq    INTEGER NOT NULL,
  at     INTEGER NOT NULL,
  state  TEXT NOT NULL,
  PRIMARY KEY (line, seq)
) STRICT, WITHOUT ROWID;

-- Who asked for what, and what became of it.
CREATE TABLE commands (
  id         INTEGER PRIMARY KEY,
  at         INTEGER NOT NULL,
  name       TEXT NOT NULL,
  line       TEXT NOT NULL,
  equipment  TEXT,
  by_id      TEXT NOT NULL,
  by_name    TEXT NOT NULL,
  role       TEXT NOT NULL,
  key        TEXT,
  body       TEXT NOT NULL,
  seqs       TEXT NOT NULL,
  refusal    TEXT
) STRICT;
CREATE INDEX commands_by_at ON commands (at);
CREATE INDEX commands_by_key ON commands (key) WHERE key IS NOT NULL;

-- The loss tree: integer milliseconds and parts. No shift, job or product is an empty text, so that it can stand in the key.
CREATE TABLE losses (
  equipment          TEXT NOT NULL,
  minute             INTEGER NOT NULL,
  shift              TEXT NOT NULL,
  job                TEXT NOT NULL,
  product            TEXT NOT NULL,
  ideal_ms           REAL NOT NULL,
  line               TEXT NOT NULL,
  revision           INTEGER NOT NULL,
  schedule_loss      INTEGER NOT NULL,
  no_order           INTEGER NOT NULL,
  no_data            INTEGER NOT NULL,
  unplanned          INTEGER NOT NULL,
  external           INTEGER NOT NULL,
  planned            INTEGER NOT NULL,
  changeover         INTEGER NOT NULL,
  micro_stop         INTEGER NOT NULL,
  running            INTEGER NOT NULL,
  good               REAL NOT NULL,
  startup_reject     REAL NOT NULL,
  production_reject  REAL NOT NULL,
  off_schedule       REAL NOT NULL,
  recovered          REAL NOT NULL,
  PRIMARY KEY (equipment, minute, shift, job, product, ideal_ms)
) STRICT, WITHOUT ROWID;

-- Which tags stood in which columns.
CREATE TABLE layouts (
  id      INTEGER PRIMARY KEY,
  layout  TEXT NOT NULL UNIQUE
) STRICT;

-- Turns as they came, each row the turns of one commit.
CREATE TABLE staged (
  turn_first    INTEGER PRIMARY KEY,
  turn_last     INTEGER NOT NULL,
  at_first      INTEGER NOT NULL,
  at_last       INTEGER NOT NULL,
  values_count  INTEGER NOT NULL,
  block         BLOB NOT NULL
) STRICT;

-- Turns sealed into columns. A chunk that is not sealed is one that a crash interrupted.
CREATE TABLE chunks (
  id            INTEGER PRIMARY KEY,
  turn_first    INTEGER NOT NULL,
  turn_last     INTEGER NOT NULL,
  at_first      INTEGER NOT NULL,
  at_last       INTEGER NOT NULL,
  values_count  INTEGER NOT NULL,
  bytes         INTEGER NOT NULL,
  sealed        INTEGER NOT NULL,
  turns         BLOB NOT NULL
) STRICT;
CREATE INDEX chunks_by_at ON chunks (at_last, at_first, bytes, sealed);

-- The shared times of one layout in one chunk.
CREATE TABLE strips (
  id      INTEGER PRIMARY KEY,
  chunk   INTEGER NOT NULL REFERENCES chunks (id),
  layout  INTEGER NOT NULL REFERENCES layouts (id),
  times   BLOB NOT NULL,
  UNIQUE (chunk, layout)
) STRICT;

-- One slot of one tag in one chunk: id is strip × 2^20 + column. Two numbers in one key, because only a table keyed by its row number
-- keeps blobs of many kilobytes within its leaves. The figures are of the good values only.
CREATE TABLE columns (
  id          INTEGER PRIMARY KEY,
  good_count  INTEGER NOT NULL,
  min         REAL,
  max         REAL,
  sum         REAL,
  content     BLOB NOT NULL
) STRICT;

-- How far each reader has got that must not miss anything.
CREATE TABLE bookmarks (
  name  TEXT PRIMARY KEY,
  seq   INTEGER NOT NULL,
  at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`
