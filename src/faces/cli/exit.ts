/** How a command ends: the exit codes scripts may rely on, and the error that carries one. */

export const exits = {
  done: 0,
  failed: 1,
  usage: 2,
  unreachable: 3,
  denied: 4,
  missing: 5,
  problems: 6,
  /** A belief of ours broke; a restart replays. */
  broken: 70,
  /** The configuration or the journal is not for this program; systemd must not try again. */
  unfit: 78,
  interrupted: 130,
} as const
export type ExitName = keyof typeof exits

/** What each says to whoever reads it. */
export const meanings: Readonly<Record<ExitName, string>> = {
  done: 'done', failed: 'failed', usage: 'wrong usage', unreachable: 'no gateway answers', denied: 'not allowed', missing: 'not found', problems: 'finished and found problems',
  broken: 'a fault of the program; a restart replays', unfit: 'the configuration or the journal does not fit this program', interrupted: 'Ctrl-C',
}
/** With the codes, in their order. */
export const exitCodes: readonly (readonly [code: number, meaning: string])[] = (Object.keys(exits) as ExitName[]).map((name) => [exits[name], meanings[name]])

/** What happened, and what to type next. */
export class CliError extends Error {
  override readonly name = 'CliError'
  readonly exit: ExitName
  readonly next: string | null
  /** Said before it, a line each, as they are: editors and terminals make links of them. */
  readonly details: readonly string[]

  constructor(exit: ExitName, message: string, next: string | null = null, details: readonly string[] = []) {
    super(message)
    this.exit = exit
    this.next = next
    this.details = details
  }
}
