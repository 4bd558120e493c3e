/** What somebody is typing: kept over a sign-off, a reload and a look at another screen, until it is sent or given up. */

import { signal } from '@preact/signals'

const PLACE = 'lineside.drafts'
const DRAFTS_MAX = 50

const drafts = signal<Readonly<Record<string, string>>>(kept())

/** The text of a field by a name that is its own, and how to change it; the empty text is none. */
export function useDraft(name: string): readonly [string, (text: string) => void] {
  return [drafts.value[name] ?? '', (text) => { change(name, text) }]
}

function change(name: string, text: string): void {
  const { [name]: _, ...others } = drafts.value
  drafts.value = text === '' ? others : Object.fromEntries([...Object.entries(others), [name, text] as const].slice(-DRAFTS_MAX))
  try { sessionStorage.setItem(PLACE, JSON.stringify(drafts.value)) } catch { /* a browser without storage forgets with the page */ }
}

function kept(): Readonly<Record<string, string>> {
  try { return JSON.parse(sessionStorage.getItem(PLACE) ?? '{}') as Record<string, string> } catch { return {} }
}
