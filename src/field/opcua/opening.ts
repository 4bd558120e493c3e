/** How a session with an OPC UA server comes about: whom we believe, who we say we are, and what it means when that fails. */

import { createPrivateKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Ms } from '../../base/units.js'
import { Fault, type FaultCode, faultOf } from '../../contract/faults.js'
import type { PlcOf } from '../../contract/plcs.js'
import { type Asking, oneLine } from './asking.js'
import { type Own, distrustOf, ownCertificate } from './certificates.js'
import { type Client, type ClientSession, type KeyPair, type Library, type User, makeCertificate, statusName } from './library.js'
import { Transport } from './transport.js'

/** A session that nobody uses is closed by the server after this. */
export const SESSION_MS_MIN = 30_000

const policies = { basic256sha256: 'Basic256Sha256', aes128_sha256_rsaoaep: 'Aes128_Sha256_RsaOaep', aes256_sha256_rsapss: 'Aes256_Sha256_RsaPss' } as const
const modes = { none: 'None', sign: 'Sign', sign_and_encrypt: 'SignAndEncrypt' } as const

export interface Opening {
  readonly plc: PlcOf<'opcua'>
  readonly deadlineMs: { readonly connect: Ms; readonly request: Ms }
  /** Where our own certificate lies, and those that nobody has trusted yet. */
  readonly directory: string
  /** Hears of every channel as it is made; its fault ends the opening. */
  readonly asking: Asking
  /** Hears of every client as it is made; whoever closes disconnects them all. */
  readonly clients: Client[]
}

/** Connects, secures and logs in. Rejects with a `Fault`. */
export async function openSession(opening: Opening): Promise<ClientSession> {
  const { plc, deadlineMs, asking } = opening
  const own = await ownOf(opening)
  const certificate = plc.security === 'none' ? null : await asking.within(deadlineMs.connect, trustedCertificate(opening, own))
  const client = clientOf(opening, own, certificate)
  client.on('close', () => { asking.fail(new Fault('PLC_LINK_LOST', { plc: plc.id })) })
  const orFault = (thrown: unknown): never => { throw faultOfOpening(opening, thrown) }
  await asking.within(deadlineMs.connect, client.connect(plc.endpoint).catch(orFault))
  return asking.within(deadlineMs.connect, client.createSession(userOf(plc, asking.library, client)).catch(orFault))
}

async function ownOf({ plc, directory, asking: { library } }: Opening): Promise<Own> {
  try {
    return await ownCertificate(directory, ({ applicationUri, host }) => makeCertificate(library, applicationUri, host))
  } catch (thrown) {
    throw faultOf(thrown, 'PLC_UNTRUSTED', { plc: plc.id, detail: `our own certificate: ${thrown instanceof Error ? thrown.message : String(thrown)}` })
  }
}

/** Asks the server what it offers, which it tells anybody, and takes its certificate only when a person has listed that. */
async function trustedCertificate(opening: Opening, own: Own): Promise<Buffer> {
  const { plc: { id, endpoint, security, policy, trust }, directory, asking: { library } } = opening
  const client = clientOf(opening, own, null)
  try {
    await client.connect(endpoint)
    const offered = await client.getEndpoints()
    const chosen = offered.filter(({ securityMode, securityPolicyUri }) => securityMode === library.MessageSecurityMode[modes[security]] && securityPolicyUri === library.SecurityPolicy[policies[policy]])
      .sort((a, b) => b.securityLevel - a.securityLevel)[0]
    if (chosen === undefined) {
      const list = offered.map(({ securityMode, securityPolicyUri }) => `${library.MessageSecurityMode[securityMode]} ${securityPolicyUri?.replace(/^.*#/, '')}`)
      throw new Fault('PLC_SECURITY', { plc: id, detail: `it offers ${[...new Set(list)].join(', ') || 'nothing'}` })
    }
    // The certificate may come with those of its issuers behind it.
    const [certificate = Buffer.alloc(0)] = chosen.serverCertificate === null ? [] : library.crypto_utils.split_der(chosen.serverCertificate)
    const distrust = distrustOf(certificate, id, trust, directory)
    if (distrust !== null) throw new Fault('PLC_UNTRUSTED', { plc: id, detail: distrust })
    return certificate
  } catch (thrown) {
    throw faultOfOpening(opening, thrown)
  } finally {
    client.disconnect(() => undefined)
  }
}

/**
 * The library can reconnect and repair its sessions; here it may not. The poller does that for every driver, with one back-off and one budget, and a session repaired
 * behind our back would go on showing values of subscriptions that died with the old one.
 */
