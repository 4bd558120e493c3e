/** Verbs that list: stops, jobs, calls, shifts. Their schemas are loaded when they run, so that help answers at once. */

import { dataOf, query } from '../../faces/cli/answer.js'
import { duration, flag, off, on, rowFormat, standard, text, whole } from '../../faces/cli/flag.js'
import { type Format, type Row, type Shape, rendered } from '../../faces/cli/output.js'
import { spoken } from '../../faces/cli/spoken.js'
import { type Said, type Verb, verb } from '../../faces/cli/verb.js'
import { gatewayOf } from '../reach.js'

const line = flag(text('code'), 'only of this line')
const equipment = flag(text('code'), 'only of this equipment')
const since = standard(duration, '24h', 'how far back')
const limit = standard(whole, '100', 'at most so many, newest first')
const output = rowFormat

const fromOf = (now: number, sinceMs: number): string => new Date(now - sinceMs).toISOString()
const isForPeople = (format: Format): boolean => format === 'table' || format === 'wide'
/** People read the time of their terminal; programs get the instant. */
const clockOf = (instant: string | null, format: Format): string | null => (instant === null || !isForPeople(format) ? instant : new Date(instant).toLocaleString('sv-SE'))
const lengthOf = (seconds: number, format: Format): string | number => (isForPeople(format) ? spoken(seconds) : seconds)

const printed = (rows: readonly Row[], shape: Shape, format: Format): Said => ({ text: rendered(rows, shape, format), exit: 'done', talk: [] })

