/** `lineside replay`: what recorded inputs come to, as facts, as figures, or as one row for each equipment and line. */

import { existsSync, readFileSync } from 'node:fs'
import type { Instant } from '../base/units.js'
import { loadConfig, sentenceOf } from '../configuration/configure.js'
import { configOfVersion, openVersions } from '../configuration/versions.js'
import type { Config } from '../contract/config.js'
import type { StopView } from '../contract/views.js'
import { CliError } from '../faces/cli/exit.js'
import { type Format, type Row, rendered } from '../faces/cli/output.js'
import type { Said } from '../faces/cli/verb.js'
import { replayRecording } from '../replay/recording.js'
import { type Replayed, replayTrace } from '../replay/replay.js'
import { type Figures, type Report, factsText, reportOf } from '../replay/report.js'
import { readTrace } from '../replay/trace.js'
import { counted } from './counted.js'

interface Of { readonly under?: string | undefined; readonly trace: string | undefined; readonly from: Instant | undefined; readonly to: Instant | undefined }

/** `config` is what a trace is solved under. A recorded period stands under what was in force, or wholly under what is in the file `under`. */
export async function replay(config: () => Promise<Config>, directory: string, { under, ...of }: Of, report: 'json' | 'text' | 'facts'): Promise<Said> {
  const replayed = of.trace === undefined ? await ofRecording(under, directory, of) : ofTrace(await config(), of.trace, of)
  const text = report === 'facts' ? factsText(replayed.facts) : report === 'json' ? `${JSON.stringify(reportOf(replayed), null, 2)}\n` : reportText(reportOf(replayed), 'table')
  return { text, exit: 'done', talk: [] }
}

async function ofRecording(under: string | undefined, directory: string, { from, to }: Of): Promise<Replayed> {
  if (from === undefined || to === undefined) throw new CliError('usage', 'what is to be replayed?', 'name a --trace FILE, or a period of the journal with --from and --to')
  if (to <= from) throw new CliError('usage', '--to must be after --from')
  const versions = openVersions(directory)
  const other = under === undefined ? null : configIn(under)
  return replayRecording((version) => other ?? configOfVersion(versions, version), directory, { from, to })
}

function configIn(file: string): Config {
  const loaded = loadConfig(file)
  if ('config' in loaded) return loaded.config
  throw new CliError('unfit', `${file} has ${counted(loaded.errors.length, 'error')}`, 'mend it, then `lineside config check`', loaded.errors.map(sentenceOf))
}

function ofTrace(config: Config, trace: string, { from, to }: Of): Replayed {
  if (from !== undefined || to !== undefined) throw new CliError('usage', 'a trace is replayed as a whole', 'leave out --from and --to')
  if (trace !== '-' && !existsSync(trace)) throw new CliError('missing', `there is no trace ${trace}`)
  const read = readTrace(readFileSync(trace === '-' ? 0 : trace, 'utf8'), config)
  if ('moments' in read) return replayTrace(config, read.moments)
  throw new CliError('problems', `${trace} has ${counted(read.errors.length, 'bad line')}; nothing was replayed`, null, read.errors.map(({ line, message }) => `${trace}:${line} ${message}`))
}

export function reportText(report: Report, format: Format): string {
  const rowOf = (of: string, line: string, { window }: Figures, stops: readonly StopView[]): Row => ({
    of, line, oee: percent(window.oee), availability: percent(window.availability), performance: percent(window.performance), quality: percent(window.quality), coverage: percent(window.coverage),
    good: window.counts.good, reject: window.counts.startup_reject + window.counts.production_reject, stops: stops.filter(({ micro }) => !micro).length, micro_stops: stops.filter(({ micro }) => micro).length,
  })
  const rows = [
    ...Object.entries(report.equipment).map(([code, figures]) => rowOf(code, figures.line, figures, report.stops.filter((stop) => stop.equipment_code === code))),
    ...Object.entries(report.lines).map(([code, figures]) => rowOf(`line ${code}`, code, figures, report.stops.filter((stop) => stop.line === code))),
  ]
  const all = ['of', 'line', 'oee', 'availability', 'performance', 'quality', 'coverage', 'good', 'reject', 'stops', 'micro_stops']
  return rendered(rows, { main: all.filter((column) => column !== 'line'), all, name: 'of' }, format)
}

const percent = (ratio: number | null): string | null => ratio === null ? null : `${(ratio * 100).toFixed(1)} %`
