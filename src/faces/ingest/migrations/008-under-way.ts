/** What was under way from the constraint stands in rows of the line itself, under its code: they are no equipment, and add to the parts of a line by constraint. */

export const underWay = `
CREATE OR REPLACE VIEW lineside.oee_by_equipment AS
SELECT enterprise, site, area, gateway, line, equipment, split_part(shift, '/', 1) AS day, shift,
  good_ms / nullif(planned_ms, 0) AS oee,
  run_ms / nullif(planned_ms, 0)::double precision AS availability,
  net_ms / nullif(run_ms, 0) AS performance,
  good_ms / nullif(net_ms, 0) AS quality,
  planned_ms / nullif(planned_ms + no_data_ms, 0)::double precision AS coverage,
  good_ms / nullif(planned_ms + no_data_ms, 0) AS oee_low,
  (good_ms + no_data_ms) / nullif(planned_ms + no_data_ms, 0) AS oee_high,
  planned_ms, run_ms, no_data_ms, net_ms, good_ms, good, reject
FROM (
  SELECT gateway, line, equipment, shift, sum(planned_ms)::bigint AS planned_ms, sum(run_ms)::bigint AS run_ms, sum(no_data_ms)::bigint AS no_data_ms,
    sum(ideal_ms * (good + reject)) AS net_ms, sum(ideal_ms * good) AS good_ms, sum(good) AS good, sum(reject) AS reject
  FROM lineside.sums_by_shift WHERE equipment <> line GROUP BY gateway, line, equipment, shift
) AS sums JOIN lineside.gateways USING (gateway);

CREATE OR REPLACE VIEW lineside.rework_by_shift AS
SELECT enterprise, site, area, gateway, line, equipment, split_part(shift, '/', 1) AS day, shift, product,
  sum(reworked) AS reworked, sum(reject) AS reject, sum(reworked) / nullif(sum(good + reject), 0) AS rework_ratio
FROM lineside.sums_by_shift JOIN lineside.gateways USING (gateway)
WHERE equipment <> line
GROUP BY enterprise, site, area, gateway, line, equipment, shift, product;

CREATE OR REPLACE VIEW lineside.line_sums_by_shift AS
WITH placed AS (
  SELECT s.*, l.method, e.position,
    e.position = max(e.position) OVER (PARTITION BY s.gateway, s.line) AS is_exit, e.is_constraint,
    e.position >= min(e.position) FILTER (WHERE e.is_constraint) OVER (PARTITION BY s.gateway, s.line) AS is_from_constraint
  FROM lineside.sums_by_shift s
  JOIN lineside.lines l USING (gateway, line)
  JOIN lineside.equipment e USING (gateway, line, equipment)
), paces AS (
  SELECT gateway, line, shift, product, max(ideal_ms) AS ideal_ms
  FROM (
    SELECT gateway, line, shift, product, equipment, sum(ideal_ms * (good + reject)) / sum(good + reject) AS ideal_ms
    FROM placed GROUP BY gateway, line, shift, product, equipment HAVING sum(good + reject) <> 0
  ) AS machines GROUP BY gateway, line, shift, product
), giving AS (
  SELECT gateway, line, method, shift, product, ideal_ms, planned_ms, run_ms, no_data_ms, good, reject, is_constraint,
    CASE method WHEN 'ratio_of_sums' THEN true WHEN 'line_exit' THEN is_exit ELSE is_constraint END AS has_time,
    CASE method WHEN 'ratio_of_sums' THEN true ELSE is_exit END AS has_good,
    CASE method WHEN 'ratio_of_sums' THEN true WHEN 'line_exit' THEN is_exit ELSE is_from_constraint END AS has_reject
  FROM placed
  UNION ALL
  SELECT gateway, line, method, shift, product, ideal_ms, 0, 0, 0, good, reject, false, false, true, true
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
    coalesce(sum(good + reject) FILTER (WHERE is_constraint), 0) AS made
  FROM valued GROUP BY gateway, line, method, shift
), seen AS (
  -- By constraint, parts that left beyond those it is known to have made, and that it can have made in its blind time, do not count: nobody knows the time they took.
  SELECT *, CASE WHEN method = 'constraint' AND good > 0 AND good_ms > 0
    THEN 1 - greatest(0, least(good, good + reject - made, no_data_ms * good / good_ms)) / good ELSE 1 END AS share
  FROM sums
)
SELECT gateway, line, method, shift, planned_ms, run_ms, no_data_ms, good_ms * share + reject_ms AS net_ms, good_ms * share AS good_ms, good * share AS good, reject FROM seen;
`
