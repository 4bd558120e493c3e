/** What was typed, as a verb and what was given to it. The only importer of commander. */

import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { CliError, exitCodes } from './exit.js'
import { type Arg, type Flag, Misfit } from './flag.js'
import type { Program } from './tree.js'
import { type Given, type Verb, type Where, flagsOf, shownFlag } from './verb.js'

export interface Typed { readonly verb: Verb; readonly given: Pick<Given, 'args' | 'flags' | 'where'> }

/** `null` when help or the version was asked for, and printed. Throws a `CliError` without a message when what is wrong has been said already. */
export async function typed(program: Program, words: readonly string[]): Promise<Typed | null> {
  let found: Typed | null = null
  const root = commandOf(program.name, program.sentence, program.examples).version(program.version, '-V, --version').exitOverride()
  root.configureOutput({ outputError: (error, write) => { write(error.replace(/^error:/, `${program.name}:`)) } })
  for (const { title, verbs } of program.sections) {
    root.commandsGroup(title)
    for (const verb of verbs) add(root, verb, program.groups, (given) => { found = { verb, given } })
  }
  root.addHelpText('after', `\nExit codes: ${exitCodes.map(([code, meaning]) => `${code} ${meaning}`).join(', ')}.`)
  sayNext(root, program.name)
  try {
    await root.parseAsync(words, { from: 'user' })
  } catch (thrown) {
    if (!(thrown instanceof CommanderError)) throw thrown
    if (thrown.exitCode !== 0) throw new CliError('usage', '')
  }
  return found
}

/** A command whose help begins with examples. */
function commandOf(name: string, sentence: string, examples: readonly string[]): Command {
  const command = new Command(name).description(sentence)
  return examples.length === 0 ? command : command.addHelpText('before', `Examples:\n${examples.map((line) => `  ${line}\n`).join('')}`)
}

/** After a typing error: the verbs of a group, or how a verb is typed, and what explains more. */
function sayNext(command: Command, words: string): void {
  const below = command.commands
  if (below.length === 0) command.showHelpAfterError(`  it is typed \`${words} ${command.usage()}\`; \`${words} --help\` explains it`)
  else if (command.parent === null) command.showHelpAfterError(`  \`${words} --help\` lists all verbs`)
  else command.showHelpAfterError(`  ${words} ${below.map((one) => one.name()).join(' | ')}; \`${words} --help\` explains them`)
  for (const one of below) sayNext(one, `${words} ${one.name()}`)
}

function add(root: Command, verb: Verb, groups: Program['groups'], found: (given: Typed['given']) => void): void {
  const words = verb.words.split(' ')
  const group = words.slice(0, -1).reduce((above, word) => above.commands.find((command) => command.name() === word) ?? under(above, commandOf(word, groups[word] ?? word, [])), root)
  const command = under(group, commandOf(words.at(-1)!, verb.sentence, verb.examples), verb.isHidden)
  const args = Object.entries(verb.args ?? {})
  for (const [name, arg] of args) command.addArgument(argumentOf(name, arg))
  const flags = flagsOf(verb)
  for (const [name, flag] of Object.entries(flags)) command.addOption(optionOf(name, flag))
  command.action(() => {
    const options = command.opts<Record<string, unknown>>()
    const where: Where = command.opts<Where>()
    found({ where, flags: Object.fromEntries(Object.entries(flags).map(([name, { kind, isOn }]) => [name, options[name] ?? (kind === null ? isOn : undefined)])), args: Object.fromEntries(args.map(([name], at) => [name, command.processedArgs[at] as unknown])) })
  })
}

/** Inherits what was settled above: how it ends, and the heading it stands under. */
function under(above: Command, command: Command, isHidden = false): Command {
  above.addCommand(command, { hidden: isHidden })
  return command.copyInheritedSettings(above)
}

function argumentOf(name: string, { sentence, choices, takes, of }: Arg<unknown>): Argument {
  const argument = new Argument(takes === 'one' ? `<${name}>` : takes === 'maybe one' ? `[${name}]` : `[${name}...]`, sentence)
  if (choices !== undefined) return argument.choices(choices)
  return takes === 'any number' ? argument : argument.argParser((text) => fitting(of, text))
}

function optionOf(name: string, flag: Flag<unknown>): Option {
  const { kind, sentence, fallback, isRequired } = flag
  const option = new Option(shownFlag(name, flag), sentence).makeOptionMandatory(isRequired)
  if (kind === null) return option
  if (kind.choices === undefined) option.argParser((text) => fitting(kind.of, text))
  else option.choices(kind.choices)
  return fallback === null ? option : option.default(kind.of(fallback), fallback)
}

function fitting<T>(of: (text: string) => T, text: string): T {
  try {
    return of(text)
  } catch (thrown) {
    throw thrown instanceof Misfit ? new InvalidArgumentError(thrown.message) : thrown
  }
}
