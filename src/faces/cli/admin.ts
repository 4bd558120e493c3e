/** Asks the gateway on this machine through its admin socket: reaching it is the permission. */

import { existsSync } from 'node:fs'
import { request } from 'node:http'
import { text } from 'node:stream/consumers'
import { openSocketPath } from '../../base/socket-path.js'
import { CliError } from './exit.js'
import { howToStart } from './gateway.js'

/** Longer than any change to a configuration takes. */
const ANSWER_MS = 30_000

/** The JSON of an answer. Ends with `unreachable` when no gateway has this data directory, with `denied` when it is not ours to ask. */
export async function askAdmin(directory: string, method: 'GET' | 'POST', path: string, body?: object): Promise<{ readonly status: number; readonly body: unknown }> {
  if (!existsSync(directory)) throw new CliError('unreachable', `there is no data directory ${directory}`, 'start the gateway once, or name the directory with --data')
  const place = openSocketPath(directory, 'admin.sock')
  return new Promise<{ status: number; body: unknown }>((resolve, reject) => {
    const asked = request({ socketPath: place.path, method, path, timeout: ANSWER_MS, headers: { 'content-type': 'application/json' } }, (response) => {
      text(response).then((json) => { resolve({ status: response.statusCode ?? 0, body: JSON.parse(json) as unknown }) }, reject)
    })
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${ANSWER_MS / 1_000} s`)))
    asked.on('error', (error) => {
      const code = 'code' in error ? String(error.code) : error.message
      if (code === 'EACCES') reject(new CliError('denied', `the gateway in ${directory} is not yours to change`, 'run it as the user of the gateway: sudo -u lineside …'))
      else reject(new CliError('unreachable', `no gateway runs with the data directory ${directory} (${code})`, `${howToStart()}, or name its directory with --data`))
    })
    asked.end(body === undefined ? undefined : JSON.stringify(body))
  }).finally(() => { place.close() })
}
