/** Another PIN: for oneself with the old one first, or for somebody who has forgotten theirs; always typed twice. */

import { useEffect, useRef, useState } from 'preact/hooks'
import { Refused } from '../data/client.js'
import { words } from '../words/words.js'
import { Keypad } from './keypad.js'
import { pinProblem } from './pin-problem.js'

type Step = 'current' | 'next' | 'again' | 'done'

export interface NewPinProps {
  readonly name: string
  /** The old one is not asked for where somebody with that right sets a PIN for another. */
  readonly first: 'current' | 'next'
  /** Throws `Refused` or `Unreachable`. */
  readonly send: (next: string, current: string) => Promise<unknown>
  readonly close: () => void
}

export function NewPin({ name, first, send, close }: NewPinProps) {
  const { pin: said, login, equipment } = words.value
  const dialog = useRef<HTMLDialogElement>(null)
  const [step, setStep] = useState<Step>(first)
  const [typed, setTyped] = useState('')
  const [given, setGiven] = useState({ current: '', next: '' })
  const [problem, setProblem] = useState('')
  const [isAsking, setAsking] = useState(false)
  useEffect(() => { dialog.current?.showModal() }, [])
  const begin = (at: Step, why = '') => { setStep(at); setTyped(''); setProblem(why) }
  const submit = () => {
    switch (step) {
      case 'current': setGiven({ current: typed, next: '' }); begin('next'); return
      case 'next': setGiven({ ...given, next: typed }); begin('again'); return
      case 'again':
        if (typed !== given.next) { begin('next', said.differs); return }
        setAsking(true)
        send(typed, given.current).then(() => { begin('done') }, (thrown: unknown) => { begin(thrown instanceof Refused && thrown.code === 'PIN_WRONG' ? 'current' : first, pinProblem(thrown)) }).finally(() => { setAsking(false) })
        return
      case 'done': close()
    }
  }
  return (
    <dialog ref={dialog} class="card pad" aria-labelledby="new-pin-title" onClose={close}>
      <h2 id="new-pin-title">{name}</h2>
      <p class="pad-asks">{isAsking ? login.working : said.steps[step]}</p>
      {step === 'done' ? null : <Keypad asks={step} typed={typed} type={(next) => { setProblem(''); setTyped(next) }} submit={submit} isBusy={isAsking} problem={problem} />}
      <div class="choices"><button type="button" class={step === 'done' ? 'button primary' : 'button quiet'} onClick={close}>{step === 'done' ? words.value.outbox.dismiss : equipment.cancel}</button></div>
    </dialog>
  )
}
