/** The language of the screens, and how numbers, times and durations are written in it. */

import { signal } from '@preact/signals'
import type { AndonView } from '../../../contract/views.js'
import { keep, kept as wish, person } from '../data/person.js'
import { type Words, en } from './en.js'

/** A further language is a file beside `en.ts` and a line here. */
const languages = { en: async () => en, de: async () => (await import('./de.js')).de } satisfies Record<string, () => Promise<Words>>
export type Language = keyof typeof languages
export const languageNames = { en: 'English', de: 'Deutsch' } as const satisfies Record<Language, string>

export const words = signal<Words>(en)
export const language = signal<Language>('en')

/** English as it is written where the week begins on Monday and the day comes before the month. */
const locales = { en: 'en-GB', de: 'de-DE' } as const satisfies Record<Language, string>

const isLanguage = (text: string | null): text is Language => text !== null && text in languages

/** What the address asks for, then what was chosen here, then what the browser speaks. */
export async function chooseLanguage(): Promise<void> {
  const wishes = [new URLSearchParams(location.search).get('lang'), wish('language'), ...navigator.languages.map((tag) => tag.slice(0, 2))]
  await setLanguage(wishes.find(isLanguage) ?? 'en')
}

export async function setLanguage(next: Language): Promise<void> {
  words.value = await languages[next]()
  language.value = next
  document.documentElement.lang = next
  keep('language', next)
}

export const zone = (): string => person.value?.time_zone ?? 'UTC'

/** An undefined figure is a dash, never a zero. */
export const number = (value: number | null | undefined, digits = 0): string => value === null || value === undefined ? '–' : formatOf('decimal', digits).format(value)
export const percent = (ratio: number | null | undefined, digits = 0): string => ratio === null || ratio === undefined ? '–' : digits === 0 ? wholePercent(ratio) : formatOf('percent', digits).format(ratio)

/** By style, language and digits: looking one up costs nothing, and a screen writes hundreds of figures in a second. */
const figureFormats: Record<'decimal' | 'percent', Partial<Record<Language, Intl.NumberFormat[]>>> = { decimal: {}, percent: {} }
function formatOf(style: 'decimal' | 'percent', digits: number): Intl.NumberFormat {
  const made = figureFormats[style][language.value] ??= []
  return made[digits] ??= new Intl.NumberFormat(locales[language.value], { style, minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** There are a hundred of them, and each is written again and again. */
const percents: Partial<Record<Language, string[]>> = {}
function wholePercent(ratio: number): string {
  const whole = Math.round(ratio * 100)
  if (!(whole >= 0 && whole <= 200)) return formatOf('percent', 0).format(ratio)
  const made = percents[language.value] ??= []
  return made[whole] ??= formatOf('percent', 0).format(whole / 100)
}

export const signed = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : numbers({ signDisplay: 'exceptZero' }).format(Math.round(value)).replace('-', '−')

type At = string | number
export const clockTime = (at: At): string => format(at, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
export const shortTime = (at: At): string => format(at, { hour: '2-digit', minute: '2-digit' })
export const dateTime = (at: At): string => format(at, { day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit' })

function format(at: At, how: Intl.DateTimeFormatOptions): string {
  return kept(`${language.value}${zone()}${JSON.stringify(how)}`, () => new Intl.DateTimeFormat(locales[language.value], { ...how, hourCycle: 'h23', timeZone: zone() })).format(new Date(at))
}

const numbers = (how: Intl.NumberFormatOptions): Intl.NumberFormat => kept(language.value + JSON.stringify(how), () => new Intl.NumberFormat(locales[language.value], how))

/** Making a format costs far more than using it, and a screen uses a handful of them all day. */
function kept<F extends Intl.NumberFormat | Intl.DateTimeFormat>(key: string, make: () => F): F {
  const made = formats.get(key) as F | undefined ?? make()
  formats.set(key, made)
  return made
}
const formats = new Map<string, Intl.NumberFormat | Intl.DateTimeFormat>()

/** A running clock: `0:42`, `12:05`, `1:02:03`. */
export function stopwatch(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (value: number) => String(value).padStart(2, '0')
  const [h, m, s] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** A length to the millisecond, for sums that somebody adds up: `0:04.213`, `1:02:03.000`. */
export const exact = (ms: number): string => `${ms < 0 ? '−' : ''}${stopwatch(Math.abs(ms) / 1_000)}${decimal()}${String(Math.round(Math.abs(ms)) % 1_000).padStart(3, '0')}`

const decimal = (): string => numbers({ minimumFractionDigits: 1 }).formatToParts(0.5).find(({ type }) => type === 'decimal')?.value ?? '.'

/** A length in the coarsest unit that still tells something: `8 s`, `12 min`, `3 h 10 min`. */
export function length(seconds: number): string {
  const { s, min, h, d } = words.value.units
  if (seconds < 90) return `${number(Math.max(0, Math.round(seconds)))} ${s}`
  if (seconds < 5_400) return `${number(Math.round(seconds / 60))} ${min}`
  if (seconds < 129_600) return `${Math.floor(seconds / 3_600)} ${h} ${Math.round(seconds / 60) % 60} ${min}`
  return `${number(seconds / 86_400, 1)} ${d}`
}

/** A part of a whole, in the unit that suits the whole: steps that are to be added up share it. */
export const spell = (seconds: number, whole: number): string => whole < 600 ? `${number(seconds, 1)} ${words.value.units.s}` : `${number(seconds / 60, 1)} ${words.value.units.min}`

/** A size in the unit that leaves it readable: `4.2 MB`. */
export function amount(bytes: number): string {
  const power = Math.min(BYTES.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, bytes)) / 3)))
  return `${number(bytes / 1_000 ** power, power === 0 ? 0 : 1)} ${BYTES[power]}`
}
const BYTES = ['B', 'kB', 'MB', 'GB', 'TB'] as const

/** How far a value can be believed; one that is not known here is shown as it came. */
export const qualityOf = (quality: string): string => (words.value.qualities as Readonly<Record<string, string>>)[quality] ?? quality.replaceAll('_', ' ')

/** Why there is a call, in somebody's own words or by what raised it. What the gateway says of a blind machine is English in the fact, and here it is of this language. */
export function calledFor({ source, description }: Pick<AndonView, 'source' | 'description'>): string | null {
  const said: Readonly<Record<string, string>> = words.value.callSources
  return (source === 'no_data' ? null : description) ?? said[source] ?? null
}

/** What somebody did or what happened, by its name in the interface. */
export const deedOf = (name: string): string => (words.value.deeds as Readonly<Record<string, string>>)[name] ?? name.replaceAll('_', ' ')

export const minutes = (seconds: number): string => number(seconds / 60, seconds < 600 ? 1 : 0)
