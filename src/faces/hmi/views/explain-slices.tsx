/** The slices of time behind a figure, longest first or in their order, each with the stop and the fact it comes from. */

import type { DataOf } from '../../../contract/endpoints/table.js'
import { choose, place } from '../data/place.js'
import { Choice } from '../parts/choice.js'
import { Link } from '../parts/link.js'
import { Paged } from '../parts/more.js'
import { clockTime, exact, number, words } from '../words/words.js'

type Explained = DataOf<'explain_equipment'>

const orders = ['longest', 'latest'] as const

export function Slices({ explained, leaves }: { readonly explained: Explained; readonly leaves: readonly string[] }) {
  const { explain: said, states } = words.value
  const order = orders.find((one) => one === place.value.query.get('order')) ?? 'longest'
  const slices = explained.slices.filter(({ leaf }) => leaves.includes(leaf))
  const sorted = order === 'longest' ? [...slices].sort((one, other) => other.ms - one.ms) : [...slices].reverse()
  return (
    <section class="card">
      <div class="analysis-head"><h2>{said.slicesTitle}</h2><Choice name={said.order} of={orders.map((one) => [one, said.orders[one]])} chosen={order} pick={(to) => { choose({ order: to }) }} /></div>
      {slices.length === 0 ? <p class="muted">{said.noSlices}</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={said.slicesTitle}>
          <table>
            <thead><tr><th>{said.from}</th><th>{said.to}</th><th class="number">{said.lasted}</th><th>{said.booked}</th><th>{said.state}</th><th>{said.job}</th><th>{said.fact}</th><th /></tr></thead>
            <tbody>
              <Paged of={sorted} row={(slice) => (
                <tr key={slice.from}>
                  <td>{clockTime(slice.from)}</td><td>{clockTime(slice.to)}</td><td class="number">{exact(slice.ms)}</td><td>{said.leaf[slice.leaf]}</td><td>{states[slice.state]}</td>
                  <td>{slice.job ?? '–'}</td><td>{slice.fact === null ? '–' : `#${number(slice.fact)}`}</td>
                  <td>{slice.stop_id === null ? null : <Link to={`/stop/${slice.stop_id}`} class="button">{words.value.stop.title}</Link>}</td>
                </tr>
              )} />
            </tbody>
            <tfoot><tr><th scope="row" colSpan={2}>{said.sum}</th><td class="number"><b>{exact(slices.reduce((sum, { ms }) => sum + ms, 0))}</b></td><td colSpan={5} /></tr></tfoot>
          </table>
        </div>
      )}
    </section>
  )
}
