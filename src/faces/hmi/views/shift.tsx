/** Where the time went: this shift, compared, as a report, what would bring it back, and what was recorded wrongly. The address holds the whole view. */

import { mayI } from '../data/person.js'
import { choose, place } from '../data/place.js'
import { type Place, places } from '../data/store.js'
import { Choice } from '../parts/choice.js'
import { lazy } from '../parts/lazy.js'
import { oneOf } from '../parts/one-of.js'
import { words } from '../words/words.js'
import { ShiftNow } from './shift-now.js'

const Compare = lazy(async () => (await import('./compare.js')).Compare)
const Control = lazy(async () => (await import('./control.js')).Control)
const Report = lazy(async () => (await import('./report.js')).Report)
const Advice = lazy(async () => (await import('./advice.js')).Advice)
const Correct = lazy(async () => (await import('./correct.js')).Correct)

const shows = ['now', 'compare', 'control', 'report', 'advice', 'correct'] as const

export function ShiftPage({ line: code }: { readonly line: string }) {
  const { shift: said } = words.value
  const line = places.value?.find((one) => one.code === code)
  const show = oneOf(shows, place.value.query.get('show'))
  if (line === undefined) return null
  return (
    <div class="analysis">
      <div class="analysis-head">
        <h1>{said.title} <small class="muted">{line.name}</small></h1>
        <Choice name={said.title} of={shows.filter((one) => one !== 'correct' || mayI('correct_past')).map((one) => [one, said.shows[one]])} chosen={show} pick={(to) => { choose({ show: to === 'now' ? null : to }) }} />
      </div>
      <Shown show={show} line={line} />
    </div>
  )
}

function Shown({ show, line }: { readonly show: (typeof shows)[number]; readonly line: Place }) {
  switch (show) {
    case 'now': return <ShiftNow line={line.code} />
    case 'compare': return <Compare line={line} />
    case 'control': return <Control line={line} />
    case 'report': return <Report line={line} />
    case 'advice': return <Advice line={line} />
    case 'correct': return <Correct line={line} />
  }
}