export const lists: readonly Verb[] = [
  verb({
    words: 'stops', sentence: 'why equipment stood, newest first', finds: 'gateway',
    examples: ['lineside stops --since 8h', 'lineside stops --unexplained', 'lineside stops --equipment BP01.PACK.BAG1 -o csv'],
    flags: { line, equipment, since, limit, unexplained: off('only those that lack a reason'), micro: on('leave micro-stops out'), output },
    async run({ flags, where, now }) {
      const { stops } = await import('../../contract/endpoints/stops.js')
      const data = await dataOf(await gatewayOf(where), stops.stops.data, stops.stops.path + query({
        line_id: flags.line, equipment_code: flags.equipment, from: fromOf(now(), flags.since), limit: flags.limit,
        explained: flags.unexplained ? false : undefined, include_micro_stops: flags.micro ? undefined : false,
      }))
      const rows = data.stops.map((stop) => ({
        stop_id: stop.stop_id, equipment: stop.equipment_code, from: clockOf(stop.from, flags.output), to: clockOf(stop.to, flags.output), lasted: lengthOf(stop.seconds, flags.output), state: stop.state,
        micro: stop.micro, reason: stop.reason?.code ?? null, job_id: stop.job_id, shift: stop.shift,
      }))
      return printed(rows, { main: ['from', 'equipment', 'lasted', 'state', 'reason'], all: ['stop_id', 'equipment', 'from', 'to', 'lasted', 'state', 'micro', 'reason', 'job_id', 'shift'], name: 'stop_id' }, flags.output)
    },
  }),
  verb({
    words: 'jobs', sentence: 'jobs and how far they are, newest first', finds: 'gateway', examples: ['lineside jobs', 'lineside jobs --line BP01 -o json'], flags: { line, limit, output },
    async run({ flags, where }) {
      const { jobs } = await import('../../contract/endpoints/jobs.js')
      const data = await dataOf(await gatewayOf(where), jobs.jobs.data, jobs.jobs.path + query({ line_id: flags.line, limit: flags.limit }))
      const rows = data.jobs.map((job) => ({
        job_id: job.job_id, name: job.name, product: job.product, quantity: job.quantity, status: job.status, line: job.line, equipment: job.equipment_code, good: job.good, reject: job.reject,
        started: clockOf(job.started_at, flags.output), ended: clockOf(job.ended_at, flags.output), reason: job.reason ?? null,
      }))
      return printed(rows, { main: ['job_id', 'product', 'status', 'equipment', 'good', 'quantity', 'reason'], all: ['job_id', 'name', 'product', 'quantity', 'status', 'line', 'equipment', 'good', 'reject', 'started', 'ended', 'reason'], name: 'job_id' }, flags.output)
    },
  }),
  verb({
    words: 'andon', sentence: 'calls for help, newest first', finds: 'gateway', examples: ['lineside andon --open', 'lineside andon --since 7d'],
    flags: { line, since, limit, open: off('only those that nobody has resolved'), output },
    async run({ flags, where, now }) {
      const { andons } = await import('../../contract/endpoints/andons.js')
      const data = await dataOf(await gatewayOf(where), andons.andons.data, andons.andons.path + query({ line_id: flags.line, from: fromOf(now(), flags.since), limit: flags.limit, open: flags.open ? true : undefined }))
      const rows = data.andons.map((call) => ({
        andon_id: call.andon_id, equipment: call.equipment_code, type: call.andon_type, priority: call.priority, status: call.status, raised: clockOf(call.raised_at, flags.output),
        by: call.raised_by, resolved: clockOf(call.resolved_at, flags.output), description: call.description,
      }))
      return printed(rows, { main: ['raised', 'equipment', 'type', 'priority', 'status', 'description'], all: ['andon_id', 'equipment', 'type', 'priority', 'status', 'raised', 'by', 'resolved', 'description'], name: 'andon_id' }, flags.output)
    },
  }),
  verb({
    words: 'shift show', sentence: 'the shifts that began lately, and what they made', finds: 'gateway', examples: ['lineside shift show', 'lineside shift show --since 7d -o csv'],
    flags: { line, since: standard(duration, '48h', 'how far back'), limit, output },
    async run({ flags, where, now }) {
      const { plant } = await import('../../contract/endpoints/plant.js')
      const data = await dataOf(await gatewayOf(where), plant.shifts.data, `${plant.shifts.path}${query({ line_id: flags.line, from: fromOf(now(), flags.since), limit: flags.limit })}`)
      const rows = data.shifts.map((shift) => ({
        shift: shift.shift, name: shift.name, day: shift.day, from: clockOf(shift.from, flags.output), to: clockOf(shift.to, flags.output), planned: lengthOf(shift.planned_seconds, flags.output), good: shift.good, reject: shift.reject, revision: shift.revision, ended: shift.ended,
      }))
      return printed(rows, { main: ['shift', 'from', 'to', 'planned', 'good', 'reject'], all: ['shift', 'name', 'day', 'from', 'to', 'planned', 'good', 'reject', 'revision', 'ended'], name: 'shift' }, flags.output)
    },
  }),
  verb({
    words: 'audit', sentence: 'who asked for what, and what became of it, in the order it was asked', finds: 'gateway', examples: ['lineside audit --since 7d -o csv > audit.csv', 'lineside audit --line BP01'],
    flags: { line, since, limit: standard(whole, '1000', 'at most so many'), output },
    async run({ flags, where, now }) {
      const { plant } = await import('../../contract/endpoints/plant.js')
      const data = await dataOf(await gatewayOf(where), plant.audit.data, plant.audit.path + query({ line_id: flags.line, from: fromOf(now(), flags.since), limit: flags.limit }))
      const rows = data.commands.map((one) => ({
        at: clockOf(one.at, flags.output), by: one.by_name, by_id: one.by_id, role: one.role, command: one.command, line: one.line, equipment: one.equipment_code, outcome: one.refused ?? 'done', facts: one.seqs.join(' '), body: JSON.stringify(one.body),
      }))
      return printed(rows, { main: ['at', 'by', 'role', 'command', 'equipment', 'outcome'], all: ['at', 'by', 'by_id', 'role', 'command', 'line', 'equipment', 'outcome', 'facts', 'body'], name: 'at' }, flags.output)
    },
  }),
]
