/** What is loaded by name while it runs: native modules, and what looks for files beside itself. */
export const kept = ['better-sqlite3', 'node-snap7', 'uWebSockets.js', 'unix-dgram', 'pino', 'st-ethernet-ip']
