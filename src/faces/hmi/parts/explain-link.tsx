/** A figure that opens up when it is tapped. */

import type { ComponentChildren } from 'preact'
import { words } from '../words/words.js'
import { Link } from './link.js'

export const figures = ['oee', 'availability', 'performance', 'quality', 'good', 'reject'] as const
export type Figure = (typeof figures)[number]

/** `of` is the link that comes with an OEE; `undefined` before there is one, when the figure is only shown. */
export function Opens({ of, figure, class: name, children }: { readonly of: string | undefined; readonly figure: Figure; readonly class: string; readonly children: ComponentChildren }) {
  if (of === undefined) return <div class={name}>{children}</div>
  // The screen has the address of the answer it shows, less the prefix of the interface.
  return <Link to={`${of.replace('/api/v1', '')}&figure=${figure}`} class={`${name} opens`} title={words.value.explain.open}>{children}</Link>
}
