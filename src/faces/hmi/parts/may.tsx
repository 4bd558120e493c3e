/** What only some may do: shown to them, and to everybody else the way to become one of them, if there is one here. */

import type { ComponentChildren } from 'preact'
import type { Permission } from '../../../contract/roles.js'
import { isPadOpen } from '../data/away.js'
import { mayI, person } from '../data/person.js'
import { isCopy } from '../data/standby.js'
import { words } from '../words/words.js'

export function May({ what, children }: { readonly what: Permission; readonly children: ComponentChildren }) {
  if (mayI(what)) return <>{children}</>
  return canSignOn() ? <div class="choices"><SignOn /></div> : null
}

/** At a shared station somebody may yet say who they are; it opens nothing where no orders are taken. */
export const canSignOn = (): boolean => !isCopy.value && person.value !== null && person.value !== undefined && person.value.person === null && person.value.people.length > 0

export function SignOn() {
  return <button type="button" class="button" onClick={() => { isPadOpen.value = true }}>{words.value.pad.signOn}</button>
}
