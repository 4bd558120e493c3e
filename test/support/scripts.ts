/** Which scripts a process of Node has loaded, as its own debugger knows it. */

import type { ChildProcess } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** A file for `--import`, so that it comes before everything else. It tells at a signal: a listener for messages would take those that the program waits for. */
export function probeIn(directory: string): string {
  const file = join(directory, 'probe.mjs')
  writeFileSync(file, `
import { Session } from 'node:inspector'
const scripts = []
const session = new Session()
session.connect()
session.on('Debugger.scriptParsed', ({ params }) => { scripts.push(params.url) })
session.post('Debugger.enable')
process.on('SIGUSR2', () => { process.send({ scripts }) })
`)
  return file
}

export async function scriptsOf(child: ChildProcess): Promise<readonly string[]> {
  child.kill('SIGUSR2')
  return (await heard<{ readonly scripts: readonly string[] }>(child, (message) => 'scripts' in message)).scripts
}

/** The first message of the kind; what the process says besides is not listened to. */
export function heard<M extends object>(child: ChildProcess, isIt: (message: object) => boolean): Promise<M> {
  return new Promise((done) => {
    const listen = (message: unknown): void => {
      if (typeof message !== 'object' || message === null || !isIt(message)) return
      child.off('message', listen)
      done(message as M)
    }
    child.on('message', listen)
  })
}
