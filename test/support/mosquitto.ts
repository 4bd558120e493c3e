/** A real mosquitto of the test's own: it can be killed, and comes back at the same place with what it had saved. */

import { mkdirSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { type Child, freeze, start, until } from './child.js'
import { freePort } from './ports.js'

export interface Mosquitto {
  readonly port: number
  readonly url: string
  kill(): Promise<void>
  /** Stops it where it stands, with its connections open. */
  freeze(): Promise<void>
  thaw(): void
  start(): Promise<void>
  text(): string
  stop(): Promise<void>
}

/** `more` are lines of mosquitto.conf. */
export async function startMosquitto(directory: string, more: readonly string[] = []): Promise<Mosquitto> {
  const port = await freePort()
  mkdirSync(join(directory, 'store'), { recursive: true, mode: 0o777 })
  const file = join(directory, 'mosquitto.conf')
  writeFileSync(file, [
    `listener ${port} 127.0.0.1`, 'allow_anonymous true', 'set_tcp_nodelay true', 'persistence true', `persistence_location ${join(directory, 'store')}/`, 'autosave_interval 1800',
    // Else it gives up root, and then may not write into the directory of the test.
    ...(process.getuid?.() === 0 ? ['user root'] : []), ...more, '',
  ].join('\n'))
  let child: Child | null = null
  const begin = async (): Promise<void> => {
    child = start('mosquitto', ['-c', file])
    await until('mosquitto listens', () => answers(port))
  }
  await begin()
  return {
    port, url: `mqtt://127.0.0.1:${port}`, start: begin, text: () => child?.text() ?? '',
    async freeze() { if (child !== null) await freeze(child.process) },
    thaw() { child?.process.kill('SIGCONT') },
    async kill() { await child?.end('SIGKILL') },
    async stop() { await child?.end('SIGTERM') },
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => { socket.destroy(); resolve(true) })
    socket.on('error', () => { resolve(false) })
  })
}
