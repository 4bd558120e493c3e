/** The units the whole house measures in, and the few casts that make them. */

declare const unit: unique symbol

/** A moment: integer milliseconds since 1970 in UTC, by the wall clock. */
export type Instant = number & { readonly [unit]: 'instant' }

/** A moment on the monotonic clock, in milliseconds since an arbitrary start. Only differences mean anything. */
export type Mono = number & { readonly [unit]: 'mono' }

/** A length of time in milliseconds. */
export type Ms = number

/** A fact's number in the journal: 1, 2, 3 … without holes, never reused within an epoch. */
export type Seq = number & { readonly [unit]: 'seq' }

/** The life of one journal file: minted when it is created, restored or found rolled back. */
export type Epoch = string & { readonly [unit]: 'epoch' }

export const instant = (ms: number): Instant => Math.round(ms) as Instant
export const mono = (ms: number): Mono => ms as Mono
export const seq = (number: number): Seq => number as Seq
export const epoch = (text: string): Epoch => text as Epoch

/** The milliseconds from `from` until `at`; negative when `at` is earlier. */
export const since = (at: Instant, from: Instant): Ms => at - from
export const sinceMono = (at: Mono, from: Mono): Ms => at - from
export const later = (at: Instant, ms: Ms): Instant => (at + ms) as Instant
export const laterMono = (at: Mono, ms: Ms): Mono => (at + ms) as Mono

/** RFC 3339 in UTC with milliseconds, the only way an instant leaves the process. */
export const rfc3339 = (at: Instant): string => new Date(at).toISOString()

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/

/** Reads an RFC 3339 instant; `null` when the text is none, or has no offset. */
export function instantOf(text: string): Instant | null {
  if (!INSTANT.test(text)) return null
  const ms = Date.parse(text)
  return Number.isNaN(ms) ? null : instant(ms)
}

const MS_PER = { ms: 1, s: 1_000, min: 60_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** Reads `100ms`, `1.5s`, `5m`, `5min`, `12h`, `30d` as milliseconds; `null` when the text is no duration. */
export function durationOf(text: string): Ms | null {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d)$/.exec(text.trim())
  return match === null ? null : Number(match[1]) * MS_PER[match[2] as keyof typeof MS_PER]
}

const BYTES_PER = { B: 1, kB: 1e3, MB: 1e6, GB: 1e9, KiB: 2 ** 10, MiB: 2 ** 20, GiB: 2 ** 30 } as const

/** Reads `64kB`, `2GB`, `512MiB` as bytes; `null` when the text is no size. */
export function bytesOf(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)\s*(B|kB|MB|GB|KiB|MiB|GiB)$/.exec(text.trim())
  return match === null ? null : Math.floor(Number(match[1]) * BYTES_PER[match[2] as keyof typeof BYTES_PER])
}
