/** The table of stops: each as it stands by its facts, kept in the commit that writes them. */

import { given } from '../../base/assert.js'
import { type Instant, instant, instantOf, rfc3339, seq } from '../../base/units.js'
import type { Fact } from '../../contract/events/catalogue.js'
import { type ToldStop, type ToldStops, hearOfStop, stopFacts } from '../../contract/told-stop.js'
import type { Database } from '../store/database.js'
import type { WireFact } from '../wire.js'
import { factFinder } from './facts.js'

export interface StopTable {
  /** Hears a fact that is being written; the caller holds the transaction. */
  hear(fact: WireFact): void
  /** Lists some of the stops that were told before there was the table. Returns whether there was something to do. */
  catchUp(): boolean
  /** Forgets stops that ended up to an instant, whose facts are gone; and those that nothing ever ended and that opened up to another. The caller holds the transaction. */
  forget(upTo: { readonly ended: number; readonly opened: number }): void
}

/** One step must not hold up a turn: what it takes is a few milliseconds. */
const FACTS_PER_STEP = 64

export function openStopTable(database: Database): StopTable {
  const stops = storedStops(database)
  const find = factFinder(database)
  const setMark = database.prepare(`INSERT INTO marks (name, value) VALUES ('${MARK}', ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value`)
  const dropMark = database.prepare(`DELETE FROM marks WHERE name = '${MARK}'`)
  const forget = forgetter(database)
  let heardTo = heardSoFar(database)

  function hear(fact: WireFact): void {
    // What is written was typed and checked where it was decided.
    if (isOfStop(fact.type)) hearOfStop(stops, { ...fact, body: JSON.parse(fact.body) as unknown } as unknown as Fact)
  }

  return {
    hear(fact) {
      // Facts must be heard in their order, so until the old ones have been, new ones wait in the journal with them.
      if (heardTo === null) hear(fact)
    },
    catchUp() {
      if (heardTo === null) return false
      const facts = find({ after: seq(heardTo), types: stopFacts, limit: FACTS_PER_STEP })
      const last = facts.length < FACTS_PER_STEP ? null : facts.at(-1)!.seq
      database.transaction(() => {
        for (const fact of facts) hear(fact)
        if (last === null) dropMark.run()
        else setMark.run(String(last))
      }).immediate()
      heardTo = last
      return true
    },
    forget,
  }
}

/** Whether the table knows all facts that there are. */
export const isListed = (database: Database): boolean => heardSoFar(database) === null

/** The table must hear all facts again, because they came another way. */
export function listAnew(database: Database): void {
  database.prepare(`INSERT OR REPLACE INTO marks (name, value) VALUES ('${MARK}', '0')`).run()
}

const MARK = 'stops_heard'

/** The number up to which the table has heard; `null`: to the end. */
function heardSoFar(database: Database): number | null {
  const value = database.prepare<[], string>(`SELECT value FROM marks WHERE name = '${MARK}'`).pluck().get()
  return value === undefined ? null : Number(value)
}

const isOfStop = (type: string): boolean => (stopFacts as readonly string[]).includes(type)

/* ── rows ────────────────────────────────────────────────────────────────────────────────────── */

/** A stop as it lies in the database. */
export interface StopRow {
  readonly stop: string
  readonly line: number
  readonly equipment: number
  readonly began: number
  readonly ended: number | null
  readonly lost_ms: number
  readonly micro_above_ms: number | null
  readonly revision: number
  readonly why: number
  readonly during: number
  readonly notes: string | null
}

export const STOP_COLUMNS = 'stop, line, equipment, began, ended, lost_ms, micro_above_ms, revision, why, during, notes'

/** What the numbers of a row stand for. */
export interface StopWords { readonly code: (id: number) => string; readonly said: (id: number) => unknown }

export function stopWords(database: Database): StopWords {
  const code = database.prepare<[number], string>('SELECT code FROM codes WHERE id = ?').pluck()
  const text = database.prepare<[number], string>('SELECT text FROM stop_texts WHERE id = ?').pluck()
  return { code: (id) => given(code.get(id), 'the code of a stop'), said: (id) => JSON.parse(given(text.get(id), 'a text of a stop')) as unknown }
}

/** The texts are JSON of exactly these shapes: `storedStops` is the only one that writes them. */
export function stopOf({ stop, line, equipment, began, ended, lost_ms, micro_above_ms, revision, why, during, notes }: StopRow, { code, said }: StopWords): ToldStop {
  const { state, reason, cause } = said(why) as Pick<ToldStop, 'state' | 'reason' | 'cause'>
  const { job_id, product, shift } = said(during) as Pick<ToldStop, 'job_id' | 'product' | 'shift'>
  return {
    stop_id: stop, line: code(line), equipment_code: code(equipment), state, reason, cause, job_id, product, shift,
    from: rfc3339(instant(began)), to: ended === null ? null : rfc3339(instant(ended)), seconds: lost_ms / 1_000, microAboveMs: micro_above_ms, revision,
    notes: notes === null ? [] : JSON.parse(notes) as ToldStop['notes'],
  }
}

