/** Like with like: the same product in two periods, on two machines, or against the goal; and whether the difference is more than chance. */

import type { DataOf } from '../../../contract/endpoints/table.js'
import { useAsk } from '../data/asked.js'
import { choose, place } from '../data/place.js'
import { type Place, places } from '../data/store.js'
import { sentenceOf } from '../parts/action.js'
import { Choice } from '../parts/choice.js'
import { oneOf } from '../parts/one-of.js'
import { number, percent, words } from '../words/words.js'

type Comparison = DataOf<'oee_comparative_analysis'>['comparisons'][number]

const sides = ['history', 'equipment', 'benchmark'] as const
const spans = [7, 30, 90] as const

export function Compare({ line }: { readonly line: Place }) {
  const { shift: said, compare } = words.value
  const { query } = place.value
  const against = oneOf(sides, query.get('against'))
  const days = oneOf(spans, query.get('days'))
  const { data, refusal } = useAsk('oee_comparative_analysis', { line_id: line.code }, { against, comparison_days: days })
  return (
    <>
      <div class="analysis-head">
        <Choice name={compare.against} of={sides.map((one) => [one, compare.sides[one]])} chosen={against} pick={(to) => { choose({ against: to }) }} />
        <Choice name={said.window} of={spans.map((one) => [String(one), compare.days(number(one))])} chosen={String(days)} pick={(to) => { choose({ days: to }) }} />
      </div>
      {refusal === null ? null : <p class="card">{sentenceOf(refusal)}</p>}
      {data === null ? null : data.comparisons.length === 0 ? <p class="card muted">{compare.none}</p> : data.comparisons.map((one) => <Pair key={`${one.of} ${one.with} ${one.product ?? ''}`} one={one} />)}
      <p class="muted">{compare.method}</p>
    </>
  )
}

function Pair({ one }: { readonly one: Comparison }) {
  const { shift: said, compare } = words.value
  const points = (value: number) => `${value > 0 ? '+' : value < 0 ? '−' : ''}${number(Math.abs(value) * 100, 1)}`
  const top = Math.max(...one.by_loss.map((loss) => Math.abs(loss.points)), 0.001)
  return (
    <section class="card">
      <div class="analysis-head">
        <h2>{sideOf(one.of)} {compare.with} {sideOf(one.with)} · {one.product ?? words.value.explain.noProduct}</h2>
        <span class={one.significant ? 'verdict is-real' : 'verdict'}>{one.p_adjusted === null ? compare.untold : one.significant ? compare.real : compare.chance}</span>
      </div>
      <div class="figures">
        <div class="figure"><span>{sideOf(one.of)}</span><b>{percent(one.oee, 1)}</b><small>{compare.shifts(one.shifts)}</small></div>
        <div class="figure"><span>{sideOf(one.with)}</span><b>{percent(one.oee_with, 1)}</b><small>{compare.shifts(one.shifts_with)}</small></div>
        <div class="figure"><span>{compare.difference}</span><b>{one.difference_points === null ? '–' : points(one.difference_points)}</b><small>{one.p_adjusted === null ? '' : `p ${number(one.p_adjusted, 3)}`}</small></div>
      </div>
      {one.by_loss.length === 0 ? null : (
        <table class="waterfall">
          <tbody>
            {one.by_loss.filter(({ points: gain }) => gain !== 0).map(({ loss, points: gain }) => (
              <tr key={loss}>
                <th scope="row">{said.loss[loss]}</th>
                <td class="wide"><svg viewBox="-500 0 1000 20" preserveAspectRatio="none" aria-hidden="true"><path class="middle" d="M0 0V20" /><rect x={Math.min(0, gain / top * 500)} width={Math.abs(gain / top * 500)} height="20" /></svg></td>
                <td class="number">{points(gain)}</td>
              </tr>
            ))}
            <tr class="whole"><th scope="row">{compare.sum}</th><td /><td class="number">{points(one.by_loss.reduce((sum, { points: gain }) => sum + gain, 0))}</td></tr>
          </tbody>
        </table>
      )}
    </section>
  )
}

/** Sides are equipment, lines, and words of the gateway. */
function sideOf(name: string): string {
  const known = places.value?.flatMap(({ code, name: title, equipment }) => [{ code, name: title }, ...equipment]).find(({ code }) => code === name)
  return known?.name ?? (words.value.compare.names as Readonly<Record<string, string>>)[name] ?? name
}
