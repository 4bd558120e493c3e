/** Who are you: names to tap, then a pad for the PIN. */

import { useEffect, useRef, useState } from 'preact/hooks'
import { arrive, isPadOpen } from '../data/away.js'
import { person } from '../data/person.js'
import { words } from '../words/words.js'
import { Keypad } from './keypad.js'
import { pinProblem } from './pin-problem.js'

export function Pad() {
  return isPadOpen.value && person.value !== null && person.value !== undefined ? <PadCard names={person.value.people} /> : null
}

function PadCard({ names }: { readonly names: readonly string[] }) {
  const { pad } = words.value
  const dialog = useRef<HTMLDialogElement>(null)
  const [name, setName] = useState<string | null>(names.length === 1 ? names[0]! : null)
  const [pin, setPin] = useState('')
  const [problem, setProblem] = useState('')
  const [isAsking, setAsking] = useState(false)
  useEffect(() => { dialog.current?.showModal() }, [])
  const submit = async () => {
    if (name === null || isAsking) return
    setAsking(true)
    try {
      await arrive(name, pin)
    } catch (thrown) {
      setProblem(pinProblem(thrown))
      setPin('')
    }
    setAsking(false)
  }
  return (
    <dialog ref={dialog} class="card pad" aria-labelledby="pad-title" onClose={() => { isPadOpen.value = false }}>
      <h2 id="pad-title">{name ?? pad.who}</h2>
      {name === null
        ? <div class="pad-names">{names.map((one) => <button key={one} type="button" class="button" onClick={() => { setName(one) }}>{one}</button>)}</div>
        : <Keypad asks={name} typed={pin} type={(next) => { setProblem(''); setPin(next) }} submit={() => { void submit() }} isBusy={isAsking} problem={problem} />}
      <div class="choices">
        {name !== null && names.length > 1 ? <button type="button" class="button quiet" onClick={() => { setName(null); setPin(''); setProblem('') }}>{pad.other}</button> : null}
        <button type="button" class="button quiet" onClick={() => { isPadOpen.value = false }}>{words.value.equipment.cancel}</button>
      </div>
    </dialog>
  )
}