function storedStops(database: Database): ToldStops {
  const one = database.prepare<[string], StopRow>(`SELECT ${STOP_COLUMNS} FROM stops WHERE stop = ?`)
  const words = stopWords(database)
  const remove = database.prepare('DELETE FROM stops WHERE stop = ?')
  // A step of the clock may have moved its beginning, which is part of what it is found by.
  const moveAway = database.prepare('DELETE FROM stops WHERE stop = :stop AND (line, equipment, began) <> (:line, :equipment, :began)')
  const put = database.prepare(`
    INSERT INTO stops (line, equipment, began, stop, ended, lost_ms, micro_above_ms, reason, revision, why, during, notes)
    VALUES (:line, :equipment, :began, :stop, :ended, :lost_ms, :micro_above_ms, :reason, :revision, :why, :during, :notes)
    ON CONFLICT (line, equipment, began, stop) DO UPDATE SET
      ended = excluded.ended, lost_ms = excluded.lost_ms, micro_above_ms = excluded.micro_above_ms, reason = excluded.reason, revision = excluded.revision, why = excluded.why, during = excluded.during, notes = excluded.notes`)
  const codeOf = codes(database)
  const textOf = texts(database)
  return {
    get(id) {
      const row = one.get(id)
      return row === undefined ? undefined : stopOf(row, words)
    },
    delete(id) { remove.run(id) },
    set(id, { line, equipment_code, from, to, seconds, microAboveMs, state, reason, cause, job_id, product, shift, revision, notes }) {
      const began = msOf(from)
      const place = { stop: id, line: codeOf(line), equipment: codeOf(equipment_code), began }
      moveAway.run(place)
      put.run({
        ...place, ended: to === null ? null : msOf(to), lost_ms: Math.round(seconds * 1_000), micro_above_ms: microAboveMs, reason: reason?.code ?? null, revision,
        why: textOf(JSON.stringify({ state, reason, cause }), began), during: textOf(JSON.stringify({ job_id, product, shift }), began), notes: notes.length === 0 ? null : JSON.stringify(notes),
      })
    },
  }
}

const msOf = (text: string): Instant => given(instantOf(text), 'an instant')

function codes(database: Database): (code: string) => number {
  const known = database.prepare<[string], number>('SELECT id FROM codes WHERE code = ?').pluck()
  const add = database.prepare('INSERT INTO codes (code) VALUES (?)')
  return (code) => known.get(code) ?? Number(add.run(code).lastInsertRowid)
}

/** The number of a text that a stop says which began at an instant. Until when a text is used is kept by the day, so that most stops write nothing here. */
function texts(database: Database): (text: string, began: number) => number {
  const known = database.prepare<[string], { id: number; used: number }>('SELECT id, used FROM stop_texts WHERE text = ?')
  const add = database.prepare('INSERT INTO stop_texts (text, used) VALUES (?, ?)')
  const use = database.prepare('UPDATE stop_texts SET used = ? WHERE id = ?')
  return (text, began) => {
    const used = Math.ceil(began / DAY_MS) * DAY_MS
    const found = known.get(text)
    if (found === undefined) return Number(add.run(text, used).lastInsertRowid)
    if (found.used < used) use.run(used, found.id)
    return found.id
  }
}

const DAY_MS = 86_400_000

/** Lines and equipment of which there are stops. The key begins with them: stepping from one to the next reads a row each. */
export function stoppedReader(database: Database): () => StoppedPlace[] {
  const next = database.prepare<[number, number], StoppedPlace>('SELECT line, equipment, began FROM stops WHERE (line, equipment) > (?, ?) ORDER BY line, equipment, began LIMIT 1')
  return () => {
    const places: StoppedPlace[] = []
    for (let place = next.get(-1, -1); place !== undefined; place = next.get(place.line, place.equipment)) places.push(place)
    return places
  }
}

/** Numbers of a line and of an equipment, and when its oldest stop began. */
export interface StoppedPlace { readonly line: number; readonly equipment: number; readonly began: number }

function forgetter(database: Database): StopTable['forget'] {
  const places = stoppedReader(database)
  const remove = database.prepare('DELETE FROM stops WHERE line = :line AND equipment = :equipment AND began <= :ended AND (ended <= :ended OR (ended IS NULL AND began <= :opened))')
  const removeTexts = database.prepare('DELETE FROM stop_texts WHERE used < ?')
  return ({ ended, opened }) => {
    for (const { line, equipment } of places()) remove.run({ line, equipment, ended, opened })
    removeTexts.run(Math.min(...places().map(({ began }) => began)))
  }
}
