/** Whose word is taken for who answers. */

import { readFileSync } from 'node:fs'
import type { SecureContextOptions } from 'node:tls'
import { CliError } from './exit.js'

/** Over TLS. Files are PEM. */
export type Trust =
  /** Those that Node knows, as browsers do. */
  | { readonly of: 'known authorities' }
  /** The site's own. */
  | { readonly of: 'authority'; readonly file: string }
  /** The gateway runs on this machine, and its certificate lies here. */
  | { readonly of: 'itself'; readonly file: string }

export function secureOptionsOf(trust: Trust): SecureContextOptions & { readonly checkServerIdentity?: () => undefined } {
  if (trust.of === 'known authorities') return {}
  const ca = readFileSync(trust.file)
  if (!ca.includes('-----BEGIN CERTIFICATE-----')) {
    throw trust.of === 'itself' ? new CliError('failed', `${trust.file} holds no certificate any more`, 'put a certificate there that belongs to its key; a gateway that runs serves the one before until then, and its log says so')
      : new CliError('usage', `${trust.file} holds no certificate`, 'it is a file of PEM, with BEGIN CERTIFICATE in it; `openssl x509 -inform der` makes one of DER')
  }
  // A certificate that is trusted need not be that of an authority. The gateway's own on this machine is the proof, whatever name it was made for.
  return { ca, allowPartialTrustChain: true, ...(trust.of === 'itself' ? { checkServerIdentity: () => undefined } : {}) }
}
