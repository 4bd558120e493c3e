/** The language of the screens, and how numbers, times and durations are written in it. */

import { signal } from '@preact/signals'
import { keep, kept, person } from '../data/person.js'
import { type Words, en } from './en.js'

/** A further language is a file beside `en.ts` and a line here. */
const languages = { en: async () => en, de: async () => (await import('./de.js')).de } satisfies Record<string, () => Promise<Words>>
export type Language = keyof typeof languages
export const languageNames = { en: 'English', de: 'Deutsch' } as const satisfies Record<Language, string>

export const words = signal<Words>(en)
export const language = signal<Language>('en')

const isLanguage = (text: string | null): text is Language => text !== null && text in languages

/** What the address asks for, then what was chosen here, then what the browser speaks. */
export async function chooseLanguage(): Promise<void> {
  const wishes = [new URLSearchParams(location.search).get('lang'), kept('language'), ...navigator.languages.map((tag) => tag.slice(0, 2))]
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
export const number = (value: number | null | undefined, digits = 0): string =>
  value === null || value === undefined ? '–' : value.toLocaleString(language.value, { minimumFractionDigits: digits, maximumFractionDigits: digits })
export const percent = (ratio: number | null | undefined, digits = 0): string =>
  ratio === null || ratio === undefined ? '–' : ratio.toLocaleString(language.value, { style: 'percent', minimumFractionDigits: digits, maximumFractionDigits: digits })
export const signed = (value: number | null | undefined): string =>
  value === null || value === undefined ? '–' : Math.round(value).toLocaleString(language.value, { signDisplay: 'exceptZero' }).replace('-', '−')

type At = string | number
export const clockTime = (at: At): string => format(at, { hour: '2-digit', minute: '2-digit', second: '2-digit' })
export const shortTime = (at: At): string => format(at, { hour: '2-digit', minute: '2-digit' })
export const dateTime = (at: At): string => format(at, { day: '2-digit', month: '2-digit', hour: '2-digit', minute: '2-digit' })

function format(at: At, how: Intl.DateTimeFormatOptions): string {
  return new Date(at).toLocaleString(language.value, { ...how, hourCycle: 'h23', timeZone: zone() })
}

/** A running clock: `0:42`, `12:05`, `1:02:03`. */
export function stopwatch(seconds: number): string {
  const whole = Math.max(0, Math.floor(seconds))
  const two = (value: number) => String(value).padStart(2, '0')
  const [h, m, s] = [Math.floor(whole / 3_600), Math.floor(whole / 60) % 60, whole % 60]
  return h > 0 ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** A length in the coarsest unit that still tells something: `8 s`, `12 min`, `3 h 10 min`. */
export function length(seconds: number): string {
  const { s, min, h, d } = words.value.units
  if (seconds < 90) return `${number(Math.max(0, Math.round(seconds)))} ${s}`
  if (seconds < 5_400) return `${number(Math.round(seconds / 60))} ${min}`
  if (seconds < 129_600) return `${Math.floor(seconds / 3_600)} ${h} ${Math.round(seconds / 60) % 60} ${min}`
  return `${number(seconds / 86_400, 1)} ${d}`
}

export const minutes = (seconds: number): string => number(seconds / 60, seconds < 600 ? 1 : 0)
