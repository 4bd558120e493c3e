/** Live views and readings: what core knows, beside what the signals and the links say. */

import { adviceOn } from '../analysis/advice.js'
import { en } from '../analysis/words/en.js'
import { type Instant, rfc3339 } from '../base/units.js'
import type { Reading } from '../contract/events/catalogue.js'
import type { PlcHealth } from '../contract/scan.js'
import type { ViewData, ViewName, ViewOptions } from '../contract/views.js'
import { countsNow } from '../core/rules/counts.js'
import { equipmentAt, indexOf, jobOf } from '../core/memory/lookups.js'
import type { Line } from '../core/memory/memory.js'
import { equipmentOee, lineOeeNow } from '../core/memory/oee-now.js'
import { equipmentView, jobViews, lineView, openAndons, operatorViews, progressView } from '../core/view.js'
import type { Sampler } from '../signals/sampler.js'

export interface Shown {
  /** The line of that code, or the line that the equipment of that code stands in. */
  readonly lineOf: (code: string) => Line
  readonly sampler: Pick<Sampler, 'table'>
  readonly plcs: () => readonly PlcHealth[]
  readonly plcsOfLine: (line: string) => ReadonlySet<string>
  readonly plcsOfEquipment: (equipment: string) => ReadonlySet<string>
  /** The most requests a second that a PLC is ever asked. */
  readonly budgetOf: (plc: string) => number | null
}

/** The data of a view; `of` is the code of a line or an equipment. */
export function viewOf(shown: Shown, name: ViewName, of: string, options: ViewOptions, at: Instant): ViewData<ViewName> {
  const line = shown.lineOf(of)
  const i = indexOf(line, of)
  switch (name) {
    case 'line': return lineView(line, at)
    case 'equipment': return equipmentView(line, i, at)
    case 'production_status': return productionStatus(shown, line, i, options, at)
    case 'real_time_oee': return realTimeOee(line, options, at)
    case 'job_progress': return jobProgress(shown, line, i, options, at)
    case 'downtime_now': return { current_downtime: equipmentView(line, i, at).current_stop }
    case 'andon_now': return { active_events: openAndons(line) }
    case 'signals': return signals(shown, of, at)
    case 'plcs': return { plcs: shown.plcs().filter(({ plc }) => shown.plcsOfLine(of).has(plc)).map((health) => plcView(health, shown.budgetOf(health.plc))) }
    case 'jobs': return { jobs: jobViews(line) }
    case 'operators': return { operators: operatorViews(line) }
  }
}

/** What sockets hear of an equipment between facts. */
export function readingsOf(shown: Shown, equipment: string, at: Instant): Reading[] {
  const line = shown.lineOf(equipment)
  const i = indexOf(line, equipment)
  const { state, seen } = equipmentAt(line, i)
  const head = { at, line: line.plan.line.code, equipment }
  const oee = equipmentOee(line, i, 'shift', at)
  return [
    { ...head, type: 'production_update', body: {
      state: state.current, since: rfc3339(state.since ?? at), ...countsNow(equipmentAt(line, i)),
      speed: typeof seen.signals.speed === 'number' ? seen.signals.speed : null, job_id: jobOf(line, i)?.order.job_id ?? null,
      oee: oee.oee, availability: oee.availability, performance: oee.performance, quality: oee.quality,
    } },
    { ...head, type: 'oee_update', body: oee },
    { ...head, type: 'plc_metrics_update', body: { signals: shown.sampler.table(equipment, at) } },
  ]
}

function productionStatus(shown: Shown, line: Line, i: number, { without = [] }: ViewOptions, at: Instant): ViewData<'production_status'> {
  const view = equipmentView(line, i, at)
  const { operators, job_id, ...context } = view.production_context
  return {
    equipment_code: view.equipment_code, line_id: view.line_id, state: view.state,
    production_context: { ...context, operators, operator: operators.at(-1) ?? null, job: job_id },
    current_job: view.current_job, counts: view.counts,
    ...(without.includes('plc_data') ? {} : { plc_data: signals(shown, view.equipment_code, at) }),
    ...(without.includes('oee') ? {} : { oee: view.oee }),
    ...(without.includes('downtime') ? {} : { downtime: view.current_stop }),
  }
}

function realTimeOee(line: Line, { window = 'shift', equipment }: ViewOptions, at: Instant): ViewData<'real_time_oee'> {
  const asked = line.equipment.map(({ code }, i) => ({ code, i })).filter(({ code }) => equipment === undefined || equipment === code)
  return { equipment_oee: Object.fromEntries(asked.map(({ code, i }) => [code, equipmentOee(line, i, window, at)])), line_oee: lineOeeNow(line, window, at) }
}

function jobProgress(shown: Shown, line: Line, i: number, { without = [] }: ViewOptions, at: Instant): ViewData<'job_progress'> {
  const equipment_code = equipmentAt(line, i).code
  const progress = progressView(line, i, at)
  if (progress === null) return { status: 'no_active_job', equipment_code }
  return { status: 'active', equipment_code, ...progress, ...(without.includes('plc_metrics') ? {} : { plc_metrics: signals(shown, equipment_code, at) }) }
}

function signals(shown: Shown, equipment: string, at: Instant): ViewData<'signals'> {
  const plcs = shown.plcsOfEquipment(equipment)
  return {
    signals: shown.sampler.table(equipment, at),
    connection: shown.plcs().filter(({ plc }) => plcs.has(plc)).map(({ plc, state, fault, since }) => ({ plc, connected: state === 'online', fault, since: rfc3339(since) })),
  }
}

function plcView(health: PlcHealth, budget: number | null): ViewData<'plcs'>['plcs'][number] {
  return {
    plc: health.plc, state: health.state, fault: health.fault, detail: health.detail, remedy: health.fault === null ? null : adviceOn(health.fault, health.detail, en), since: rfc3339(health.since),
    pdu_bytes: health.pduBytes, pdu_fill: health.pduFill, cycle_seconds: health.cycleMs / 1_000,
    cycles: health.cyclesCount, cycles_missed: health.cyclesMissedCount, reconnects: health.reconnectsCount, scans_forgotten: health.scansForgottenCount,
    requests: health.requestsCount, requests_per_cycle: health.requestsPerScan, requests_per_second_max: budget, bytes: health.bytesCount,
    jitter_milliseconds: health.jitterMs, read_milliseconds: health.readMs, bad_tags: health.badTags.map((tag) => ({ ...tag })),
  }
}
