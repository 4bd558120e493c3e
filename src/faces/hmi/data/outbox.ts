/** What people have told the gateway and it has not answered yet: kept over a broken link and a reload, applied once, refusals shown. */

import { computed, signal } from '@preact/signals'
import type { TellName } from '../../../contract/endpoints/table.js'
import { type BodyAt, type Detail, Refused, tell } from './client.js'
import { person } from './person.js'

export interface Entry {
  /** The idempotency key: the gateway obeys it once, however often it is sent. */
  readonly key: string
  readonly name: TellName
  readonly params: Readonly<Record<string, string>>
  readonly body: unknown
  /** Which button it came from, so that the button can show what became of it. */
  readonly from: string
  /** What the person did, in their words. */
  readonly said: string
  /** Who said it by PIN, and in whose name alone it is sent; `null` at a station without people. */
  readonly person: string | null
  readonly status: 'waiting' | 'done' | 'refused'
  readonly refusal: { readonly code: string; readonly message: string; readonly details: readonly Detail[] } | null
}

export const outbox = signal<readonly Entry[]>(kept())
export const waitingCount = computed(() => outbox.value.filter(({ status }) => status === 'waiting').length)
/** A correction that the gateway has been told, and that takes it seconds. */
const underWay = signal<string | null>(null)
const workedOut: readonly TellName[] = ['calendar_correction', 'ideal_correction']
export const isWorkingOut = computed(() => outbox.value.some(({ key, name }) => key === underWay.value && workedOut.includes(name)))
/** Entries of people who have left before they could be sent. */
export const absent = computed(() => outbox.value.filter((entry) => entry.status === 'waiting' && entry.person !== null && entry.person !== me()))

const me = (): string | null => person.value?.person?.name ?? null

/** How long a success is shown at its button. */
const SHOWN_MS = 2_500
const ENTRIES_MAX = 100
const AGAIN_MS = 2_000

/** Leaves an action and sends it as soon as it can be sent. The same button does not act twice while it waits. */
export function act<N extends TellName>(name: N, params: Readonly<Record<string, string>>, body: BodyAt<N>, from: string, said: string): void {
  if (entryOf(from)?.status === 'waiting' || outbox.value.length >= ENTRIES_MAX) return
  change((entries) => [...entries.filter((entry) => entry.from !== from), { key: crypto.randomUUID?.() ?? keyOf(), name, params, body, from, said, person: me(), status: 'waiting', refusal: null }])
  void flush()
}

export const entryOf = (from: string): Entry | undefined => outbox.value.find((entry) => entry.from === from)
export const dismiss = (key: string): void => change((entries) => entries.filter((entry) => entry.key !== key))

let isSending = false

/** Sends what waits, one after the other, in the order in which it was said. */
export async function flush(): Promise<void> {
  if (isSending) return
  isSending = true
  try {
    for (let next = waiting(); next !== undefined; next = waiting()) {
      if (!await sent(next)) return
    }
  } finally {
    isSending = false
  }
}

const waiting = (): Entry | undefined => outbox.value.find((entry) => entry.status === 'waiting' && entry.person === me())

/** False when it has to wait for the link, the session or the gateway. */
async function sent(entry: Entry): Promise<boolean> {
  underWay.value = entry.key
  try {
    await tell(entry.name, entry.params, entry.body, entry.key)
    mark(entry.key, 'done', null)
    setTimeout(() => dismiss(entry.key), SHOWN_MS)
    return true
  } catch (thrown) {
    if (thrown instanceof Refused && thrown.code !== 'UNAUTHENTICATED' && thrown.againMs === null) {
      mark(entry.key, 'refused', { code: thrown.code, message: thrown.message, details: thrown.details })
      return true
    }
    // Without a session it waits for the next one: what was entered is not lost with it.
    setTimeout(() => void flush(), thrown instanceof Refused ? thrown.againMs ?? 10 * AGAIN_MS : AGAIN_MS)
    return false
  } finally {
    underWay.value = null
  }
}

const mark = (key: string, status: Entry['status'], refusal: Entry['refusal']): void =>
  change((entries) => entries.map((entry) => entry.key === key ? { ...entry, status, refusal } : entry))

const PLACE = 'lineside.outbox'

function change(next: (entries: readonly Entry[]) => readonly Entry[]): void {
  outbox.value = next(outbox.value)
  // A browser without storage still sends; it only forgets with the page.
  try { localStorage.setItem(PLACE, JSON.stringify(outbox.value.filter(({ status }) => status !== 'done'))) } catch { /* private mode */ }
}

function kept(): readonly Entry[] {
  try { return (JSON.parse(localStorage.getItem(PLACE) ?? '[]') as Entry[]).map((entry) => ({ ...entry, person: entry.person ?? null })) } catch { return [] }
}

/** `crypto.randomUUID` is for secure contexts, which a plant network without TLS is not. */
const keyOf = (): string => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, '0')).join('')
