/** A Logix controller in a process of its own: for whoever measures a client and must not measure the controller too. */

import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { openLogixServer } from '../../../src/plant/logix/server.js'
import { atomic } from '../../../src/plant/logix/tags.js'

export interface LogixPlc {
  readonly port: number
  kill(): Promise<void>
}

/** Holds the REALs `R0` to `R…`, each with its own number as value. */
export async function startLogixPlc(host: string, port: number, reals: number, isLargeKnown: boolean): Promise<LogixPlc> {
  const child = fork(fileURLToPath(import.meta.url), [host, String(port), String(reals), String(isLargeKnown)], { stdio: ['ignore', 'inherit', 'inherit', 'ipc'], execArgv: [] })
  const [opened] = await once(child, 'message') as [number]
  return {
    port: opened,
    async kill() {
      const exited = once(child, 'exit')
      child.kill('SIGKILL')
      await exited
    },
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url) && process.send !== undefined) {
  const [host, port, reals, isLargeKnown] = process.argv.slice(2)
  const logix = await openLogixServer({ host: host!, port: Number(port), isLargeKnown: isLargeKnown === 'true', tags: Array.from({ length: Number(reals) }, (_, i) => atomic(`R${i}`, 'REAL', i)) })
  process.on('disconnect', () => { process.exit() })
  process.send(logix.port)
}
