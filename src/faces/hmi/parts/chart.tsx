/** A signal over time with a cursor that reads it out; fetched when it is first needed. */

import 'uplot/dist/uPlot.min.css'
import { useEffect, useRef } from 'preact/hooks'
import uPlot from 'uplot'
import { clockTime, number, shortTime, words, zone } from '../words/words.js'

export interface ChartProps {
  readonly points: readonly { readonly at: string; readonly value: number | null }[]
  readonly unit: string | null
  readonly name: string
  readonly window: { readonly from: string; readonly to: string }
}

const HEIGHT_PX = 360
/** Seconds between two ticks; the clock shows none that are shorter. */
const STEPS = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 14_400, 43_200, 86_400]

export function Chart({ points, unit, name, window }: ChartProps) {
  const place = useRef<HTMLDivElement>(null)
  useEffect(() => {
    const { current } = place
    if (current === null) return
    const style = getComputedStyle(current)
    const [ink, edge] = [style.getPropertyValue('--text'), style.getPropertyValue('--track')]
    const axis = { stroke: ink, font: `13px ${style.fontFamily}`, grid: { stroke: edge, width: 1 }, ticks: { stroke: edge } }
    // A value holds until the next one, up to the end of the window.
    const end = Date.parse(window.to) / 1_000
    const xs = points.map(({ at }) => Date.parse(at) / 1_000)
    const ys = points.map(({ value }) => value)
    const last = ys[ys.length - 1]
    const drawn = new uPlot({
      width: current.clientWidth, height: HEIGHT_PX, tzDate: (seconds) => uPlot.tzDate(new Date(seconds * 1_000), zone()), ms: 1e-3,
      scales: { x: { range: [Date.parse(window.from) / 1_000, end] } },
      series: [
        { label: words.value.audit.when, value: (_, seconds: number | null) => seconds === null ? '–' : clockTime(seconds * 1_000) },
        { label: name, stroke: ink, width: 2, points: { show: points.length < 200 }, paths: uPlot.paths.stepped!({ align: 1 }), value: (_, value: number | null) => value === null ? '–' : `${number(value, Number.isInteger(value) ? 0 : 2)} ${unit ?? ''}` },
      ],
      axes: [{ ...axis, incrs: STEPS, values: (_, splits, _axis, _space, step) => splits.map((seconds) => step < 60 ? clockTime(seconds * 1_000) : shortTime(seconds * 1_000)) }, { ...axis, size: 110, values: (_, splits) => splits.map((value) => number(value, Number.isInteger(value) ? 0 : 2)) }],
    }, [[...xs, end], [...ys, last ?? null]], current)
    const fit = new ResizeObserver(() => { drawn.setSize({ width: current.clientWidth, height: HEIGHT_PX }) })
    fit.observe(current)
    return () => { fit.disconnect(); drawn.destroy() }
  }, [points, unit, name, window])
  return <div ref={place} class="chart" role="img" aria-label={name} />
}
