/** `lineside config plan`: a configuration tried on what was recorded, before it is applied. Needs no gateway. */

import { resolve } from 'node:path'
import { type Instant, type Ms, later } from '../base/units.js'
import { sentenceOfChange } from '../configuration/changes.js'
import { configOfSource, inForce, openVersions, readSource } from '../configuration/versions.js'
import type { Plan } from '../contract/plan.js'
import type { AndonView, StopView } from '../contract/views.js'
import { CliError } from '../faces/cli/exit.js'
import { type Cell, rendered } from '../faces/cli/output.js'
import { spoken } from '../faces/cli/spoken.js'
import type { Said } from '../faces/cli/verb.js'
import { planOf } from '../gateway/plan.js'
import { soundOf } from './config.js'
import { counted } from './counted.js'
import type { Place } from './where.js'

export async function plan({ file, directory, now }: Place & { readonly now: Instant }, named: string | undefined, { last, output }: { readonly last: Ms; readonly output: 'text' | 'json' }, say: (line: string) => void): Promise<Said> {
  const after = soundOf(readSource(named === undefined ? file : resolve(named)))
  const kept = inForce(openVersions(directory))
  if (kept === null) throw new CliError('missing', `no configuration was ever in force with the data directory ${directory}`, 'start the gateway once, or name the directory with --data')
  const before = soundOf(configOfSource(kept.source))
  if (process.stderr.isTTY) say(`solving ${spoken(last / 1_000)} twice …`)
  const found = await planOf({ before, after, directory, from: later(now, -last), to: now })
  return { text: output === 'json' ? `${JSON.stringify(found, null, 2)}\n` : textOf(found), exit: 'done', talk: talkOf(found, kept.version) }
}

function talkOf({ changes, reach, reconnects, unrecorded, stops_count, andons_count, figures }: Plan, version: number): string[] {
  if (changes.length === 0) return [`it says what version ${version} says`]
  return [
    `${counted(stops_count, 'stop')}, ${counted(andons_count, 'call')} and the figures of ${figures.length} would differ`,
    reach === 'live' ? 'it would take effect between two turns' : reach === 'reconnect' ? `it would connect ${reconnects.join(', ')} again` : 'a part of it takes effect at a restart only',
    ...unrecorded.map((signal) => `${signal} was not recorded: what it would have said is not known`),
  ]
}

function textOf({ window, changes, figures, stops, andons }: Plan): string {
  const from = (instant: string): string => new Date(instant).toLocaleString('sv-SE')
  const table = (rows: readonly Readonly<Record<string, Cell>>[]): string[] => {
    const columns = Object.keys(rows[0] ?? {})
    return rows.length === 0 ? [] : ['', rendered(rows, { main: columns, all: columns, name: columns[0]! }, 'table').trimEnd()]
  }
  return [
    `from ${window.from} to ${window.to}`,
    ...changes.map((change) => `  ${sentenceOfChange(change)}${change.reach === 'live' ? '' : `  (${change.reach})`}`),
    ...table(figures.map(({ of, before, after }) => ({ of, oee: pair(before.oee, after.oee), availability: pair(before.availability, after.availability), performance: pair(before.performance, after.performance), quality: pair(before.quality, after.quality), good: before.good === after.good ? after.good : `${before.good} → ${after.good}` }))),
    ...table(stops.map(({ before, after }) => ({ stop: from((before ?? after)!.from), equipment: (before ?? after)!.equipment_code, before: stopText(before), after: stopText(after) }))),
    ...table(andons.map(({ before, after }) => ({ call: from((before ?? after)!.raised_at), of: (before ?? after)!.equipment_code ?? (before ?? after)!.line, type: (before ?? after)!.andon_type, before: callText(before), after: callText(after) }))),
    '',
  ].join('\n')
}

const percent = (ratio: number | null): string => (ratio === null ? '–' : `${(ratio * 100).toFixed(1)} %`)
const pair = (before: number | null, after: number | null): string => (before === after ? percent(after) : `${percent(before)} → ${percent(after)}`)
const stopText = (stop: StopView | null): string => (stop === null ? 'none' : `${spoken(stop.seconds)} ${stop.state}${stop.micro ? ', micro' : ''}${stop.reason === null ? '' : `, ${stop.reason.code}`}`)
const callText = (call: AndonView | null): string => (call === null ? 'none' : `${call.priority}, ${call.status}`)
