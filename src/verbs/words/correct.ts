/** `lineside correct …`: what a past period was, said afterwards. */

import { rfc3339 } from '../../base/units.js'
import { toldTo } from '../../faces/cli/answer.js'
import { argument, factor, flag, moment, needed, oneOf, text } from '../../faces/cli/flag.js'
import { type Verb, verb } from '../../faces/cli/verb.js'
import { gatewayOf } from '../reach.js'

const from = needed(moment, 'a whole minute, with its offset')
const to = needed(moment, 'the end, which is not included; at most 26 hours later, and two minutes ago at the latest')
const reason = needed(text('text'), 'why, for whoever reads the figures')

/** A day of ten machines takes a second or two. */
const ANSWER_MS = 15_000

export const correct: readonly Verb[] = [
  verb({
    words: 'correct calendar', sentence: 'what the calendar of a line was: a shift that was worked or was not, a break that was moved', finds: 'gateway',
    examples: [
      'lineside correct calendar BP01 --from 2026-03-28T06:00:00+01:00 --to 2026-03-28T14:00:00+01:00 --as open --reason "Saturday shift"',
      'lineside correct calendar BP01 --from 2026-03-27T12:00:00Z --to 2026-03-27T12:30:00Z --as break --reason "moved by half an hour"',
    ],
    args: { line: argument(text('code'), 'the line') },
    flags: {
      from, to, as: needed(oneOf('as', ['open', 'break', 'closed', 'calendar']), 'what it was; calendar takes back what was said of it'), reason,
      shift: flag(text('name'), 'with open, of time outside the shifts: the shift that worked (default: overtime)'),
    },
    async run({ args, flags: { from, to, as, reason, shift }, where }) {
      const { corrections } = await import('../../contract/endpoints/corrections.js')
      const { calendarCorrected } = await import('../../contract/events/corrections.js')
      const { z } = await import('../../contract/schema.js')
      const path = corrections.calendar_correction.path.replace('{line_id}', encodeURIComponent(args.line))
      const { correction } = await toldTo(await gatewayOf(where), z.object({ correction: calendarCorrected.body }), path, { from: rfc3339(from), to: rfc3339(to), as, reason, ...shift === undefined ? {} : { shift } }, ANSWER_MS)
      const shifts = [...correction.shifts.map((one) => `${one.shift} from ${one.from} to ${one.to}`), ...correction.cancelled.map((one) => `${one} is cancelled`)]
      return { text: '', exit: 'done', talk: [`${correction.previous.map((one) => one.as).join(', ')} → ${correction.as}, revision ${correction.revision}`, ...shifts] }
    },
  }),
  verb({
    words: 'correct ideal', sentence: 'the ideal time of what an equipment made', finds: 'gateway',
    examples: ['lineside correct ideal BP01.PACK.BAG1 --from 2026-03-27T06:00:00Z --to 2026-03-27T14:00:00Z --seconds 1.5 --product BAG500 --reason nameplate'],
    args: { equipment: argument(text('code'), 'the equipment') },
    flags: { from, to, seconds: needed(factor, 'ideal time per part'), reason, product: flag(text('code'), 'only of this product (default: all that was made)') },
    async run({ args, flags: { from, to, seconds, reason, product }, where }) {
      const { corrections } = await import('../../contract/endpoints/corrections.js')
      const { idealCorrected } = await import('../../contract/events/corrections.js')
      const { z } = await import('../../contract/schema.js')
      const path = corrections.ideal_correction.path.replace('{equipment_code}', encodeURIComponent(args.equipment))
      const said = { from: rfc3339(from), to: rfc3339(to), ideal_cycle_seconds: seconds, reason, ...product === undefined ? {} : { product } }
      const { correction } = await toldTo(await gatewayOf(where), z.object({ correction: idealCorrected.body }), path, said, ANSWER_MS)
      const before = [...new Set(correction.previous.map((one) => one.ideal_cycle_seconds))].join(' s, ')
      return { text: '', exit: 'done', talk: [`${before} s → ${correction.ideal_cycle_seconds} s, revision ${correction.revision}`] }
    },
  }),
]
