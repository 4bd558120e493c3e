/** The verbs under the words that group them, for the manual and the shells. */

import { type Flags, off } from './flag.js'
import { type Section, type Verb, flagsOf, longOf, shownFlag } from './verb.js'

export interface Node {
  readonly name: string
  readonly sentence: string
  readonly examples: readonly string[]
  readonly args: readonly { readonly name: string; readonly sentence: string }[]
  readonly flags: readonly { readonly flags: string; readonly long: string; readonly sentence: string; readonly choices: readonly string[]; readonly takes: 'nothing' | 'value' | 'file' }[]
  readonly verbs: readonly Node[]
}

/** What the program is called, what it is, and the examples that its help begins with. */
export interface Program { readonly name: string; readonly sentence: string; readonly examples: readonly string[]; readonly version: string; readonly groups: Readonly<Record<string, string>>; readonly sections: readonly Section[] }

export const versionFlag: Flags = { version: off('output the version number', 'V') }

export function treeOf({ name, sentence, examples, sections, groups }: Program): Node {
  const verbs = sections.flatMap((section) => section.verbs).filter(({ isHidden }) => isHidden !== true)
  const words = [...new Set(verbs.map((verb) => verb.words.split(' ')[0]!))]
  return { name, sentence, examples, args: [], flags: shown(versionFlag), verbs: words.map((word) => {
    const own = verbs.filter((verb) => verb.words === word || verb.words.startsWith(`${word} `))
    if (own.length === 1 && own[0]!.words === word) return leaf(own[0]!)
    return { name: word, sentence: groups[word] ?? word, examples: [], args: [], flags: [], verbs: own.map(leaf) }
  }) }
}

function leaf(verb: Verb): Node {
  return {
    name: verb.words.split(' ').at(-1)!, sentence: verb.sentence, examples: verb.examples, flags: shown(flagsOf(verb)), verbs: [],
    args: Object.entries(verb.args ?? {}).map(([name, { takes, sentence }]) => ({ name: takes === 'one' ? `<${name}>` : `[${name}]`, sentence })),
  }
}

const shown = (flags: Flags): Node['flags'] => Object.entries(flags).map(([name, flag]) => ({
  flags: shownFlag(name, flag), long: longOf(name, flag), sentence: flag.sentence, choices: flag.kind?.choices ?? [], takes: flag.kind === null ? 'nothing' : flag.kind.isFile === true ? 'file' : 'value',
}))
