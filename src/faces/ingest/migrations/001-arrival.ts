/** Where records arrive: facts, loss rows, how far each stream has got, and all that is odd about it. */

import { partLeaves, timeLeaves } from '../../../contract/losses.js'

export const arrival = `
-- Who there is, as the gateways tell it themselves.
CREATE TABLE lineside.gateways (
  gateway            text PRIMARY KEY,
  session            bigint NOT NULL,
  online             boolean NOT NULL,
  epoch              text,
  version            text,
  enterprise         text,
  site               text,
  area               text,
  time_zone          text,
  heartbeat_seconds  double precision,
  seen_at            timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE lineside.lines (
  gateway  text NOT NULL,
  line     text NOT NULL,
  id       text NOT NULL,
  name     text NOT NULL,
  method   text NOT NULL,
  PRIMARY KEY (gateway, line)
);
CREATE TABLE lineside.equipment (
  gateway        text NOT NULL,
  equipment      text NOT NULL,
  line           text NOT NULL,
  name           text NOT NULL,
  position       int NOT NULL,
  is_constraint  boolean NOT NULL,
  PRIMARY KEY (gateway, equipment)
);

-- How far each stream has got without a hole. Numbers below "first" were acknowledged before this database knew the stream.
CREATE TABLE lineside.streams (
  gateway     text NOT NULL,
  lane        text NOT NULL,
  epoch       text NOT NULL,
  first       bigint NOT NULL,
  contiguous  bigint NOT NULL,
  moved_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (gateway, lane, epoch)
);
-- What is here beyond the first hole: (after, upto].
CREATE TABLE lineside.ranges (
  gateway   text NOT NULL,
  lane      text NOT NULL,
  epoch     text NOT NULL,
  after     bigint NOT NULL,
  upto      bigint NOT NULL,
  since     timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (gateway, lane, epoch, after)
);
-- The holes by name. They stay until they are filled.
CREATE VIEW lineside.gaps AS
SELECT gateway, lane, epoch, before + 1 AS first, after AS last, since
FROM (
  SELECT r.gateway, r.lane, r.epoch, r.after, r.since,
    greatest(s.contiguous, max(r.upto) OVER (PARTITION BY r.gateway, r.lane, r.epoch ORDER BY r.after ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) AS before
  FROM lineside.ranges r JOIN lineside.streams s USING (gateway, lane, epoch)
) AS neighbours
WHERE after > before;

CREATE TABLE lineside.facts (
  gateway      text NOT NULL,
  epoch        text NOT NULL,
  seq          bigint NOT NULL,
  at           timestamptz NOT NULL,
  kind         text NOT NULL,
  line         text,
  equipment    text,
  config       int NOT NULL,
  body         jsonb NOT NULL,
  received_at  timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (gateway, epoch, seq)
);
CREATE INDEX facts_by_kind ON lineside.facts (kind, at);

-- Numbers of which the gateway has nothing to send.
CREATE TABLE lineside.gone (
  gateway  text NOT NULL,
  epoch    text NOT NULL,
  first    bigint NOT NULL,
  last     bigint NOT NULL,
  why      text NOT NULL,
  at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (gateway, epoch, first, last)
);
-- The same number with another content: two histories of one gateway. Neither is thrown away.
CREATE TABLE lineside.forks (
  gateway  text NOT NULL,
  epoch    text NOT NULL,
  seq      bigint NOT NULL,
  record   jsonb NOT NULL,
  at       timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (gateway, epoch, seq, record)
);
-- What could not be read, as it came.
CREATE TABLE lineside.dead_letters (
  id       bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  topic    text NOT NULL,
  payload  bytea NOT NULL,
  why      text NOT NULL,
  at       timestamptz NOT NULL DEFAULT now()
);

-- The loss tree: integer milliseconds and parts. No shift, job or product is an empty text.
CREATE TABLE lineside.losses (
  gateway    text NOT NULL,
  equipment  text NOT NULL,
  minute     timestamptz NOT NULL,
  shift      text NOT NULL,
  job        text NOT NULL,
  product    text NOT NULL,
  ideal_ms   double precision NOT NULL,
  line       text NOT NULL,
  revision   int NOT NULL,
  epoch      text NOT NULL,
  written    bigint NOT NULL,
  ${timeLeaves.map((leaf) => `${leaf} bigint NOT NULL`).join(',\n  ')},
  ${partLeaves.map((leaf) => `${leaf} double precision NOT NULL`).join(',\n  ')},
  PRIMARY KEY (gateway, equipment, minute, shift, job, product, ideal_ms)
);
CREATE INDEX losses_by_minute ON lineside.losses (minute);

-- Puts one batch in its place and returns how far the stream has got. The row of the stream is locked until the commit,
-- so the watermark and the records it speaks of become true together.
CREATE FUNCTION lineside.arrived(of_gateway text, of_lane text, of_epoch text, acked bigint, covers_after bigint, covers_to bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  reached bigint;
  next bigint;
BEGIN
  -- A gateway's bookmark moves on our own word alone, so a stream that is new here begins where the gateway stands.
  INSERT INTO lineside.streams (gateway, lane, epoch, first, contiguous) VALUES (of_gateway, of_lane, of_epoch, acked + 1, acked) ON CONFLICT DO NOTHING;
  SELECT contiguous INTO reached FROM lineside.streams WHERE (gateway, lane, epoch) = (of_gateway, of_lane, of_epoch) FOR UPDATE;
  IF covers_after > reached THEN
    INSERT INTO lineside.ranges (gateway, lane, epoch, after, upto) VALUES (of_gateway, of_lane, of_epoch, covers_after, covers_to)
    ON CONFLICT (gateway, lane, epoch, after) DO UPDATE SET upto = greatest(ranges.upto, excluded.upto);
    RETURN reached;
  END IF;
  IF covers_to <= reached THEN RETURN reached; END IF;
  reached := covers_to;
  LOOP
    SELECT max(upto) INTO next FROM lineside.ranges WHERE (gateway, lane, epoch) = (of_gateway, of_lane, of_epoch) AND after <= reached;
    EXIT WHEN next IS NULL OR next <= reached;
    reached := next;
  END LOOP;
  DELETE FROM lineside.ranges WHERE (gateway, lane, epoch) = (of_gateway, of_lane, of_epoch) AND upto <= reached;
  UPDATE lineside.streams SET contiguous = reached, moved_at = now() WHERE (gateway, lane, epoch) = (of_gateway, of_lane, of_epoch);
  RETURN reached;
END $$;
`
