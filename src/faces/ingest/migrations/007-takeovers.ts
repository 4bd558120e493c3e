/** Two boxes that are one gateway: what came of a story with which the other box did not go on is struck, and what stood there before stands there again. */

export const takeovers = `
-- Where the story of an epoch ends, because a box that knew it up to there went on. "after_rows" is null where the gateway did not say it.
CREATE TABLE lineside.takeovers (
  gateway     text NOT NULL,
  epoch       text NOT NULL,
  after_seq   bigint NOT NULL,
  after_rows  bigint,
  at          timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (gateway, epoch)
);
-- Facts from behind that place: the box that went on has counted the parts of that time anew. They are kept for a person to look at.
CREATE TABLE lineside.superseded (LIKE lineside.facts INCLUDING DEFAULTS, PRIMARY KEY (gateway, epoch, seq, at));

-- Loss rows that only one of two boxes had when it told them, by the number of their writing, and what stood in their place; null where nothing did.
CREATE TABLE lineside.losses_replaced (
  gateway    text NOT NULL,
  epoch      text NOT NULL,
  written    bigint NOT NULL,
  equipment  text NOT NULL,
  minute     timestamptz NOT NULL,
  shift      text NOT NULL,
  job        text NOT NULL,
  product    text NOT NULL,
  ideal_ms   double precision NOT NULL,
  before     jsonb,
  PRIMARY KEY (gateway, epoch, written)
);

-- Strikes what is here of an epoch behind its end. Whoever calls it holds the streams of that epoch, or one of them and has just put something there.
CREATE FUNCTION lineside.strike(of_gateway text, of_epoch text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  story lineside.takeovers;
  row_ lineside.losses_replaced;
BEGIN
  SELECT * INTO story FROM lineside.takeovers WHERE (gateway, epoch) = (of_gateway, of_epoch);
  IF NOT FOUND THEN RETURN; END IF;
  WITH struck AS (DELETE FROM lineside.facts WHERE (gateway, epoch) = (of_gateway, of_epoch) AND seq > story.after_seq RETURNING *)
  INSERT INTO lineside.superseded SELECT * FROM struck ON CONFLICT DO NOTHING;
  -- The first that was written behind the end has replaced what the box that went on knows.
  FOR row_ IN
    SELECT DISTINCT ON (equipment, minute, shift, job, product, ideal_ms) * FROM lineside.losses_replaced
    WHERE (gateway, epoch) = (of_gateway, of_epoch) AND written > story.after_rows ORDER BY equipment, minute, shift, job, product, ideal_ms, written
  LOOP
    DELETE FROM lineside.losses WHERE (gateway, equipment, minute, shift, job, product, ideal_ms, epoch)
      = (of_gateway, row_.equipment, row_.minute, row_.shift, row_.job, row_.product, row_.ideal_ms, of_epoch) AND written > story.after_rows;
    IF FOUND AND row_.before IS NOT NULL THEN
      INSERT INTO lineside.losses SELECT (jsonb_populate_record(NULL::lineside.losses, row_.before)).*;
    END IF;
  END LOOP;
  DELETE FROM lineside.losses_replaced WHERE (gateway, epoch) = (of_gateway, of_epoch);
END $$;

-- A gateway goes on under another epoch from here. Batches of the old one that are being put in their place end first, and later ones find the takeover.
CREATE FUNCTION lineside.gone_on(of_gateway text, of_epoch text, seq_ bigint, rows_ bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO lineside.takeovers (gateway, epoch, after_seq, after_rows) VALUES (of_gateway, of_epoch, seq_, rows_) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN; END IF;
  PERFORM FROM lineside.streams WHERE (gateway, epoch) = (of_gateway, of_epoch) ORDER BY lane FOR UPDATE;
  PERFORM lineside.strike(of_gateway, of_epoch);
END $$;

-- Puts one batch in its place as before, and strikes what it brought of a story that is over.
ALTER FUNCTION lineside.arrived RENAME TO put_in_place;
CREATE FUNCTION lineside.arrived(of_gateway text, of_lane text, of_epoch text, acked bigint, covers_after bigint, covers_to bigint) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  reached bigint := lineside.put_in_place(of_gateway, of_lane, of_epoch, acked, covers_after, covers_to);
BEGIN
  PERFORM lineside.strike(of_gateway, of_epoch);
  RETURN reached;
END $$;
`
