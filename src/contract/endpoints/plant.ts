/** Lines, equipment, signals, time and the journal itself. */

import { type FactName, factNames } from '../events/catalogue.js'
import { message } from '../events/message.js'
import { stateClasses, weekdays } from '../kinds.js'
import { code, instantText, seconds, z } from '../schema.js'
import { equipmentView, lineView, signalsView, stopView, views } from '../views.js'
import { asks } from './endpoint.js'
import { BASE, nextCursor, ofEquipment, ofLine, page, period, whichLine, window } from './inputs.js'
import { points } from './stops.js'

const tag = 'plant'

const lineEntry = z.strictObject({ line_id: z.string(), code, name: z.string(), equipment: z.array(z.strictObject({ equipment_code: code, name: z.string(), constraint: z.boolean(), limits_products: z.array(z.string()).optional().describe('it limits the line in place of the constraint while that makes one of these') })) })

export const plant = {
  lines: asks({ path: `${BASE}/lines`, tag, sentence: 'The lines of this gateway that the token reaches.', data: () => z.strictObject({ lines: z.array(lineEntry) }) }),
  line: asks({ path: `${BASE}/lines/{line_id}`, tag, sentence: 'Everything live about a line.', params: ofLine, data: () => lineView }),
  line_plcs: asks({ path: `${BASE}/lines/{line_id}/plcs`, tag, sentence: 'How the PLCs of a line are doing.', params: ofLine, data: () => views.plcs }),
  equipment: asks({ path: `${BASE}/equipment/{equipment_code}`, tag, sentence: 'Everything live about an equipment.', params: ofEquipment, data: () => equipmentView }),
  equipment_signals: asks({ path: `${BASE}/equipment/{equipment_code}/signals`, tag, sentence: 'The signals of an equipment, each with its quality and age.', params: ofEquipment, data: () => signalsView }),
  signal_history: asks({
    path: `${BASE}/equipment/{equipment_code}/signals/{signal}/history`, tag, sentence: 'What a signal was over a period of at most 31 days.',
    params: ofEquipment.extend({ signal: code }), query: z.strictObject({ ...period, points: z.int().min(2).max(10_000).default(1_000) }),
    data: () => z.strictObject({ window, signal: code, unit: z.string().nullable(), points }),
  }),
  signals_overview: asks({
    path: `${BASE}/lines/{line_id}/signals/overview`, tag, sentence: 'What every numeric signal of a line was over a period of at most 31 days: its least, largest and mean value, and how it went.', params: ofLine,
    query: z.strictObject({ ...period, points: z.int().min(0).max(120).default(0).describe('into how many equal parts of the period `means` divides it') }),
    data: () => z.strictObject({ window, signals: z.array(z.strictObject({
      equipment_code: code, signal: code, unit: z.string().nullable(), samples: z.int().describe('good ones'), min: z.number().nullable(), max: z.number().nullable(), mean: z.number().nullable(),
      means: z.array(z.number().nullable()).describe('the mean of each part of the period; null where there was no good value'),
    })) }),
  }),
  equipment_timeline: asks({
    path: `${BASE}/equipment/{equipment_code}/timeline`, tag, sentence: 'The states of an equipment over a period of at most 7 days, without a gap, and its stops.',
    params: ofEquipment, query: z.strictObject(period),
    data: () => z.strictObject({
      window, slices: z.array(z.strictObject({ state: z.enum(stateClasses), from: instantText, to: instantText, seconds })), stops: z.array(stopView),
    }),
  }),
  reasons: asks({
    path: `${BASE}/reasons`, tag, sentence: 'The reasons a stop can have.', query: z.strictObject({ equipment_code: code.optional() }),
    data: () => z.strictObject({ reasons: z.array(z.strictObject({
      code, name: z.string(), category: z.string(), is_failure: z.boolean(), external: z.boolean(), team: z.string().nullable(), parent: z.string().nullable(),
    })) }),
  }),
  reject_reasons: asks({
    path: `${BASE}/reject-reasons`, tag, sentence: 'What can be wrong with a part; where there are none, people write what they want.', query: z.strictObject({ equipment_code: code.optional() }),
    data: () => z.strictObject({ reject_reasons: z.array(z.strictObject({ code, name: z.string() })) }),
  }),
  shifts: asks({
    path: `${BASE}/shifts`, tag, sentence: 'The shifts that began in a period, newest first.',
    query: z.strictObject({ ...whichLine, ...period, ...page }),
    data: () => z.strictObject({ window, ...nextCursor, shifts: z.array(z.strictObject({
      shift: z.string(), name: z.string(), day: z.string(), crew: z.string().nullable(), from: instantText, to: instantText, planned_seconds: seconds.describe('as far as is known now'),
      revision: z.int().describe('0: as it was told when it began; one more for each time that its hours became others'),
      ended: z.boolean(), good: z.number().nullable().describe('that left the line while the shift lasted'), reject: z.number().nullable().describe('of all its equipment, while the shift lasted'),
    })) }),
  }),
  calendar: asks({
    path: `${BASE}/calendar`, tag, sentence: 'The rules a line\'s shifts come from, in local time.', query: z.strictObject(whichLine),
    data: () => z.strictObject({
      time_zone: z.string(), day_start: z.string(), breaks: z.string(),
      shifts: z.array(z.strictObject({
        name: z.string(), days: z.array(z.enum(weekdays)), start: z.string(), end: z.string(), crew: z.string().nullable(),
        rota: z.strictObject({ from: z.string(), crews: z.array(z.string().nullable()) }).nullable(), from: z.string().nullable(), until: z.string().nullable(),
        breaks: z.array(z.strictObject({ start: z.string(), end: z.string(), name: z.string() })),
      })),
      exceptions: z.array(z.strictObject({ date: z.string(), shift: z.string().nullable(), closed: z.boolean(), start: z.string().nullable(), end: z.string().nullable(), name: z.string().nullable() })),
      corrections: z.array(z.strictObject({ from: instantText, to: instantText, as: z.enum(['open', 'break', 'closed']), shift: z.string().nullable().describe('that it is of where the rules know none') }))
        .describe('what people said afterwards that it was, in the order of time; of two over the same time the later one'),
    }),
  }),
  journal: asks({
    path: `${BASE}/journal`, tag, sentence: 'The facts after a number, in order: the same that sockets and MQTT carry.',
    query: z.strictObject({
      after: z.int().min(0).default(0), limit: z.int().min(1).max(1_000).default(100), ...whichLine, equipment_code: code.optional(),
      types: z.array(z.enum(factNames as readonly [FactName, ...FactName[]])).optional(),
    }),
    data: () => z.strictObject({ epoch: z.string(), events: z.array(message), next_after: z.int().describe('`after` of the next question'), head: z.int() }),
  }),
  audit: asks({
    path: `${BASE}/audit`, tag, sentence: 'Who asked for what in a period of at most 31 days, and what became of it, in the order it was asked; changes of the configuration, of tokens and of people are among it.', permission: 'audit',
    query: z.strictObject({ ...whichLine, ...period, limit: z.int().min(1).max(1_000).default(1_000) }),
    data: () => z.strictObject({
      window, complete: z.boolean().describe('false: there is more after the last one; ask again from its instant'),
      commands: z.array(z.strictObject({
        at: instantText, command: z.string().describe('what was asked of a line, or the event of a change beside them: `access_changed`, `config_applied`'), line: z.string().nullable().describe('null: the gateway itself'), equipment_code: code.nullable(),
        by_id: z.string().nullable(), by_name: z.string(), role: z.string().nullable(),
        body: z.unknown().describe('what was asked for'), seqs: z.array(z.int()).describe('the facts it made; empty when it was refused'), refused: z.string().nullable(),
      })),
    }),
  }),
} as const
