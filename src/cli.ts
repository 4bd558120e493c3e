/** The command line: finds the verb that was typed, runs it, and ends with the exit code that scripts rely on. */

import { Fault } from './contract/faults.js'
import { CliError, exits } from './faces/cli/exit.js'
import { typed } from './faces/cli/parser.js'
import type { Ended } from './faces/cli/verb.js'
import { giveBack } from './verbs/owner.js'
import { program } from './verbs/table.js'
import { placeOf } from './verbs/where.js'

const print = (text: string): void => { process.stdout.write(text) }
const say = (line: string): void => { process.stderr.write(`${line}\n`) }

/** The exit code of a verb that ran to its end; what it has to tell at once is told. */
function codeOf(ended: Ended): number {
  if (typeof ended === 'number') return ended
  if (typeof ended === 'string') return exits[ended]
  print(ended.text)
  for (const line of ended.talk) say(line)
  return exits[ended.exit]
}

/** One error in words, and the exit code it stands for. */
function codeOfError(thrown: unknown): number {
  if (thrown instanceof CliError) {
    for (const detail of thrown.details) say(detail)
    if (thrown.message !== '') say(`lineside: ${thrown.message}`)
    if (thrown.next !== null) say(`  ${thrown.next}`)
    return exits[thrown.exit]
  }
  if (thrown instanceof Fault) {
    // A configuration's errors are lines that editors and terminals make links of.
    const { errors = [] } = thrown.fields
    if (Array.isArray(errors)) for (const error of errors as readonly unknown[]) say(String(error))
    say(`lineside: ${thrown.message}${fieldsOf(thrown)}`)
    say(`  ${thrown.remedy}`)
    return ['CONFIG_INVALID', 'JOURNAL_NEWER', 'JOURNAL_OLDER'].includes(thrown.code) ? exits.unfit : thrown.code === 'JOURNAL_MISSING' ? exits.missing : exits.failed
  }
  if (isOfFiles(thrown)) {
    say(`lineside: ${thrown.message}`)
    say('  check the path, its rights and the free space')
    return exits.failed
  }
  say(`lineside: a fault of ours: ${thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown)}`)
  return exits.broken
}

/** The world's, not ours: a path that is not there, may not be used, or has no room. */
const isOfFiles = (thrown: unknown): thrown is NodeJS.ErrnoException =>
  thrown instanceof Error && 'path' in thrown && 'code' in thrown && ['ENOENT', 'ENOTDIR', 'EISDIR', 'EEXIST', 'EACCES', 'EPERM', 'EROFS', 'ENOSPC'].includes(String(thrown.code))

function fieldsOf(fault: Fault): string {
  const fields = Object.entries(fault.fields).filter(([name]) => name !== 'errors').map(([name, value]) => `${name} ${String(value)}`)
  return fields.length === 0 ? '' : ` (${fields.join(', ')})`
}

/** Never throws. */
async function run(words: readonly string[]): Promise<number> {
  try {
    const found = await typed(program, words)
    if (found === null) return exits.done
    try {
      return codeOf(await found.verb.run({ ...found.given, print, say, now: () => Date.now() }))
    } finally {
      if (process.getuid?.() === 0 && (found.verb.finds === 'data' || found.verb.finds === 'gateway')) giveBack((await placeOf(found.given.where)).directory)
    }
  } catch (thrown) {
    return codeOfError(thrown)
  }
}

// Whoever reads us may stop reading: `lineside token list | head -1`.
process.stdout.on('error', () => { process.exit(exits.done) })
void run(process.argv.slice(2)).then((code) => { process.exitCode = code })
