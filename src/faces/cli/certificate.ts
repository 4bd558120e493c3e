/** Why the certificate of a gateway elsewhere is not believed, in words: whose it is, who says so, and what to do. */

import { type DetailedPeerCertificate, connect } from 'node:tls'
import { CliError } from './exit.js'
import type { Trust } from './trust.js'

/** What Node says when a handshake fails because of a certificate. */
export const isOfTrust = (code: string): boolean => code in reasons

const reasons: Readonly<Record<string, string>> = {
  DEPTH_ZERO_SELF_SIGNED_CERT: 'nobody but itself vouches for it', SELF_SIGNED_CERT_IN_CHAIN: 'whoever issued it is not trusted here',
  UNABLE_TO_GET_ISSUER_CERT: 'whoever issued it is not trusted here', UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'whoever issued it is not trusted here', UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'whoever issued it is not trusted here',
  CERT_SIGNATURE_FAILURE: 'it is not signed by the authority that it names', CERT_UNTRUSTED: 'whoever issued it is not trusted here', INVALID_CA: 'whoever issued it may issue none',
  CERT_HAS_EXPIRED: 'it has ended', CERT_NOT_YET_VALID: 'it does not hold yet', ERR_TLS_CERT_ALTNAME_INVALID: 'it was made for another name',
}
const remedies: Readonly<Record<string, string>> = {
  CERT_HAS_EXPIRED: 'have it made anew: the gateway takes a new pair of files without a restart', CERT_NOT_YET_VALID: 'look at the clocks of both machines: `date`',
}

const LOOK_MS = 5_000

/** Looks at the certificate once more without believing it, and sends nothing. */
export async function untrusted(url: string, trust: Trust, code: string): Promise<CliError> {
  const { hostname, port } = new URL(url)
  const shown = await shownBy(hostname.replace(/^\[|\]$/g, ''), port === '' ? 443 : Number(port))
  const whose = shown === null ? 'its certificate' : `its certificate is ${nameIn(shown.subject)}'s, issued by ${nameIn(shown.issuer)}, from ${dayOf(shown.valid_from)} to ${dayOf(shown.valid_to)}`
  const names = code === 'ERR_TLS_CERT_ALTNAME_INVALID' && shown?.subjectaltname !== undefined ? ` (${shown.subjectaltname.replaceAll(/(DNS|IP Address):/g, '')})` : ''
  const sum = shown === null ? '' : `\n  its SHA-256 is ${shown.fingerprint256}`
  return new CliError('unreachable', `what answers at ${url} is not trusted: ${whose}; ${reasons[code]}${names}`, `${remedies[code] ?? remedyFor(code, trust, shown)}${sum}`)
}

function remedyFor(code: string, trust: Trust, shown: DetailedPeerCertificate | null): string {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'call the gateway by a name that it was made for, or have one made for this name'
  if (trust.of === 'itself') return `${trust.file} is not what the gateway serves; a new pair is served within 10 s, and why it is not stands in its log`
  const which = shown === null ? 'the authority' : nameIn(shown.issuer)
  return trust.of === 'authority' ? `${trust.file} does not vouch for it: it must hold the certificate of ${which}, or the gateway's own`
    : `name the certificate of ${which} with --ca FILE, or LINESIDE_CA; whoever looks after the gateway has it`
}

function shownBy(host: string, port: number): Promise<DetailedPeerCertificate | null> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, rejectUnauthorized: false, timeout: LOOK_MS, ...(/[a-z]/i.test(host) && !host.includes(':') ? { servername: host } : {}) }, () => {
      resolve(socket.getPeerCertificate(true))
      socket.destroy()
    })
    for (const end of ['error', 'timeout'] as const) socket.on(end, () => { resolve(null); socket.destroy() })
  })
}

const nameIn = ({ CN, O, OU }: DetailedPeerCertificate['subject']): string => String(CN ?? OU ?? O ?? 'nobody')
const dayOf = (text: string): string => (Number.isNaN(Date.parse(text)) ? text : new Date(text).toISOString().slice(0, 10))
