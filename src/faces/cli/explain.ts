/** `lineside explain`: a figure opened up, level by level. */

import { explain as endpoints } from '../../contract/endpoints/explain.js'
import type { Explained, ExplainedLine } from '../../contract/explained.js'
import { knownOf } from '../../contract/known.js'
import type { TimeLeaf } from '../../contract/losses.js'
import type { z } from '../../contract/schema.js'
import { CliError } from './exit.js'
import { type Gateway, ask } from './gateway.js'
import { meantBy } from './known-names.js'
import { type Format, type Row, rendered } from './output.js'

export interface ExplainWish {
  /** Code of an equipment or a line. */
  readonly of: string
  readonly shift?: string | undefined
  readonly from?: string | undefined
  readonly to?: string | undefined
  readonly job?: string | undefined
  readonly product?: string | undefined
  readonly slices: boolean
  readonly counts: boolean
}

/** What to print. Asks for equipment of that code first, then for a line. */
export async function explain(gateway: Gateway, wish: ExplainWish, format: Format): Promise<string> {
  const asked = new URLSearchParams()
  for (const name of ['shift', 'from', 'to', 'job', 'product'] as const) if (wish[name] !== undefined) asked.set(name, wish[name])
  const query = asked.toString()
  const { explain_equipment: equipment, explain_line: line } = endpoints
  const of = encodeURIComponent(wish.of)
  const first = await ask(gateway, `${equipment.path.replace('{equipment_code}', of)}?${query}`)
  if (first.status !== 404) return textOf(dataIn(equipment.data, first.body, wish.of), wish, format)
  const second = await ask(gateway, `${line.path.replace('{line_id}', of)}?${query}`)
  if (second.status === 404) throw new CliError('missing', `there is no equipment and no line ${JSON.stringify(wish.of)}`, await meantBy(gateway, wish.of, ['line', 'equipment']))
  return lineText(dataIn(line.data, second.body, wish.of), { format, slices: wish.slices })
}

function dataIn<S extends z.ZodType>(schema: S, body: unknown, of: string): z.output<S> {
  // The envelope of every answer: data, or an error with its details.
  const { success, data, error } = (body ?? {}) as { success?: boolean; data?: unknown; error?: { message?: string; details?: { path: string; message: string }[] } }
  const parsed = success === true ? knownOf(schema, data) : null
  if (parsed?.success === true) return parsed.data
  const details = error?.details?.map(({ path, message }) => `${path}: ${message}`).join('; ') ?? ''
  throw new CliError('failed', `${of}: ${error?.message ?? 'no answer of a lineside of this version'}${details === '' ? '' : ` (${details})`}`)
}

function textOf(explained: Explained, { slices, counts }: ExplainWish, format: Format): string {
  if (format === 'json') return `${JSON.stringify(explained, null, 2)}\n`
  const { of, window, oee } = explained
  const planned = explained.factors.find(({ name }) => name === 'oee')?.whole.ms ?? 0
  const ofPlanned = (leaf: string, ms: number): string | null => (planned === 0 || OUTSIDE.has(leaf) ? null : percent(ms / planned))
  const tables = [
    table(explained.factors.map(({ name, value, part, whole }) => ({ factor: name, value: format === 'table' || format === 'wide' ? percent(value) : value, part: part.name, part_seconds: part.ms / 1_000, whole: whole.name, whole_seconds: whole.ms / 1_000 })), format),
    table(explained.leaves.filter(({ ms }) => ms !== 0).map(({ leaf, ms, slices: count }) => ({ leaf, seconds: ms / 1_000, of_planned: ofPlanned(leaf, ms), slices: count })), format),
    table(explained.parts.map(({ product, ideal_ms, good, startup_reject, production_reject, off_schedule, recovered, reworked, counts: count }) => ({ product, ideal_seconds: ideal_ms / 1_000, good, startup_reject, production_reject, off_schedule, recovered, reworked, facts: count })), format),
    ...explained.reworked.length > 0 ? [table(explained.reworked.map(({ at, job, good, fact }) => ({ at, job, reworked_good: good, fact })), format)] : [],
    ...slices ? [table(explained.slices.map(({ from, to, ms, leaf, state, stop_id, job, fact }) => ({ from, to, seconds: ms / 1_000, leaf, state, stop: stop_id, job, fact })), format)] : [],
    ...counts ? [table(explained.counts.flatMap(({ fact, at, config, steps }) => steps.map((step) => ({ at, fact, config, signal: step.signal, before: step.from, after: step.to, parts: step.parts, rule: step.rule }))), format), ...explained.counts.flatMap(changeOf), ...explained.counts.flatMap(foundOf)] : [],
  ]
  return [`${of} from ${window.from} to ${window.to}, ${oee.policy}, configuration ${explained.configs.join(', ')}`, ...explained.ideal_corrections.map(correctionOf), ...explained.calendar_corrections.map(calendarOf), ...(explained.startups_as_counted ?? []).map(startupOf), '', ...tables].join('\n')
}

