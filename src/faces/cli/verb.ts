/** A verb as data: the command line, its help, its completion and its manual are made from these. */

import { installed } from '../../base/installed.js'
import type { ExitName } from './exit.js'
import { type Args, type ArgsGiven, type Flag, type Flags, type FlagsGiven, directory, file, flag, text } from './flag.js'

export interface Verb<F extends Flags = Flags, A extends Args = Args> {
  /** `events tail`: the words before the last are groups. */
  readonly words: string
  readonly sentence: string
  readonly examples: readonly string[]
  /** In the order in which they are typed. */
  readonly args?: A
  /** By long name in camel case: `dryRun` is typed `--dry-run`. */
  readonly flags?: F
  /** What it must find: nothing, a configuration file, a gateway's data as well, or the gateway itself; each takes the flags that say where that is. */
  readonly finds: Finds
  /** Neither help nor completion speaks of it. */
  readonly isHidden?: boolean
  run(given: Given<F, A>): Promise<Ended>
}

/** Nothing can be taken out of it. */
type None = Readonly<Record<string, never>>

/** A verb whose `run` gets what its own flags and arguments give. */
export const verb = <F extends Flags = None, A extends Args = None>(declared: Verb<F, A>): Verb => declared

export interface Given<F extends Flags = Flags, A extends Args = Args> {
  readonly args: ArgsGiven<A>
  readonly flags: FlagsGiven<F>
  readonly where: Where
  /** To standard output: what was asked for. */
  readonly print: (text: string) => void
  /** To standard error: one line for the person who waits. */
  readonly say: (line: string) => void
  readonly now: () => number
}

/** Where things are, as far as that was typed. */
export interface Where {
  readonly config?: string | undefined
  readonly data?: string | undefined
  readonly url?: string | undefined
  readonly ca?: string | undefined
}

/** How it ended; a number is an exit code of its own. */
export type Ended = ExitName | number | Said

/** All at once: what to print, what to say, and how it ended. */
export interface Said { readonly text: string; readonly exit: ExitName; readonly talk: readonly string[] }

export interface Section { readonly title: string; readonly verbs: readonly Verb[] }

export type Finds = 'nothing' | 'file' | 'data' | 'gateway'

const config = flag(file, `configuration (default: $LINESIDE_CONFIG, then ${installed.file})`, 'c')
const data = flag(directory, 'data directory, in place of `storage.directory`')
const url = flag(text('url'), 'a gateway elsewhere (default: $LINESIDE_URL, then the one of the configuration); its token comes from $LINESIDE_TOKEN')
const ca = flag(file, 'who vouches for the certificate of a gateway elsewhere, as PEM (default: $LINESIDE_CA, then the authorities that browsers know)')

const whereFlags: Readonly<Record<Finds, Readonly<Record<string, Flag<string | undefined>>>>> = { nothing: {}, file: { config }, data: { config, data }, gateway: { config, data, url, ca } }

/** Its own, and those that say where things are. */
export const flagsOf = ({ flags, finds }: Verb): Flags => ({ ...flags, ...whereFlags[finds] })

/** `dryRun` is typed `--dry-run`; what is on is switched off with `--no-`. */
export const longOf = (name: string, { isOn }: Pick<Flag<unknown>, 'isOn'>): string => `--${isOn ? 'no-' : ''}${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`

/** As help shows it: `-o, --output <format>`. */
export function shownFlag(name: string, flag: Flag<unknown>): string {
  const value = flag.kind === null ? '' : ` <${flag.kind.name}>`
  return `${flag.short === null ? '' : `-${flag.short}, `}${longOf(name, flag)}${value}`
}
