/** Tokens of programs and stations: made, listed and ended. */

import { useState } from 'preact/hooks'
import type { DataOf, QueryOf } from '../../../contract/endpoints/table.js'
import { useAsk } from '../data/asked.js'
import { Refused, order } from '../data/client.js'
import { changes, places } from '../data/store.js'
import { sentenceOf } from '../parts/action.js'
import { Choice } from '../parts/choice.js'
import { Sure } from '../parts/sure.js'
import { dateTime, words } from '../words/words.js'

type Role = QueryOf<'token_creation'>['role']
const roles = ['viewer', 'operator', 'quality', 'maintenance', 'supervisor', 'engineer', 'admin', 'mes'] as const satisfies readonly Role[]
const ends = [null, 30, 90, 365] as const

export function TokensPage() {
  const { tokens: said, nav } = words.value
  const tokens = useAsk('tokens', {}, {}, true)
  const [problem, setProblem] = useState('')
  const end = (what: Promise<unknown>) => {
    setProblem('')
    what.then(() => { changes.value++ }, (thrown: unknown) => { setProblem(thrown instanceof Refused ? sentenceOf(thrown) : words.value.login.unreachable) })
  }
  if (tokens.refusal !== null) return <p class="empty">{sentenceOf(tokens.refusal)}</p>
  return (
    <div class="analysis">
      <h1>{nav.tokens}</h1>
      {problem === '' ? null : <p class="problem" role="alert">{problem}</p>}
      <section class="card">
        <h2>{said.tokens}</h2>
        <div class="scroll" tabIndex={0} role="region" aria-label={said.tokens}><table class="stack">
          <thead><tr><th>{said.name}</th><th>{said.role}</th><th>{said.lines}</th><th>{said.made}</th><th>{said.ends}</th><th /></tr></thead>
          <tbody>{tokens.data?.tokens.map((one) => (
            <tr key={one.id}><th scope="row">{one.name} <small class="muted">{one.id}</small></th><td>{said.roles[one.role]}</td><td>{linesOf(one.lines)}</td><td>{dateTime(one.created_at)}</td><td>{one.expires_at === null ? said.never : dateTime(one.expires_at)}</td>
              <td><Sure says={said.revoke} run={() => { end(order('token_revocation', { token_id: one.id }, null)) }} /></td></tr>
          ))}</tbody>
        </table></div>
      </section>
      <NewToken />
    </div>
  )
}

const linesOf = (lines: readonly string[] | null): string => lines?.map((code) => places.value?.find((one) => one.code === code)?.name ?? code).join(', ') ?? words.value.tokens.all

function NewToken() {
  const { tokens: said, compare } = words.value
  const [name, setName] = useState('')
  const [role, setRole] = useState<Role>('viewer')
  const [days, setDays] = useState<number | null>(90)
  const [made, setMade] = useState<DataOf<'token_creation'> | null>(null)
  const [problem, setProblem] = useState('')
  const submit = (event: Event) => {
    event.preventDefault()
    setProblem('')
    order('token_creation', {}, { name: name.trim(), role, ...(days === null ? {} : { days }) }).then(
      (answer) => { setMade(answer); setName(''); changes.value++ },
      (thrown: unknown) => { setProblem(thrown instanceof Refused ? sentenceOf(thrown) : words.value.login.unreachable) },
    )
  }
  return (
    <details class="card">
      <summary><h2>{said.add}</h2></summary>
      <form class="stacked" onSubmit={submit}>
        <label>{said.name}<input type="text" maxLength={64} required value={name} onInput={(event) => { setName(event.currentTarget.value) }} /></label>
        <Choice name={said.role} of={roles.map((one) => [one, said.roles[one]])} chosen={role} pick={(to) => { setRole(roles.find((one) => one === to) ?? 'viewer') }} />
        <Choice name={said.ends} of={ends.map((one) => [String(one), one === null ? said.never : compare.days(String(one))])} chosen={String(days)} pick={(to) => { setDays(ends.find((one) => String(one) === to) ?? null) }} />
        <div class="choices"><button class="button primary" disabled={name.trim() === ''}>{said.create}</button></div>
        <p class="problem" role="alert">{problem}</p>
      </form>
      {made === null ? null : <div class="note" role="status"><p>{said.once}</p><p><code class="secret">{made.token}</code></p><button type="button" class="button" onClick={() => { setMade(null) }}>{said.noted}</button></div>}
    </details>
  )
}
