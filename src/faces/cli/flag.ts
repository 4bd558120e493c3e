/** What can stand after a verb, as data: flags and arguments, each with the type of what it gives. */

import { type Instant, durationOf, instantOf } from '../../base/units.js'
import { type Format, formats } from './output.js'

/** How a text that was typed becomes a value. */
export interface Kind<T> {
  /** What help calls it: `duration`. */
  readonly name: string
  /** Throws a `Misfit` for a text that is none. */
  readonly of: (text: string) => T
  readonly choices?: readonly string[]
  /** The shell completes it with files. */
  readonly isFile?: boolean
}

/** One whole sentence: what the text must be. */
export class Misfit extends Error {
  override readonly name = 'Misfit'
}

export const text = (name: string): Kind<string> => ({ name, of: (typed) => typed })
export const file: Kind<string> = { name: 'file', of: (typed) => typed, isFile: true }
export const directory: Kind<string> = { name: 'dir', of: (typed) => typed, isFile: true }

export const whole: Kind<number> = { name: 'number', of(typed) {
  if (!/^\d+$/.test(typed)) throw new Misfit('It must be a whole number.')
  return Number(typed)
} }

export const port: Kind<number> = { name: 'number', of(typed) {
  const number = whole.of(typed)
  if (number > 65_535) throw new Misfit('Ports end at 65535.')
  return number
} }

export const factor: Kind<number> = { name: 'number', of(typed) {
  const number = Number(typed)
  if (!(number > 0)) throw new Misfit('It must be a number above 0.')
  return number
} }

export const ratio: Kind<number> = { name: 'ratio', of(typed) {
  const number = Number(typed)
  if (typed.trim() === '' || !(number >= 0)) throw new Misfit('It must be a number from 0 on, like 0.01.')
  return number
} }

/** Milliseconds. */
export const duration: Kind<number> = { name: 'duration', of(typed) {
  const ms = durationOf(typed)
  if (ms === null) throw new Misfit('It must be a duration like 30m, 12h or 90d.')
  return ms
} }

export const moment: Kind<Instant> = { name: 'instant', of(typed) {
  const at = instantOf(typed)
  if (at === null) throw new Misfit('It must be an instant with an offset, like 2026-03-29T06:00:00Z.')
  return at
} }

export const oneOf = <const C extends string>(name: string, choices: readonly C[]): Kind<C> => ({ name, choices, of(typed) {
  const found = choices.find((choice) => choice === typed)
  if (found === undefined) throw new Misfit(`Allowed choices are ${choices.join(', ')}.`)
  return found
} })

export interface Flag<T> {
  readonly sentence: string
  /** `null` for a switch: it is there or not. */
  readonly kind: Kind<T> | null
  /** One letter. */
  readonly short: string | null
  /** What it is without being typed, as it would be typed. */
  readonly fallback: string | null
  readonly isRequired: boolean
  /** A switch that is on, and is typed with `--no-` before it. */
  readonly isOn: boolean
}

/** May be left out. */
export const flag = <T>(kind: Kind<T>, sentence: string, short: string | null = null): Flag<T | undefined> => ({ sentence, kind, short, fallback: null, isRequired: false, isOn: false })
/** Has a value in any case. */
export const standard = <T>(kind: Kind<T>, fallback: string, sentence: string, short: string | null = null): Flag<T> => ({ sentence, kind, short, fallback, isRequired: false, isOn: false })
/** Must be typed. */
export const needed = <T>(kind: Kind<T>, sentence: string): Flag<T> => ({ sentence, kind, short: null, fallback: null, isRequired: true, isOn: false })
export const off = (sentence: string, short: string | null = null): Flag<boolean> => ({ sentence, kind: null, short, fallback: null, isRequired: false, isOn: false })
export const on = (sentence: string): Flag<boolean> => ({ sentence, kind: null, short: null, fallback: null, isRequired: false, isOn: true })

export interface Arg<T> {
  readonly sentence: string
  /** What help calls it, when that is not its name. */
  readonly called?: string
  readonly choices?: readonly string[]
  readonly takes: 'one' | 'maybe one' | 'any number'
  readonly of: (typed: string) => T
}

export const argument = <T>({ of, choices }: Pick<Kind<T>, 'of' | 'choices'>, sentence: string): Arg<T> => ({ sentence, takes: 'one', of, ...(choices === undefined ? {} : { choices }) })
export const maybe = <T>({ of }: Pick<Kind<T>, 'of'>, sentence: string): Arg<T | undefined> => ({ sentence, takes: 'maybe one', of })
/** Gives a list; each of them is as it was typed. */
export const several = (sentence: string): Arg<readonly string[]> => ({ sentence, takes: 'any number', of: (typed) => [typed] })

export type Flags = Readonly<Record<string, Flag<unknown>>>
export type Args = Readonly<Record<string, Arg<unknown>>>
export type FlagsGiven<F extends Flags> = { readonly [Name in keyof F]: F[Name] extends Flag<infer T> ? T : never }
export type ArgsGiven<A extends Args> = { readonly [Name in keyof A]: A[Name] extends Arg<infer T> ? T : never }

/** Of a verb that prints rows. */
export const rowFormat: Flag<Format> = standard(oneOf('format', formats), 'table', 'how to print', 'o')
/** Of a verb that prints one thing. */
export const textOrJson: Flag<'text' | 'json'> = standard(oneOf('format', ['text', 'json']), 'text', 'how to print', 'o')
