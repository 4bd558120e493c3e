/** The socket that keeps the screens true: it comes back by itself, notices silence, and never lets a gap pass. */

import { batch, signal } from '@preact/signals'
import type { LineView } from '../../../contract/views.js'
import type { Said } from './apply.js'
import { ASK_MS, SILENT_MS, freeze, heard as clockHeard, silentMs, tick } from './clock.js'
import { heard, snapshot, take, takeReadings } from './store.js'

/** Is there a socket that answers? */
export const isUp = signal(false)

export interface Hooks {
  /** The socket is open again. */
  readonly opened: () => void
  /** The session does not hold any more. */
  readonly unauthenticated: () => void
}

const FACTS = [
  'job_created', 'job_updated', 'job_assigned', 'job_started', 'job_paused', 'job_resumed', 'job_completed', 'job_cancelled', 'changeover_started', 'changeover_completed', 'changeover_measured', 'startup_released', 'parts_reworked',
  'operator_signed_on', 'operator_signed_off', 'state_changed', 'counts_corrected', 'plc_fault', 'plc_fault_cleared', 'quality_alert', 'quality_issue',
  'downtime_event', 'downtime_updated', 'downtime_resolved', 'andon_event', 'andon_acknowledged', 'andon_attended', 'andon_updated', 'escalation_update', 'andon_resolved',
  'shift_started', 'shift_ended', 'plc_connection_status', 'config_applied', 'production_update',
] as const satisfies readonly Said['type'][]

const WAIT_MS_FIRST = 100
const WAIT_MS_MAX = 5_000
/** Figures that follow from facts are asked for this often at most. */
const REFRESH_MS = 1_000
const REFRESH_MS_IDLE = 5_000

const HIDDEN_MS = 250

let socket: WebSocket | null = null
let arrived: Said[] = []
let giveUp = (): void => undefined
let waitMs = WAIT_MS_FIRST
let askedAt = 0
let triedAt = 0
let refreshedAt = 0
let isStale = false
const watched = new Map<string, number>()

/** Begins; there is no end but the page's. */
export function startLive(hooks: Hooks): void {
  connect(hooks)
  setInterval(() => watch(), 200)
}

/** What only a view of one equipment needs, and only while it is open. */
type Detail = 'plc_metrics_update' | 'oee_update'

/** Also hears this of one equipment, until the returned function is called. */
export function hearMore(type: Detail, equipment: string): () => void {
  const key = `${type} ${equipment}`
  watched.set(key, (watched.get(key) ?? 0) + 1)
  say(wishFor('subscribe', key))
  return () => {
    const left = (watched.get(key) ?? 1) - 1
    if (left > 0) { watched.set(key, left); return }
    watched.delete(key)
    say(wishFor('unsubscribe', key))
  }
}

function wishFor(type: 'subscribe' | 'unsubscribe', key: string): object {
  const [event_type, equipment_code] = key.split(' ')
  return { type, event_types: [event_type], equipment_code }
}

function connect(hooks: Hooks): void {
  const opening = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/ws/production`, ['lineside.v1'])
  socket = opening
  triedAt = performance.now()
  let isOpen = false
  opening.addEventListener('open', () => {
    isOpen = true
    waitMs = WAIT_MS_FIRST
    say({ type: 'subscribe', event_types: FACTS })
    for (const key of watched.keys()) say(wishFor('subscribe', key))
    hooks.opened()
  })
  // The schema of every message is the contract's, and a test holds the gateway to it.
  opening.addEventListener('message', (event: MessageEvent<string>) => { if (socket === opening) arrive(JSON.parse(event.data) as Said) })
  opening.addEventListener('close', ({ code }) => { ended(code) })
  giveUp = () => { ended(1006); opening.close() }

  function ended(code: number): void {
    if (socket !== opening) return
    socket = null
    arrived = []
    isUp.value = false
    freeze()
    // A refused upgrade looks like a broken link from here; asking over HTTP tells them apart.
    if (code === 4401 || !isOpen) hooks.unauthenticated()
    setTimeout(() => connect(hooks), waitMs * (0.5 + Math.random()))
    waitMs = Math.min(WAIT_MS_MAX, waitMs * 2)
  }
}

/** What arrives between two frames is taken in together: a line of many machines is drawn once, not once for each. */
function arrive(said: Said): void {
  arrived.push(said)
  if (arrived.length > 1) return
  requestAnimationFrame(takeIn)
  // A hidden page gets no frames, and must not gather messages for hours.
  setTimeout(takeIn, HIDDEN_MS)
}

function takeIn(): void {
  const messages = arrived
  arrived = []
  const last = messages.at(-1)
  if (last === undefined) return
  batch(() => {
    isUp.value = true
    clockHeard(last.timestamp)
    let readings = new Map<string, Extract<Said, { type: 'production_update' }>>()
    for (const said of messages) {
      if (said.type === 'production_update' && said.equipment_code !== undefined) { readings.set(said.equipment_code, said); continue }
      // What a fact says comes after the readings before it.
      if (readings.size > 0) takeReadings(readings)
      readings = new Map()
      hear(said)
    }
    if (readings.size > 0) takeReadings(readings)
  })
}

function hear(said: Said): void {
  switch (said.type) {
    case 'connection_established':
      heard.epoch = said.data.epoch
      heard.seq = 0
      return
    case 'initial_status':
    case 'status':
      refreshedAt = performance.now()
      snapshot(said.seq ?? 0, said.data.lines as unknown as readonly LineView[])
      return
    case 'ping':
      // It speaks of all that was sent before it on this socket.
      heard.seq = Math.max(heard.seq, said.data.seq)
      return
    case 'snapshot_required':
      isStale = true
      heard.epoch = said.data.epoch
      heard.seq = 0
      return
    default:
      if (!take(said)) say({ type: 'resume', epoch: heard.epoch, after_seq: heard.seq })
      else if (said.seq !== undefined && said.prev_seq !== undefined) isStale = true
  }
}

function watch(): void {
  tick()
  const at = performance.now()
  if (socket === null) return
  if (socket.readyState !== WebSocket.OPEN) {
    // A link that swallows everything keeps a new socket waiting for minutes, too.
    if (at - triedAt > 2 * SILENT_MS) giveUp()
    return
  }
  if (silentMs() > 2 * SILENT_MS) {
    // The connection may hang for minutes before the system says so; a new one tells at once.
    giveUp()
    return
  }
  if (silentMs() > ASK_MS && at - askedAt > ASK_MS) {
    askedAt = at
    say({ type: 'ping' })
  }
  if (silentMs() >= SILENT_MS) isUp.value = false
  if (at - refreshedAt > (isStale ? REFRESH_MS : REFRESH_MS_IDLE)) {
    isStale = false
    refreshedAt = at
    say({ type: 'get_status' })
  }
}

function say(wish: object): void {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(wish))
}
