/** Messages to a web address, signed so that the receiver knows who sent them and when. */

import { createHmac } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Clock } from '../../base/clock.js'
import type { ChannelConfig } from '../../contract/config.js'
import { Fault } from '../../contract/faults.js'
import type { HandOver } from './hand-over.js'

type WebhookConfig = Extract<ChannelConfig, { kind: 'webhook' }>

/**
 * POSTs the message as JSON. With a key the header `lineside-signature: t=SECONDS,v1=HEX` is the HMAC-SHA256 of `SECONDS.BODY`.
 * `idempotency-key` is the same for every try of one message. Redirects are not followed: the address is configured, not negotiated.
 */
export function webhook({ url, secret_file: secretFile }: WebhookConfig, clock: Clock): HandOver {
  return async (message, stopped) => {
    const body = JSON.stringify(message)
    const headers: Record<string, string> = { 'content-type': 'application/json', 'user-agent': 'lineside', 'idempotency-key': `lineside-${message.seq ?? 0}` }
    if (secretFile !== undefined) headers['lineside-signature'] = signatureOf(await keyOf(secretFile), Math.floor(clock.now() / 1_000), body)
    const status = await post(url, { method: 'POST', headers, body, redirect: 'manual', signal: stopped })
    if (status >= 200 && status < 300) return
    // Too early, too many and too slow are said of now; any other 4xx and a redirect are said of the message.
    const again = status >= 500 || status === 408 || status === 425 || status === 429
    throw new Fault(again ? 'NOTIFICATION_FAILED' : 'NOTIFICATION_REFUSED', { detail: `HTTP ${status}` })
  }
}

export const signatureOf = (key: string, seconds: number, body: string): string =>
  `t=${seconds},v1=${createHmac('sha256', key).update(`${seconds}.${body}`).digest('hex')}`

async function post(url: string, request: RequestInit): Promise<number> {
  try {
    const response = await fetch(url, request)
    await response.body?.cancel()
    return response.status
  } catch (cause) {
    throw new Fault('NOTIFICATION_FAILED', { detail: wordsOf(cause) }, cause)
  }
}

/** `fetch` says why in the cause of what it throws. */
function wordsOf(thrown: unknown): string {
  const cause = thrown instanceof Error ? thrown.cause ?? thrown : thrown
  return cause instanceof Error ? cause.message : String(cause)
}

/** Read for every message, so that a key can be changed without a restart. */
async function keyOf(file: string): Promise<string> {
  try {
    return (await readFile(file, 'utf8')).trim()
  } catch (cause) {
    throw new Fault('NOTIFICATION_FAILED', { detail: `the key file cannot be read: ${file}` }, cause)
  }
}
