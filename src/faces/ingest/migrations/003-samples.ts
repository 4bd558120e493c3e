/** Where samples arrive: their tags by number, one row for each value, and what is odd about them beside what is odd about facts. */

import { qualityNames } from '../../../contract/scan.js'

/** Samples by the names of their tags, which a question should give. */
export const tagSamples = `
CREATE VIEW lineside.tag_samples AS
SELECT t.gateway, t.plc, t.tag, t.element, s.at, s.value, s.text, coalesce(q.name, s.quality::text) AS quality, s.turn
FROM lineside.samples s JOIN lineside.tags t ON t.id = s.tag LEFT JOIN lineside.qualities q USING (quality);
`

export const samples = `
ALTER TABLE lineside.gone ADD COLUMN lane text NOT NULL DEFAULT 'j', DROP CONSTRAINT gone_pkey, ADD PRIMARY KEY (gateway, lane, epoch, first, last);
ALTER TABLE lineside.forks ADD COLUMN lane text NOT NULL DEFAULT 'j', DROP CONSTRAINT forks_pkey, ADD PRIMARY KEY (gateway, lane, epoch, seq, record);

CREATE TABLE lineside.tags (
  id       int GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  gateway  text NOT NULL,
  plc      text NOT NULL,
  tag      text NOT NULL,
  element  int NOT NULL,
  UNIQUE (gateway, plc, tag, element)
);
-- A scan is named by its instant and its turn: when the clock was set back an instant comes twice, and after a database was put back a turn does.
CREATE TABLE lineside.samples (
  tag      int NOT NULL,
  at       timestamptz NOT NULL,
  turn     bigint NOT NULL,
  value    double precision,
  text     text,
  quality  smallint NOT NULL,
  PRIMARY KEY (tag, at, turn)
);
CREATE TABLE lineside.qualities (
  quality  smallint PRIMARY KEY,
  name     text NOT NULL
);
INSERT INTO lineside.qualities (quality, name) VALUES ${qualityNames.map((name, number) => `(${number}, '${name}')`).join(', ')};
${tagSamples}`
