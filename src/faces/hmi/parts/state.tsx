/** A state as people see it: a shape, a word and, only where somebody should look, a colour. */

import type { StateClass } from '../../../contract/config.js'
import { words } from '../words/words.js'

export type Tone = 'quiet' | 'fault' | 'attention' | 'planned' | 'blind'

/** Grey is normal. Waiting on a neighbour is abnormal here, but not this machine's fault: the shape tells them apart. */
export const toneOf: Readonly<Record<StateClass, Tone>> = {
  running: 'quiet', stopped: 'attention', faulted: 'fault', starved: 'attention', blocked: 'attention',
  idle: 'planned', changeover: 'planned', maintenance: 'planned', setup: 'planned', unknown: 'blind',
}

/** One shape for each state, told apart without colour. */
const shapes: Readonly<Record<StateClass, string>> = {
  running: 'M7 4l13 8-13 8z',
  stopped: 'M5 5h14v14H5z',
  faulted: 'M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3zM11 7v6.5h2V7zm0 8v2h2v-2z',
  starved: 'M3 11h9V6l8 6-8 6v-5H3zM1 5h2v14H1z',
  blocked: 'M2 11h9V6l7 6-7 6v-5H2zM19 4h3v16h-3z',
  idle: 'M4 11h16v3H4z',
  changeover: 'M3 8h12V4l6 5.5-6 5.5v-4H3zM21 16H9v-3l-6 4.500L9 21v-2h12z',
  maintenance: 'M14 3a6 6 0 0 1 6.700 7.700L22 12l-4 4-1.500-1.500L8 22l-4-4 8.500-7.500A6 6 0 0 1 14 3z',
  setup: 'M10 2h4v3l3 1.500 2.500-1.500 2 3.500-2.500 1.500v3l2.500 1.500-2 3.500-2.500-1.500-3 1.500v3h-4v-3l-3-1.500L4.500 19l-2-3.500L5 14v-3L2.500 9.500l2-3.500L7 7.500 10 6zM12 9a3 3 0 1 0 0 6 3 3 0 0 0 0-6z',
  unknown: 'M8 8a4 4 0 1 1 5.500 3.700c-.500.300-.500.800-.500 1.800v1h-2v-1.500c0-1.500.500-2.300 1.500-3A2 2 0 1 0 10 8zM11 17h2v2.500h-2z',
}

export function StateIcon({ state }: { readonly state: StateClass }) {
  return <svg class="icon" viewBox="0 0 24 24" aria-hidden="true"><path fill-rule="evenodd" d={shapes[state]} /></svg>
}

export function StateBadge({ state }: { readonly state: StateClass }) {
  return <span class={`badge tone-${toneOf[state]}`}><StateIcon state={state} />{words.value.states[state]}</span>
}
