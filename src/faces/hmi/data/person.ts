/** Who works here: the session, what it may do, and the choices of language and brightness. */

import { signal } from '@preact/signals'
import type { Permission } from '../../../contract/roles.js'
import type { WhoAmI } from '../../../contract/session.js'
import { isCopy } from './standby.js'

/** `undefined` before we have asked; `null` when nobody is signed in. */
export const person = signal<WhoAmI | null | undefined>(undefined)

/** The gateway decides; this only tells a button whether it is worth showing as one. A standby takes no orders from anybody. */
export const mayI = (permission: Permission): boolean => (person.value?.permissions.includes(permission) ?? false) && (!isCopy.value || reading.has(permission))

const reading: ReadonlySet<Permission> = new Set(['view', 'metrics', 'maintain', 'configure', 'audit'])

export const themes = ['auto', 'light', 'dark'] as const
export type Theme = (typeof themes)[number]
export const theme = signal<Theme>(themes.find((one) => one === kept('theme')) ?? 'auto')

export function setTheme(next: Theme): void {
  theme.value = next
  keep('theme', next)
  showTheme()
}

export function showTheme(): void {
  if (theme.value === 'auto') delete document.documentElement.dataset['theme']
  else document.documentElement.dataset['theme'] = theme.value
}

export function kept(name: string): string | null {
  try { return localStorage.getItem(`lineside.${name}`) } catch { return null }
}

export function keep(name: string, value: string): void {
  try { localStorage.setItem(`lineside.${name}`, value) } catch { /* private mode: the choice lasts as long as the page */ }
}
