/** Stack lights: the state of a line's calls, written to the one tag that the configuration names for it, and to no other. */

import type { Clock } from '../base/clock.js'
import type { Log } from '../base/log.js'
import { type Mono, laterMono, sinceMono } from '../base/units.js'
import type { LightState, StackLight } from '../contract/config.js'
import { lightStates } from '../contract/kinds.js'
import type { Desk } from '../contract/desk.js'
import type { Draft } from '../contract/events/catalogue.js'
import { faultOf } from '../contract/faults.js'
import type { AndonView, ViewData } from '../contract/views.js'
import type { Field } from '../field/host.js'

export interface LightsParts {
  readonly desk: Pick<Desk, 'config' | 'view' | 'follow'>
  /** Refuses every tag that its PLC does not call writable. */
  readonly write: Field['write']
  readonly clock: Clock
  readonly log: Log
  /** Leaves a fact for the next turn. */
  readonly note: (draft: Draft) => void
}

export interface Lights { stop(): void }

/** How often a light is looked at when no call changes: then it may be due again, or its last write has failed. */
const LOOK_MS = 1_000

/** What a light has to show: the worst call that it is about. */
export function lightOf(calls: readonly AndonView[], { equipment }: Pick<StackLight, 'equipment'>): { readonly state: LightState; readonly call: AndonView | null } {
  const about = calls.filter((call) => equipment === undefined || (call.equipment_code !== null && equipment.includes(call.equipment_code)))
  return about.reduce<{ readonly state: LightState; readonly call: AndonView | null }>((worst, call) => {
    const state = stateOf(call)
    return lightStates.indexOf(state) > lightStates.indexOf(worst.state) ? { state, call } : worst
  }, { state: 'quiet', call: null })
}

function stateOf({ status, escalation, fixed_position: fixed }: AndonView): LightState {
  if (status === 'resolved') return 'quiet'
  if ((fixed?.line_stopped_at ?? null) !== null) return 'line_stopped'
  if (escalation.resolution > 0 || (status === 'raised' && escalation.response > 0)) return 'escalated'
  return status
}

/** What was last written, or tried. */
interface Shown { readonly value: boolean | number; readonly state: LightState; readonly andon: string | null; readonly at: Mono; readonly fault: string | null; /** How often it was written again since a fact told of it. */ readonly repeated: number }

export function startLights({ desk, write, clock, log, note }: LightsParts): Lights {
  const shown = new Map<string, Shown>()
  const busy = new Set<string>()
  const stopped = new AbortController()
  let wake = new AbortController()
  const unfollow = desk.follow({ facts: (facts) => { if (facts.some(({ type }) => type.startsWith('andon_') || type === 'escalation_update' || type === 'config_applied')) wake.abort() } })

  function look(): void {
    for (const { code, stack_lights: lights } of desk.config.lines) {
      const enabled = lights.filter((light) => light.enabled)
      if (enabled.length === 0) continue
      // Made by our own core, and held to its schema by the tests of core.
      const { active_events: calls } = JSON.parse(desk.view('andon_now', code).json.toString()) as ViewData<'andon_now'>
      for (const light of enabled) if (!busy.has(`${code} ${light.name}`)) void show(code, light, calls)
    }
  }

  async function show(line: string, light: StackLight, calls: readonly AndonView[]): Promise<void> {
    const name = `${line} ${light.name}`
    const { state, call } = lightOf(calls, light)
    const value = light.patterns[state] ?? light.patterns.escalated
    const before = shown.get(name)
    const isNew = before === undefined || before.value !== value || before.state !== state
    if (!isNew && sinceMono(clock.mono(), before.at) < (before.fault === null ? light.again : LOOK_MS)) return
    busy.add(name)
    const fault = await written(light.tag, value)
    busy.delete(name)
    const andon = call?.andon_id ?? null
    const isTold = isNew || fault !== before.fault
    shown.set(name, { value, state, andon, at: clock.mono(), fault, repeated: isTold ? 0 : before.repeated + 1 })
    if (!isTold) return
    if (fault !== null) log.warn('a stack light cannot be switched', { light: name, tag: light.tag, fault })
    note({ type: 'output_written', at: clock.now(), line, equipment: null, body: { light: light.name, tag: light.tag, value, state, andon_id: andon, ok: fault === null, fault, repeated: before?.repeated ?? 0 } })
    wake.abort()
  }

  async function written(tag: string, value: boolean | number): Promise<string | null> {
    const [plc = '', name = ''] = tag.split('/')
    try {
      await write(plc, name, value)
      return null
    } catch (thrown) {
      return faultOf(thrown, 'PLC_LINK_LOST').code
    }
  }

  async function run(): Promise<void> {
    while (!stopped.signal.aborted) {
      wake = new AbortController()
      look()
      await clock.wait(laterMono(clock.mono(), LOOK_MS), wake.signal)
    }
  }

  void run()
  return {
    stop() {
      stopped.abort()
      unfollow()
      wake.abort()
    },
  }
}
