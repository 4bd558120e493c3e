/** The languages in which the gateway speaks to people. Codes, names of members and logs stay English: programs and colleagues read those. */

export const languages = ['en', 'de'] as const
export type Language = (typeof languages)[number]

/** What an asker prefers, of what there is (RFC 9110, 12.5.4); English for whoever says nothing of it. */
export function languageOf(acceptLanguage: string): Language {
  let best: Language = 'en'
  let weight = 0
  for (const range of acceptLanguage.split(',').slice(0, RANGES_MAX)) {
    const [tag = '', q = ''] = range.trim().split(';')
    const language = languages.find((one) => one === tag.trim().slice(0, 2).toLowerCase())
    const given = /^\s*q=(\d(?:\.\d{1,3})?)\s*$/.exec(q)?.[1]
    const wish = given === undefined ? 1 : Number(given)
    if (language !== undefined && wish > weight) [best, weight] = [language, wish]
  }
  return best
}
const RANGES_MAX = 20