function clientOf({ plc, deadlineMs, asking, clients }: Opening, own: Own, serverCertificate: Buffer | null): Client {
  const { security, policy, id } = plc
  const { library } = asking
  // A session must outlive the time between two readings.
  const idleMs = Math.max(SESSION_MS_MIN, 4 * plc.cycle, 4 * deadlineMs.request)
  const client = library.OPCUAClient.create({
    applicationName: 'lineside', applicationUri: own.applicationUri, clientName: id,
    certificateKeyPairProvider: keyPairOf(own, library),
    // A PLC often calls itself by a name that only its engineering station can resolve: what counts is that it answers where it was configured.
    endpointMustExist: false,
    ...(serverCertificate === null
      ? { securityMode: library.MessageSecurityMode.None, securityPolicy: library.SecurityPolicy.None }
      : { securityMode: library.MessageSecurityMode[modes[security]], securityPolicy: library.SecurityPolicy[policies[policy]], serverCertificate }),
    connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 100 },
    requestedSessionTimeout: idleMs,
    // The deadlines here are shorter; this ends what they abandoned.
    defaultTransactionTimeout: idleMs,
    keepSessionAlive: false, keepPendingSessionsOnDisconnect: true,
    transportFactory: { create: () => new Transport((status) => statusName(library, status), () => { asking.isReached = true }, (cause) => { asking.fail(new Fault('PLC_PROTOCOL', { plc: id, detail: oneLine(cause) }, cause)) }) },
  })
  client.on('secure_channel_created', (channel) => {
    asking.channels.push(channel)
    if (asking.fault !== null) channel.abortConnection(() => undefined)
  })
  clients.push(client)
  return client
}

/** Our certificate as the library asks for it. It takes the key apart again unless it is the same object, which costs more than all the rest of an opening. */
function keyPairOf(own: Own, { crypto_utils: tools }: Library): KeyPair {
  const known = keyPairs.get(own)
  if (known !== undefined) return known
  const certificate = tools.convertPEMtoDER(own.pem)
  const key = { hidden: createPrivateKey(own.keyPem) }
  // Without names of files the library would wrap this anew for each client, and not know it again.
  const made = { certificateFile: '<in-memory>', privateKeyFile: '<in-memory>', getCertificate: () => certificate, getCertificateChain: () => [certificate], getPrivateKey: () => key }
  keyPairs.set(own, made)
  return made
}

const keyPairs = new WeakMap<Own, KeyPair>()

function userOf({ user, password_file, security, policy, id }: PlcOf<'opcua'>, library: Library, client: Client): User {
  if (user === undefined || password_file === undefined) return { type: library.UserTokenType.Anonymous }
  const offered = client.findEndpointForSecurity(library.MessageSecurityMode[modes[security]], library.SecurityPolicy[policies[policy]])?.userIdentityTokens ?? []
  // A channel that is only signed can be read by everybody, and so could the password, if the server wants it plain.
  const isPlain = offered.every(({ tokenType, securityPolicyUri }) => tokenType !== library.UserTokenType.UserName || securityPolicyUri === library.SecurityPolicy.None)
  if (security !== 'sign_and_encrypt' && isPlain) throw new Fault('PLC_LOGIN', { plc: id, detail: 'the server takes no encrypted password over this channel; use `security: sign_and_encrypt`' })
  try {
    return { type: library.UserTokenType.UserName, userName: user, password: readFileSync(password_file, 'utf8').replace(/\r?\n$/, '') }
  } catch (thrown) {
    throw new Fault('PLC_LOGIN', { plc: id, detail: `${password_file} cannot be read` }, thrown)
  }
}

function faultOfOpening({ plc, asking }: Opening, thrown: unknown): Fault {
  if (asking.fault !== null) return asking.fault
  const detail = thrown instanceof Error ? oneLine(thrown) : String(thrown)
  return faultOf(thrown, causes.find(([pattern]) => pattern.test(detail))?.[1] ?? (plc.security === 'none' ? 'PLC_PROTOCOL' : 'PLC_DISTRUSTS'), { plc: plc.id, detail })
}

/** What the library's sentences come to; the first that fits. */
const causes: readonly (readonly [RegExp, FaultCode])[] = [
  [/ECONNREFUSED|BadTooManySessions|BadTcpServerTooBusy|BadTcpEndpointUrlInvalid/, 'PLC_REFUSED'],
  [/ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ETIMEDOUT/, 'PLC_UNREACHABLE'],
  [/BadIdentityToken|BadUserAccessDenied|BadUserSignatureInvalid|user token policy/i, 'PLC_LOGIN'],
  [/BadCertificate|BadSecurityChecksFailed|BadApplicationSignatureInvalid/, 'PLC_DISTRUSTS'],
  [/BadSecurityPolicyRejected|BadSecurityModeRejected/, 'PLC_SECURITY'],
]
