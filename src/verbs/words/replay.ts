/** `lineside replay`: recorded inputs solved again. */

import { flag, file, moment, oneOf, standard } from '../../faces/cli/flag.js'
import { verb } from '../../faces/cli/verb.js'
import { configOf, fileConfigOf, placeOf } from '../where.js'

export const replay = verb({
  words: 'replay', sentence: 'solve recorded inputs again, with no I/O: what a trace, or the journal between two instants, comes to', finds: 'data',
  examples: ['lineside replay --trace monday.jsonl', 'lineside replay --trace monday.jsonl --report json | jq .lines', 'lineside replay --from 2026-03-29T04:00:00Z --to 2026-03-29T12:00:00Z --report facts'],
  flags: {
    trace: flag(file, 'lines of JSON in time order; - is standard input'),
    from: flag(moment, 'with --to: the recorded turns of the journal'), to: flag(moment, 'the end, which is not included'),
    under: flag(file, 'with --from: the whole period as if this configuration had been in force, instead of those that were'),
    report: standard(oneOf('format', ['json', 'text', 'facts']), 'text', 'the figures as JSON, as a table, or every fact as a line of JSON'),
  },
  async run({ flags: { report, ...of }, where }) {
    const { replay } = await import('../replay.js')
    // A configuration that was named is meant, whatever is in force here.
    return replay(() => (where.config === undefined ? configOf(where) : fileConfigOf(where)), (await placeOf(where)).directory, of, report)
  },
})
