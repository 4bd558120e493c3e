/** Digits for a finger, a keyboard or a card reader, and as many dots as were typed: a PIN is never shown. */

import { useLayoutEffect, useRef } from 'preact/hooks'
import { words } from '../words/words.js'

const keys = ['1', '2', '3', '4', '5', '6', '7', '8', '9'] as const
const PIN_MIN = 4
const PIN_MAX = 12

export interface KeypadProps {
  readonly typed: string
  /** By what was typed before: a quick reader types several digits between two pictures. */
  readonly type: (change: (before: string) => string) => void
  readonly submit: () => void
  readonly isBusy: boolean
  readonly problem: string
  /** Changes with what is asked for, so that a keyboard goes on without a touch. */
  readonly asks: string
}

export function Keypad({ typed, type, submit, isBusy, problem, asks }: KeypadProps) {
  const { pad } = words.value
  const dots = useRef<HTMLParagraphElement>(null)
  // A keyboard or a card reader types here without a touch, and at once: waiting for the next picture would lose its first digits.
  useLayoutEffect(() => { dots.current?.focus() }, [asks])
  const isEnough = typed.length >= PIN_MIN && !isBusy
  const press = (digit: string) => { type((before) => (before + digit).slice(0, PIN_MAX)) }
  const erase = () => { type((before) => before.slice(0, -1)) }
  const key = ({ key: pressed }: KeyboardEvent) => {
    if (/^\d$/.test(pressed)) press(pressed)
    else if (pressed === 'Backspace') erase()
    else if (pressed === 'Enter' && isEnough && (document.activeElement?.classList.contains('pad-dots') ?? false)) submit()
  }
  return (
    <div onKeyDown={key}>
      <p ref={dots} class="pad-dots" role="status" tabIndex={0} aria-label={pad.typed(String(typed.length))}>{'●'.repeat(typed.length)}{'○'.repeat(Math.max(0, PIN_MIN - typed.length))}</p>
      <p class="problem" role="alert">{problem}</p>
      <div class="pad-keys">
        {keys.map((digit) => <button key={digit} type="button" class="button" onClick={() => { press(digit) }}>{digit}</button>)}
        <button type="button" class="button" aria-label={pad.back} onClick={erase}>⌫</button>
        <button type="button" class="button" onClick={() => { press('0') }}>0</button>
        <button type="button" class="button primary" disabled={!isEnough} onClick={submit}>{pad.go}</button>
      </div>
    </div>
  )
}
