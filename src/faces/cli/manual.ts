/** The manual page and the shells' completions, made from the tree of verbs. */

import { exitCodes } from './exit.js'
import type { Node } from './tree.js'

export const shells = ['bash', 'zsh', 'fish'] as const
export type Shell = (typeof shells)[number]

/** A static script: it runs nothing when it completes. */
export function completion(root: Node, shell: Shell): string {
  switch (shell) {
    case 'bash': return bash(root)
    case 'zsh': return `#compdef ${root.name}\nautoload -U +X bashcompinit && bashcompinit\n${bash(root)}`
    case 'fish': return fish(root)
  }
}

interface Place { readonly path: readonly string[]; readonly node: Node }

/** Every verb with the words before it, the root first. */
function places(node: Node, path: readonly string[] = []): Place[] {
  return [{ path, node }, ...node.verbs.flatMap((verb) => places(verb, [...path, verb.name]))]
}

function bash(root: Node): string {
  const cases = places(root).map(({ path, node }) => `    '${path.join(' ')}') words='${[...node.verbs.map(({ name }) => name), ...node.flags.map(({ long }) => long)].join(' ')}' ;;`)
  const choices = [...new Map(places(root).flatMap(({ path, node }) => node.flags.filter(({ choices }) => choices.length > 0).flatMap(({ flags, long, choices }) => [long, ...flags.match(/^-\w/) ?? []].map((flag) => [`${path.join(' ')} ${flag}`, choices] as const))))]
  const files = [...new Set(places(root).flatMap(({ node }) => node.flags.filter(({ takes }) => takes === 'file').flatMap(({ flags, long }) => [long, ...flags.match(/^-\w/) ?? []])))]
  const verbs = [...new Set(places(root).flatMap(({ path }) => (path.length === 0 ? [] : [path.join(' ')])))]
  return `_${root.name}() {
  local cur="\${COMP_WORDS[COMP_CWORD]}" prev="\${COMP_WORDS[COMP_CWORD-1]}" path='' words='' word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case " \${path:+$path }$word" in
${verbs.map((verb) => `      ' ${verb}') path='${verb}' ;;`).join('\n')}
    esac
  done
  case "$path $prev" in
${choices.map(([key, values]) => `    '${key}') COMPREPLY=($(compgen -W '${values.join(' ')}' -- "$cur")); return ;;`).join('\n')}
  esac
  case "$prev" in
    ${files.length === 0 ? "''" : files.join('|')}) COMPREPLY=($(compgen -f -- "$cur")); return ;;
  esac
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "$cur"))
  [ \${#COMPREPLY[@]} -gt 0 ] || COMPREPLY=($(compgen -f -- "$cur"))
}
complete -o filenames -F _${root.name} ${root.name}
`
}

function fish(root: Node): string {
  const quoted = (text: string): string => `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
  const lines = places(root).flatMap(({ path, node }) => {
    const seen = path.map((word) => `__fish_seen_subcommand_from ${word}`).join('; and ')
    const below = node.verbs.map(({ name }) => name).join(' ')
    const here = path.length === 0 ? '__fish_use_subcommand' : below === '' ? seen : `${seen}; and not __fish_seen_subcommand_from ${below}`
    return [
      ...node.verbs.map((verb) => `complete -c ${root.name} -f -n ${quoted(here)} -a ${verb.name} -d ${quoted(verb.sentence)}`),
      ...node.flags.map(({ long, sentence, choices, takes }) =>
        `complete -c ${root.name} -n ${quoted(here)} -l ${long.slice(2)}${takes === 'nothing' ? '' : choices.length > 0 ? ` -x -a ${quoted(choices.join(' '))}` : takes === 'file' ? ' -r' : ' -x'} -d ${quoted(sentence)}`),
    ]
  })
  return `${lines.join('\n')}\n`
}

/** In the language of man(7). */
export function manual(root: Node, version: string): string {
  // A dot or an apostrophe begins a request, and a hyphen that is meant as a minus says so.
  const text = (words: string): string => words.replaceAll('\\', '\\e').replaceAll('-', '\\-').replace(/^([.'])/gm, '\\&$1')
  const verb = ({ path, node }: Place): string[] => [
    `.SS "${[root.name, ...path, ...node.args.map(({ name }) => name)].join(' ').replaceAll('"', '')}"`, text(sentence(node.sentence)),
    ...node.args.flatMap(({ name, sentence: about }) => ['.TP', `.I ${text(name)}`, text(about)]),
    ...node.flags.filter(({ long }) => long !== '--help').flatMap(({ flags, sentence: about, choices }) => ['.TP', `.B ${text(flags)}`, text(`${about}${choices.length === 0 ? '' : ` (${choices.join(', ')})`}`)]),
    ...(node.examples.length === 0 ? [] : ['.PP', 'Examples:', '.PP', '.nf', '.RS 4', ...node.examples.map(text), '.RE', '.fi']),
  ]
  return [
    `.TH ${root.name.toUpperCase()} 1 "" "${root.name} ${version}" "User Commands"`,
    '.SH NAME', text(`${root.name} - ${root.sentence.replace(/\.$/, '')}`),
    '.SH SYNOPSIS', `.B ${root.name}`, '.I verb', '[options]',
    '.SH VERBS', ...places(root).filter(({ path, node }) => path.length > 0 && node.verbs.length === 0).flatMap(verb),
    '.SH EXIT STATUS',
    ...exitCodes.flatMap(([code, meaning]) => ['.TP', `.B ${code}`, text(meaning)]),
    '.SH ENVIRONMENT', ...environment.flatMap(([name, about]) => ['.TP', `.B ${name}`, text(about)]),
    '.SH FILES', '.TP', '.I /etc/lineside/lineside.yaml', 'the configuration', '.TP', '.I /var/lib/lineside', 'journal, tokens, versions of the configuration',
    '',
  ].join('\n')
}

const environment: readonly (readonly [name: string, about: string])[] = [
  ['LINESIDE_CONFIG', 'the configuration, where --config does not say'], ['LINESIDE_URL', 'a gateway elsewhere, where --url does not say'], ['LINESIDE_TOKEN', 'the token that opens it; on the box itself none is needed'],
  ['LINESIDE_CA', 'who vouches for its certificate, where --ca does not say'], ['NO_COLOR', 'no colours, as also without a terminal'],
]

const sentence = (words: string): string => `${words.charAt(0).toUpperCase()}${words.slice(1)}.`
