/** Parts that rework made good, beside the leaf in which they stay: of rows that came before, none are known. */

export const rework = `
ALTER TABLE lineside.losses ADD COLUMN reworked double precision NOT NULL DEFAULT 0;

CREATE OR REPLACE VIEW lineside.sums_by_shift AS
SELECT gateway, line, equipment, shift, product, ideal_ms,
  sum(unplanned + external + planned + changeover + micro_stop + running)::bigint AS planned_ms, sum(micro_stop + running)::bigint AS run_ms, sum(no_data)::bigint AS no_data_ms,
  sum(good) AS good, sum(startup_reject + production_reject) AS reject, sum(reworked) AS reworked
FROM lineside.losses
GROUP BY gateway, line, equipment, shift, product, ideal_ms;

-- Rework is reported where the part was rejected, so that the sum over the equipment of a line or a site is that of the line or the site.
CREATE VIEW lineside.rework_by_shift AS
SELECT enterprise, site, area, gateway, line, equipment, split_part(shift, '/', 1) AS day, shift, product,
  sum(reworked) AS reworked, sum(reject) AS reject, sum(reworked) / nullif(sum(good + reject), 0) AS rework_ratio
FROM lineside.sums_by_shift JOIN lineside.gateways USING (gateway)
GROUP BY enterprise, site, area, gateway, line, equipment, shift, product;
`
