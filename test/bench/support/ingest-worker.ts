/** `lineside ingest` in a process of its own, for whoever measures what sends to it. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { systemChance } from '../../../src/base/chance.js'
import { systemClock } from '../../../src/base/clock.js'
import { silentLog } from '../../../src/base/log.js'
import { startIngest } from '../../../src/faces/ingest/ingest.js'

/** Resolves when it hears the broker; gives what ends it. */
export async function startIngestWorker(database: string, broker: string): Promise<() => Promise<void>> {
  const child = fork(fileURLToPath(import.meta.url), [database, broker], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] })
  await once(child, 'message')
  return async () => {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.send !== undefined) {
  const [database, url] = process.argv.slice(2)
  const ingest = await startIngest({
    database: database!, broker: { url: url!, keepaliveMs: 20_000, waitMsMax: 500 }, root: 'lineside/v1', worker: 'bench', group: 'ingest', clock: systemClock, chance: systemChance, log: silentLog,
  })
  while (!ingest.figures().connected) await sleep(20)
  process.on('disconnect', () => { process.exit() })
  process.send('ready')
}
