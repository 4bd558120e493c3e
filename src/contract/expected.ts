/** Says in words what a schema expected and did not get. */

import { nearest } from '../base/near.js'
import type { z } from './schema.js'
import type { Misfit, Path } from './misfit.js'

/**
 * The misfits behind one issue of a check made with `reportInput`, an unknown key each its own.
 * `keysAt` gives the keys that are known at a path, for the near miss.
 */
export function expectedBy(issue: z.core.$ZodIssue, keysAt: (path: Path) => readonly string[]): Misfit[] {
  const path = issue.path.map((part) => (typeof part === 'symbol' ? String(part) : part))
  switch (issue.code) {
    case 'unrecognized_keys':
      return issue.keys.map((key) => ({ path: [...path, key], message: unknownKey('setting', key, keysAt(path)), at: 'key' }))
    case 'invalid_key':
      return [{ path, message: `expected ${issue.issues[0] === undefined ? 'another name' : wanted(issue.issues[0])} as the name`, at: 'key' }]
    default:
      return [{ path, message: sentence(issue) }]
  }
}

/** A key that nobody knows, with the near miss or with those that are known. */
export function unknownKey(kind: string, key: string, known: readonly string[]): string {
  const near = nearest(key, known)
  if (near !== null) return `unknown ${kind}; did you mean \`${near}\`?`
  return known.length === 0 ? `unknown ${kind}` : `unknown ${kind}; known here: ${known.join(', ')}`
}

function sentence(issue: z.core.$ZodIssue): string {
  const input = inputOf(issue)
  if (input === undefined) return `missing; expected ${wanted(issue)}`
  const near = typeof input === 'string' ? nearest(input, choicesOf(issue)) : null
  return `expected ${wanted(issue)}, found ${found(input)}${near === null ? '' : `; did you mean ${JSON.stringify(near)}?`}`
}

/** A discriminated union reports the whole object, but points at its discriminator. */
function inputOf(issue: z.core.$ZodIssue): unknown {
  if (issue.code !== 'invalid_union' || !('discriminator' in issue) || typeof issue.input !== 'object' || issue.input === null) return issue.input
  return (issue.input as Readonly<Record<string, unknown>>)[String(issue.discriminator)]
}

function choicesOf(issue: z.core.$ZodIssue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String)
  if (issue.code === 'invalid_union' && 'options' in issue) return (issue.options as readonly unknown[]).map(String)
  return []
}

const TYPES: Readonly<Record<string, string>> = {
  string: 'text', number: 'a number', int: 'a whole number', boolean: 'true or false', object: 'settings', record: 'settings', array: 'a list', null: 'nothing',
}
const UNITS: Readonly<Record<string, readonly [one: string, many: string]>> = { string: ['character', 'characters'], array: ['entry', 'entries'] }
/** How zod's own sentences begin; any other was written by the schema and says what is expected. */
const OWN = /^(Invalid|Too |Unrecognized)/

function wanted(issue: z.core.$ZodIssue): string {
  if (!OWN.test(issue.message)) return issue.message
  const choices = choicesOf(issue)
  if (choices.length > 0) return choices.length === 1 ? choices[0]! : `one of ${choices.join(', ')}`
  switch (issue.code) {
    case 'invalid_type': return TYPES[issue.expected] ?? issue.expected
    case 'too_small': return `${issue.inclusive === false ? 'more than' : 'at least'} ${amount(issue.minimum, issue.origin)}`
    case 'too_big': return `${issue.inclusive === false ? 'less than' : 'at most'} ${amount(issue.maximum, issue.origin)}`
    case 'invalid_format': return issue.format === 'regex' ? `text like ${issue.pattern}` : issue.format === 'starts_with' && 'prefix' in issue ? `text that begins with ${String(issue.prefix)}` : `a ${issue.format.toUpperCase()}`
    default: return issue.message
  }
}

function amount(count: number | bigint, origin: string): string {
  const unit = UNITS[origin]
  return unit === undefined ? String(count) : `${count} ${unit[Number(count) === 1 ? 0 : 1]}`
}

/** What stood there, short enough for a line. */
function found(input: unknown): string {
  if (Array.isArray(input)) return `a list of ${input.length}`
  if (typeof input === 'object' && input !== null) return 'settings'
  const text = input === null ? 'nothing' : JSON.stringify(input)
  return text.length > 60 ? `${text.slice(0, 57)}…` : text
}
