/** Answers about lines, equipment, signals, shifts, and the journal itself. */

import { instantOf, rfc3339, seq } from '../../base/units.js'
import { slicesOf } from '../../analysis/timeline.js'
import { adviceOn } from '../../analysis/advice.js'
import { stopsWithin } from '../../analysis/stops.js'
import { spoken } from '../../analysis/words/spoken.js'
import type { LineConfig } from '../../contract/config.js'
import { constraintOf, constraintsOf } from '../../contract/constraint.js'
import type { Desk } from '../../contract/desk.js'
import type { DataOf } from '../../contract/endpoints/table.js'
import type { Fact, FactName, FactOf } from '../../contract/events/catalogue.js'
import { messageOf } from '../../contract/events/message.js'
import { isFaultCode } from '../../contract/faults.js'
import { isRefusal, refuse } from '../../contract/refusals.js'
import { may } from '../../contract/roles.js'
import { calendarNameOf } from '../../contract/whose-calendar.js'
import type { Handlers } from './ask.js'
import { DAY_MS, allFacts, pageOf, periodOf, reachedFacts, windowOf } from './history.js'
import { dataOf, withLive } from './production.js'
import { signalOf, signalPoints, slotOf, unitOf } from './signal.js'
import { stopsOver } from './stop-list.js'

type Names = 'lines' | 'line' | 'line_plcs' | 'equipment' | 'equipment_signals' | 'signal_history' | 'signals_overview' | 'equipment_timeline' | 'reasons' | 'reject_reasons' | 'shifts' | 'calendar' | 'journal'
type Shift = DataOf<'shifts'>['shifts'][number]

