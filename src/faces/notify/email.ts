/** Messages by e-mail, over SMTP. The only importer of nodemailer. */

import { readFile } from 'node:fs/promises'
import type { Transporter } from 'nodemailer'
import type { ChannelConfig } from '../../contract/config.js'
import { Fault } from '../../contract/faults.js'
import type { HandOver } from './hand-over.js'
import { wordsFor } from './words.js'

type EmailConfig = Extract<ChannelConfig, { kind: 'email' }>

/** A connection for each message: calls for help are rare, and a relay that was restarted is found again without a thought. */
export function email(config: EmailConfig): HandOver {
  return async (message, stopped) => {
    const transport = await openTransport(config)
    const end = () => { transport.close() }
    stopped.addEventListener('abort', end, { once: true })
    try {
      const { subject, text } = wordsFor(message)
      // One id for all tries of a message, by which mail systems know a repetition.
      const messageId = `<lineside-${message.seq ?? 0}@${config.from.split('@').at(-1)?.replace(/>.*$/, '') ?? 'lineside'}>`
      await transport.sendMail({ from: config.from, to: [...config.to], subject, text, messageId, headers: { 'auto-submitted': 'auto-generated' } })
    } catch (cause) {
      throw new Fault(isFinal(cause) ? 'NOTIFICATION_REFUSED' : 'NOTIFICATION_FAILED', { detail: cause instanceof Error ? cause.message : String(cause) }, cause)
    } finally {
      stopped.removeEventListener('abort', end)
      transport.close()
    }
  }
}

/** SMTP's 5xx is final. A refused login is 535, and may be the password file that is being changed: it is tried again. */
function isFinal(thrown: unknown): boolean {
  const { responseCode, code } = thrown as { readonly responseCode?: unknown; readonly code?: unknown }
  return typeof responseCode === 'number' && responseCode >= 500 && code !== 'EAUTH'
}

/** Loaded when the first message goes out: most gateways never send one. */
async function openTransport({ host, port, tls, user, password_file, ca_file, timeout }: EmailConfig): Promise<Transporter> {
  const { default: nodemailer } = await import('nodemailer')
  const pass = password_file === undefined ? '' : (await contentOf(password_file)).trim()
  return nodemailer.createTransport({
    host, port, secure: tls === 'implicit', requireTLS: tls === 'starttls', ignoreTLS: tls === 'none',
    connectionTimeout: timeout, greetingTimeout: timeout, socketTimeout: timeout,
    ...(user === undefined ? {} : { auth: { user, pass } }),
    ...(ca_file === undefined ? {} : { tls: { ca: await contentOf(ca_file) } }),
    disableFileAccess: true, disableUrlAccess: true,
  })
}

async function contentOf(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8')
  } catch (cause) {
    throw new Fault('NOTIFICATION_FAILED', { detail: `the file cannot be read: ${file}` }, cause)
  }
}
