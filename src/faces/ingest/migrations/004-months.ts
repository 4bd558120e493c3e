/** The tables that grow without end are divided by time: hypertables where TimescaleDB is in the database, else one part for each month. */

import { oee } from './002-oee.js'
import { tagSamples } from './003-samples.js'

/** What is divided, and by which instant. */
export const divided = { facts: 'at', losses: 'minute', samples: 'at' } as const
export type Divided = keyof typeof divided

const each = (sql: (table: string, instant: string) => string): string => Object.entries(divided).map(([table, instant]) => sql(table, instant)).join('\n')

export const months = `
-- Views stand on tables and not on names: they are made again over the divided ones.
DROP VIEW lineside.oee_by_site, lineside.oee_by_line, lineside.line_sums_by_shift, lineside.oee_by_equipment, lineside.sums_by_shift, lineside.tag_samples;

-- What keeps a record apart must name the time by which its table is divided. The instant of a fact never changes, so this key is as strict for what comes twice;
-- two histories under one number may have two instants, and whoever writes looks for that.
ALTER TABLE lineside.facts DROP CONSTRAINT facts_pkey, ADD PRIMARY KEY (gateway, epoch, seq, at);

-- Which stretch of time each part holds: [since, until). The rest, and what is too strange to have a part, lies in the one called "other".
CREATE TABLE lineside.parts (
  divided  text NOT NULL,
  part     text NOT NULL PRIMARY KEY,
  since    timestamptz NOT NULL,
  until    timestamptz NOT NULL
);

CREATE FUNCTION lineside.timescale() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT nspname::text FROM pg_extension JOIN pg_namespace ON pg_namespace.oid = extnamespace WHERE extname = 'timescaledb'
$$;

-- What is there already becomes the first part as it lies, up to the end of its last month; nothing is copied.
CREATE FUNCTION lineside.divide(of_table text, of_column text) RETURNS void LANGUAGE plpgsql SET timezone TO 'UTC' AS $$
DECLARE
  newest timestamptz;
  border timestamptz;
BEGIN
  IF lineside.timescale() IS NOT NULL THEN
    EXECUTE format('SELECT %I.create_hypertable(%L::regclass, %L, chunk_time_interval => %L::interval, create_default_indexes => false, migrate_data => true)',
      lineside.timescale(), 'lineside.' || of_table, of_column, CASE of_table WHEN 'samples' THEN '1 day' ELSE '30 days' END);
    RETURN;
  END IF;
  EXECUTE format('SELECT max(%I) FROM lineside.%I', of_column, of_table) INTO newest;
  EXECUTE format('ALTER TABLE lineside.%I RENAME TO %I', of_table, of_table || '_before');
  EXECUTE format('CREATE TABLE lineside.%I (LIKE lineside.%I INCLUDING ALL) PARTITION BY RANGE (%I)', of_table, of_table || '_before', of_column);
  EXECUTE format('CREATE TABLE lineside.%I PARTITION OF lineside.%I DEFAULT', of_table || '_other', of_table);
  IF newest IS NULL THEN
    EXECUTE format('DROP TABLE lineside.%I', of_table || '_before');
  ELSE
    border := date_trunc('month', greatest(newest, now())) + interval '1 month';
    EXECUTE format('ALTER TABLE lineside.%I ATTACH PARTITION lineside.%I FOR VALUES FROM (MINVALUE) TO (%L)', of_table, of_table || '_before', border);
    INSERT INTO lineside.parts VALUES (of_table, of_table || '_before', '-infinity', border);
  END IF;
END $$;
${each((table, instant) => `SELECT lineside.divide('${table}', '${instant}');`)}
DROP FUNCTION lineside.divide;

-- Makes the part of the month that an instant lies in, with all that has come for it already. Says whether there was something to do.
CREATE FUNCTION lineside.make_month(of_table text, of_column text, instant timestamptz) RETURNS boolean LANGUAGE plpgsql SET timezone TO 'UTC' AS $$
DECLARE
  since_ timestamptz := date_trunc('month', instant);
  until_ timestamptz := since_ + interval '1 month';
  part_ text := of_table || to_char(since_, '_YYYY_MM');
BEGIN
  IF EXISTS (SELECT FROM lineside.parts WHERE divided = of_table AND since < until_ AND until > since_) THEN RETURN false; END IF;
  -- Whoever is adding to the rest ends first, and nobody adds to it until its rows have moved.
  EXECUTE format('LOCK TABLE lineside.%I IN ACCESS EXCLUSIVE MODE', of_table || '_other');
  EXECUTE format('CREATE TABLE lineside.%I (LIKE lineside.%I INCLUDING ALL)', part_, of_table);
  EXECUTE format('WITH moved AS (DELETE FROM lineside.%I WHERE %I >= $1 AND %I < $2 RETURNING *) INSERT INTO lineside.%I SELECT * FROM moved', of_table || '_other', of_column, of_column, part_)
    USING since_, until_;
  EXECUTE format('ALTER TABLE lineside.%I ATTACH PARTITION lineside.%I FOR VALUES FROM (%L) TO (%L)', of_table, part_, since_, until_);
  INSERT INTO lineside.parts VALUES (of_table, part_, since_, until_);
  RETURN true;
END $$;
${oee}${tagSamples}`
