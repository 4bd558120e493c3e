/** The certificate and its key: proved to belong together before the port opens, and looked at again for as long as it is open. */

import { readFileSync, statSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import type { Log } from '../../base/log.js'
import type { Ms } from '../../base/units.js'
import { Fault } from '../../contract/faults.js'

export interface Pem { readonly cert: Buffer; readonly key: Buffer }
export interface TlsFiles { readonly certFile: string; readonly keyFile: string }

export function checkTls(files: TlsFiles): Pem {
  try {
    const pem = { cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) }
    createSecureContext(pem)
    return pem
  } catch (thrown) {
    throw new Fault('CERTIFICATE_UNUSABLE', { certFile: files.certFile, keyFile: files.keyFile, why: String(thrown) }, thrown)
  }
}

/**
 * Looks every `lookMs` whether the files are others, and hands on the pair that takes their place. A pair that does not belong together,
 * as while one file is new and the other is not, is said once and looked at again when it changes: until then the one before serves on.
 */
export function watchTls(files: TlsFiles, lookMs: Ms, log: Log, changed: (pem: Pem) => void): { stop(): void } {
  let seen = marksOf(files)
  const timer = setInterval(() => {
    const now = marksOf(files)
    if (now === seen) return
    seen = now
    try {
      changed(checkTls(files))
      log.info('the certificate was renewed', { file: files.certFile })
    } catch (thrown) {
      log.error('the certificate cannot be renewed, and the one before serves on', { error: String(thrown), ...(thrown instanceof Fault ? thrown.fields : {}) })
    }
  }, lookMs)
  timer.unref()
  return { stop: () => { clearInterval(timer) } }
}

/** Events of the file system miss what is renamed or linked into its place; a look at both files does not. */
function marksOf({ certFile, keyFile }: TlsFiles): string {
  return [certFile, keyFile].map((file) => {
    const found = statSync(file, { throwIfNoEntry: false })
    return found === undefined ? 'none' : `${found.ino} ${found.mtimeMs} ${found.size}`
  }).join(', ')
}
