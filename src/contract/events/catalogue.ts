/** The catalogue: every event there is, by name. Types, checks, OpenAPI, AsyncAPI and the socket's `events/types` come from it. */

import type { z } from '../schema.js'
import * as andons from './andons.js'
import * as corrections from './corrections.js'
import type { Drafted, EventKind, Numbered } from './event.js'
import * as figures from './figures.js'
import * as gateway from './gateway.js'
import * as jobs from './jobs.js'
import * as sockets from './sockets.js'
import * as state from './state.js'
import * as stops from './stops.js'

export const catalogue = {
  job_created: jobs.jobCreated,
  job_updated: jobs.jobUpdated,
  schedule_applied: jobs.scheduleApplied,
  job_assigned: jobs.jobAssigned,
  job_accepted: jobs.jobAccepted,
  job_started: jobs.jobStarted,
  job_paused: jobs.jobPaused,
  job_resumed: jobs.jobResumed,
  job_completed: jobs.jobCompleted,
  job_cancelled: jobs.jobCancelled,
  parts_reworked: jobs.partsReworked,
  changeover_started: jobs.changeoverStarted,
  changeover_completed: jobs.changeoverCompleted,
  changeover_measured: jobs.changeoverMeasured,
  operator_created: jobs.operatorCreated,
  operator_updated: jobs.operatorUpdated,
  operator_signed_on: jobs.operatorSignedOn,
  operator_signed_off: jobs.operatorSignedOff,

  state_changed: state.stateChanged,
  product_changed: state.productChanged,
  count_recorded: state.countRecorded,
  counts_corrected: state.countsCorrected,
  rejects_found: state.rejectsFound,
  startup_released: state.startupReleased,
  plc_fault: state.plcFault,
  plc_fault_cleared: state.plcFaultCleared,
  quality_alert: state.qualityAlert,
  quality_issue: state.qualityIssue,

  downtime_event: stops.downtimeEvent,
  downtime_updated: stops.downtimeUpdated,
  downtime_resolved: stops.downtimeResolved,
  gap_declared: stops.gapDeclared,
  ideal_corrected: corrections.idealCorrected,
  calendar_corrected: corrections.calendarCorrected,

  andon_event: andons.andonEvent,
  andon_acknowledged: andons.andonAcknowledged,
  andon_attended: andons.andonAttended,
  andon_updated: andons.andonUpdated,
  escalation_update: andons.escalationUpdate,
  andon_resolved: andons.andonResolved,
  output_written: andons.outputWritten,
  andon_shelved: andons.andonShelved,
  andon_unshelved: andons.andonUnshelved,

  oee_alert: figures.oeeAlert,
  oee_alert_cleared: figures.oeeAlertCleared,
  oee_recorded: figures.oeeRecorded,

  shift_started: gateway.shiftStarted,
  shift_ended: gateway.shiftEnded,
  plc_connection_status: gateway.plcConnectionStatus,
  config_applied: gateway.configApplied,
  config_rejected: gateway.configRejected,
  access_changed: gateway.accessChanged,
  clock_stepped: gateway.clockStepped,
  journal_trimmed: gateway.journalTrimmed,
  notification_sent: gateway.notificationSent,
  gateway_started: gateway.gatewayStarted,
  gateway_stopped: gateway.gatewayStopped,
  taken_over: gateway.takenOver,
  fork_kept: gateway.forkKept,

  production_update: figures.productionUpdate,
  oee_update: figures.oeeUpdate,
  plc_metrics_update: figures.plcMetricsUpdate,

  connection_established: sockets.connectionEstablished,
  initial_status: sockets.initialStatus,
  status: sockets.status,
  subscription_updated: sockets.subscriptionUpdated,
  ping: sockets.ping,
  pong: sockets.pong,
  snapshot_required: sockets.snapshotRequired,
  error: sockets.error,
} as const

type Catalogue = typeof catalogue
export type EventName = keyof Catalogue
type NamesOf<K extends EventKind> = { [N in EventName]: Catalogue[N]['kind'] extends K ? N : never }[EventName]
export type FactName = NamesOf<'fact'>
export type ReadingName = NamesOf<'reading'>
export type BodyOf<N extends EventName> = z.output<Catalogue[N]['body']>

/** What core says happened; the journal numbers it. */
export type Draft = { [N in FactName]: Drafted<N, BodyOf<N>> }[FactName]
export type DraftOf<N extends FactName> = Drafted<N, BodyOf<N>>
/** A journalled event. */
export type Fact = { [N in FactName]: Drafted<N, BodyOf<N>> & Numbered }[FactName]
export type FactOf<N extends FactName> = Drafted<N, BodyOf<N>> & Numbered
/** A live value, conflated and never journalled. */
export type Reading = { [N in ReadingName]: Drafted<N, BodyOf<N>> }[ReadingName]

const namesOf = <K extends EventKind>(kind: K) =>
  (Object.keys(catalogue) as EventName[]).filter((name) => catalogue[name].kind === kind) as unknown as readonly NamesOf<K>[]

export const factNames = namesOf('fact')
export const readingNames = namesOf('reading')
