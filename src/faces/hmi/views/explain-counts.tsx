/** The parts behind a figure: by product, then count by count, with the raw counter before and after and the rule between them. */

import type { DataOf } from '../../../contract/endpoints/table.js'
import { choose, place } from '../data/place.js'
import { Link } from '../parts/link.js'
import { Paged } from '../parts/more.js'
import type { Figure } from '../parts/explain-link.js'
import { clockTime, dateTime, exact, number, words } from '../words/words.js'

type Explained = DataOf<'explain_equipment'>
type Count = Explained['counts'][number]

export function Parts({ explained: { parts, ideal_corrections: corrections, calendar_corrections: calendar, startups_as_counted: startups = [] } }: { readonly explained: Explained }) {
  const { explain: said } = words.value
  const sum = (of: (one: Explained['parts'][number]) => number) => parts.reduce((total, one) => total + of(one), 0)
  const rejects = (one: Explained['parts'][number]) => one.startup_reject + one.production_reject
  return (
    <section class="card">
      <h2>{said.partsTitle}</h2>
      <div class="scroll" tabIndex={0} role="region" aria-label={said.partsTitle}>
        <table>
          <thead><tr><th>{said.product_}</th><th class="number">{said.ideal}</th><th class="number">{said.figures.good}</th><th class="number">{said.figures.reject}</th><th class="number">{said.times.net_run}</th><th class="number">{said.times.fully_productive}</th></tr></thead>
          <tbody>{parts.map((one) => (
            <tr key={`${one.product ?? ''} ${one.ideal_ms}`}><th scope="row">{one.product ?? said.noProduct}</th><td class="number">{`${number(one.ideal_ms / 1_000, 3)}\u00a0s`}</td><td class="number">{number(one.good)}</td><td class="number">{number(rejects(one))}</td><td class="number">{exact(one.net_run_ms)}</td><td class="number">{exact(one.fully_productive_ms)}</td></tr>
          ))}</tbody>
          <tfoot><tr><th scope="row" colSpan={2}>{said.sum}</th><td class="number"><b>{number(sum((one) => one.good))}</b></td><td class="number"><b>{number(sum(rejects))}</b></td><td class="number"><b>{exact(sum((one) => one.net_run_ms))}</b></td><td class="number"><b>{exact(sum((one) => one.fully_productive_ms))}</b></td></tr></tfoot>
        </table>
      </div>
      {corrections.map((one) => (
        <p key={one.fact} class="muted">
          {said.idealCorrected([...new Set(one.previous.map((before) => number(before.ideal_cycle_seconds, 3)))].join(', '), number(one.ideal_cycle_seconds, 3), one.by, number(one.revision))}
          {' '}{one.product === undefined ? '' : `${one.product ?? said.noProduct} · `}{dateTime(one.from)} – {dateTime(one.to)} · {one.reason}
        </p>
      ))}
      {calendar.map((one) => (
        <p key={one.fact} class="muted">{said.calendarCorrected(one.as, one.by, number(one.revision))} {dateTime(one.from)} – {dateTime(one.to)} · {one.reason}</p>
      ))}
      {startups.map((one) => <p key={one.stop_id} class="muted">{said.startupAsCounted(dateTime(one.at), one.opened)}</p>)}
      {sum((one) => one.reworked) === 0 ? null : <p class="muted">{said.reworked(number(sum((one) => one.reworked)))}</p>}
      {sum((one) => one.off_schedule + one.recovered) === 0 ? null : <p class="muted">{said.outside(number(sum((one) => one.off_schedule)), number(sum((one) => one.recovered)))}</p>}
    </section>
  )
}