export function plantHandlers(desk: Desk): Pick<Handlers, Names> {
  const lineIdOf = (line: string): string => desk.line(line)?.id ?? line

  /** What was made in a shift that people corrected, out of its rows: what left the line, and the rejects of all equipment. */
  async function counted(shift: Shift, line: string): Promise<Shift> {
    const period = { from: instantOf(shift.from)!, to: instantOf(shift.to)! }
    const codes = desk.config.lines.find(({ code }) => code === line)?.equipment.map(({ code }) => code) ?? []
    const counts = await Promise.all(codes.map(async (of) => (await desk.oee({ of, ...period })).counts))
    const exit = counts.at(-1)
    if (exit === undefined || !shift.ended) return shift
    return { ...shift, good: exit.good + exit.off_schedule + exit.recovered, reject: counts.reduce((sum, { startup_reject: startup, production_reject: production }) => sum + startup + production, 0) }
  }

  return {
    lines: ({ actor }) => ({
      lines: desk.config.lines.filter(({ code }) => may(actor, 'view', code)).map((line) => ({
        line_id: line.id, code: line.code, name: line.name, equipment: line.equipment.map((each) => ({ equipment_code: each.code, name: each.name, constraint: each === constraintOf(line), ...limitsOf(line, each.code) })),
      })),
    }),
    line: ({ line }) => desk.view('line', line!),
    line_plcs({ line, language }) {
      const view = desk.view('plcs', line!)
      // The view is one for all, in English; what is to be done about a fault is said in the asker's words.
      if (language === 'en') return view
      const { plcs } = dataOf(view, 'plcs')
      return { plcs: plcs.map((plc) => ({ ...plc, remedy: plc.fault !== null && isFaultCode(plc.fault) ? adviceOn(plc.fault, plc.detail, spoken[language]) : plc.remedy })) }
    },
    equipment: ({ params }) => desk.view('equipment', params.equipment_code),
    equipment_signals: ({ params }) => desk.view('signals', params.equipment_code),

    async signal_history({ params, query, line }) {
      const period = periodOf(desk, query, line, 31 * DAY_MS)
      if (isRefusal(period)) return period
      const signal = signalOf(desk, params.equipment_code, params.signal)
      if (signal === undefined) return refuse('NOT_FOUND', { signal: params.signal })
      return { window: windowOf(period), signal: params.signal, ...await signalPoints(desk, signal, period, query.points) }
    },

    async signals_overview({ query, line }) {
      const period = periodOf(desk, query, line, 31 * DAY_MS)
      if (isRefusal(period)) return period
      const signals = desk.config.lines.filter(({ code }) => code === line).flatMap(({ equipment }) => equipment).flatMap(({ code, signals: all }) => Object.entries(all).map(([name, signal]) => ({ equipment: code, name, signal })))
      const overviews = await desk.overview({ slots: signals.map(({ signal }) => slotOf(signal)), ...period, parts: query.points })
      return {
        window: windowOf(period),
        // A signal without a good value may be a text, or not recorded.
        signals: signals.flatMap(({ equipment, name, signal }, i) => {
          const { n, mean, min, max, means } = overviews[i]!
          if (mean === null || min === null || max === null) return []
          const scaled = (value: number): number => value * signal.scale + signal.offset
          const [one, other] = [scaled(min), scaled(max)]
          return [{ equipment_code: equipment, signal: name, unit: unitOf(desk, signal), samples: n, min: Math.min(one, other), max: Math.max(one, other), mean: scaled(mean), means: means.map((value) => (value === null ? null : scaled(value))) }]
        }),
      }
    },

    async equipment_timeline({ params, query, line }) {
      const period = periodOf(desk, query, line, 7 * DAY_MS)
      if (isRefusal(period)) return period
      const equipment = params.equipment_code
      // Up to now, because only the next change says what a state was.
      const [facts, stops] = await Promise.all([
        allFacts(desk, { types: ['state_changed'], line: line!, equipment, from: period.from }),
        stopsOver(desk, line!, equipment, period),
      ])
      if (!Array.isArray(facts)) return facts
      if (isRefusal(stops)) return stops
      const live = dataOf(desk.view('equipment', equipment), 'equipment')
      const changes = facts.filter((fact) => fact.type === 'state_changed')
      return {
        window: windowOf(period),
        slices: slicesOf(changes, live.state.state, period.from, period.to),
        stops: stopsWithin(withLive(stops, live.current_stop), period.from, period.to).toReversed(),
      }
    },

    reasons: ({ query }) => ({
      reasons: desk.config.reasons
        .filter(({ equipment }) => query.equipment_code === undefined || equipment === undefined || equipment.includes(query.equipment_code))
        .map(({ code, name, category, is_failure, external, team, parent }) => ({ code, name, category, is_failure, external, team: team ?? null, parent: parent ?? null })),
    }),

    reject_reasons: ({ query }) => ({
      reject_reasons: desk.config.reject_reasons
        .filter(({ equipment }) => query.equipment_code === undefined || equipment === undefined || equipment.includes(query.equipment_code))
        .map(({ code, name }) => ({ code, name })),
    }),

    async shifts({ query, actor, line }) {
      const period = periodOf(desk, query, line, 366 * DAY_MS)
      if (isRefusal(period)) return period
      const facts = await reachedFacts(desk, actor, { types: shiftFacts, line, from: period.from })
      if (!Array.isArray(facts)) return facts
      const shifts = shiftsOf(facts).filter(({ from }) => Date.parse(from) >= period.from && Date.parse(from) < period.to).toReversed()
      const page = pageOf(shifts, (shift) => shift.shift, () => true, query)
      if (isRefusal(page)) return page
      return { window: windowOf(period), shifts: await Promise.all(page.items.map(async ({ correctedOn, ...shift }) => correctedOn === null ? shift : counted(shift, correctedOn))), next_cursor: page.next_cursor }
    },

    calendar({ line }) {
      const config = line === null && desk.config.lines.length === 1 ? desk.config.lines[0] : desk.config.lines.find(({ code }) => code === line)
      if (config === undefined) return refuse('BODY_MISFIT', [{ path: 'line_id', message: 'say which line' }])
      const { day_start, breaks, shifts, exceptions } = desk.config.calendars[calendarNameOf(desk.config, config)!]!
      return {
        time_zone: desk.config.gateway.time_zone, day_start, breaks,
        shifts: shifts.map(({ name, days, start, end, crew, rota, from, until, breaks: pauses }) => (
          { name, days, start, end, crew: crew ?? null, rota: rota ?? null, from: from ?? null, until: until ?? null, breaks: pauses })),
        exceptions: exceptions.map(({ date, shift, closed, start, end, name }) => ({ date, shift: shift ?? null, closed, start: start ?? null, end: end ?? null, name: name ?? null })),
        corrections: desk.corrected(config.code).map(({ from, to, as, shift }) => ({ from: rfc3339(from), to: rfc3339(to), as, shift })),
      }
    },

    async journal({ query, actor, line }) {
      const { after, limit, types, equipment_code: equipment } = query
      const facts = await desk.facts({
        after: seq(after), limit, ...(types === undefined ? {} : { types }), ...(line === null ? {} : { line }), ...(equipment === undefined ? {} : { equipment }),
      })
      const { epoch, seq: head } = desk.head()
      // What was passed over because the actor does not reach it is not asked for again.
      const next = facts.length === limit ? facts.at(-1)!.seq : Math.max(after, head)
      return {
        epoch, head, next_after: next,
        events: facts.filter((fact) => fact.line === null || may(actor, 'view', fact.line)).map((fact) => messageOf(fact, lineIdOf)),
      }
    },
  }
}

