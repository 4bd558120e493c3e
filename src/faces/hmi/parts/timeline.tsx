/** What an equipment did over a period, as one band to point at. */

import type { StateClass } from '../../../contract/config.js'
import { go } from '../data/place.js'
import { clockTime, shortTime, stopwatch, words } from '../words/words.js'
import { toneOf } from './state.js'

export interface Slice { readonly state: StateClass; readonly from: string; readonly to: string }
export interface StopMark { readonly stop_id: string; readonly from: string; readonly to: string | null; readonly seconds: number; readonly micro: boolean; readonly reason: { readonly name: string } | null }

export function Timeline({ slices, stops, from, to }: { readonly slices: readonly Slice[]; readonly stops: readonly StopMark[]; readonly from: number; readonly to: number }) {
  const span = Math.max(1, to - from)
  const at = (text: string) => Math.max(0, Math.min(1_000, (Date.parse(text) - from) / span * 1_000))
  const sums = sumsOf(slices)
  return (
    <figure class="timeline">
      <svg viewBox="0 0 1000 40" preserveAspectRatio="none" role="img" aria-label={[...sums].map(([state, ms]) => `${words.value.states[state]} ${stopwatch(ms / 1_000)}`).join(', ')}>
        <rect class="track" width="1000" height="40" />
        {slices.map((slice) => <rect key={slice.from} class={`slice tone-${toneOf[slice.state]}`} x={at(slice.from)} width={Math.max(0.6, at(slice.to) - at(slice.from))} height="40" />)}
        {stops.filter(({ micro }) => !micro).map((stop) => (
          <rect key={stop.stop_id} class={stop.reason === null ? 'stop-mark open' : 'stop-mark'} x={at(stop.from)} width={Math.max(3, at(stop.to ?? new Date(to).toISOString()) - at(stop.from))} height="40" onClick={() => { go(`/stop/${stop.stop_id}`) }}>
            <title>{`${shortTime(stop.from)} · ${stopwatch(stop.seconds)} · ${stop.reason?.name ?? words.value.stop.noReason}`}</title>
          </rect>
        ))}
      </svg>
      <div class="axis" aria-hidden="true">{ticks(from, to).map((tick) => <span key={tick} class={tick - from < span * 0.03 ? 'first' : ''} style={{ left: `${(tick - from) / span * 100}%` }}>{to - from < SECONDS_BELOW_MS ? clockTime(tick) : shortTime(tick)}</span>)}</div>
      <ul class="legend">{[...sums].map(([state, ms]) => <li key={state}><i class={`swatch tone-${toneOf[state]}`} />{words.value.states[state]} <b>{stopwatch(ms / 1_000)}</b></li>)}</ul>
    </figure>
  )
}

/** Shorter periods have several ticks in a minute. */
const SECONDS_BELOW_MS = 300_000

function sumsOf(slices: readonly Slice[]): ReadonlyMap<StateClass, number> {
  const sums = new Map<StateClass, number>()
  for (const { state, from, to } of slices) sums.set(state, (sums.get(state) ?? 0) + Date.parse(to) - Date.parse(from))
  return new Map([...sums].sort(([, one], [, other]) => other - one))
}

/** The hatching of what nobody can know; drawn once, referred to by every band. */
export function Hatching() {
  return (
    <svg class="away" aria-hidden="true">
      <defs><pattern id="hatch" width="8" height="8" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="8" height="8" class="hatch-ground" /><rect width="3" height="8" class="hatch-line" /></pattern></defs>
    </svg>
  )
}

/** Whole steps of ten seconds to a day, eight at most. */
export function ticks(from: number, to: number): number[] {
  const step = [10_000, 30_000, 60_000, 120_000, 300_000, 900_000, 1_800_000, 3_600_000, 7_200_000, 14_400_000, 43_200_000, 86_400_000].find((ms) => (to - from) / ms <= 8) ?? 86_400_000
  const first = Math.ceil(from / step) * step
  return Array.from({ length: Math.max(0, Math.floor((to - first) / step) + 1) }, (_, i) => first + i * step).filter((tick) => (tick - from) / (to - from) < 0.96)
}
