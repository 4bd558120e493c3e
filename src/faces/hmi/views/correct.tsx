/** Correcting the past of a line: what its calendar was, and how fast something could have been made. What was recorded stays; every figure is told again. */

import { useState } from 'preact/hooks'
import { now } from '../data/clock.js'
import { instantAt, shownAt } from '../data/local-time.js'
import type { Place } from '../data/store.js'
import { Action } from '../parts/action.js'
import { Choice } from '../parts/choice.js'
import { May } from '../parts/may.js'
import { words, zone } from '../words/words.js'

const whats = ['calendar', 'ideal'] as const
const says = ['open', 'break', 'closed', 'calendar'] as const
const HOUR_MS = 3_600_000

export function Correct({ line }: { readonly line: Place }) {
  const { correct: said, shift } = words.value
  const [what, setWhat] = useState<(typeof whats)[number]>('calendar')
  // The hour before this one is over and written down.
  const [end] = useState(() => Math.floor(now.value / HOUR_MS) * HOUR_MS - HOUR_MS)
  const [from, setFrom] = useState(() => shownAt(end - HOUR_MS, zone()))
  const [to, setTo] = useState(() => shownAt(end, zone()))
  const [as, setAs] = useState<(typeof says)[number]>('open')
  const [name, setName] = useState('')
  const [equipment, setEquipment] = useState(() => (line.equipment.find(({ constraint }) => constraint) ?? line.equipment[0]!).code)
  const [product, setProduct] = useState('')
  const [seconds, setSeconds] = useState('')
  const [why, setWhy] = useState('')
  const period = { from: instantAt(from, zone()), to: instantAt(to, zone()) }
  const isWhole = period.from !== null && period.to !== null && period.from < period.to && why.trim() !== ''
  return (
    <section class="card">
      <h2>{said.title}</h2>
      <p class="muted">{said.what}</p>
      <form class="scrap" onSubmit={(event) => { event.preventDefault() }}>
        <Choice name={said.title} of={whats.map((one) => [one, said.whats[one]])} chosen={what} pick={(one) => { setWhat(whats.find((known) => known === one) ?? 'calendar') }} />
        <label>{said.from}<input type="datetime-local" required value={from} onInput={(event) => { setFrom(event.currentTarget.value) }} /></label>
        <label>{said.to}<input type="datetime-local" required value={to} onInput={(event) => { setTo(event.currentTarget.value) }} /></label>
        {what === 'calendar' ? (
          <>
            <Choice name={said.as} of={says.map((one) => [one, said.says[one]])} chosen={as} pick={(one) => { setAs(says.find((known) => known === one) ?? 'open') }} />
            {as === 'open' ? <label>{said.shift}<input type="text" maxLength={64} placeholder="overtime" value={name} onInput={(event) => { setName(event.currentTarget.value) }} /></label> : null}
          </>
        ) : (
          <>
            <Choice name={shift.equipment} of={line.equipment.map(({ code, name: shown }) => [code, shown])} chosen={equipment} pick={setEquipment} />
            <label>{said.product}<input type="text" maxLength={64} value={product} onInput={(event) => { setProduct(event.currentTarget.value) }} /></label>
            <label>{said.seconds}<input type="number" min={0.001} step="any" inputMode="decimal" value={seconds} onInput={(event) => { setSeconds(event.currentTarget.value) }} /></label>
          </>
        )}
        <label>{said.why}<input type="text" maxLength={200} required value={why} onInput={(event) => { setWhy(event.currentTarget.value) }} /></label>
        <May what="correct_past">
          {!isWhole ? <p class="muted">{said.missing}</p> : what === 'calendar' ? (
            <Action tells="calendar_correction" params={{ line_id: line.code }} body={{ from: period.from!, to: period.to!, as, reason: why.trim(), ...as === 'open' && name.trim() !== '' ? { shift: name.trim() } : {} }} id={line.code} says={`${said.go}: ${said.says[as]}`} kind="primary" hold works={said.works} />
          ) : Number(seconds) > 0 ? (
            <Action tells="ideal_correction" params={{ equipment_code: equipment }} body={{ from: period.from!, to: period.to!, ideal_cycle_seconds: Number(seconds), reason: why.trim(), ...product.trim() === '' ? {} : { product: product.trim() } }} id={equipment} says={`${said.go}: ${seconds} s`} kind="primary" hold works={said.works} />
          ) : <p class="muted">{said.missing}</p>}
        </May>
      </form>
    </section>
  )
}
