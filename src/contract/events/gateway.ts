/** Events of the gateway itself and of its links. */

import { roles } from '../roles.js'
import { code, instantText, parts, seconds, z } from '../schema.js'
import { factEvent } from './event.js'

export const plcConnectionStatus = factEvent('The link to a PLC came up or went down.', z.strictObject({
  plc: z.string(), connected: z.boolean(), fault: z.string().nullable(), remedy: z.string().nullable(), previous_seconds: seconds.nullable(),
}), { plc: 'packer', connected: false, fault: 'PLC_TIMEOUT', remedy: 'Check its load and the network.', previous_seconds: 86_400 })

const shift = { shift: z.string().describe('production day and name: 2026-03-29/early'), name: z.string(), day: z.string(), crew: z.string().nullable(), from: instantText, to: instantText }
const exampleShift = { shift: '2026-03-29/early', name: 'early', day: '2026-03-29', crew: null, from: '2026-03-29T04:00:00.000Z', to: '2026-03-29T12:00:00.000Z' }

export const notificationSent = factEvent('A message to people outside the screens was handed over, or given up.', z.strictObject({
  channel: z.string(), about: z.string().describe('the type of the fact it told'), about_seq: z.int(), ok: z.boolean(), tries: z.int().min(1),
  detail: z.string().nullable().describe('why it was given up'),
}), { channel: 'maintenance', about: 'andon_event', about_seq: 4_711, ok: true, tries: 1, detail: null })

export const shiftStarted = factEvent('A shift began.', z.strictObject({ ...shift, planned_seconds: seconds }), { ...exampleShift, planned_seconds: 27_000 })
export const shiftEnded = factEvent('A shift ended. What it made by the rule of its line, also of parts that were still under way, is told by `oee_recorded`.', z.strictObject({
  ...shift, good: parts.describe('that left the line while the shift lasted'), reject: parts.describe('of all its equipment, while the shift lasted'),
  planned_seconds: seconds.optional().describe('what it turned out to be planned for: another configuration may have cut it short since it began'),
  revision: z.int().min(0).optional().describe('0: its hours are those it began with; one more whenever they were others, and when it ended again'),
}), { ...exampleShift, good: 18_848, reject: 423, planned_seconds: 27_000, revision: 0 })

export const configApplied = factEvent('A configuration took effect.', z.strictObject({ version: z.int(), previous: z.int().nullable(), hash: z.string(), by: z.string(), changes: z.array(z.string()) }),
  { version: 2, previous: 1, hash: 'a1b2c3', by: 'ana', changes: ['lines[0].equipment[0].micro_stop: 120s → 90s'] })
export const configRejected = factEvent('A configuration was not taken, or taken back; the one in force goes on.', z.strictObject({
  version: z.int().describe('the one in force'), rejected: z.int().nullable().describe('its number, when it had one'), why: z.string(), errors: z.array(z.string()).describe('at most the first ten'),
}), { version: 2, rejected: null, why: 'the file has errors', errors: ['/etc/lineside/lineside.yaml:23:13 plcs[0].driver: expected one of s7, eip, modbus, opcua, trace, found "s8"'] })
export const accessChanged = factEvent('Who may come in was changed. Secrets are never told.', z.strictObject({
  what: z.enum(['token', 'person', 'pin']), change: z.enum(['created', 'changed', 'ended']),
  of: z.string().describe('the id of a token, the name of a person'), name: z.string(), role: z.enum(roles), lines: z.array(z.string()).nullable().describe('codes it reaches; null for all'),
  by: z.string(), by_id: z.string(), by_role: z.enum(roles),
}), { what: 'token', change: 'created', of: '0123456789', name: 'board in hall 2', role: 'viewer', lines: null, by: 'ana', by_id: 'ab01cd23ef', by_role: 'admin' })
export const clockStepped = factEvent('The wall clock stepped; open instants moved with it.', z.strictObject({ by_seconds: seconds, before: instantText, after: instantText }),
  { by_seconds: -3_600, before: '2026-03-29T07:00:00.000Z', after: '2026-03-29T06:00:00.000Z' })
export const journalTrimmed = factEvent('Retention removed part of the journal.', z.strictObject({
  what: z.enum(['facts', 'samples']), from_seq: z.int().nullable(), to_seq: z.int().nullable(), from: instantText, to: instantText, why: z.enum(['age', 'bytes', 'disk_full']), unacknowledged: z.boolean(),
}), { what: 'samples', from_seq: null, to_seq: null, from: '2026-01-01T00:00:00.000Z', to: '2026-01-02T00:00:00.000Z', why: 'age', unacknowledged: false })
export const gatewayStarted = factEvent('The gateway began to work.', z.strictObject({
  version: z.string(), config: z.int(), previous_epoch: z.string().nullable(), last_seen: instantText.nullable(), clean: z.boolean().describe('the previous run ended orderly'),
}), { version: '0.1.0', config: 1, previous_epoch: null, last_seen: null, clean: true })
export const gatewayStopped = factEvent('The gateway ended orderly.', z.strictObject({ reason: z.string() }), { reason: 'SIGTERM' })

export const takenOver = factEvent('A second box goes on where the other one ended, under a new epoch.', z.strictObject({
  box: code.describe('who goes on'), from_epoch: z.string(), from_seq: z.int().describe('the last number of that epoch that is known here'), from_rows: z.int().optional().describe('the last writing of a loss row that is known here'),
  why: z.enum(['order', 'silence', 'force']), silent_seconds: seconds.nullable().describe('for how long the other box had not been heard'),
}), { box: 'b', from_epoch: '0019d3a1b2c3d4e5', from_seq: 4_711, from_rows: 52_300, why: 'silence', silent_seconds: 10.2 })
export const forkKept = factEvent('A box that had been taken over from had recorded more than was known: it keeps that aside, under its epoch.', z.strictObject({
  box: code.describe('where it is kept'), epoch: z.string(), after_seq: z.int(), to_seq: z.int(), facts: z.int(), file: z.string(),
}), { box: 'a', epoch: '0019d3a1b2c3d4e5', after_seq: 4_711, to_seq: 4_713, facts: 2, file: 'journal.fork-0019d3a1b2c3d4e5.db' })
