/** OEE by equipment, line and site: sums of the same loss rows the gateways add up, ratios last. Undefined is null. */

const planned = 'unplanned + external + planned + changeover + micro_stop + running'

/** The figures of every view, out of its sums. */
const ratios = `
  good_ms / nullif(planned_ms, 0) AS oee,
  run_ms / nullif(planned_ms, 0)::double precision AS availability,
  net_ms / nullif(run_ms, 0) AS performance,
  good_ms / nullif(net_ms, 0) AS quality,
  planned_ms / nullif(planned_ms + no_data_ms, 0)::double precision AS coverage,
  good_ms / nullif(planned_ms + no_data_ms, 0) AS oee_low,
  (good_ms + no_data_ms) / nullif(planned_ms + no_data_ms, 0) AS oee_high,
  planned_ms, run_ms, no_data_ms, net_ms, good_ms, good, reject`

export const oee = `
-- One equipment in one shift, by product and ideal time. The shift is named as in the facts: production day and name, 2026-03-29/early; outside of shifts it is empty.
CREATE VIEW lineside.sums_by_shift AS
SELECT gateway, line, equipment, shift, product, ideal_ms,
  sum(${planned})::bigint AS planned_ms, sum(micro_stop + running)::bigint AS run_ms, sum(no_data)::bigint AS no_data_ms,
  sum(good) AS good, sum(startup_reject + production_reject) AS reject
FROM lineside.losses
GROUP BY gateway, line, equipment, shift, product, ideal_ms;

CREATE VIEW lineside.oee_by_equipment AS
SELECT enterprise, site, area, gateway, line, equipment, split_part(shift, '/', 1) AS day, shift, ${ratios}
FROM (
  SELECT gateway, line, equipment, shift, sum(planned_ms)::bigint AS planned_ms, sum(run_ms)::bigint AS run_ms, sum(no_data_ms)::bigint AS no_data_ms,
    sum(ideal_ms * (good + reject)) AS net_ms, sum(ideal_ms * good) AS good_ms, sum(good) AS good, sum(reject) AS reject
  FROM lineside.sums_by_shift GROUP BY gateway, line, equipment, shift
) AS sums JOIN lineside.gateways USING (gateway);

-- What a line's figures are made of, by its method: the time of the constraint with the good parts of the exit and the rejects from the constraint on;
-- or the exit alone; or everything. By the first two a part is worth the largest ideal time its product has on the line.
CREATE VIEW lineside.line_sums_by_shift AS
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
), valued AS (
  SELECT p.*,
    CASE WHEN p.method = 'ratio_of_sums' THEN p.ideal_ms ELSE greatest(p.ideal_ms, q.ideal_ms) END AS worth_ms,
    CASE p.method WHEN 'ratio_of_sums' THEN true WHEN 'line_exit' THEN p.is_exit ELSE p.is_constraint END AS has_time,
    CASE p.method WHEN 'ratio_of_sums' THEN true ELSE p.is_exit END AS has_good,
    CASE p.method WHEN 'ratio_of_sums' THEN true WHEN 'line_exit' THEN p.is_exit ELSE p.is_from_constraint END AS has_reject
  FROM placed p LEFT JOIN paces q USING (gateway, line, shift, product)
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

CREATE VIEW lineside.oee_by_line AS
SELECT enterprise, site, area, gateway, line, method, split_part(shift, '/', 1) AS day, shift, ${ratios}
FROM lineside.line_sums_by_shift JOIN lineside.gateways USING (gateway);

CREATE VIEW lineside.oee_by_site AS
SELECT enterprise, site, day, shift, ${ratios}
FROM (
  SELECT enterprise, site, split_part(shift, '/', 1) AS day, shift, sum(planned_ms)::bigint AS planned_ms, sum(run_ms)::bigint AS run_ms, sum(no_data_ms)::bigint AS no_data_ms,
    sum(net_ms) AS net_ms, sum(good_ms) AS good_ms, sum(good) AS good, sum(reject) AS reject
  FROM lineside.line_sums_by_shift JOIN lineside.gateways USING (gateway) GROUP BY enterprise, site, shift
) AS sums;
`
