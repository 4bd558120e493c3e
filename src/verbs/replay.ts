/** What a replay came to, for a person: one row for each equipment and line. */

import type { StopView } from '../contract/views.js'
import { type Format, type Row, rendered } from '../faces/cli/output.js'
import type { Figures, Report } from '../replay/report.js'

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