/** `ideal time of A 12 s → 10 s from … to …, by Ana, revision 2: nameplate says 10 s`. */
function correctionOf({ product, previous, ideal_cycle_seconds: seconds, from, to, by, revision, reason }: Explained['ideal_corrections'][number]): string {
  const before = [...new Set(previous.map((one) => one.ideal_cycle_seconds))].join(' s, ')
  return `ideal time${product === undefined ? '' : ` of ${product ?? 'no product'}`} ${before} s → ${seconds} s from ${from} to ${to}, by ${by}, revision ${revision}: ${reason}`
}

/** `2026-… J1 → J2, split at the latched counts: total_count 1010 → 1014 latched → 1016 (between)`. */
function changeOf({ at, job_change: change }: Explained['counts'][number]): string[] {
  if (change === undefined) return []
  const counters = change.counters.map(({ signal, before, latched, after, finding }) => `${signal} ${before ?? '–'} → ${latched ?? '–'} latched → ${after ?? '–'} (${finding.replaceAll('_', ' ')})`)
  return [`${at} ${change.from_job ?? 'no job'} → ${change.to_job ?? 'no job'}, ${change.rule === 'split_at_latched' ? 'split at the latched counts' : 'all parts to the job before'}: ${counters.join(', ')}`]
}

/** `1 reject made at …, found at … by PAL1, 90 s later: fact 712`. */
function foundOf({ fact, found, parts }: Explained['counts'][number]): string[] {
  const rejects = parts.startup_reject + parts.production_reject
  return found === undefined ? [] : [`${rejects} reject${rejects === 1 ? '' : 's'} made at ${found.made_at}, found at ${found.found_at} by ${found.found_by}, ${found.delay_seconds} s later: fact ${fact}`]
}

/** `calendar: closed from … to …, by Ana, revision 1: nobody came`. */
const calendarOf = ({ as, from, to, by, revision, reason }: Explained['calendar_corrections'][number]): string =>
  `calendar: ${as === 'calendar' ? 'as configured' : as} from ${from} to ${to}, by ${by}, revision ${revision}: ${reason}`

/** `start-up after stop L1-S4, which ended at …, stays as it was counted: by the corrected calendar it costs 0 s, and no window opens`. */
const startupOf = ({ stop_id: stop, at, lost_seconds: lost, opened }: NonNullable<Explained['startups_as_counted']>[number]): string =>
  `start-up after stop ${stop}, which ended at ${at}, stays as it was counted: by the corrected calendar it costs ${lost} s, and ${opened ? 'no' : 'a'} window opens`

function lineText(explained: ExplainedLine, { format, slices }: { readonly format: Format; readonly slices: boolean }): string {
  if (format === 'json') return `${JSON.stringify(explained, null, 2)}\n`
  const isMoved = explained.made_of.some(({ under_way }) => under_way !== undefined)
  const rows = explained.made_of.map(({ equipment_code, gives, planned_production, run, good, rejects, under_way: moved }) => ({
    equipment: equipment_code, gives: gives.join(' '), planned_seconds: planned_production, run_seconds: run, good, rejects, ...isMoved ? { under_way_good: moved?.good ?? 0, under_way_rejects: moved?.rejects ?? 0 } : {},
  }))
  const limits = explained.oee.constraints?.map(({ equipment_code: code, share }) => `${code} ${percent(share) ?? '–'}`)
  return [
    `${explained.of} by ${explained.method}: OEE ${percent(explained.oee.oee) ?? '–'}`,
    ...limits === undefined ? [] : [`limited by ${limits.join(', ')} of its planned time`], '', table(rows, format),
    ...slices && explained.slices !== undefined ? [table(explained.slices.map(({ from, to, ms, leaf, equipment_code: of, product, job }) => ({ from, to, seconds: ms / 1_000, leaf, of, product, job })), format)] : [],
  ].join('\n')
}

/** Time that is no planned production, so that no share of it says anything. */
const OUTSIDE: ReadonlySet<string> = new Set(['schedule_loss', 'no_order', 'no_data'] satisfies TimeLeaf[])

/** For eyes; whoever goes on reckoning takes another format. */
const percent = (ratio: number | null): string | null => (ratio === null ? null : `${(ratio * 100).toFixed(2)} %`)

function table(rows: readonly Row[], format: Format): string {
  const columns = Object.keys(rows[0] ?? {})
  return rows.length === 0 ? '' : rendered(rows, { main: columns, all: columns, name: columns[0]! }, format)
}
