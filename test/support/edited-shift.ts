/** Shifts of one machine that stands, runs and is out of sight by lot, and of which people edit what they see. */

import { seededChance } from '../../src/base/chance.js'
import { type Instant, instant, later, rfc3339 } from '../../src/base/units.js'
import { config } from '../../src/contract/config.js'
import { type Replayed, replayTrace } from '../../src/replay/replay.js'
import { readTrace } from '../../src/replay/trace.js'

export const plant = config.parse({
  version: 1, gateway: { id: 'test', time_zone: 'UTC', cycle: '10s' }, plcs: [],
  calendars: { day: { day_start: '06:00', shifts: [{ name: 'early', start: '06:00', end: '14:00', breaks: [{ start: '08:00', end: '08:15' }, { start: '10:00', end: '10:30' }] }] } },
  reasons: [{ code: 'JAM', name: 'Jam', is_failure: true }, { code: 'CLEAN', name: 'Cleaning', category: 'planned' }, { code: 'NONE', name: 'No order', category: 'excluded' }],
  lines: [{ id: '12345678-1234-4678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'day', equipment: [{ code: 'BAG', name: 'Bagger', constraint: true, ideal_cycle: '2s', micro_stop: '1m' }] }],
})
export const START = instant(Date.parse('2026-03-24T06:00:00Z'))
/** Everything that is told of a shift is over by then. */
export const SHIFT_END = later(START, 12 * 3_600_000)

/** Stops that are asked for by their number; beyond them nobody edits. */
const STOPS = 16

export type Said = { readonly at: Instant; readonly body: object }
export const solved = (said: readonly Said[]): Replayed => {
  const read = readTrace(said.toSorted((one, other) => one.at - other.at).map(({ at, body }) => JSON.stringify({ at: rfc3339(at), ...body })).join('\n'), plant)
  if ('errors' in read) throw new Error(read.errors[0]!.message)
  return replayTrace(plant, read.moments)
}
export const signals = (at: Instant, running: boolean | null): Said => ({ at, body: { equipment: 'BAG', signals: { running } } })
export const command = (at: Instant, name: string, body: object): Said => ({ at, body: { command: { name, equipment: 'BAG', body, by: 'ana' } } })

/** A shift in which the bagger runs, stands and is out of sight by lot, over both breaks, and people edit what they see: often what is not there. */
export function shift(seed: number): readonly Said[] {
  const chance = seededChance(seed)
  const said = [signals(START, true)]
  const stop = () => `L1-S${chance.whole(1, STOPS)}`
  for (let at = later(START, 300_000); at < later(START, 7.5 * 3_600_000);) {
    said.push(signals(at, false))
    const stoodMs = chance.whole(20, 1_500) * 1_000
    if (chance.happens(0.25)) said.push(signals(later(at, stoodMs / 4), null), signals(later(at, stoodMs / 2), false))
    if (chance.happens(0.2)) said.push(command(later(at, stoodMs * 0.8), 'stop_split', { stop_id: stop(), at: rfc3339(later(at, stoodMs * 0.6)) }))
    const ended = later(at, stoodMs)
    said.push(signals(ended, true))
    const halfway = rfc3339(later(at, Math.round(stoodMs * 0.3)))
    // Which number a stop has only the line knows, so that everybody is asked.
    if (chance.happens(0.5)) for (let n = 1; n <= STOPS; n++) said.push(command(later(ended, n * 10), 'stop_split', { stop_id: `L1-S${n}`, at: halfway, ...(chance.happens(0.5) ? { reason: 'CLEAN' } : {}) }))
    if (chance.happens(0.5)) for (let n = 1; n <= STOPS; n++) for (let m = 1; m <= STOPS; m++) if (n !== m) said.push(command(later(ended, 500 + n), 'stop_merge', { stop_id: `L1-S${n}`, with: `L1-S${m}` }))
    for (let n = 0; n < 3; n++) said.push(command(later(ended, 700 + n), 'stop_reason', { stop_id: stop(), reason: chance.pick(['JAM', 'CLEAN', 'NONE']) }))
    if (chance.happens(0.5)) said.push(command(later(ended, 900), 'gap_declare', { at: rfc3339(later(at, Math.round(stoodMs * 0.4))), as: chance.happens(0.8) ? 'stopped' : 'running' }))
    at = later(ended, chance.whole(60, 1_200) * 1_000)
  }
  return said
}
