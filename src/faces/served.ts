/** Where a running gateway serves, left beside its data, so that the command line finds it without reading the configuration. */

import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Served {
  /** As this machine reaches it, without a slash at its end. */
  readonly url: string
  /** `null` when it serves without TLS. */
  readonly certificateFile: string | null
}

const NAME = 'served.json'

export function leaveServed(directory: string, served: Served): void {
  const file = join(directory, NAME)
  writeFileSync(`${file}.new`, JSON.stringify(served), { mode: 0o600 })
  renameSync(`${file}.new`, file)
}

export function removeServed(directory: string): void {
  rmSync(join(directory, NAME), { force: true })
}

/** `null` when no gateway left one. One that was killed leaves it behind; nobody answers there then. */
export function servedIn(directory: string): Served | null {
  try {
    const found: unknown = JSON.parse(readFileSync(join(directory, NAME), 'utf8'))
    return isServed(found) ? found : null
  } catch {
    return null
  }
}

const isServed = (found: unknown): found is Served =>
  typeof found === 'object' && found !== null && 'url' in found && typeof found.url === 'string' && 'certificateFile' in found && (found.certificateFile === null || typeof found.certificateFile === 'string')

/** Every address of this machine is one of them: the loopback. */
export function urlOf({ host, port, tls }: { readonly host: string; readonly port: number; readonly tls?: object | undefined }): string {
  const address = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  return `${tls === undefined ? 'http' : 'https'}://${address}:${port}`
}
