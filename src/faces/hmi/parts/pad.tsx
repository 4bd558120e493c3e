/** Who are you: names to tap, then a pad for the PIN. */

import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks'
import { arrive, isPadOpen } from '../data/away.js'
import { Refused } from '../data/client.js'
import { person } from '../data/person.js'
import { words } from '../words/words.js'

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9'] as const
const PIN_MIN = 4
const PIN_MAX = 12

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
  const dots = useRef<HTMLParagraphElement>(null)
  useEffect(() => { dialog.current?.showModal() }, [])
  // A keyboard or a card reader types here without a touch, and at once: waiting for the next picture would lose its first digits.
  useLayoutEffect(() => { dots.current?.focus() }, [name])
  const press = (digit: string) => { setProblem(''); setPin((before) => (before + digit).slice(0, PIN_MAX)) }
  const erase = () => { setPin((before) => before.slice(0, -1)) }
  const submit = async () => {
    if (name === null || pin.length < PIN_MIN || isAsking) return
    setAsking(true)
    try {
      await arrive(name, pin)
    } catch (thrown) {
      setProblem(!(thrown instanceof Refused) ? words.value.login.unreachable : thrown.againMs === null ? pad.wrong : pad.wait(String(Math.ceil(thrown.againMs / 1_000))))
      setPin('')
    }
    setAsking(false)
  }
  const type = ({ key }: KeyboardEvent) => {
    if (/^\d$/.test(key)) press(key)
    else if (key === 'Backspace') erase()
    else if (key === 'Enter' && (document.activeElement?.classList.contains('pad-dots') ?? false)) void submit()
  }
  return (
    <dialog ref={dialog} class="card pad" aria-labelledby="pad-title" onClose={() => { isPadOpen.value = false }} onKeyDown={name === null ? undefined : type}>
      <h2 id="pad-title">{name === null ? pad.who : name}</h2>
      {name === null ? (
        <div class="pad-names">{names.map((one) => <button key={one} type="button" class="button" onClick={() => { setName(one) }}>{one}</button>)}</div>
      ) : (
        <>
          <p ref={dots} class="pad-dots" role="status" tabIndex={0} aria-label={pad.typed(String(pin.length))}>{'●'.repeat(pin.length)}{'○'.repeat(Math.max(0, PIN_MIN - pin.length))}</p>
          <p class="problem" role="alert">{problem}</p>
          <div class="pad-keys">
            {keys.map((digit) => <button key={digit} type="button" class="button" onClick={() => { press(digit) }}>{digit}</button>)}
            <button type="button" class="button" aria-label={pad.back} onClick={erase}>⌫</button>
            <button type="button" class="button" onClick={() => { press('0') }}>0</button>
            <button type="button" class="button primary" disabled={pin.length < PIN_MIN || isAsking} onClick={() => { void submit() }}>{pad.go}</button>
          </div>
        </>
      )}
      <div class="choices">
        {name !== null && names.length > 1 ? <button type="button" class="button quiet" onClick={() => { setName(null); setPin(''); setProblem('') }}>{pad.other}</button> : null}
        <button type="button" class="button quiet" onClick={() => { isPadOpen.value = false }}>{words.value.equipment.cancel}</button>
      </div>
    </dialog>
  )
}
