/** `lineside token …`: the tokens that open the interfaces. */

import { later } from '../../base/units.js'
import { roles } from '../../contract/roles.js'
import { CliError } from '../../faces/cli/exit.js'
import { argument, duration, flag, needed, oneOf, rowFormat, standard, text } from '../../faces/cli/flag.js'
import { type Verb, verb } from '../../faces/cli/verb.js'
import { auditedTokensOf, tokensOf } from '../reach.js'
import { configOf } from '../where.js'

export const token: readonly Verb[] = [
  verb({
    words: 'token create', sentence: 'print a new token; it is shown this once', finds: 'data',
    examples: ['TOKEN=$(lineside token create --name board --role viewer)', 'lineside token create --name line-1 --role operator --lines BP01 --expires 90d'],
    flags: {
      name: needed(text('text'), 'whose it is'),
      role: standard(oneOf('role', roles), 'viewer', 'what it may do'),
      lines: flag(text('codes'), 'the lines it reaches, separated by commas (default: all)'),
      expires: flag(duration, 'when it ends, from now (default: never)'),
    },
    async run({ flags: { name, role, lines: codes, expires }, where }) {
      const lines = codes?.split(',').map((code) => code.trim()) ?? null
      // A configuration may wait for this very token, and is read for its lines alone.
      const known = lines === null ? [] : (await configOf(where)).lines.map((line) => line.code)
      for (const code of lines ?? []) {
        if (!known.includes(code)) throw new CliError('missing', `there is no line ${JSON.stringify(code)}`, `the lines are ${known.join(', ')}`)
      }
      const { systemClock } = await import('../../base/clock.js')
      const tokens = await auditedTokensOf(where, 'made when it is missing')
      const { token, record } = await tokens.create({ name, role, lines, expiresAt: expires === undefined ? null : later(systemClock.now(), expires) })
      return { text: `${token}\n`, exit: 'done', talk: [`token ${record.id} of ${name}, ${role}; it is shown this once`] }
    },
  }),
  verb({
    words: 'token list', sentence: 'all tokens, without their secrets', examples: ['lineside token list', 'lineside token list -o csv'], finds: 'data',
    flags: { output: rowFormat },
    async run({ flags, where }) {
      const tokens = await tokensOf(where)
      const { rendered } = await import('../../faces/cli/output.js')
      const rows = tokens.list().map(({ id, name, role, lines, created_at, expires_at }) => ({ id, name, role, lines: lines?.join(' ') ?? 'all', created_at, expires_at }))
      return { text: rendered(rows, { main: ['id', 'name', 'role', 'lines', 'expires_at'], all: ['id', 'name', 'role', 'lines', 'created_at', 'expires_at'], name: 'id' }, flags.output), exit: 'done', talk: [] }
    },
  }),
  verb({
    words: 'token revoke', sentence: 'end a token at once', examples: ['lineside token revoke 0f1e2d3c4b'], finds: 'data',
    args: { id: argument(text('id'), 'as `token list` shows it') },
    async run({ args: { id }, where }) {
      const tokens = await auditedTokensOf(where)
      const known = tokens.list().map((record) => record.id)
      const { unknown } = await import('../../contract/misfit.js')
      if (await tokens.revoke(id) === null) throw new CliError('missing', unknown('token', id, known), '`lineside token list` shows them')
      return { text: '', exit: 'done', talk: [`token ${id} is revoked`] }
    },
  }),
]
