/** Samples as those who ask get them, out of the columns in which they cross from the reading thread. */

import { instant } from '../../base/units.js'
import type { SamplePoint } from '../../contract/journal.js'
import { type Quality, qualityNames } from '../../contract/scan.js'
import type { Part } from './history.js'

/** What was not read well has no value, whatever stands in its place. */
export function pointsOf({ ats, values, qualities }: Part): SamplePoint[] {
  return Array.from(ats, (at, i) => {
    const value = values[i]!
    return { at: instant(at), value: qualities[i] === 0 && !Number.isNaN(value) ? value : null, quality: qualityNames[qualities[i]!] ?? 'not_read' satisfies Quality }
  })
}
