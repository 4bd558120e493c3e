/** The unified namespace: where in the ISA-95 hierarchy each live value and each event of a gateway stands. */

import type { Config } from './config.js'
import type { FactName } from './events/catalogue.js'

/** The contract that the events of each kind belong to; the topic of an event ends with `_CONTRACT_v1/TYPE`. */
export const contracts = {
  job_created: 'job', job_updated: 'job', job_assigned: 'job', job_accepted: 'job', job_started: 'job', job_paused: 'job', job_resumed: 'job', job_completed: 'job', job_cancelled: 'job',
  schedule_applied: 'job', changeover_started: 'changeover', changeover_completed: 'changeover', changeover_measured: 'changeover',
  operator_created: 'operator', operator_updated: 'operator', operator_signed_on: 'operator', operator_signed_off: 'operator',
  state_changed: 'state', count_recorded: 'count', counts_corrected: 'count', rejects_found: 'count', ideal_corrected: 'count', parts_reworked: 'count', startup_released: 'count', plc_fault: 'fault', plc_fault_cleared: 'fault', quality_alert: 'quality', quality_issue: 'quality',
  downtime_event: 'stop', downtime_updated: 'stop', downtime_resolved: 'stop', gap_declared: 'stop',
  andon_event: 'andon', andon_acknowledged: 'andon', andon_attended: 'andon', andon_updated: 'andon', escalation_update: 'andon', andon_resolved: 'andon', andon_shelved: 'andon', andon_unshelved: 'andon',
  oee_alert: 'oee', oee_alert_cleared: 'oee', oee_recorded: 'oee', calendar_corrected: 'shift', shift_started: 'shift', shift_ended: 'shift',
} as const satisfies Partial<Record<FactName, string>>

/** What is not listed concerns the gateway itself. */
export const contractOf = (type: FactName): string => `_${type in contracts ? contracts[type as keyof typeof contracts] : 'gateway'}_v1`

/** A level of the hierarchy: what its name may not hold becomes an underscore. */
export const levelOf = (name: string): string => name.replace(/[^A-Za-z0-9_-]/g, '_')

/** The place of the area, of a line, or of an equipment in its line. */
export function placeOf(root: string, { enterprise, site, area }: Config['gateway'], line: string | null, equipment: string | null): string {
  return [root, ...[enterprise, site, area, line, equipment].flatMap((name) => (name === null ? [] : [levelOf(name)]))].join('/')
}

export interface UnsFigures {
  readonly connected: boolean
  /** Retained topics that stand at the broker for us. */
  readonly topicsCount: number
  readonly publishedCount: number
  /** Events that nobody was told of, because the link was away or too slow. They are in the journal and in the stream. */
  readonly skippedCount: number
}
