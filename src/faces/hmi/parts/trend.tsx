/** A figure over time as columns, each with how much of its time was seen. */

import { number, percent, shortTime, words } from '../words/words.js'

export interface TrendPoint { readonly from: string; readonly oee: number | null; readonly coverage: number | null }

export function Trend({ points, goal }: { readonly points: readonly TrendPoint[]; readonly goal: number }) {
  return (
    <figure class="trend">
      <ol>
        {points.map(({ from, oee, coverage }) => (
          <li key={from} class={(coverage ?? 0) < 0.95 ? 'partial' : ''}>
            <span class="trend-value">{percent(oee)}</span>
            <span class="trend-room">{oee === null ? null : <i style={{ height: `${Math.max(0, Math.min(1, oee)) * 100}%` }} />}<i class="trend-goal" style={{ bottom: `${goal * 100}%` }} /></span>
            <span class="trend-time">{shortTime(from)}</span>
          </li>
        ))}
      </ol>
      <figcaption class="muted">{words.value.overview.goal} {percent(goal)}</figcaption>
    </figure>
  )
}

type Confidence = { readonly n: number; readonly slope: number; readonly low: number; readonly high: number; readonly p: number; readonly significant: boolean } | null

/** Whether the columns lead anywhere: the slope with its interval, and whether that is more than chance. */
export function TrendSentence({ trend, step }: { readonly trend: Confidence; readonly step: string }) {
  const { shift: said } = words.value
  if (trend === null) return <p class="muted">{said.noTrend}</p>
  const points = (value: number) => `${value > 0 ? '+' : value < 0 ? '−' : ''}${number(Math.abs(value) * 100, 1)}`
  return <p><b>{points(trend.slope)}</b> {said.slope(step, points(trend.low), points(trend.high), number(trend.n))} {trend.significant ? <b>{said.significant}</b> : said.insignificant}</p>
}
