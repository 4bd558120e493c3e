/** Calls that ended by themselves before anybody had answered: they stand here until somebody says that they were seen. */

import type { AndonView } from '../../../contract/views.js'
import { mayI } from '../data/person.js'
import { Action } from '../parts/action.js'
import { Icon } from '../parts/icon.js'
import { calledFor, dateTime, length, number, words } from '../words/words.js'

export interface UnseenProps {
  /** Newest first. */
  readonly calls: readonly AndonView[]
  /** How many there are beyond these. */
  readonly more: number
  /** Where a call came from, where the screen is about more than one place. */
  readonly nameOf?: (equipment: string | null) => string
}

export function Unseen({ calls, more, nameOf }: UnseenProps) {
  const { overview, equipment, callTypes, explain } = words.value
  if (calls.length === 0) return null
  return (
    <div class="unseen">
      <h3>{overview.unseen}</h3>
      <ul class="rows">
        {calls.map((call) => (
          <li key={call.andon_id} class="row">
            <Icon name="bell" />
            <span>
              <b>{callTypes[call.andon_type]}</b>{nameOf === undefined ? null : ` · ${nameOf(call.equipment_code)}`}<br />
              <small>{[dateTime(call.raised_at), length((Date.parse(call.resolved_at ?? call.raised_at) - Date.parse(call.raised_at)) / 1_000), calledFor(call) ?? []].flat().join(' · ')}</small>
            </span>
            {mayI('answer_andon') ? <Action tells="andon_acknowledge" params={{ andon_id: call.andon_id }} body={{}} id={call.andon_id} says={equipment.seenIt} /> : null}
          </li>
        ))}
      </ul>
      {more > 0 ? <p class="muted">{explain.more(number(more))}</p> : null}
    </div>
  )
}
