/** A verb that asks a gateway, as data: the command line, its completion and its manual are made from these. */

import type { z } from '../../contract/schema.js'
import { CliError, type ExitName } from './exit.js'
import { type Gateway, ask } from './gateway.js'
import type { Format } from './output.js'

export interface Flag {
  /** As commander writes it: `--since <duration>`. */
  readonly flags: string
  readonly sentence: string
  readonly kind?: 'text' | 'number' | 'duration'
  readonly choices?: readonly string[]
  readonly default?: string | number | boolean
}

export interface Given {
  readonly args: readonly string[]
  /** By long name in camel case. */
  readonly flags: Readonly<Record<string, string | number | boolean | undefined>>
  readonly format: Format
  readonly print: (text: string) => void
  /** The person has had enough. */
  readonly stopped: AbortSignal
  readonly now: () => number
}

export interface Verb {
  /** `events tail`. */
  readonly words: string
  readonly sentence: string
  readonly examples: readonly string[]
  readonly args?: readonly { readonly name: string; readonly sentence: string }[]
  readonly flags?: readonly Flag[]
  /** It prints rows, in any of the formats. */
  readonly lists?: boolean
  readonly run: (gateway: Gateway, given: Given) => Promise<ExitName | number>
}

/** The `data` of an answer, as its endpoint describes it. */
export async function dataOf<S extends z.ZodType>(gateway: Gateway, schema: S, path: string): Promise<z.output<S>> {
  const { status, body } = await ask(gateway, path)
  const { data, error } = (body ?? {}) as { readonly data?: unknown; readonly error?: { readonly message?: string } }
  if (status === 404) throw new CliError('missing', error?.message ?? 'there is no such thing', null)
  if (status !== 200) throw new CliError('failed', error?.message ?? `the gateway answered ${status}`, null)
  const parsed = schema.safeParse(data)
  if (!parsed.success) throw new CliError('failed', `what answers at ${gateway.url} is no lineside of this version`, 'see which program listens there')
  return parsed.data
}

/** With what was given only. */
export function query(fields: Readonly<Record<string, string | number | boolean | undefined>>): string {
  const parts = Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${encodeURIComponent(value)}`]))
  return parts.length === 0 ? '' : `?${parts.join('&')}`
}
