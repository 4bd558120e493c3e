/** `lineside tag overview`: what every signal of a line was lately, and a small picture of how it went. */

import { dataOf, query } from '../../faces/cli/answer.js'
import { CliError } from '../../faces/cli/exit.js'
import { duration, flag, maybe, rowFormat, standard, text } from '../../faces/cli/flag.js'
import type { Gateway } from '../../faces/cli/gateway.js'
import { rendered } from '../../faces/cli/output.js'
import { verb } from '../../faces/cli/verb.js'
import { gatewayOf } from '../reach.js'

/** As many as a line of a terminal has room for beside the figures. */
const POINTS = 40

export const overview = verb({
  words: 'tag overview', sentence: 'every numeric signal of a line over the last hour: least, mean and largest value, and how it went', finds: 'gateway',
  examples: ['lineside tag overview', 'lineside tag overview BP01 --since 24h', 'lineside tag overview BP01 --equipment BP01.PACK.BAG1 -o csv'],
  args: { line: maybe(text('code'), 'default: the only one') },
  flags: { equipment: flag(text('code'), 'only of this equipment'), since: standard(duration, '1h', 'how far back'), output: rowFormat },
  async run({ args, flags: { equipment, since, output }, where, now }) {
    const gateway = await gatewayOf(where)
    const { plant } = await import('../../contract/endpoints/plant.js')
    const path = plant.signals_overview.path.replace('{line_id}', encodeURIComponent(args.line ?? await onlyLine(gateway)))
    const { signals } = await dataOf(gateway, plant.signals_overview.data, path + query({ from: new Date(now() - since).toISOString(), points: POINTS }), 'GET', ANSWER_MS)
    const isForPeople = output === 'table' || output === 'wide'
    // Thousands are counts, and whole ones are told whole.
    const shown = (value: number | null): number | null => (value === null || !isForPeople ? value : Number(value.toFixed(Math.abs(value) >= 1_000 ? 0 : 2)))
    const rows = signals.filter((one) => equipment === undefined || one.equipment_code === equipment).map(({ equipment_code, signal, unit, samples, min, mean, max, means }) => ({
      equipment: equipment_code, signal, unit, samples, min: shown(min), mean: shown(mean), max: shown(max), means: isForPeople ? pictureOf(means) : means.map((value) => value ?? '').join(' '),
    }))
    return { text: rendered(rows, { main: ['equipment', 'signal', 'min', 'mean', 'max', 'unit', 'means'], all: ['equipment', 'signal', 'samples', 'min', 'mean', 'max', 'unit', 'means'], name: 'signal' }, output), exit: 'done', talk: [] }
  },
})

/** A day of many signals is unpacked for it. */
const ANSWER_MS = 20_000

async function onlyLine(gateway: Gateway): Promise<string> {
  const { plant } = await import('../../contract/endpoints/plant.js')
  const { lines } = await dataOf(gateway, plant.lines.data, plant.lines.path)
  if (lines.length === 1) return lines[0]!.code
  throw new CliError('usage', `there are ${lines.length} lines`, `say which: ${lines.map(({ code }) => code).join(', ')}`)
}

const BARS = '▁▂▃▄▅▆▇█'

/** From its least to its largest value; a gap is a time without a good one. */
export function pictureOf(means: readonly (number | null)[]): string {
  const known = means.filter((value) => value !== null)
  const [least, largest] = [Math.min(...known), Math.max(...known)]
  const heightOf = (value: number): number => (largest === least ? 3 : Math.round(((value - least) / (largest - least)) * (BARS.length - 1)))
  return means.map((value) => (value === null ? ' ' : BARS[heightOf(value)]!)).join('')
}
