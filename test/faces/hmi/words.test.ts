import { readFileSync, readdirSync } from 'node:fs'
import { transformSync } from 'esbuild'
import t from 'tap'

const hmi = new URL('../../../../src/faces/hmi/', import.meta.url)

/** A file of words as the object it exports; the screens are compiled by the bundler alone. */
async function wordsOf(language: string): Promise<Group> {
  const { code } = transformSync(readFileSync(new URL(`words/${language}.ts`, hmi), 'utf8'), { loader: 'ts', format: 'esm' })
  return ((await import(`data:text/javascript,${encodeURIComponent(code)}`)) as Record<string, Group>)[language]!
}
interface Group { readonly [name: string]: string | Group | ((...given: never[]) => string) }

/** `shift.windows.hour`, for every text there is. */
function namesOf(group: Group, above = ''): string[] {
  return Object.entries(group).flatMap(([name, of]) => typeof of === 'object' ? namesOf(of, `${above}${name}.`) : [`${above}${name}`])
}

interface Asked {
  /** Words that it spells out. */
  readonly named: readonly string[]
  /** Groups it looks into by a value, or takes as a whole. */
  readonly looked: readonly string[]
  /** Groups it gives to a function, which asks for them by a name of its own. */
  readonly handed: readonly string[]
}

function asked(source: string): Asked {
  // `const { equipment: said, overview } = words.value` and `const { next } = words.value.equipment` give groups names of their own.
  const takings = /\{([^{}]*)\} = words\.value((?:\.\w+)*)/g
  const aliases = new Map<string, string>([['words.value', '']])
  for (const [, members = '', above = ''] of source.matchAll(takings)) {
    for (const member of members.split(',').map((one) => one.trim()).filter((one) => one !== '')) {
      const [name = '', alias = name] = member.split(':').map((one) => one.trim())
      aliases.set(alias, `${above.slice(1)}${above === '' ? '' : '.'}${name}`)
    }
  }
  for (const [, parameter = '', group = ''] of source.matchAll(/(\w+): typeof words\.value\.(\w+)/g)) aliases.set(parameter, group)
  const rest = source.replaceAll(takings, '').replaceAll(/typeof words\.value/g, '')
  const [named, looked, handed]: [string[], string[], string[]] = [[], [], []]
  for (const [alias, group] of aliases) {
    for (const [, path = '', next = ''] of rest.matchAll(new RegExp(`(?<![.\\w'"/])${alias.replace('.', '\\.')}((?:\\.\\w+)*)(\\[|\\)|,|)`, 'g'))) {
      const name = [group, ...path.split('.').slice(1)].filter((part) => part !== '').join('.')
      named.push(name)
      if (next === '[' || alias === 'words.value') looked.push(name)
      else if (path === '' && next !== '') handed.push(group)
    }
  }
  return { named, looked, handed }
}

const sources = readdirSync(hmi, { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file) && !/^words\/\w\w\.ts$/.test(file)).map((file) => readFileSync(new URL(file, hmi), 'utf8'))

function unusedIn(words: Group, files: readonly string[]): string[] {
  const all = files.map(asked)
  const [named, looked, handed] = (['named', 'looked', 'handed'] as const).map((kind) => new Set(all.flatMap((one) => one[kind]))) as [Set<string>, Set<string>, Set<string>]
  // A function that is given words says which by the type of its parameter.
  const given = files.filter((file) => /\bsaid(: \{|\))/.test(file)).join('\n')
  return namesOf(words).filter((name) => {
    const parts = name.split('.')
    const groups = parts.slice(0, -1).map((_, i) => parts.slice(0, i + 1).join('.'))
    if (named.has(name) || groups.some((group) => looked.has(group))) return false
    return !groups.some((group) => handed.has(group) && (given.includes(`said.${name.slice(group.length + 1)}`) || given.includes(`said.${parts.at(-2)!}[`)))
  })
}

t.test('no screen lacks a word, and no word is without a screen', async (t) => {
  const english = await wordsOf('en')
  t.strictSame(unusedIn(english, sources), [])
  t.strictSame(namesOf(await wordsOf('de')), namesOf(english), 'languages say the same things in the same order')
})

/** Every text with its figures as numbers, so that singular and plural come out of it, too. */
function textsOf(group: Group, above = ''): (readonly [name: string, text: string])[] {
  return Object.entries(group).flatMap(([name, of]): (readonly [string, string])[] => {
    if (typeof of === 'object') return textsOf(of, `${above}${name}.`)
    return [[above + name, typeof of === 'string' ? of : of(...Array.from({ length: of.length }, () => 7) as never[])]]
  })
}

t.test('no English sentence is on a German screen', async (t) => {
  const english = new Map(textsOf(await wordsOf('en')))
  for (const [name, text] of textsOf(await wordsOf('de'))) {
    t.not(text.trim(), '', name)
    // Names of the field are the same in both; a sentence of several words is not.
    t.ok(text !== english.get(name) || text.trim().split(' ').length <= 2, `${name}: ${text}`)
    t.notMatch(text.replaceAll(/`[^`]*`/g, ''), /\b(the|is|of|and|with|from|were|are|it)\b/, name)
  }
})

t.test('a word without a screen is seen, however its group is asked', (t) => {
  const words = { stop: { title: 'Stop', from: 'from', states: { open: 'open' } }, shift: { loss: { scrap: 'Scrap' }, print: 'Print' } }
  t.strictSame(unusedIn(words, ["const { stop: said } = words.value\nuse(said.title, said.states[now])"]), ['stop.from', 'shift.loss.scrap', 'shift.print'])
  t.strictSame(unusedIn(words, ["const { print } = words.value.shift\nuse(print, words.value.stop.from)"]), ['stop.title', 'stop.states.open', 'shift.loss.scrap'])
  t.strictSame(unusedIn(words, ["const { shift } = words.value\nsteps(shift)", 'function steps(said) { use(said.loss[one]) }']), ['stop.title', 'stop.from', 'stop.states.open', 'shift.print'])
  t.end()
})
