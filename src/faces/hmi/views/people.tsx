/** People who sign on by PIN at stations they share: who they are, and another PIN for whoever has forgotten theirs. */

import { useState } from 'preact/hooks'
import type { QueryOf } from '../../../contract/endpoints/table.js'
import { useAsk } from '../data/asked.js'
import { Refused, order } from '../data/client.js'
import { mayI } from '../data/person.js'
import { changes, places } from '../data/store.js'
import { sentenceOf } from '../parts/action.js'
import { Choice } from '../parts/choice.js'
import { NewPin } from '../parts/new-pin.js'
import { Sure } from '../parts/sure.js'
import { words } from '../words/words.js'

type Role = QueryOf<'person_setting'>['role']
const roles = ['operator', 'quality', 'maintenance', 'supervisor'] as const satisfies readonly Role[]

/** Whose PIN is being set; someone new has a role as well. */
type Setting = { readonly name: string; readonly role: Role | null } | null

export function PeoplePage() {
  const { tokens: said, people: own, nav } = words.value
  const { data, refusal } = useAsk('people', {}, {}, true)
  const [problem, setProblem] = useState('')
  const [setting, setSetting] = useState<Setting>(null)
  const remove = (name: string) => {
    setProblem('')
    order('person_removal', { person: name }, null).then(() => { changes.value++ }, (thrown: unknown) => { setProblem(thrown instanceof Refused ? sentenceOf(thrown) : words.value.login.unreachable) })
  }
  const send = async (pin: string) => {
    if (setting === null) return
    await (setting.role === null ? order('person_pin', { person: setting.name }, { pin }) : order('person_setting', {}, { name: setting.name, role: setting.role, pin }))
    changes.value++
  }
  if (refusal !== null) return <p class="empty">{sentenceOf(refusal)}</p>
  return (
    <div class="analysis">
      <h1>{nav.people}</h1>
      {problem === '' ? null : <p class="problem" role="alert">{problem}</p>}
      <section class="card">
        <h2>{said.people}</h2>
        {data?.people.length === 0 ? <p class="muted">{said.noPeople}</p> : (
          <div class="scroll" tabIndex={0} role="region" aria-label={said.people}><table class="stack">
            <thead><tr><th>{said.name}</th><th>{said.role}</th><th>{said.lines}</th><th /></tr></thead>
            <tbody>{data?.people.map((one) => (
              <tr key={one.name}><th scope="row">{one.name}</th><td>{said.roles[one.role]}</td><td>{linesOf(one.lines)}</td>
                <td><div class="row-actions">
                  {one.pin_may_be_reset ? <button type="button" class="button" onClick={() => { setSetting({ name: one.name, role: null }) }}>{own.newPin}</button> : null}
                  {mayI('manage_tokens') ? <Sure says={said.remove} run={() => { remove(one.name) }} /> : null}
                </div></td></tr>
            ))}</tbody>
          </table></div>
        )}
        <p class="muted">{own.how}</p>
      </section>
      {mayI('manage_tokens') ? <NewPerson go={setSetting} /> : null}
      {setting === null ? null : <NewPin name={setting.name} first="next" send={send} close={() => { setSetting(null) }} />}
    </div>
  )
}

const linesOf = (lines: readonly string[] | null): string => lines?.map((code) => places.value?.find((one) => one.code === code)?.name ?? code).join(', ') ?? words.value.tokens.all

function NewPerson({ go }: { readonly go: (whose: Setting) => void }) {
  const { tokens: said, people: own } = words.value
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('operator')
  const submit = (event: Event) => {
    event.preventDefault()
    go({ name: name.trim(), role })
    setName('')
  }
  return (
    <details class="card">
      <summary><h2>{own.add}</h2></summary>
      <form class="stacked" onSubmit={submit}>
        <label>{said.name}<input type="text" maxLength={64} required value={name} onInput={(event) => { setName(event.currentTarget.value) }} /></label>
        <Choice name={said.role} of={roles.map((one) => [one, said.roles[one]])} chosen={role} pick={(to) => { setRole(roles.find((one) => one === to) ?? 'operator') }} />
        <div class="choices"><button class="button primary" disabled={name.trim() === ''}>{own.choosePin}</button></div>
      </form>
    </details>
  )
}
