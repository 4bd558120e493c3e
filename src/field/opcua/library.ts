/** node-opcua-client, its only importer: loaded by who needs it, told to be quiet, and what of it the driver speaks of by name. */

import type * as opcua from 'node-opcua-client'

export type Library = typeof opcua
export type Client = opcua.OPCUAClient
export type Channel = opcua.ClientSecureChannelLayer
export type ClientSession = opcua.ClientSession
export type NodeId = opcua.NodeId
export type User = opcua.UserIdentityInfo
export type KeyPair = NonNullable<opcua.OPCUAClientOptions['certificateKeyPairProvider']>
export type Request = Parameters<Channel['performMessageTransaction']>[0]
export interface Response { readonly responseHeader: opcua.ReadResponse['responseHeader'] }
/** Numbers of an acknowledgement: how much goes at once. */
export type Sizes = NonNullable<ReturnType<NonNullable<opcua.OPCUAClientOptions['transportFactory']>['create']>['parameters']>
export type Range = opcua.ReadValueId['indexRange']

const CERTIFICATE_DAYS = 3_650

/** It weighs 80 MB, and it would write to the console what is told here as a fault. */
export async function loadLibrary(): Promise<Library> {
  const library = await import('node-opcua-client')
  library.setLogLevel(library.LogLevel.Emergency)
  library.setWarningLogger(() => undefined)
  library.setErrorLogger(() => undefined)
  return library
}

/** The name of a status by its number, as the protocol writes it. */
export function statusName({ StatusCodes }: Library, status: number): string {
  const known = Object.values(StatusCodes).find(({ value }) => value === status)
  return known?.name ?? `status 0x${status.toString(16)}`
}

/** A key and a certificate that it signs, both as PEM. */
export async function makeCertificate({ crypto_utils: tools }: Library, applicationUri: string, host: string): Promise<{ readonly pem: string; readonly keyPem: string }> {
  const privateKey = await tools.generatePrivateKey(2_048)
  const { cert } = await tools.createSelfSignedCertificate({ privateKey, notBefore: new Date(), validity: CERTIFICATE_DAYS, subject: `CN=lineside@${host}`, dns: [host], applicationUri, purpose: tools.CertificatePurpose.ForApplication })
  return { pem: cert, keyPem: (await tools.privateKeyToPEM(privateKey)).privPem }
}
