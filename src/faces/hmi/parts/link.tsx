/** A link to another view, without loading the page anew. */

import type { ComponentChildren } from 'preact'
import { go } from '../data/place.js'

export function Link({ to, class: name, current, label, title, children }: { readonly to: string; readonly class?: string; readonly current?: boolean; readonly label?: string; readonly title?: string; readonly children: ComponentChildren }) {
  const follow = (event: MouseEvent) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault()
    go(to)
  }
  return <a href={to} class={name ?? ''} aria-current={current === true ? 'page' : undefined} aria-label={label} title={title} onClick={follow}>{children}</a>
}
