import t from 'tap'
import { spoken } from '../../src/analysis/words/spoken.js'
import { languageOf, languages } from '../../src/contract/language.js'

type Group = { readonly [name: string]: string | readonly string[] | Group | ((...given: never[]) => string) }

/** `why.slow`: what is said there, with the places of its figures marked. */
function textsOf(group: Group, above = ''): Map<string, string> {
  return new Map(Object.entries(group).flatMap(([name, of]): (readonly [string, string])[] => {
    if (typeof of === 'string') return [[above + name, of]]
    if (typeof of === 'function') return name === 'number' ? [] : [[above + name, of(...Array.from({ length: of.length }, (_, i) => `<${i}>`) as never[])]]
    return [...textsOf(of as Group, `${above}${name}.`)]
  }))
}

/** Words that are the same in both, and names of the field. */
const SHARED = /^(?:[\s\d<>×÷%.,;:()–-]|OEE|TEEP|Laplace|Tag|Gateway|normal)*$/

t.test('every language says all that English says, with the same figures, and nothing of it is still English', async (t) => {
  const english = textsOf(spoken.en)
  t.ok(english.size > 200)
  for (const language of languages.filter((one) => one !== 'en')) {
    const said = textsOf(spoken[language])
    t.strictSame([...said.keys()], [...english.keys()], language)
    for (const [name, text] of said) {
      const figures = (of: string) => [...of.matchAll(/<\d+>/g)].map(String).sort()
      t.strictSame(figures(text), figures(english.get(name)!), name)
      t.ok(text.trim() !== '' && (text !== english.get(name) || SHARED.test(text)), `${language} ${name}: ${text}`)
      t.notMatch(text.replaceAll(/`[^`]*`|signals: \{.*\}/g, ''), /\b(the|is|of|and|with|from|were|are|it)\b/, `${language} ${name}`)
    }
  }
})

t.test('an asker is spoken to in the language that they prefer of those there are', async (t) => {
  for (const [asked, language] of [
    ['', 'en'], ['de', 'de'], ['de-AT, en;q=0.8', 'de'], ['en;q=0.8, de', 'de'], ['en, de;q=0.9', 'en'], ['fr, de;q=0.5', 'de'], ['fr', 'en'], ['*', 'en'], ['de;q=0', 'en'], ['DE-de', 'de'], [',,;;', 'en'],
  ] as const) t.equal(languageOf(asked), language, asked)
})
