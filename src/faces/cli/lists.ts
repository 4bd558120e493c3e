/** Verbs that list: stops, jobs, calls, shifts. Their schemas are loaded when they run, so that help answers at once. */

import type { Row, Shape } from './output.js'
import { rendered } from './output.js'
import { spoken } from './spoken.js'
import { type Flag, type Given, type Verb, dataOf, query } from './verb.js'

const ofLine: Flag = { flags: '--line <code>', sentence: 'only of this line' }
const ofEquipment: Flag = { flags: '--equipment <code>', sentence: 'only of this equipment' }
const since: Flag = { flags: '--since <duration>', sentence: 'how far back', kind: 'duration', default: '24h' }
const limit: Flag = { flags: '--limit <number>', sentence: 'at most so many, newest first', kind: 'number', default: 100 }

const fromOf = ({ flags, now }: Given): string => new Date(now() - Number(flags['since'])).toISOString()
/** People read the time of their terminal; programs get the instant. */
const clockOf = (instant: string | null, { format }: Given): string | null =>
  instant === null || (format !== 'table' && format !== 'wide') ? instant : new Date(instant).toLocaleString('sv-SE')
const lengthOf = (seconds: number, { format }: Given): string | number => (format === 'table' || format === 'wide' ? spoken(seconds) : seconds)

function printed(given: Given, rows: readonly Row[], shape: Shape): 'done' {
  given.print(rendered(rows, shape, given.format))
  return 'done'
}

export const lists: readonly Verb[] = [
  {
    words: 'stops', sentence: 'why equipment stood, newest first', lists: true,
    examples: ['lineside stops --since 8h', 'lineside stops --unexplained', 'lineside stops --equipment BP01.PACK.BAG1 -o csv'],
    flags: [ofLine, ofEquipment, since, limit, { flags: '--unexplained', sentence: 'only those that lack a reason' }, { flags: '--no-micro', sentence: 'leave micro-stops out' }],
    async run(gateway, given) {
      const { flags } = given
      const { stops } = await import('../../contract/endpoints/stops.js')
      const data = await dataOf(gateway, stops.stops.data, stops.stops.path + query({
        line_id: flags['line'], equipment_code: flags['equipment'], from: fromOf(given), limit: flags['limit'],
        explained: flags['unexplained'] === true ? false : undefined, include_micro_stops: flags['micro'] === false ? false : undefined,
      }))
      const rows = data.stops.map((stop) => ({
        stop_id: stop.stop_id, equipment: stop.equipment_code, from: clockOf(stop.from, given), to: clockOf(stop.to, given), lasted: lengthOf(stop.seconds, given), state: stop.state,
        micro: stop.micro, reason: stop.reason?.code ?? null, job_id: stop.job_id, shift: stop.shift,
      }))
      return printed(given, rows, { main: ['from', 'equipment', 'lasted', 'state', 'reason'], all: ['stop_id', 'equipment', 'from', 'to', 'lasted', 'state', 'micro', 'reason', 'job_id', 'shift'], name: 'stop_id' })
    },
  },
  {
    words: 'jobs', sentence: 'jobs and how far they are, newest first', lists: true, examples: ['lineside jobs', 'lineside jobs --line BP01 -o json'], flags: [ofLine, limit],
    async run(gateway, given) {
      const { jobs } = await import('../../contract/endpoints/jobs.js')
      const data = await dataOf(gateway, jobs.jobs.data, jobs.jobs.path + query({ line_id: given.flags['line'], limit: given.flags['limit'] }))
      const rows = data.jobs.map((job) => ({
        job_id: job.job_id, name: job.name, product: job.product, quantity: job.quantity, status: job.status, line: job.line, equipment: job.equipment_code, good: job.good, reject: job.reject,
        started: clockOf(job.started_at, given), ended: clockOf(job.ended_at, given),
      }))
      return printed(given, rows, { main: ['job_id', 'product', 'status', 'equipment', 'good', 'quantity'], all: ['job_id', 'name', 'product', 'quantity', 'status', 'line', 'equipment', 'good', 'reject', 'started', 'ended'], name: 'job_id' })
    },
  },
  {
    words: 'andon', sentence: 'calls for help, newest first', lists: true, examples: ['lineside andon --open', 'lineside andon --since 7d'],
    flags: [ofLine, since, limit, { flags: '--open', sentence: 'only those that nobody has resolved' }],
    async run(gateway, given) {
      const { flags } = given
      const { andons } = await import('../../contract/endpoints/andons.js')
      const data = await dataOf(gateway, andons.andons.data, andons.andons.path + query({ line_id: flags['line'], from: fromOf(given), limit: flags['limit'], open: flags['open'] === true ? true : undefined }))
      const rows = data.andons.map((call) => ({
        andon_id: call.andon_id, equipment: call.equipment_code, type: call.andon_type, priority: call.priority, status: call.status, raised: clockOf(call.raised_at, given),
        by: call.raised_by, resolved: clockOf(call.resolved_at, given), description: call.description,
      }))
      return printed(given, rows, { main: ['raised', 'equipment', 'type', 'priority', 'status', 'description'], all: ['andon_id', 'equipment', 'type', 'priority', 'status', 'raised', 'by', 'resolved', 'description'], name: 'andon_id' })
    },
  },
  {
    words: 'shift show', sentence: 'the shifts that began lately, and what they made', lists: true, examples: ['lineside shift show', 'lineside shift show --since 7d -o csv'],
    flags: [ofLine, { ...since, default: '48h' }, limit],
    async run(gateway, given) {
      const { plant } = await import('../../contract/endpoints/plant.js')
      const data = await dataOf(gateway, plant.shifts.data, `${plant.shifts.path}${query({ line_id: given.flags['line'], from: fromOf(given), limit: given.flags['limit'] })}`)
      const rows = data.shifts.map((shift) => ({
        shift: shift.shift, name: shift.name, day: shift.day, from: clockOf(shift.from, given), to: clockOf(shift.to, given), planned: lengthOf(shift.planned_seconds, given), good: shift.good, reject: shift.reject, ended: shift.ended,
      }))
      return printed(given, rows, { main: ['shift', 'from', 'to', 'planned', 'good', 'reject'], all: ['shift', 'name', 'day', 'from', 'to', 'planned', 'good', 'reject', 'ended'], name: 'shift' })
    },
  },
  {
    words: 'audit', sentence: 'who asked for what, and what became of it, in the order it was asked', lists: true, examples: ['lineside audit --since 7d -o csv > audit.csv', 'lineside audit --line BP01'],
    flags: [ofLine, since, { ...limit, sentence: 'at most so many', default: 1_000 }],
    async run(gateway, given) {
      const { plant } = await import('../../contract/endpoints/plant.js')
      const data = await dataOf(gateway, plant.audit.data, plant.audit.path + query({ line_id: given.flags['line'], from: fromOf(given), limit: given.flags['limit'] }))
      const rows = data.commands.map((one) => ({
        at: clockOf(one.at, given), by: one.by_name, by_id: one.by_id, role: one.role, command: one.command, line: one.line, equipment: one.equipment_code, outcome: one.refused ?? 'done', facts: one.seqs.join(' '), body: JSON.stringify(one.body),
      }))
      return printed(given, rows, { main: ['at', 'by', 'role', 'command', 'equipment', 'outcome'], all: ['at', 'by', 'by_id', 'role', 'command', 'line', 'equipment', 'outcome', 'facts', 'body'], name: 'at' })
    },
  },
]
