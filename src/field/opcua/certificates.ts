/** Who we are to an OPC UA server, and which servers we believe: our own certificate, made once, and the ones that a person listed. */

import { X509Certificate, createHash } from 'node:crypto'
import { existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { makeFolder } from '../../base/folder.js'
import { Fault } from '../../contract/faults.js'
import { isThumbprint } from '../../contract/plcs.js'

/** Our application certificate with its key, and the name that stands in it. */
export interface Own { readonly pem: string; readonly keyPem: string; readonly applicationUri: string }

/** Makes a key and a certificate that it signs, both as PEM. */
export type Maker = (names: { readonly applicationUri: string; readonly host: string }) => Promise<{ readonly pem: string; readonly keyPem: string }>

const KEY = /-----BEGIN PRIVATE KEY-----[^-]+-----END PRIVATE KEY-----/
const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/

/**
 * The certificate of this gateway: `own.pem` in the directory holds it with its key, `own.der` is for carrying to the servers.
 * Key and certificate are one file, linked into its place when it is whole, so that two driver processes end with the same one.
 */
export async function ownCertificate(directory: string, make: Maker): Promise<Own> {
  const file = join(directory, 'own.pem')
  if (!existsSync(file)) {
    makeFolder(directory, 0o700)
    const { pem, keyPem } = await make({ applicationUri: `urn:${hostname()}:lineside`, host: hostname() })
    const draft = join(directory, `own.${process.pid}.draft`)
    writeFileSync(draft, `${keyPem.trim()}\n${pem.trim()}\n`, { mode: 0o600 })
    try {
      linkSync(draft, file)
    } catch (thrown) {
      if (!existsSync(file)) throw thrown
    } finally {
      rmSync(draft, { force: true })
    }
  }
  const text = readFileSync(file, 'utf8')
  if (text !== taken?.text) taken = { text, own: ownIn(text, file, directory) }
  return taken.own
}

/** What was taken apart last. A certificate is read at every connection, since somebody may replace it, but hardly ever is it another one. */
let taken: { readonly text: string; readonly own: Own } | null = null

function ownIn(text: string, file: string, directory: string): Own {
  const keyPem = KEY.exec(text)?.[0]
  const pem = CERTIFICATE.exec(text)?.[0]
  if (keyPem === undefined || pem === undefined) throw new Fault('PLC_UNTRUSTED', { detail: `${file} does not hold our key and certificate; move it away, and another is made` })
  const certificate = new X509Certificate(pem)
  if (!existsSync(join(directory, 'own.der'))) writeFileSync(join(directory, 'own.der'), certificate.raw)
  // A server compares the name that we give with the one in the certificate, which stays when the box is renamed.
  const applicationUri = /URI:([^,\s]+)/.exec(certificate.subjectAltName ?? '')?.[1]
  if (applicationUri === undefined) throw new Fault('PLC_UNTRUSTED', { detail: `${file} names no application; move it away, and another is made` })
  return { pem, keyPem, applicationUri }
}

/**
 * What speaks against a server's certificate (DER); `null` when a person has listed exactly this one. What is not listed is kept beside our own, to be looked at.
 * Dates and names in it are not judged: who lists a certificate means this key, and a line must not stand because a PLC's certificate ran out.
 */
export function distrustOf(der: Buffer, plc: string, trust: readonly string[], directory: string): string | null {
  const sha1 = thumbprintOf(der, 'sha1')
  const sha256 = thumbprintOf(der, 'sha256')
  if (trust.some((one) => isThumbprint(one) ? [sha1, sha256].includes(one.replaceAll(':', '').toLowerCase()) : thumbprintInFile(one) === sha256)) return null
  const kept = join(directory, `untrusted-${plc}.der`)
  writeFileSync(kept, der)
  return `${nameIn(der)} showed the certificate with the thumbprint ${sha1} (SHA-1), ${sha256} (SHA-256), which is kept as ${kept}`
}

const thumbprintOf = (der: Buffer, hash: 'sha1' | 'sha256'): string => createHash(hash).update(der).digest('hex')

/** `null` when the file cannot be read or is no certificate: then it vouches for nobody. */
function thumbprintInFile(file: string): string | null {
  try {
    return thumbprintOf(new X509Certificate(readFileSync(file)).raw, 'sha256')
  } catch {
    return null
  }
}

function nameIn(der: Buffer): string {
  try {
    return new X509Certificate(der).subject.replaceAll('\n', ', ')
  } catch {
    return 'the server'
  }
}
