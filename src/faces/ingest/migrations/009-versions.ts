/** Loss rows that only one of two boxes had when it told them are kept in every version, so that what stands after a takeover does not depend on the order in which they came. */

const key = ['gateway', 'equipment', 'minute', 'shift', 'job', 'product', 'ideal_ms'] as const
const same = (one: string, other: string): string => `(${key.map((name) => `${one}.${name}`).join(', ')}) = (${key.map((name) => `${other}.${name}`).join(', ')})`

/** Whoever puts rows of a gateway in their place holds this lock with its name: shared where the other box has them too, else alone. */
export const ROWS_LOCK = 7_140_503

export const versions = `
-- Where only one box has the newest version of a row: that one, and all that may have to stand again in its place.
CREATE TABLE lineside.loss_versions (
  gateway    text NOT NULL,
  equipment  text NOT NULL,
  minute     timestamptz NOT NULL,
  shift      text NOT NULL,
  job        text NOT NULL,
  product    text NOT NULL,
  ideal_ms   double precision NOT NULL,
  epoch      text NOT NULL,
  written    bigint NOT NULL,
  told       jsonb NOT NULL,
  PRIMARY KEY (${key.join(', ')}, epoch, written)
);
CREATE INDEX loss_versions_by_writing ON lineside.loss_versions (gateway, epoch, written);

INSERT INTO lineside.loss_versions (${key.join(', ')}, epoch, written, told)
SELECT ${key.join(', ')}, before ->> 'epoch', (before ->> 'written')::bigint, before FROM lineside.losses_replaced WHERE before IS NOT NULL ON CONFLICT DO NOTHING;
INSERT INTO lineside.loss_versions (${key.join(', ')}, epoch, written, told)
SELECT ${key.join(', ')}, epoch, written, to_jsonb(stands) FROM lineside.losses stands
WHERE EXISTS (SELECT FROM lineside.losses_replaced r WHERE ${same('r', 'stands')}) ON CONFLICT DO NOTHING;
DROP TABLE lineside.losses_replaced;

-- Both boxes have everything up to a writing: of older versions only the last is of use, and only where a later one may yet be struck.
-- Of an earlier epoch nobody knows what will be, before it is told where its story ends.
CREATE FUNCTION lineside.forget_versions(of_gateway text, of_epoch text, upto bigint) RETURNS void LANGUAGE sql AS $$
  DELETE FROM lineside.loss_versions old
  WHERE old.gateway = of_gateway AND (old.epoch, old.written) <= (of_epoch, upto)
    AND (old.epoch = of_epoch OR EXISTS (SELECT FROM lineside.takeovers story WHERE (story.gateway, story.epoch) = (old.gateway, old.epoch)))
    AND (NOT EXISTS (SELECT FROM lineside.loss_versions late WHERE ${same('late', 'old')} AND (late.epoch, late.written) > (of_epoch, upto))
      OR EXISTS (SELECT FROM lineside.loss_versions next WHERE ${same('next', 'old')} AND (next.epoch, next.written) > (old.epoch, old.written) AND (next.epoch, next.written) <= (of_epoch, upto)));
$$;

CREATE OR REPLACE FUNCTION lineside.strike(of_gateway text, of_epoch text) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  story lineside.takeovers;
  gone lineside.loss_versions;
BEGIN
  SELECT * INTO story FROM lineside.takeovers WHERE (gateway, epoch) = (of_gateway, of_epoch);
  IF NOT FOUND THEN RETURN; END IF;
  WITH struck AS (DELETE FROM lineside.facts WHERE (gateway, epoch) = (of_gateway, of_epoch) AND seq > story.after_seq RETURNING *)
  INSERT INTO lineside.superseded SELECT * FROM struck ON CONFLICT DO NOTHING;
  FOR gone IN DELETE FROM lineside.loss_versions WHERE (gateway, epoch) = (of_gateway, of_epoch) AND written > story.after_rows RETURNING * LOOP
    DELETE FROM lineside.losses stands WHERE ${same('stands', 'gone')} AND (stands.epoch, stands.written) = (gone.epoch, gone.written);
    -- The newest that is left is what the box that went on knows.
    IF FOUND THEN
      INSERT INTO lineside.losses SELECT (jsonb_populate_record(NULL::lineside.losses, told)).* FROM (
        SELECT told FROM lineside.loss_versions left_ WHERE ${same('left_', 'gone')} ORDER BY epoch DESC, written DESC LIMIT 1
      ) AS newest;
    END IF;
  END LOOP;
  IF story.after_rows IS NOT NULL THEN PERFORM lineside.forget_versions(of_gateway, of_epoch, story.after_rows); END IF;
END $$;

-- As before; and no row of the gateway is on its way into its place meanwhile.
CREATE OR REPLACE FUNCTION lineside.gone_on(of_gateway text, of_epoch text, seq_ bigint, rows_ bigint) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(${ROWS_LOCK}, hashtext(of_gateway));
  INSERT INTO lineside.takeovers (gateway, epoch, after_seq, after_rows) VALUES (of_gateway, of_epoch, seq_, rows_) ON CONFLICT DO NOTHING;
  IF NOT FOUND THEN RETURN; END IF;
  PERFORM FROM lineside.streams WHERE (gateway, epoch) = (of_gateway, of_epoch) ORDER BY lane FOR UPDATE;
  PERFORM lineside.strike(of_gateway, of_epoch);
END $$;
`
