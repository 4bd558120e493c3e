/** Where the person is: every view is an address, and the back button works. */

import { signal } from '@preact/signals'

export const place = signal(here())

export interface Place {
  /** Segments of the path. */
  readonly path: readonly string[]
  readonly query: URLSearchParams
}

export function go(address: string): void {
  if (address === location.pathname + location.search) return
  history.pushState(null, '', address)
  place.value = here()
  scrollTo(0, 0)
}

/** Changes the query without a new entry in the history: a choice within the same view. */
export function choose(changed: Readonly<Record<string, string | null>>): void {
  const query = new URLSearchParams(location.search)
  for (const [name, value] of Object.entries(changed)) {
    if (value === null) query.delete(name)
    else query.set(name, value)
  }
  history.replaceState(null, '', query.toString() === '' ? location.pathname : `${location.pathname}?${query}`)
  place.value = here()
}

export function followHistory(): void {
  addEventListener('popstate', () => { place.value = here() })
}

function here(): Place {
  return { path: location.pathname.split('/').filter((part) => part !== '').map(decodeURIComponent), query: new URLSearchParams(location.search) }
}