export function Counts({ explained, figure }: { readonly explained: Explained; readonly figure: Figure }) {
  const { explain: said } = words.value
  const rejects = ({ parts }: Count) => parts.startup_reject + parts.production_reject
  const counts = explained.counts.filter((count) => figure === 'reject' || figure === 'quality' ? rejects(count) !== 0 : figure === 'good' ? count.parts.good !== 0 : true)
  const open = Number(place.value.query.get('count') ?? Number.NaN)
  return (
    <section class="card">
      <h2>{said.countsTitle}</h2>
      {/* A count is a fact once a minute, or at once when something was odd. */}
      <p class="muted">{said.countedUntil(clockTime(explained.counts[explained.counts.length - 1]?.at ?? explained.window.from))}</p>
      {counts.length === 0 ? <p class="muted">{said.noCounts}</p> : (
        <div class="scroll" tabIndex={0} role="region" aria-label={said.countsTitle}>
          <table>
            <thead><tr><th>{said.fact}</th><th>{said.from}</th><th>{said.to}</th><th class="number">{said.figures.good}</th><th class="number">{said.figures.reject}</th><th>{said.job}</th><th>{said.how}</th></tr></thead>
            <tbody><Paged of={[...counts].reverse()} row={(count) => <CountRows key={count.fact} count={count} isOpen={count.fact === open} />} /></tbody>
            <tfoot><tr><th scope="row" colSpan={3}>{said.sum}</th><td class="number"><b>{number(counts.reduce((sum, { parts }) => sum + parts.good, 0))}</b></td><td class="number"><b>{number(counts.reduce((sum, count) => sum + rejects(count), 0))}</b></td><td colSpan={2} /></tr></tfoot>
          </table>
        </div>
      )}
    </section>
  )
}

function CountRows({ count, isOpen }: { readonly count: Count; readonly isOpen: boolean }) {
  const { explain: said } = words.value
  const { parts, steps } = count
  const rules = [...new Set(steps.map(({ rule }) => said.rule[rule]))].join(', ')
  return (
    <>
      <tr>
        <td>#{number(count.fact)}</td><td>{clockTime(count.from)}</td><td>{clockTime(count.at)}</td><td class="number">{number(parts.good)}</td><td class="number">{number(parts.startup_reject + parts.production_reject)}</td><td>{count.job ?? '–'}</td>
        <td><button type="button" class="button" aria-expanded={isOpen} onClick={() => { choose({ count: isOpen ? null : String(count.fact) }) }}>{count.type === 'counts_corrected' ? said.corrected : rules === '' ? said.noSteps : rules}</button></td>
      </tr>
      {isOpen ? <tr class="opened"><td colSpan={7}><Steps count={count} /></td></tr> : null}
    </>
  )
}

const raw = (value: number | null): string => value === null ? '–' : number(value)

function Steps({ count }: { readonly count: Count }) {
  const { explain: said } = words.value
  return (
    <div class="steps">
      {count.type === 'counts_corrected' ? <p>{said.correctedBy}</p> : null}
      {count.steps.map((step, i) => (
        <div key={i} class="step">
          <p><b>{step.signal}</b> <span class="step-raw">{number(step.from)} → {number(step.to)}</span> <b>{said.counted(number(step.parts))}</b></p>
          <p><b>{said.rule[step.rule]}.</b> {said.ruleTexts[step.rule]}</p>
          {step.samples === null ? null : <Link to={step.samples.replace('/api/v1/enhanced/equipment/', '/signal/').replace('/signals/', '/').replace('/history', '')} class="button">{said.raw}</Link>}
        </div>
      ))}
      {count.found === undefined ? null : <p><b>{said.lateFound(count.found.found_by, dateTime(count.found.found_at), dateTime(count.found.made_at), number(count.found.delay_seconds))}</b></p>}
      {count.late === undefined ? null : <p>{said.lateElsewhere(number(count.late.reject), count.late.of)}</p>}
      {count.job_change === undefined ? null : (
        <div class="step">
          <p><b>{said.jobChange.rule[count.job_change.rule](count.job_change.from_job ?? said.noJob, count.job_change.to_job ?? said.noJob)}</b></p>
          {count.job_change.counters.map(({ signal, before, latched, after, finding }) => (
            <p key={signal}><b>{signal}</b> <span class="step-raw">{raw(before)} → {raw(latched)} → {raw(after)}</span> {said.jobChange.finding[finding]}</p>
          ))}
        </div>
      )}
      <p class="muted">{said.valued(count.product ?? said.noProduct, number(count.ideal_ms / 1_000, 3), number(count.config))}</p>
    </div>
  )
}
