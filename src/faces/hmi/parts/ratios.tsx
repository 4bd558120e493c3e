/** OEE as its three factors: bars from zero to one with the goal marked, and what each has cost in minutes. */

import type { Oee } from '../../../contract/oee.js'
import { minutes, percent, words } from '../words/words.js'
import { Opens } from './explain-link.js'

export function Ratios({ oee }: { readonly oee: Oee }) {
  const { overview } = words.value
  const { times } = oee
  return (
    <div class="ratios">
      <Factor figure="availability" name={overview.availability} of={oee} lost={times.unplanned_stop + times.planned_stop} />
      <Factor figure="performance" name={overview.performance} of={oee} lost={times.micro_stop + times.speed_loss} />
      <Factor figure="quality" name={overview.quality} of={oee} lost={times.startup_reject + times.production_reject} />
    </div>
  )
}

function Factor({ figure, name, of, lost }: { readonly figure: 'availability' | 'performance' | 'quality'; readonly name: string; readonly of: Oee; readonly lost: number }) {
  const value = of[figure]
  return (
    <Opens of={of.explain} figure={figure} class="factor">
      <span>{name}</span>
      <b>{percent(value)}</b>
      <Bar value={value} />
      <small>{value === null || lost < TELLING_SECONDS ? ' ' : words.value.overview.lost(minutes(lost))}</small>
    </Opens>
  )
}

/** A smaller loss would be written as 0.0 minutes. */
const TELLING_SECONDS = 3

/** A bar that ends at its value; a mark stands at the goal. Beyond the end it says so with an arrow instead of growing out. */
export function Bar({ value, goal }: { readonly value: number | null; readonly goal?: number }) {
  const width = Math.max(0, Math.min(1, value ?? 0)) * 100
  return (
    <svg class={value === null ? 'bar undefined' : 'bar'} viewBox="0 0 100 10" preserveAspectRatio="none" aria-hidden="true">
      <rect class="track" width="100" height="10" />
      <rect class={goal !== undefined && value !== null && value < goal ? 'fill below' : 'fill'} width={width} height="10" />
      {goal === undefined ? null : <rect class="goal" x={Math.min(99, goal * 100)} width="1" height="10" />}
    </svg>
  )
}

type Factors = Readonly<Record<'availability' | 'performance' | 'quality', number | null>>

/** The three factors of an equipment in the room of a tile, in the slots of `slotsOfRatios`. */
export function SmallRatios({ slot }: { readonly slot: (name: RatioSlot) => (node: HTMLElement | null) => void }) {
  const { overview } = words.value
  return (
    <dl class="small-ratios">
      {factors.map((factor) => (
        <div key={factor}>
          <dt><abbr title={overview[factor]}>{overview[factor].slice(0, 1)}</abbr></dt>
          <dd><i class="meter" aria-hidden="true"><i ref={slot(`${factor}Bar`)} /></i><span class="cell" ref={slot(factor)} /></dd>
        </div>
      ))}
    </dl>
  )
}
const factors = ['availability', 'performance', 'quality'] as const
type RatioSlot = (typeof factors)[number] | `${(typeof factors)[number]}Bar`

/** To a whole percent, the bars as the texts. */
export function slotsOfRatios(one: Factors | null): Readonly<Record<RatioSlot, string | number>> {
  const bar = (value: number | null | undefined) => Math.round(Math.max(0, Math.min(1, value ?? 0)) * 100) / 100
  return {
    availability: percent(one?.availability), performance: percent(one?.performance), quality: percent(one?.quality),
    availabilityBar: bar(one?.availability), performanceBar: bar(one?.performance), qualityBar: bar(one?.quality),
  }
}
