/** Who asked for what, and what became of it. */

import { useState } from 'preact/hooks'
import { useAsk } from '../data/asked.js'
import { now } from '../data/clock.js'
import { choose, place } from '../data/place.js'
import { sentenceOf } from '../parts/action.js'
import { Choice } from '../parts/choice.js'
import { Paged } from '../parts/more.js'
import { oneOf } from '../parts/one-of.js'
import { dateTime, deedOf, number, words } from '../words/words.js'

const spans = [1, 7, 31] as const
const DAY_MS = 86_400_000

export function AuditPage() {
  const { audit: said, compare, nav, refusals } = words.value
  const days = oneOf(spans, place.value.query.get('days'))
  const [to] = useState(() => now.value)
  const { data, refusal } = useAsk('audit', {}, { from: new Date(to - days * DAY_MS).toISOString(), limit: 1_000 }, true)
  const known: Readonly<Record<string, string>> = refusals
  return (
    <div class="analysis">
      <div class="analysis-head"><h1>{nav.audit}</h1><Choice name={words.value.shift.window} of={spans.map((one) => [String(one), compare.days(number(one))])} chosen={String(days)} pick={(next) => { choose({ days: next }) }} /></div>
      {refusal === null ? null : <p class="card">{sentenceOf(refusal)}</p>}
      {data === null ? null : (
        <section class="card">
          {data.complete ? null : <p class="note">{said.more}</p>}
          {data.commands.length === 0 ? <p class="muted">{said.none}</p> : (
            <div class="scroll" tabIndex={0} role="region" aria-label={nav.audit}><table class="stack">
              <thead><tr><th>{said.when}</th><th>{said.who}</th><th>{said.what}</th><th>{said.where}</th><th>{said.outcome}</th></tr></thead>
              <tbody><Paged of={[...data.commands].reverse()} row={(one) => (
                <tr key={`${one.at} ${one.by_id ?? ''} ${one.command} ${one.seqs[0] ?? ''}`}><td>{dateTime(one.at)}</td><td>{one.by_name} <small class="muted">{roleOf(one.role)}</small></td><td class="wide-cell"><b>{deedOf(one.command)}</b><small class="audit-body">{told(one.body)}</small></td><td>{one.equipment_code ?? one.line ?? words.value.maintenance.gateway}</td><td>{one.refused === null ? one.seqs.map((seq) => `#${number(seq)}`).join(' ') : <b>{known[one.refused] ?? one.refused}</b>}</td></tr>
              )} /></tbody>
            </table></div>
          )}
        </section>
      )}
    </div>
  )
}

const roleOf = (role: string | null): string => (words.value.tokens.roles as Readonly<Record<string, string>>)[role ?? ''] ?? role ?? ''

/** What was asked for, member by member; what was left open is left out. */
function told(body: unknown): string {
  if (typeof body !== 'object' || body === null) return ''
  return Object.entries(body).flatMap(([name, value]: [string, unknown]) => value === null || value === '' ? [] : [`${name.replaceAll('_', ' ')}: ${typeof value === 'string' ? value : JSON.stringify(value)}`]).join(' · ')
}
