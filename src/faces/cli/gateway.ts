/** Asks the running gateway over HTTP, as any client does. */

import { existsSync } from 'node:fs'
import type { IncomingMessage } from 'node:http'
import { text } from 'node:stream/consumers'
import { setTimeout as sleep } from 'node:timers/promises'
import { installed } from '../../base/installed.js'
import type { Ms } from '../../base/units.js'
import { CliError } from './exit.js'
import { type Trust, secureOptionsOf } from './trust.js'

export interface Gateway {
  /** Without a slash at its end. */
  readonly url: string
  readonly trust: Trust
  /** On this machine, and nobody named another one. */
  readonly isHere: boolean
  readonly pass: Pass
}

/** What opens a gateway. */
export interface Pass {
  /** `null` asks without one. */
  token(): string | null
  /** After a refusal: true when `token` is another one since. A running gateway learns of it within a second. */
  renew(): Promise<boolean>
}

/** As it was given: there is no other one. */
export const fixedPass = (token: string | null): Pass => ({ token: () => token, renew: () => Promise.resolve(false) })

export interface Answer { readonly status: number; readonly body: unknown }

/** How long a person waits for a gateway that does not answer. */
const ANSWER_MS = 5_000
const NEW_TOKEN_MS = 1_200

/** The JSON of an answer, or its text. Ends with `unreachable` or `denied`; every other status is the caller's to judge. */
export async function ask(gateway: Gateway, path: string, as: 'json' | 'text' = 'json', method: 'GET' | 'PUT' | 'POST' = 'GET', answerMs: Ms = ANSWER_MS, told?: object): Promise<Answer> {
  let response = await send(gateway, method, path, answerMs, told)
  if ((response.statusCode === 401 || response.statusCode === 403) && await gateway.pass.renew()) {
    response.resume()
    await sleep(NEW_TOKEN_MS)
    response = await send(gateway, method, path, answerMs, told)
  }
  const status = response.statusCode ?? 0
  const body = await text(response)
  if (status === 401 || status === 403 || status === 429) {
    throw new CliError('denied', `the gateway at ${gateway.url} refused: ${messageOf(body)}`, 'set LINESIDE_TOKEN, or make a token with `lineside token create`')
  }
  return { status, body: as === 'text' ? body : jsonOf(body) }
}

async function send(gateway: Gateway, method: string, path: string, answerMs: Ms, told?: object): Promise<IncomingMessage> {
  const url = `${gateway.url}${path}`
  const isSecure = url.startsWith('https:')
  // Node's own take a tenth of what a verb may take to start, so help goes without them.
  const { request } = await (isSecure ? import('node:https') : import('node:http'))
  const token = gateway.pass.token()
  const headers = { accept: 'application/json, text/plain;q=0.9', ...(told === undefined ? {} : { 'content-type': 'application/json' }), ...(token === null ? {} : { authorization: `Bearer ${token}` }) }
  return new Promise((resolve, reject) => {
    const options = { method, headers, timeout: answerMs }
    const asked = request(url, isSecure ? { ...options, ...secureOptionsOf(gateway.trust) } : options, resolve)
    asked.on('error', (cause) => { unanswered(gateway, cause).then(reject, reject) })
    asked.on('timeout', () => asked.destroy(new Error(`no answer within ${answerMs / 1_000} s`)))
    asked.end(told === undefined ? undefined : JSON.stringify(told))
  })
}

/** Where the package was installed the service manager starts it, and knows why it ended. */
export const howToStart = (): string => (existsSync(installed.file) ? '`systemctl start lineside` starts it, and `journalctl -u lineside -n 50` says why it ended' : 'start one with `lineside run`')

/** Why there was no answer, and what to do about it. */
async function unanswered({ url, trust, isHere }: Gateway, cause: Error): Promise<CliError> {
  const code = 'code' in cause ? String(cause.code) : cause.message
  if (url.startsWith('https:')) {
    const { isOfTrust, untrusted } = await import('./certificate.js')
    if (isOfTrust(code)) return untrusted(url, trust, code)
  }
  const isOtherProtocol = url.startsWith('https:') ? code === 'EPROTO' || code === 'ERR_SSL_WRONG_VERSION_NUMBER' : code === 'ECONNRESET' || code.startsWith('HPE_')
  return new CliError('unreachable', `no gateway answers at ${url} (${code})`, isOtherProtocol ? `something does answer there: try ${url.startsWith('https:') ? 'http' : 'https'}://` : isHere ? `${howToStart()}, or name one elsewhere with --url` : 'see whether it runs there, and whether this is its address')
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body)
  } catch {
    return null
  }
}

function messageOf(body: string): string {
  const json = jsonOf(body) as { readonly error?: { readonly message?: string } } | null
  return json?.error?.message ?? 'no token, or one that does not reach this'
}
