/** The data of a gateway's answer, as its endpoint describes it. */

import type { Ms } from '../../base/units.js'
import { knownOf } from '../../contract/known.js'
import type { z } from '../../contract/schema.js'
import { CliError } from './exit.js'
import { type Answer, type Gateway, ask } from './gateway.js'
import { meantBy } from './known-names.js'

/** Throws a `CliError` when there is no such thing, when the gateway refuses, or when what answers speaks another language. */
export async function dataOf<S extends z.ZodType>(gateway: Gateway, schema: S, path: string, method: 'GET' | 'PUT' = 'GET', answerMs?: Ms): Promise<z.output<S>> {
  return dataIn(gateway, schema, await ask(gateway, path, 'json', method, answerMs))
}

/** The same of what is told to the gateway, which it may refuse. */
export async function toldTo<S extends z.ZodType>(gateway: Gateway, schema: S, path: string, told: object, answerMs?: Ms): Promise<z.output<S>> {
  return dataIn(gateway, schema, await ask(gateway, path, 'json', 'POST', answerMs, told))
}

async function dataIn<S extends z.ZodType>(gateway: Gateway, schema: S, { status, body }: Answer): Promise<z.output<S>> {
  const { data, error } = (body ?? {}) as { readonly data?: unknown; readonly error?: { readonly message?: string; readonly code?: string; readonly details?: readonly { readonly message?: string }[] } }
  // The first detail says what the sentence is about, and often what was meant.
  const told = error?.message === undefined ? undefined : [error.message, ...(error.details ?? []).flatMap(({ message }) => message ?? []).slice(0, 1)].join(': ')
  if (status === 404) {
    const kind = error?.code === 'LINE_UNKNOWN' ? 'line' : error?.code === 'EQUIPMENT_UNKNOWN' ? 'equipment' : null
    const name = error?.details?.[0]?.message
    throw new CliError('missing', told ?? 'there is no such thing', kind === null || name === undefined ? null : await meantBy(gateway, name, [kind]))
  }
  if (status !== 200 && status !== 201) throw new CliError('failed', told ?? `the gateway answered ${status}`, null)
  return readOf(gateway, schema, data)
}

/** The same of an answer that stands for itself, without the envelope, and whatever its status says. */
export async function bareOf<S extends z.ZodType>(gateway: Gateway, schema: S, path: string): Promise<z.output<S>> {
  return readOf(gateway, schema, (await ask(gateway, path)).body)
}

/** A gateway of a later version may say more than is understood here, and is understood all the same. */
function readOf<S extends z.ZodType>({ url }: Gateway, schema: S, told: unknown): z.output<S> {
  const parsed = knownOf(schema, told)
  if (!parsed.success) throw new CliError('failed', `what answers at ${url} is no lineside of this version`, 'see which program listens there, and of which version: `lineside --version` on both machines')
  return parsed.data
}

/** With what was given only. */
export function query(fields: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const parts = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}