/** `correctedOn` is the line whose calendar people corrected over the shift: what was counted at its end was counted of another time. */
type Found = Shift & { readonly correctedOn: string | null }

function shiftsOf(facts: readonly Fact[]): Found[] {
  const shifts = new Map<string, Found>()
  const cancelled = new Set<string>()
  for (const fact of facts) {
    if (fact.type === 'shift_started') {
      shifts.set(keyOf(fact), { ...fact.body, revision: shifts.get(keyOf(fact))?.revision ?? 0, ended: false, good: null, reject: null, correctedOn: null })
    } else if (fact.type === 'shift_ended') {
      const started = shifts.get(keyOf(fact))
      // It may have ended elsewhere than was to be expected when it began.
      const { to, good, reject, planned_seconds = started?.planned_seconds, revision = started?.revision } = fact.body
      if (started !== undefined) shifts.set(keyOf(fact), { ...started, to, planned_seconds: planned_seconds!, revision: revision!, ended: true, good, reject })
    } else if (fact.type === 'calendar_corrected') {
      for (const shift of fact.body.cancelled) cancelled.add(`${fact.line}/${shift}`)
      for (const shift of fact.body.shifts) {
        const key = `${fact.line}/${shift.shift}`
        cancelled.delete(key)
        const known = shifts.get(key)
        shifts.set(key, { ...known ?? { ended: Date.parse(shift.to) <= fact.at, good: null, reject: null }, ...shift, revision: known === undefined ? 0 : known.revision + 1, correctedOn: fact.line })
      }
    }
  }
  return [...shifts].filter(([key]) => !cancelled.has(key)).map(([, shift]) => shift).sort((one, other) => Date.parse(one.from) - Date.parse(other.from))
}

/** Shifts as they began and ended, and as people said afterwards that they had been worked. */
/** What it limits the line with, beside what its constraint limits. */
function limitsOf(line: LineConfig, code: string): { readonly limits_products?: string[] } {
  const products = constraintsOf(line).get(code) ?? []
  return products.length === 0 ? {} : { limits_products: [...products] }
}

const shiftFacts = ['shift_started', 'shift_ended', 'calendar_corrected'] as const satisfies readonly FactName[]

/** Lines may have shifts of the same name. */
const keyOf = (fact: FactOf<'shift_started' | 'shift_ended'>): string => `${fact.line}/${fact.body.shift}`
