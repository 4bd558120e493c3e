/** Required into each process while code caches are made: when it ends, the code that it compiled is written beside each part. */
'use strict'

const { renameSync, writeFileSync } = require('node:fs')

process.on('exit', () => {
  const launch = Object.values(require.cache).find((module) => module?.filename.endsWith('/launch.cjs'))
  for (const [file, { script }] of launch?.exports.loaded ?? []) {
    const cache = script.createCachedData()
    const made = `${file}.cache`
    // Each run knows other functions of a part; a later one keeps what came in with the cache and adds its own.
    writeFileSync(`${made}.${process.pid}`, cache)
    renameSync(`${made}.${process.pid}`, made)
  }
})
