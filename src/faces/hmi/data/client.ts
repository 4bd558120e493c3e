/** The typed client: every endpoint by its name, as the contract declares it. */

import { routes } from 'lineside:routes'
import type { CommandName, commands } from '../../../contract/commands.js'
import type { AskName, DataOf, EndpointName, ParamsOf, QueryOf, TellName, table } from '../../../contract/endpoints/table.js'
import type { WhoAmI } from '../../../contract/session.js'
import type { z } from '../../../contract/schema.js'

/** A no of the gateway, and why. */
export class Refused extends Error {
  override readonly name = 'Refused'
  readonly code: string
  readonly details: readonly Detail[]
  /** How long to wait before the same is worth asking again; `null` when it never is. */
  readonly againMs: number | null

  constructor(code: string, message: string, details: readonly Detail[], againMs: number | null) {
    super(message)
    this.code = code
    this.details = details
    this.againMs = againMs
  }
}
export interface Detail { readonly path: string; readonly message: string }

/** The gateway could not be reached, or gave no answer that is one of its own. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable'
}

type CommandAt<N extends TellName> = (typeof table)[N]['command'] & CommandName
type Path = 'stop_id' | 'andon_id'
/** What a command takes beside what stands in its address. */
export type BodyAt<N extends TellName> = Omit<z.input<(typeof commands)[CommandAt<N>]['body']>, Path>

/** Asks. Throws `Refused` or `Unreachable`. */
export function ask<N extends AskName>(name: N, params: ParamsOf<N>, query: Partial<QueryOf<N>> = {}): Promise<DataOf<N>> {
  return send<DataOf<N>>(addressOf(name, params, query), {})
}

/** Asks for something to be done that is no command of a line: what is asked goes in the body. Throws `Refused` or `Unreachable`. */
export function order<N extends AskName>(name: N, params: ParamsOf<N>, body: Partial<QueryOf<N>> | null): Promise<DataOf<N>> {
  return send<DataOf<N>>(addressOf(name, params, {}), body === null ? {} : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } })
}

/** Asks for an answer as a file of that media type, and gives it to the person under that name. */
export async function download<N extends AskName>(name: N, params: ParamsOf<N>, query: Partial<QueryOf<N>>, media: string, file: string): Promise<void> {
  const [method, address] = addressOf(name, params, query)
  let response = await reach(address, { method, headers: { Accept: media } })
  // What takes long to make is asked for until it is there.
  while (response.status === 503 && (await codeOf(response)) === 'BUNDLE_UNDER_WAY') {
    await new Promise((resolve) => { setTimeout(resolve, againMsOf(response)!) })
    response = await reach(address, { method, headers: { Accept: media } })
  }
  if (!response.ok) throw new Refused('INTERNAL', `status ${response.status}`, [], null)
  const link = document.createElement('a')
  link.href = URL.createObjectURL(await response.blob())
  link.download = file
  link.click()
  setTimeout(() => { URL.revokeObjectURL(link.href) }, 10_000)
}

/** Tells. The same key again has no second effect. */
export function tell(name: TellName, params: Readonly<Record<string, string>>, body: unknown, key: string): Promise<unknown> {
  return send(addressOf(name, params, {}), { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json', 'Idempotency-Key': key } })
}

export const whoAmI = (): Promise<WhoAmI> => send<WhoAmI>(['GET', SESSION], {})
export const signIn = (token: string): Promise<WhoAmI> => send<WhoAmI>(['POST', SESSION], { headers: { Authorization: `Bearer ${token}` } })
export const signOut = (): Promise<unknown> => send(['DELETE', SESSION], {})
/** A person at a shared station. */
export const signOn = (name: string, pin: string): Promise<WhoAmI> => send<WhoAmI>(['POST', PERSON], { body: JSON.stringify({ name, pin }), headers: { 'Content-Type': 'application/json' } })
export const stay = (): Promise<WhoAmI> => send<WhoAmI>(['PATCH', PERSON], {})
/** Another PIN for whoever works here, who shows the old one once more. */
export const renewPin = (pin: string, next: string): Promise<WhoAmI> => send<WhoAmI>(['PUT', PERSON], { body: JSON.stringify({ pin, next }), headers: { 'Content-Type': 'application/json' } })
export const signOff = (): Promise<WhoAmI> => send<WhoAmI>(['DELETE', PERSON], {})
/** The build of the screens that the gateway serves now. */
export const servedBuild = async (): Promise<string> => (await reach('/build', {})).text()

const SESSION = '/api/v1/session'
const PERSON = '/api/v1/session/person'
/** Longer than the gateway allows itself. */
const ANSWER_MS = 16_000

function addressOf(name: EndpointName, params: Readonly<Record<string, unknown>>, query: Readonly<Record<string, unknown>>): [method: string, address: string] {
  const [method = 'GET', path = ''] = (routes[name] ?? '').split(' ')
  const filled = path.replace(/\{(\w+)\}/g, (_, param: string) => encodeURIComponent(text(params[param])))
  const search = new URLSearchParams(Object.entries(query).flatMap(([key, value]) => value === undefined ? [] : [[key, text(value)]])).toString()
  return [method, search === '' ? filled : `${filled}?${search}`]
}

/** A query holds texts, numbers, flags, and lists of them with commas. */
const text = (value: unknown): string => typeof value === 'string' ? value : Array.isArray(value) ? value.join(',') : JSON.stringify(value)

async function send<T>([method, address]: [string, string], init: RequestInit): Promise<T> {
  const response = await reach(address, { ...init, method })
  if (response.status === 204) return undefined as T
  let answer: { readonly success?: boolean; readonly data?: T; readonly error?: { readonly code: string; readonly message: string; readonly details: readonly Detail[] } }
  try { answer = await response.json() } catch { throw new Unreachable(`no answer of the gateway: status ${response.status}`) }
  // Some answers stand for themselves, without the envelope; they say what is wrong in their own words.
  if (answer.success === undefined) return answer as T
  if (answer.success) return answer.data as T
  const { code = 'INTERNAL', message = '', details = [] } = answer.error ?? {}
  throw new Refused(code, message, details, againMsOf(response))
}

const againMsOf = ({ status, headers }: Response): number | null => status === 429 || status === 503 ? 1_000 * Number(headers.get('Retry-After') ?? 1) : null

/** `null` for a no that is none of the gateway's own. */
async function codeOf(response: Response): Promise<string | null> {
  try { return (await response.json() as { readonly error?: { readonly code?: string } }).error?.code ?? null } catch { return null }
}

async function reach(address: string, init: RequestInit): Promise<Response> {
  const late = new AbortController()
  const timer = setTimeout(() => late.abort(), ANSWER_MS)
  try {
    return await fetch(address, { ...init, headers: { 'Accept-Language': document.documentElement.lang, ...init.headers as Record<string, string> | undefined }, signal: late.signal, cache: 'no-store', credentials: 'same-origin', redirect: 'error' })
  } catch (thrown) {
    throw new Unreachable(String(thrown))
  } finally {
    clearTimeout(timer)
  }
}
