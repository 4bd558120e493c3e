/** A session with an OPC UA server over node-opcua-client, its only importer: secured, watched, and ended at once by whatever goes wrong. */

import type * as opcua from 'node-opcua-client'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { given } from '../../base/assert.js'
import type { Ms } from '../../base/units.js'
import { Fault, type FaultCode, faultOf } from '../../contract/faults.js'
import type { PlcOf } from '../../contract/plcs.js'
import { type Own, distrustOf, ownCertificate } from './certificates.js'
import type { Said } from './decode.js'

type Library = typeof opcua
type Deadlines = { readonly connect: Ms; readonly request: Ms }

/** A node, and the elements of its value that are meant; '' for all of it. */
export interface Place { readonly node: string; readonly range: string }

/** What the server says by itself: values by the handle of their item, or nothing, which says that it is alive. */
export interface News { readonly sequence: number; readonly values: readonly { readonly handle: number; readonly said: Said }[]; readonly isOver: boolean }

export interface Granted { readonly id: number; readonly publishMs: Ms; readonly keepAliveCount: number }

/** What stands under a node. */
export interface Reference { readonly node: string; readonly name: string; readonly isVariable: boolean }

/** A service that the server did not do, by its status; the session goes on. */
export class Refused extends Error {
  readonly status: string
  constructor(status: string) { super(status); this.status = status }
}

interface ValueOf { readonly nodeId: opcua.NodeId; readonly attributeId: number; readonly indexRange?: opcua.ReadValueId['indexRange'] }

const VALUE = 13
/** How many requests wait at the server for news: one that it answers, and one that it then has at once. */
const PUBLISHES = 2
/** A session that nobody uses is closed by the server after this. */
const SESSION_MS_MIN = 30_000
/** So many nodes are asked for at a time where the server names no limit of its own. */
const NODES_PER_REQUEST = 2_000
const CERTIFICATE_DAYS = 3_650
/** A service that fails with one of these says that the session, or all of the connection, is no more. */
const OVER = /^Bad(Session(IdInvalid|Closed|NotActivated)|SecureChannel|Tcp|ServerHalted|Shutdown|ConnectionClosed|Disconnect|CommunicationError)/
/** Statuses of a request that was too much at once. */
export const TOO_MUCH = /^Bad(TooManyOperations|ResponseTooLarge|RequestTooLarge|EncodingLimitsExceeded|TooManyMonitoredItems)$/

const policies = { basic256sha256: 'Basic256Sha256', aes128_sha256_rsaoaep: 'Aes128_Sha256_RsaOaep', aes256_sha256_rsapss: 'Aes256_Sha256_RsaPss' } as const
const modes = { none: 'None', sign: 'Sign', sign_and_encrypt: 'SignAndEncrypt' } as const

/**
 * The library can reconnect and repair its sessions; here it may not. The poller does that for every driver, with one back-off and one budget, and a session repaired
 * behind our back would go on showing values of subscriptions that died with the old one.
 */
export class OpcuaSession {
  requestsCount = 0
  /** The most nodes of one request, by what is asked. */
  readonly atOnce = { read: NODES_PER_REQUEST, items: NODES_PER_REQUEST, paths: NODES_PER_REQUEST, browse: NODES_PER_REQUEST }
  readonly #plc: PlcOf<'opcua'>
  readonly #deadlineMs: Deadlines
  readonly #directory: string
  readonly #clients: opcua.OPCUAClient[] = []
  readonly #channels: opcua.ClientSecureChannelLayer[] = []
  readonly #ended: Promise<never>
  #end: (fault: Fault) => void = () => undefined
  #fault: Fault | null = null
  #library: Library | null = null
  #session: opcua.ClientSession | null = null
  #underWay = 0
  readonly #values = new WeakMap<Place, ValueOf>()
  #closing: Promise<void> | null = null

  constructor(plc: PlcOf<'opcua'>, deadlineMs: Deadlines) {
    this.#plc = plc
    this.#deadlineMs = deadlineMs
    this.#directory = plc.certificates ?? join('data', 'opcua')
    this.#ended = new Promise((_, reject) => { this.#end = reject })
    this.#ended.catch(() => undefined)
  }

