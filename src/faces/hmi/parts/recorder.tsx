/** The flight recorder of a stop: every signal on one time axis, with the stop and the faults marked. */

import type { DataOf } from '../../../contract/endpoints/table.js'
import { clockTime, number, words } from '../words/words.js'
import { ticks } from './timeline.js'

type Recorder = DataOf<'stop'>['flight_recorder']
type Point = Recorder['signals'][string]['points'][number]

export function Recorder({ recorder, from, to }: { readonly recorder: Recorder; readonly from: string; readonly to: string | null }) {
  const { stop: said } = words.value
  const [begin, end] = [Date.parse(recorder.window.from), Date.parse(recorder.window.to)]
  const x = (at: number) => Math.max(0, Math.min(1_000, (at - begin) / Math.max(1, end - begin) * 1_000))
  const rows = Object.entries(recorder.signals).filter(([, { points }]) => points.some(({ value }) => value !== null)).sort(([, one], [, other]) => Number(isFlat(one.points)) - Number(isFlat(other.points)))
  return (
    <figure class="recorder">
      {rows.map(([name, { unit, points }]) => {
        const values = points.flatMap(({ value }) => value ?? [])
        const [low, high] = [Math.min(...values), Math.max(...values)]
        return (
          <div key={name} class="recorder-row">
            <span class="recorder-name">{name}<small class="muted">{low === high ? shortNumber(low) : `${shortNumber(low)}–${shortNumber(high)}`} {unit}</small></span>
            <svg viewBox="0 0 1000 40" preserveAspectRatio="none" aria-hidden="true">
              <rect class="recorder-stop" x={x(Date.parse(from))} width={Math.max(2, x(to === null ? end : Date.parse(to)) - x(Date.parse(from)))} height="40" />
              <path d={stepsOf(points, x, low, high)} />
              {recorder.faults.map((fault) => <rect key={`${fault.equipment_code}${fault.fault}${fault.at}`} class={fault.rose ? 'fault-mark' : 'fault-mark gone'} x={x(Date.parse(fault.at))} width="2" height="40" />)}
            </svg>
          </div>
        )
      })}
      <div class="recorder-row"><span /><div class="axis">{ticks(begin, end).filter((tick) => x(tick) > 40 && x(tick) < 940).map((tick) => <span key={tick} style={{ left: `${x(tick) / 10}%` }}>{clockTime(tick)}</span>)}</div></div>
      <figcaption class="muted"><i class="swatch recorder-swatch" />{said.beginning} <i class="swatch tone-fault" />{said.faults}</figcaption>
    </figure>
  )
}

const shortNumber = (value: number): string => number(value, Number.isInteger(value) ? 0 : 1)
const isFlat = (points: readonly Point[]): boolean => points.every(({ value }) => value === points[0]?.value)

/** Signals hold their value until the next one; a gap in the data is a gap in the line. */
function stepsOf(points: readonly Point[], x: (at: number) => number, low: number, high: number): string {
  const y = (value: number) => high === low ? 20 : 37 - (value - low) / (high - low) * 34
  let path = ''
  let isOpen = false
  for (const { at, value } of points) {
    if (value === null) { isOpen = false; continue }
    const place = x(Date.parse(at)).toFixed(1)
    path += isOpen ? `H${place}V${y(value).toFixed(1)}` : `M${place} ${y(value).toFixed(1)}`
    isOpen = true
  }
  return isOpen ? `${path}H1000` : path
}
