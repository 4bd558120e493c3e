/** `lineside person …`: the people who sign on by PIN at stations they share. */

import { personRoles } from '../../contract/roles.js'
import { unknown } from '../../contract/misfit.js'
import { CliError } from '../../faces/cli/exit.js'
import { argument, flag, needed, oneOf, rowFormat, standard, text } from '../../faces/cli/flag.js'
import { type Verb, verb } from '../../faces/cli/verb.js'
import { auditedPeopleOf, peopleOf } from '../reach.js'
import { configOf } from '../where.js'

export const person: readonly Verb[] = [
  verb({
    words: 'person set', sentence: 'let a person sign on by PIN at shared stations, or give another role or PIN; the PIN is read from standard input', finds: 'data',
    examples: ['lineside person set --name Ana --role operator < pin.txt'],
    flags: {
      name: needed(text('name'), 'as it shall stand in the journal'),
      role: standard(oneOf('role', personRoles), 'operator', 'what the person may do'),
      lines: flag(text('codes'), 'the lines the person works on, separated by commas (default: all)'),
    },
    async run({ flags: { name, role, lines: codes }, where }) {
      const [{ pin }, { text: textOf }] = await Promise.all([import('../../contract/session.js'), import('node:stream/consumers')])
      const people = await auditedPeopleOf(where)
      const known = (await configOf(where)).lines.map((line) => line.code)
      const lines = codes?.split(',').map((code) => code.trim()) ?? null
      for (const code of lines ?? []) {
        if (!known.includes(code)) throw new CliError('missing', `there is no line ${JSON.stringify(code)}`, `the lines are ${known.join(', ')}`)
      }
      const given = pin.safeParse((await textOf(process.stdin)).trim())
      if (!given.success) throw new CliError('usage', 'a PIN is four to twelve digits', 'give it on standard input, so that it stands in no history of commands')
      await people.set({ name, role, lines, pin: given.data })
      return { text: '', exit: 'done', talk: [`${name} may sign on as ${role}`] }
    },
  }),
  verb({
    words: 'person list', sentence: 'the people who sign on by PIN, without their PINs', examples: ['lineside person list'], finds: 'data',
    flags: { output: rowFormat },
    async run({ flags, where }) {
      const { rendered } = await import('../../faces/cli/output.js')
      const rows = (await peopleOf(where)).list().map(({ name, role, lines, created_at }) => ({ name, role, lines: lines?.join(' ') ?? 'all', created_at }))
      return { text: rendered(rows, { main: ['name', 'role', 'lines', 'created_at'], all: ['name', 'role', 'lines', 'created_at'], name: 'name' }, flags.output), exit: 'done', talk: [] }
    },
  }),
  verb({
    words: 'person remove', sentence: 'end what a person may do by PIN, at once', examples: ['lineside person remove Ana'], finds: 'data',
    args: { name: argument(text('name'), 'as `person list` shows it') },
    async run({ args: { name }, where }) {
      const people = await auditedPeopleOf(where)
      const known = people.list().map((one) => one.name)
      if (await people.remove(name) === null) throw new CliError('missing', unknown('person', name, known), '`lineside person list` shows them')
      return { text: '', exit: 'done', talk: [`${name} signs on no more`] }
    },
  }),
]
