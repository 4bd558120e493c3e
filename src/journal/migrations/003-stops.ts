/** Stops are found by their name: what was said of one, and what parted it from another, however long ago. */

export const stops = `
CREATE INDEX facts_by_stop ON facts (json_extract(body, '$.stop_id')) WHERE type IN ('downtime_event', 'downtime_updated', 'downtime_resolved', 'gap_declared');
CREATE INDEX facts_by_split ON facts (json_extract(body, '$.split_off')) WHERE type = 'downtime_updated';
`
