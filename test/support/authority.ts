/** A certificate authority of the test's own, made with openssl. */

import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

export interface Papers { readonly certFile: string; readonly keyFile: string }

export interface Authority {
  readonly caFile: string
  /** A certificate for 127.0.0.1 and localhost, and for whoever is called `name`; the same `as` overwrites the files, as a rotation does. */
  issue(name: string, as?: string): Papers
}

export function authorityIn(directory: string, called = 'plant'): Authority {
  mkdirSync(directory, { recursive: true })
  const at = (file: string): string => join(directory, file)
  const openssl = (...args: string[]): void => { execFileSync('openssl', args, { cwd: directory, stdio: 'pipe' }) }
  const key = (file: string): void => { openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', file) }
  key('ca.key')
  openssl('req', '-x509', '-key', 'ca.key', '-subj', `/CN=${called}`, '-days', '30', '-out', 'ca.crt')
  writeFileSync(at('names'), 'subjectAltName=DNS:localhost,IP:127.0.0.1\n')
  return {
    caFile: at('ca.crt'),
    issue(name, as = name) {
      key(`${as}.key`)
      openssl('req', '-new', '-key', `${as}.key`, '-subj', `/CN=${name}`, '-out', `${as}.csr`)
      openssl('x509', '-req', '-in', `${as}.csr`, '-CA', 'ca.crt', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '30', '-extfile', 'names', '-out', `${as}.crt`)
      return { certFile: at(`${as}.crt`), keyFile: at(`${as}.key`) }
    },
  }
}
