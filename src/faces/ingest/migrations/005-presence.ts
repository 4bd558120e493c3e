/** Who is there: what a gateway said last, and whether that is still believed. */

export const presence = `
-- A broker that is killed sends no will, and keeps an "online" for ever. So it is believed for three heartbeats.
CREATE VIEW lineside.presence AS
SELECT gateway, online AND NOT is_stale AS online, online AS said_online, is_stale, seen_at
FROM (SELECT *, coalesce(seen_at < now() - make_interval(secs => 3 * heartbeat_seconds), false) AS is_stale FROM lineside.gateways) AS looked_at;
`
