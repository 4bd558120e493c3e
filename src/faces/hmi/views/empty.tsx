/** What stands where nothing can be shown yet, or at all. */

import { Link } from '../parts/link.js'
import { words } from '../words/words.js'

export function Connecting() {
  return <div class="empty"><p role="status">{words.value.link.connecting}</p></div>
}

export function NotFound() {
  const { notFound } = words.value
  return <div class="empty"><h1>{notFound.title}</h1><p>{notFound.text}</p><Link to="/" class="button primary">{notFound.back}</Link></div>
}
