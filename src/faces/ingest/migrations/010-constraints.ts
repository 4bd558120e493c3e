/** What limits a line may move with the product: its rows of time stand in place of time of the constraint, and of each product its own gives the rejects from there on. */

export const constraints = `
ALTER TABLE lineside.equipment ADD COLUMN limits text[] NOT NULL DEFAULT '{}';

CREATE OR REPLACE VIEW lineside.line_sums_by_shift AS
WITH placed AS (
  SELECT s.*, l.method, e.position = max(e.position) OVER (PARTITION BY s.gateway, s.line) AS is_exit, e.is_constraint,
    e.position = coalesce(own.position, c.position) AS is_limiting, e.position >= coalesce(own.position, c.position) AS is_from_limiting
  FROM lineside.sums_by_shift s
  JOIN lineside.lines l USING (gateway, line)
  JOIN lineside.equipment e USING (gateway, line, equipment)
  LEFT JOIN lineside.equipment c ON (c.gateway, c.line) = (s.gateway, s.line) AND c.is_constraint
  LEFT JOIN lineside.equipment own ON (own.gateway, own.line) = (s.gateway, s.line) AND s.product = ANY (own.limits)
), paces AS (
  SELECT gateway, line, shift, product, max(ideal_ms) AS ideal_ms
  FROM (
    SELECT gateway, line, shift, product, equipment, sum(ideal_ms * (good + reject)) / sum(good + reject) AS ideal_ms
    FROM placed GROUP BY gateway, line, shift, product, equipment HAVING sum(good + reject) <> 0
  ) AS machines GROUP BY gateway, line, shift, product
), giving AS (
  SELECT gateway, line, method, shift, product, ideal_ms, planned_ms, run_ms, no_data_ms, good, reject, is_limiting,
    CASE method WHEN 'ratio_of_sums' THEN true WHEN 'line_exit' THEN is_exit ELSE is_constraint END AS has_time,
    CASE method WHEN 'ratio_of_sums' THEN true ELSE is_exit END AS has_good,
    CASE method WHEN 'ratio_of_sums' THEN true WHEN 'line_exit' THEN is_exit ELSE is_from_limiting END AS has_reject
  FROM placed
  UNION ALL
  SELECT gateway, line, method, shift, product, ideal_ms, planned_ms, run_ms, no_data_ms, good, reject, false, true, true, true
  FROM lineside.sums_by_shift JOIN lineside.lines USING (gateway, line) WHERE equipment = line AND method = 'constraint'
), valued AS (
  SELECT g.*, CASE WHEN g.method = 'ratio_of_sums' THEN g.ideal_ms ELSE greatest(g.ideal_ms, q.ideal_ms) END AS worth_ms
  FROM giving g LEFT JOIN paces q USING (gateway, line, shift, product)
), sums AS (
  SELECT gateway, line, method, shift,
    coalesce(sum(planned_ms) FILTER (WHERE has_time), 0)::bigint AS planned_ms, coalesce(sum(run_ms) FILTER (WHERE has_time), 0)::bigint AS run_ms,
    coalesce(sum(no_data_ms) FILTER (WHERE has_time), 0)::bigint AS no_data_ms,
    coalesce(sum(worth_ms * good) FILTER (WHERE has_good), 0) AS good_ms, coalesce(sum(worth_ms * reject) FILTER (WHERE has_reject), 0) AS reject_ms,
    coalesce(sum(good) FILTER (WHERE has_good), 0) AS good, coalesce(sum(reject) FILTER (WHERE has_reject), 0) AS reject,
    coalesce(sum(good + reject) FILTER (WHERE is_limiting), 0) AS made
  FROM valued GROUP BY gateway, line, method, shift
), seen AS (
  -- By constraint, parts that left beyond those it is known to have made, and that it can have made in its blind time, do not count: nobody knows the time they took.
  SELECT *, CASE WHEN method = 'constraint' AND good > 0 AND good_ms > 0
    THEN 1 - greatest(0, least(good, good + reject - made, no_data_ms * good / good_ms)) / good ELSE 1 END AS share
  FROM sums
)
SELECT gateway, line, method, shift, planned_ms, run_ms, no_data_ms, good_ms * share + reject_ms AS net_ms, good_ms * share AS good_ms, good * share AS good, reject FROM seen;
`
