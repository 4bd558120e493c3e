/** The longest losses, longest first, each with its share and the running sum. */

import { Bar } from './ratios.js'
import { number, percent, spell, words } from '../words/words.js'

export interface ParetoEntry { readonly reason: string; readonly name: string; readonly seconds: number; readonly events: number; readonly lost_parts?: number | null; readonly share: number; readonly cumulative: number }

export function Pareto({ entries, by }: { readonly entries: readonly ParetoEntry[]; readonly by: 'minutes' | 'count' | 'parts' }) {
  const amount = (entry: ParetoEntry) => by === 'minutes' ? entry.seconds : by === 'count' ? entry.events : entry.lost_parts ?? 0
  const sorted = [...entries].sort((one, other) => amount(other) - amount(one)).slice(0, 8)
  const sum = entries.reduce((total, entry) => total + amount(entry), 0)
  const top = Math.max(...sorted.map(amount), 1)
  let running = 0
  return (
    <table class="waterfall">
      <tbody>
        {sorted.map((entry) => {
          running += amount(entry)
          return (
            <tr key={entry.reason}>
              <th scope="row">{nameOf(entry)}</th>
              <td class="wide"><Bar value={amount(entry) / top} /></td>
              <td class="number">{by === 'minutes' ? spell(entry.seconds, sum) : number(amount(entry))}</td>
              <td class="number muted">{percent(sum === 0 ? null : running / sum)}</td>
            </tr>
          )
        })}
      </tbody>
    </table>
  )
}

/** What nobody has named is named by the screen, in its language; reasons have the names that the plant gave them. */
function nameOf({ reason, name }: ParetoEntry): string {
  const { loss, unassigned } = words.value.shift
  return reason === 'unassigned' ? unassigned : reason === 'micro_stop' ? loss.micro_stop : name
}
