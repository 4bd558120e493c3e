/** Where the planned time went, as steps that add up: planned time, less each loss, is the time of the good parts. */

import type { OeeTimes } from '../../../contract/oee.js'
import { spell, words } from '../words/words.js'

const losses = ['unplanned_stop', 'planned_stop', 'micro_stop', 'speed_loss', 'startup_reject', 'production_reject'] as const
type Loss = (typeof losses)[number]

interface Step { readonly name: string; readonly kind: 'whole' | 'loss'; readonly from: number; readonly to: number; readonly seconds: number }

/** A speed loss may be negative, when the machine beats its ideal time: that step then leads back up. */
export function stepsOf(times: OeeTimes, said: { readonly planned: string; readonly good: string; readonly loss: Readonly<Record<Loss, string>> }): Step[] {
  const steps: Step[] = [{ name: said.planned, kind: 'whole', from: 0, to: times.planned_production, seconds: times.planned_production }]
  let left = times.planned_production
  for (const loss of losses) {
    steps.push({ name: said.loss[loss], kind: 'loss', from: left, to: left - times[loss], seconds: -times[loss] })
    left -= times[loss]
  }
  return [...steps, { name: said.good, kind: 'whole', from: 0, to: left, seconds: left }]
}

export function Waterfall({ times }: { readonly times: OeeTimes }) {
  const { shift } = words.value
  // Steps of nothing say nothing.
  if (times.planned_production === 0) return <p class="muted">{shift.noData}</p>
  const steps = stepsOf(times, shift)
  const top = Math.max(...steps.flatMap(({ from, to }) => [from, to]), 1)
  return (
    <table class="waterfall">
      <tbody>
        {steps.map(({ name, kind, from, to, seconds }) => (
          <tr key={name} class={kind}>
            <th scope="row">{name}</th>
            <td class="wide"><svg viewBox="0 0 1000 20" preserveAspectRatio="none" aria-hidden="true"><rect x={Math.min(from, to) / top * 1_000} width={Math.max(Math.abs(to - from) / top * 1_000, seconds === 0 ? 0 : 2)} height="20" /></svg></td>
            <td class="number">{sign(seconds, kind)}{spell(Math.abs(seconds), top)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  )
}

/** What is written as nothing has no sign. */
const sign = (seconds: number, kind: Step['kind']): string => Math.abs(seconds) < 0.05 ? '' : seconds < 0 ? '−' : kind === 'loss' ? '+' : ''
