/** A button that tells the gateway something, and shows what became of it. */

import type { ComponentChildren } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import type { TellName } from '../../../contract/endpoints/table.js'
import type { BodyAt } from '../data/client.js'
import { type Entry, act, dismiss, entryOf } from '../data/outbox.js'
import { dateTime, words } from '../words/words.js'

export interface ActionProps<N extends TellName> {
  readonly tells: N
  readonly params: Readonly<Record<string, string>>
  readonly body: BodyAt<N>
  /** What it does, in the person's words; also said when it was refused. */
  readonly says: string
  /** Tells this button from others that do the same to something else. */
  readonly id: string
  readonly kind?: 'primary' | 'call' | 'plain' | 'danger'
  /** For what cannot be taken back: the button must be held, or pressed by keyboard twice. */
  readonly hold?: boolean
  /** What goes on meanwhile, of something that the gateway needs seconds for. */
  readonly works?: string
  readonly done?: () => void
  readonly children?: ComponentChildren
}

const HOLD_MS = 800

export function Action<N extends TellName>({ tells, params, body, says, id, kind = 'plain', hold = false, works, done, children }: ActionProps<N>) {
  const from = `${tells}/${id}`
  const entry = entryOf(from)
  const [isHeld, setHeld] = useState(false)
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined)
  const isArmed = useRef(false)
  const button = useRef<HTMLButtonElement>(null)
  const isRefused = entry?.status === 'refused'
  useEffect(() => { if (isRefused) aboveDock(button.current) }, [isRefused])
  const run = () => { act(tells, params, body, from, says); done?.() }
  const press = () => {
    if (!hold) return
    setHeld(true)
    timer.current = setTimeout(() => { setHeld(false); run() }, HOLD_MS)
  }
  const release = () => { clearTimeout(timer.current); setHeld(false) }
  const click = (event: MouseEvent) => {
    if (!hold) { run(); return }
    // A keyboard has no pointer to hold: the second press within a moment confirms.
    if (event.detail !== 0) return
    if (isArmed.current) { isArmed.current = false; run(); return }
    isArmed.current = true
    setTimeout(() => { isArmed.current = false }, 3_000)
  }
  return (
    <button ref={button} type="button" class={`button ${kind} ${isHeld ? 'held' : ''} ${entry === undefined ? '' : `is-${entry.status}`}`} disabled={entry?.status === 'waiting'} aria-busy={entry?.status === 'waiting'}
      onClick={click} onPointerDown={press} onPointerUp={release} onPointerLeave={release} onPointerCancel={release}>
      <span class="button-text">{children ?? says}</span>
      {entry === undefined ? hold ? <small>{words.value.equipment.sure}</small> : null : <small>{statusOf(entry, works)}</small>}
    </button>
  )
}

/** What was refused stands at the foot; on a low screen the button that it speaks of must not lie beneath it. */
function aboveDock(button: HTMLButtonElement | null): void {
  requestAnimationFrame(() => {
    const dock = document.querySelector('.dock')?.getBoundingClientRect()
    const own = button?.getBoundingClientRect()
    if (dock !== undefined && own !== undefined && own.bottom > dock.top && own.top < window.innerHeight) window.scrollBy(0, own.bottom - dock.top + 16)
  })
}

const statusOf = (entry: Entry, works = words.value.outbox.pending): string => ({ waiting: works, done: words.value.outbox.done, refused: words.value.outbox.refused })[entry.status]

/** A refusal in words, with what to do. */
export function Refusal({ entry }: { readonly entry: Entry }) {
  const { outbox } = words.value
  return (
    <div class="refusal" role="alert">
      <div>
        <strong>{outbox.what(entry.said)}</strong>
        <p>{sentenceOf(entry.refusal)}</p>
      </div>
      <button type="button" class="button" onClick={() => { dismiss(entry.key) }}>{outbox.dismiss}</button>
    </div>
  )
}

type Said = { readonly code: string; readonly message: string; readonly details: readonly { readonly path: string; readonly message: string }[] } | null

export function sentenceOf(refusal: Said): string {
  if (refusal === null) return ''
  const known: Readonly<Record<string, string>> = words.value.refusals
  const details = refusal.code === 'BODY_MISFIT' ? refusal.details.map(({ path, message }) => `${path}: ${message}`).join('; ') : boundOf(refusal.details)
  return [known[refusal.code] ?? `${known['other']} (${refusal.code})`, details].filter((part) => part !== '').join(' ')
}

/** Up to when, or from when on, what was asked could be done. */
function boundOf(details: NonNullable<Said>['details']): string {
  const { outbox } = words.value
  const told = (path: string, say: (time: string) => string) => details.flatMap((detail) => (detail.path === path && !Number.isNaN(Date.parse(detail.message)) ? [say(dateTime(detail.message))] : []))
  return [...told('to_at_most', outbox.until), ...told('known_from', outbox.since)].join(' ')
}
