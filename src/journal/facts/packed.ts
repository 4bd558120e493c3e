/** Facts out of their packs: which packs a question can mean, and what of them it does. */

import type { FactQuery } from '../../contract/journal.js'
import { type Database, prepared } from '../store/database.js'
import type { FactRow } from './row.js'
import { type KeptFact, readStrand } from './strand.js'

interface Pack { readonly seq_first: number }
interface StrandRow { readonly id: number; readonly type: string; readonly line: string | null; readonly equipment: string | null }

/** The facts of a question that are in packs, in its order, at most `limit`. */
export function packReader(database: Database): (query: FactQuery, limit: number) => FactRow[] {
  const epochs = epochReader(database)
  const strandsOf = strandReader(database)
  return (query, limit) => {
    if (limit <= 0) return []
    const sign = query.newestFirst === true ? -1 : 1
    const found: FactRow[] = []
    // Packs follow each other by number.
    for (const pack of packsFor(database, query)) {
      if (found.length >= limit) break
      const stops = query.stop === undefined ? query.stops : [query.stop]
      const named = stops === undefined ? null : namesOf(database, pack, stops)
      if (named?.size === 0) continue
      const inPack: FactRow[] = []
      for (const [strand, facts] of strandsOf(pack, query)) {
        const { type, line, equipment } = strand
        for (const fact of facts) {
          if (!isMeant(fact, query) || (named !== null && !named.has(fact.seq))) continue
          const { seq, epoch, turn, at, config, body } = fact
          inPack.push({ seq, epoch: epochs(epoch), turn, at, line, equipment, type, config, body })
        }
      }
      for (const fact of inPack.sort((one, other) => sign * (one.seq - other.seq))) found.push(fact)
    }
    return found.slice(0, limit)
  }
}

/** Every fact in a pack, oldest first; `null` in place of a strand that is damaged. */
export function* everyPackedFact(database: Database): Generator<KeptFact | null> {
  const content = database.prepare<[number], Buffer>('SELECT content FROM strands WHERE id = ?').pluck()
  for (const id of database.prepare<[], number>('SELECT s.id FROM strands s JOIN packs p ON p.seq_first = s.pack WHERE p.sealed = 1 ORDER BY s.id').pluck().all()) {
    let facts: (KeptFact | null)[]
    try { facts = readStrand(content.get(id)!) } catch { facts = [null] }
    yield* facts
  }
}

function packsFor(database: Database, query: FactQuery): Pack[] {
  const conditions = [
    'sealed = 1',
    query.after === undefined ? null : 'seq_last > :after',
    query.from === undefined ? null : 'at_last >= :from',
    query.to === undefined ? null : 'at_first < :to',
    query.fromTurn === undefined ? null : 'turn_last >= :fromTurn',
    query.untilTurn === undefined ? null : 'turn_first < :untilTurn',
  ].filter((condition) => condition !== null)
  return prepared<object, Pack>(database, `SELECT seq_first FROM packs WHERE ${conditions.join(' AND ')} ORDER BY seq_first ${query.newestFirst === true ? 'DESC' : 'ASC'}`).all(query)
}

const namesOf = (database: Database, { seq_first }: Pack, stops: readonly string[]): ReadonlySet<number> =>
  new Set(prepared<[number, string], number>(database, 'SELECT seq FROM told WHERE pack = ? AND stop IN (SELECT value FROM json_each(?))').pluck().all(seq_first, JSON.stringify(stops)))

/** What the packs and their strands do not say already. */
function isMeant(fact: KeptFact, { after, from, to, fromTurn, untilTurn }: FactQuery): boolean {
  return (after === undefined || fact.seq > after)
    && (from === undefined || fact.at >= from)
    && (to === undefined || fact.at < to)
    && (fromTurn === undefined || fact.turn >= fromTurn)
    && (untilTurn === undefined || fact.turn < untilTurn)
}

/** The strands of a pack that a question means. Those of the pack asked last are kept, because whoever reads page by page asks for them again. */
function strandReader(database: Database): (pack: Pack, query: FactQuery) => [StrandRow, readonly KeptFact[]][] {
  const content = database.prepare<[number], Buffer>('SELECT content FROM strands WHERE id = ?').pluck()
  const kept = { pack: 0, strands: new Map<number, readonly KeptFact[]>() }
  return (pack, query) => {
    if (kept.pack !== pack.seq_first) { kept.pack = pack.seq_first; kept.strands.clear() }
    const conditions = [
      'pack = :pack',
      query.types === undefined || query.types.length === 0 ? null : 'type IN (SELECT value FROM json_each(:types))',
      query.equipment === undefined ? null : 'equipment = :equipment',
      query.line === undefined ? null : 'line = :line',
    ].filter((condition) => condition !== null)
    const strands = prepared<object, StrandRow>(database, `SELECT id, type, line, equipment FROM strands WHERE ${conditions.join(' AND ')}`)
      .all({ ...query, pack: pack.seq_first, types: JSON.stringify(query.types ?? []) })
    return strands.map((strand) => {
      const facts = kept.strands.get(strand.id) ?? readStrand(content.get(strand.id)!)
      kept.strands.set(strand.id, facts)
      return [strand, facts]
    })
  }
}

/** A fact whose epoch was lost with a damaged file still says what happened. Epochs are only ever added, so what was read stays true. */
function epochReader(database: Database): (id: number) => string {
  const known = new Map<number, string>()
  const one = database.prepare<[number], string>('SELECT epoch FROM epochs WHERE id = ?').pluck()
  return (id) => {
    const name = known.get(id) ?? one.get(id) ?? ''
    if (name !== '') known.set(id, name)
    return name
  }
}