  get bytesCount(): number { return this.#channels.reduce((sum, channel) => sum + channel.bytesRead + channel.bytesWritten, 0) }

  /** Connects, secures, logs in, and learns the server's limits. */
  async open(): Promise<void> {
        // Loaded by who needs it: it weighs 80 MB.
    const library = this.#library = await import('node-opcua-client')
    quieten(library)
    const own = await this.#own(library)
    const certificate = this.#plc.security === 'none' ? null : await this.#within(this.#deadlineMs.connect, this.#trustedCertificate(library, own))
    const client = this.#client(library, own, certificate)
    client.on('close', () => { this.fail(new Fault('PLC_LINK_LOST', { plc: this.#plc.id })) })
    await this.#within(this.#deadlineMs.connect, client.connect(this.#plc.endpoint).catch((thrown: unknown) => { throw this.#faultOfOpening(thrown) }))
    const user = this.#user(library, client)
    const session = await this.#within(this.#deadlineMs.connect, client.createSession(user).catch((thrown: unknown) => { throw this.#faultOfOpening(thrown) }))
    this.#session = session
    await this.#learnLimits(library)
  }

  /** Values of at most `atOnce.read` places, in their order. */
  async read(places: readonly Place[]): Promise<readonly Said[]> {
    const { ReadRequest, ReadResponse, TimestampsToReturn } = this.#open()
    const nodesToRead = places.map((place) => this.#valueOf(place))
    const { results } = await this.#ask(new ReadRequest({ maxAge: 0, timestampsToReturn: TimestampsToReturn.Neither, nodesToRead }), ReadResponse)
    return this.#whole(results, places.length)
  }

  /** The status of a write: 'Good' when it was taken. */
  async write(place: Place, dataType: number, value: unknown, isArray: boolean): Promise<string> {
    const { WriteRequest, WriteResponse, VariantArrayType } = this.#open()
    const nodesToWrite = [{ ...this.#valueOf(place), value: { value: { dataType, arrayType: isArray ? VariantArrayType.Array : VariantArrayType.Scalar, value } } }]
    const { results } = await this.#ask(new WriteRequest({ nodesToWrite }), WriteResponse)
    return this.#whole(results, 1)[0]!.name
  }

  /** The nodes at the ends of paths of `namespace:name` steps from the Objects folder; `null` where nothing stands. */
  async resolve(paths: readonly (readonly { readonly namespace: number; readonly name: string }[])[]): Promise<readonly (string | null)[]> {
    const { TranslateBrowsePathsToNodeIdsRequest, TranslateBrowsePathsToNodeIdsResponse, coerceNodeId, QualifiedName } = this.#open()
    const browsePaths = paths.map((steps) => ({
      startingNode: coerceNodeId(OBJECTS),
      relativePath: { elements: steps.map(({ namespace, name }) => ({ referenceTypeId: coerceNodeId(HIERARCHICAL), isInverse: false, includeSubtypes: true, targetName: new QualifiedName({ namespaceIndex: namespace, name }) })) },
    }))
    const { results } = await this.#ask(new TranslateBrowsePathsToNodeIdsRequest({ browsePaths }), TranslateBrowsePathsToNodeIdsResponse)
    return this.#whole(results, paths.length).map(({ statusCode, targets }) => statusCode.isGood() ? targets?.[0]?.targetId.toString() ?? null : null)
  }

  async namespaces(): Promise<readonly string[]> {
    const value: unknown = (await this.read([{ node: NAMESPACES, range: '' }]))[0]?.value?.value
    return Array.isArray(value) ? value.map(String) : []
  }

  /** What stands below each node, all pages of it. */
  async browse(nodes: readonly string[]): Promise<readonly (readonly Reference[])[]> {
    const { BrowseRequest, BrowseResponse, BrowseNextRequest, BrowseNextResponse, BrowseDirection, coerceNodeId } = this.#open()
    const nodesToBrowse = nodes.map((node) => ({ nodeId: coerceNodeId(node), browseDirection: BrowseDirection.Forward, referenceTypeId: coerceNodeId(HIERARCHICAL), includeSubtypes: true, nodeClassMask: OBJECT | VARIABLE, resultMask: 0x0c }))
    const { results } = await this.#ask(new BrowseRequest({ requestedMaxReferencesPerNode: NODES_PER_REQUEST, nodesToBrowse }), BrowseResponse)
    const found: Reference[][] = []
    for (const first of this.#whole(results, nodes.length)) {
      const references: Reference[] = []
      found.push(references)
      for (let page = first; ;) {
        for (const { nodeId, browseName, nodeClass } of page.references ?? []) references.push({ node: nodeId.toString(), name: browseName.name ?? '', isVariable: isVariable(nodeClass) })
        if (page.continuationPoint === null || page.continuationPoint === undefined || page.continuationPoint.length === 0) break
        const next = await this.#ask(new BrowseNextRequest({ releaseContinuationPoints: false, continuationPoints: [page.continuationPoint] }), BrowseNextResponse)
        page = this.#whole(next.results, 1)[0]!
      }
    }
    return found
  }

  /** Has the server say by itself what changes; `onNews` hears all of it, and `onEnd` when there will be no more. Rejects with `Refused`. */
  async subscribe(publishMs: Ms, keepAliveCount: number, onNews: (news: News) => void, onEnd: () => void): Promise<Granted> {
    const { CreateSubscriptionRequest, CreateSubscriptionResponse } = this.#open()
    const granted = await this.#ask(new CreateSubscriptionRequest({
      requestedPublishingInterval: publishMs, requestedMaxKeepAliveCount: keepAliveCount, requestedLifetimeCount: Math.max(3 * keepAliveCount, Math.ceil(SESSION_MS_MIN / publishMs)),
      maxNotificationsPerPublish: NODES_PER_REQUEST, publishingEnabled: true, priority: 0,
    }), CreateSubscriptionResponse)
    const acknowledged: { subscriptionId: number; sequenceNumber: number }[] = []
    for (let i = 0; i < PUBLISHES; i++) this.#publish(granted.subscriptionId, acknowledged, onNews, onEnd)
    return { id: granted.subscriptionId, publishMs: granted.revisedPublishingInterval, keepAliveCount: granted.revisedMaxKeepAliveCount }
  }

  /** Items of at most `atOnce.items` places; gives the id of each, or `null` where the server does not watch it. */
  async monitor(subscription: number, items: readonly { readonly place: Place; readonly handle: number }[], samplingMs: Ms): Promise<readonly (number | null)[]> {
    const { CreateMonitoredItemsRequest, CreateMonitoredItemsResponse, MonitoringMode, TimestampsToReturn } = this.#open()
    const itemsToCreate = items.map(({ place, handle }) => ({
      itemToMonitor: this.#valueOf(place), monitoringMode: MonitoringMode.Reporting,
      requestedParameters: { clientHandle: handle, samplingInterval: samplingMs, queueSize: 1, discardOldest: true },
    }))
    const { results } = await this.#ask(new CreateMonitoredItemsRequest({ subscriptionId: subscription, timestampsToReturn: TimestampsToReturn.Neither, itemsToCreate }), CreateMonitoredItemsResponse)
    return this.#whole(results, items.length).map(({ statusCode, monitoredItemId }) => statusCode.isGood() ? monitoredItemId : null)
  }

  async unmonitor(subscription: number, items: readonly number[]): Promise<void> {
    const { DeleteMonitoredItemsRequest, DeleteMonitoredItemsResponse } = this.#open()
    await this.#ask(new DeleteMonitoredItemsRequest({ subscriptionId: subscription, monitoredItemIds: [...items] }), DeleteMonitoredItemsResponse)
  }

  async unsubscribe(subscription: number): Promise<void> {
    const { DeleteSubscriptionsRequest, DeleteSubscriptionsResponse } = this.#open()
    await this.#ask(new DeleteSubscriptionsRequest({ subscriptionIds: [subscription] }), DeleteSubscriptionsResponse)
  }

  /** The first fault is the cause and ends the session; what follows is only noise of the closing. Gives the fault back to be thrown. */
  fail(fault: Fault): Fault {
    if (this.#fault !== null) return this.#fault
    this.#fault = fault
    this.#end(fault)
    return fault
  }

  /** Ends at once; whatever is under way fails with PLC_LINK_LOST. A server that listens is told, since it has few sessions to give. */
  close(): Promise<void> {
    return this.#closing ??= this.#leave(this.#fault === null && this.#underWay === 0 ? this.#session : null)
  }

  async #leave(session: opcua.ClientSession | null): Promise<void> {
    this.fail(new Fault('PLC_LINK_LOST', { plc: this.#plc.id }))
    // Nobody waits longer for a good-bye than for an answer; and what goes wrong while leaving is of no interest.
    if (session !== null) await inTime(this.#deadlineMs.request, session.close(true)).catch(() => undefined)
    for (const channel of this.#channels) channel.abortConnection(() => undefined)
    for (const client of this.#clients) client.disconnect(() => undefined)
  }

  /* ── opening ───────────────────────────────────────────────────────────────────────────────── */

  async #own(library: Library): Promise<Own> {
    try {
      return await ownCertificate(this.#directory, ({ applicationUri, host }) => makeCertificate(library, applicationUri, host))
    } catch (thrown) {
      throw faultOf(thrown, 'PLC_UNTRUSTED', { plc: this.#plc.id, detail: `our own certificate: ${thrown instanceof Error ? thrown.message : String(thrown)}` })
    }
  }

  /** Asks the server what it offers, which it tells anybody, and takes its certificate only when a person has listed that. */
  async #trustedCertificate(library: Library, own: Own): Promise<Buffer> {
    const { id, endpoint, security, policy, trust } = this.#plc
    const client = this.#client(library, own, null)
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
      const distrust = distrustOf(certificate, id, trust, this.#directory)
      if (distrust !== null) throw new Fault('PLC_UNTRUSTED', { plc: id, detail: distrust })
      return certificate
    } catch (thrown) {
      throw this.#faultOfOpening(thrown)
    } finally {
      client.disconnect(() => undefined)
    }
  }

  #client(library: Library, own: Own, serverCertificate: Buffer | null): opcua.OPCUAClient {
    const { security, policy, id } = this.#plc
    // A session must outlive the time between two readings.
    const idleMs = Math.max(SESSION_MS_MIN, 4 * this.#plc.cycle, 4 * this.#deadlineMs.request)
    const certificate = library.crypto_utils.convertPEMtoDER(own.pem)
    const key = library.crypto_utils.makePrivateKeyFromPem(own.keyPem)
    const client = library.OPCUAClient.create({
      applicationName: 'lineside', applicationUri: own.applicationUri, clientName: id,
      certificateKeyPairProvider: { getCertificate: () => certificate, getCertificateChain: () => [certificate], getPrivateKey: () => key },
      // A PLC often calls itself by a name that only its engineering station can resolve: what counts is that it answers where it was configured.
      endpointMustExist: false,
      ...(serverCertificate === null
        ? { securityMode: library.MessageSecurityMode.None, securityPolicy: library.SecurityPolicy.None }
        : { securityMode: library.MessageSecurityMode[modes[security]], securityPolicy: library.SecurityPolicy[policies[policy]], serverCertificate }),
      connectionStrategy: { maxRetry: 0, initialDelay: 100, maxDelay: 100 },
      requestedSessionTimeout: idleMs,
      // The deadlines here are shorter; these end what they abandoned.
      transportTimeout: 2 * idleMs, defaultTransactionTimeout: idleMs,
      keepSessionAlive: false, keepPendingSessionsOnDisconnect: true,
    })
    client.on('secure_channel_created', (channel) => {
      this.#channels.push(channel)
      if (this.#fault !== null) channel.abortConnection(() => undefined)
    })
    this.#clients.push(client)
    return client
  }

  #user(library: Library, client: opcua.OPCUAClient): opcua.UserIdentityInfo {
    const { user, password_file, security, policy, id } = this.#plc
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

  async #learnLimits(library: Library): Promise<void> {
    const { Server_ServerCapabilities_OperationLimits_MaxNodesPerRead: read, Server_ServerCapabilities_OperationLimits_MaxMonitoredItemsPerCall: items, Server_ServerCapabilities_OperationLimits_MaxNodesPerTranslateBrowsePathsToNodeIds: paths, Server_ServerCapabilities_OperationLimits_MaxNodesPerBrowse: browse } = library.VariableIds
    const asked = { read, items, paths, browse }
    for (const name of ['read', 'items', 'paths', 'browse'] as const) {
      // One by one, since how many may be asked at once is what is not known yet. A server without limits, or without these nodes, says 0 or nothing.
      const limit: unknown = (await this.read([{ node: `i=${asked[name]}`, range: '' }]))[0]?.value?.value
      if (typeof limit === 'number' && limit > 0) this.atOnce[name] = Math.min(limit, NODES_PER_REQUEST)
    }
  }

  /* ── asking ────────────────────────────────────────────────────────────────────────────────── */

  /** Asks once and waits no longer than a request may take. Rejects with `Refused` when the server does not do it, and with the fault that ended the session. */
  async #ask<R extends { readonly responseHeader: opcua.ReadResponse['responseHeader'] }>(request: Parameters<opcua.ClientSecureChannelLayer['performMessageTransaction']>[0], type: abstract new (...options: never[]) => R): Promise<R> {
    if (this.#fault !== null) throw this.#fault
    const { channel, token } = this.#connection()
    request.requestHeader.authenticationToken = token
    this.requestsCount++
    this.#underWay++
    try {
      return await this.#within(this.#deadlineMs.request, new Promise<R>((done, failed) => {
        channel.performMessageTransaction(request, (error, response) => {
          const status = statusOf(error) ?? (response?.responseHeader.serviceResult.isGood() === false ? response.responseHeader.serviceResult.name : null)
          if (status !== null) failed(OVER.test(status) ? this.fail(new Fault('PLC_LINK_LOST', { plc: this.#plc.id, detail: status })) : new Refused(status))
          else if (error !== null && error !== undefined) failed(this.fail(new Fault(/timed out/i.test(error.message) ? 'PLC_TIMEOUT' : 'PLC_LINK_LOST', { plc: this.#plc.id, detail: oneLine(error) }, error)))
          else if (response instanceof type) done(response)
          else failed(this.fail(new Fault('PLC_PROTOCOL', { plc: this.#plc.id, detail: 'the answer is to another question' })))
        })
      }))
    } finally {
      this.#underWay--
    }
  }

  /** Leaves a request at the server for it to answer when it has news, and another as soon as it did. */
  #publish(subscription: number, acknowledged: { subscriptionId: number; sequenceNumber: number }[], onNews: (news: News) => void, onEnd: () => void): void {
    const { PublishRequest, PublishResponse, DataChangeNotification, StatusChangeNotification } = this.#open()
    const { channel, token } = this.#connection()
    const request = new PublishRequest({ requestHeader: { timeoutHint: 2 * SESSION_MS_MIN }, subscriptionAcknowledgements: acknowledged.splice(0) })
    request.requestHeader.authenticationToken = token
    channel.performMessageTransaction(request, (error, response) => {
      if (this.#fault !== null) return
      const status = statusOf(error)
      // It has enough of these waiting already, or gave this one back.
      if (status === 'BadTooManyPublishRequests') return
      if (status !== 'BadTimeout') {
        if (error !== null && error !== undefined || !(response instanceof PublishResponse) || response.subscriptionId !== subscription) { onEnd(); return }
        const { sequenceNumber, notificationData } = response.notificationMessage
        const parts = notificationData ?? []
        if (parts.length > 0) acknowledged.push({ subscriptionId: subscription, sequenceNumber })
        onNews({
          sequence: sequenceNumber, isOver: parts.some((part) => part instanceof StatusChangeNotification && !part.status.isGood()),
          values: parts.flatMap((part) => part instanceof DataChangeNotification ? (part.monitoredItems ?? []).map(({ clientHandle, value }) => ({ handle: clientHandle, said: value })) : []),
        })
      }
      this.#publish(subscription, acknowledged, onNews, onEnd)
    })
  }

  /** The same as `work`, but a session that does not finish it in time is ended. */
  async #within<T>(ms: Ms, work: Promise<T>): Promise<T> {
    work.catch(() => undefined)
    const timer = setTimeout(() => { this.fail(new Fault(this.bytesRead === 0 ? 'PLC_UNREACHABLE' : 'PLC_TIMEOUT', { plc: this.#plc.id, waitedMs: ms })) }, ms)
    try {
      return await Promise.race([work, this.#ended])
    } finally {
      clearTimeout(timer)
    }
  }

  get bytesRead(): number { return this.#channels.reduce((sum, channel) => sum + channel.bytesRead, 0) }

  /** As many answers as questions, or nothing of them can be believed. */
  #whole<T>(results: readonly T[] | null | undefined, count: number): readonly T[] {
    if (results?.length === count) return results
    throw this.fail(new Fault('PLC_SHORT_REPLY', { plc: this.#plc.id, detail: `${results?.length ?? 0} answers to ${count} questions` }))
  }

  #faultOfOpening(thrown: unknown): Fault {
    if (this.#fault !== null) return this.#fault
    const detail = thrown instanceof Error ? oneLine(thrown) : String(thrown)
    return faultOf(thrown, causes.find(([pattern]) => pattern.test(detail))?.[1] ?? (this.#plc.security === 'none' ? 'PLC_PROTOCOL' : 'PLC_DISTRUSTS'), { plc: this.#plc.id, detail })
  }

  /** What the protocol calls the value of a place; made once for each, since most are asked for again and again. */
  #valueOf(place: Place): ValueOf {
    const known = this.#values.get(place)
    if (known !== undefined) return known
    const { node, range } = place
    // The class of a range is not exported; the library makes one of its text.
    const value = { nodeId: this.#open().coerceNodeId(node), attributeId: VALUE, ...(range === '' ? {} : { indexRange: range as unknown as opcua.ReadValueId['indexRange'] }) }
    this.#values.set(place, value)
    return value
  }

  #open(): Library { return given(this.#library, 'the library of an open session') }

  #connection(): { readonly channel: opcua.ClientSecureChannelLayer; readonly token: opcua.NodeId } {
    return { channel: given(this.#channels.at(-1), 'a channel'), token: given(this.#session?.authenticationToken, 'the token of an open session') }
  }
}

const OBJECTS = 'i=85'
/** Classes of nodes, as bits of a mask (OPC 10000-4, 7.29). */
const OBJECT = 1
const VARIABLE = 2
const isVariable = (nodeClass: number): boolean => nodeClass === VARIABLE
const HIERARCHICAL = 'i=33'
const NAMESPACES = 'i=2255'

/** What the library's sentences come to; the first that fits. */
const causes: readonly (readonly [RegExp, FaultCode])[] = [
  [/ECONNREFUSED|BadTooManySessions|BadTcpServerTooBusy|BadTcpEndpointUrlInvalid/, 'PLC_REFUSED'],
  [/ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|EHOSTDOWN|ETIMEDOUT/, 'PLC_UNREACHABLE'],
  [/BadIdentityToken|BadUserAccessDenied|BadUserSignatureInvalid|user token policy/i, 'PLC_LOGIN'],
  [/BadCertificate|BadSecurityChecksFailed|BadApplicationSignatureInvalid/, 'PLC_DISTRUSTS'],
  [/BadSecurityPolicyRejected|BadSecurityModeRejected/, 'PLC_SECURITY'],
]

const oneLine = (error: Error): string => error.message.replace(/\s+/g, ' ').trim().slice(0, 300)

/** The status with which the server refused a service, or `null` when the error is of another kind. */
function statusOf(error: Error | null | undefined): string | null {
  if (error === null || error === undefined || !('response' in error)) return null
  // The library hangs the answer on the error.
  const { response } = error as Error & { readonly response?: { readonly responseHeader?: { readonly serviceResult?: { readonly name?: string } } } }
  return response?.responseHeader?.serviceResult?.name ?? null
}

async function inTime<T>(ms: Ms, work: Promise<T>): Promise<T | null> {
  const late = new AbortController()
  const timer = new Promise<null>((done) => { const id = setTimeout(() => { done(null) }, ms); late.signal.addEventListener('abort', () => { clearTimeout(id) }) })
  try {
    return await Promise.race([work, timer])
  } finally {
    late.abort()
  }
}

/** It writes to the console what is told here as a fault. */
function quieten(library: Library): void {
  library.setLogLevel(library.LogLevel.Emergency)
  library.setWarningLogger(() => undefined)
  library.setErrorLogger(() => undefined)
}

async function makeCertificate({ crypto_utils: tools }: Library, applicationUri: string, host: string): Promise<{ readonly pem: string; readonly keyPem: string }> {
  const privateKey = await tools.generatePrivateKey(2_048)
  const { cert } = await tools.createSelfSignedCertificate({ privateKey, notBefore: new Date(), validity: CERTIFICATE_DAYS, subject: `CN=lineside@${host}`, dns: [host], applicationUri, purpose: tools.CertificatePurpose.ForApplication })
  return { pem: cert, keyPem: (await tools.privateKeyToPEM(privateKey)).privPem }
}
