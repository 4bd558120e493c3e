/** A view that is fetched when it is first shown, so that the first load stays small. */

import type { ComponentType } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { Connecting } from '../views/empty.js'

export function lazy<P extends object>(load: () => Promise<ComponentType<P>>): ComponentType<P> {
  let loaded: ComponentType<P> | null = null
  return function Lazy(props: P) {
    const [View, setView] = useState<ComponentType<P> | null>(() => loaded)
    useEffect(() => {
      if (loaded !== null) return
      let isOver = false
      const fetch = () => {
        load().then((view) => { loaded = view; if (!isOver) setView(() => view) }, () => { if (!isOver) setTimeout(fetch, 2_000) })
      }
      fetch()
      return () => { isOver = true }
    }, [])
    return View === null ? <Connecting /> : <View {...props} />
  }
}
