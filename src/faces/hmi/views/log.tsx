/** The end of the gateway's log, for whoever looks for a cause. */

import { useAsk } from '../data/asked.js'
import { choose, place } from '../data/place.js'
import { sentenceOf } from '../parts/action.js'
import { Choice } from '../parts/choice.js'
import { oneOf } from '../parts/one-of.js'
import { clockTime, words } from '../words/words.js'

const levels = ['info', 'warn', 'error'] as const

export function LogPage() {
  const { log: said, nav } = words.value
  const level = oneOf(levels, place.value.query.get('level'))
  const { data, refusal } = useAsk('box_log', {}, { level, limit: 200 }, true)
  return (
    <div class="analysis">
      <div class="analysis-head"><h1>{nav.log}</h1><Choice name={said.level} of={levels.map((one) => [one, said.levels[one]])} chosen={level} pick={(to) => { choose({ level: to }) }} /></div>
      {refusal === null ? null : <p class="card">{sentenceOf(refusal)}</p>}
      {data === null ? null : data.lines.length === 0 ? <p class="card muted">{said.none}</p> : (
        <section class="card"><div class="scroll" tabIndex={0} role="region" aria-label={nav.log}><table><tbody>
          {[...data.lines].reverse().map((line, i) => (
            <tr key={`${line.at} ${i}`} class={line.level === 'error' ? 'log-error' : ''}><td>{clockTime(line.at)}</td><td>{line.level}</td><td>{line.part}</td><td><b>{line.sentence}</b> {Object.entries(line.fields).map(([name, value]) => `${name} ${typeof value === 'string' ? value : JSON.stringify(value)}`).join(' · ')}</td></tr>
          ))}
        </tbody></table></div></section>
      )}
    </div>
  )
}
