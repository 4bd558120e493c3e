/** Reads the certificate and its key, and proves before the port opens that they belong together. */

import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { Fault } from '../../contract/faults.js'

export interface Pem { readonly cert: Buffer; readonly key: Buffer }

export function checkTls(files: { readonly certFile: string; readonly keyFile: string }): Pem {
  try {
    const pem = { cert: readFileSync(files.certFile), key: readFileSync(files.keyFile) }
    createSecureContext(pem)
    return pem
  } catch (thrown) {
    throw new Fault('CERTIFICATE_UNUSABLE', { certFile: files.certFile, keyFile: files.keyFile, why: String(thrown) }, thrown)
  }
}
