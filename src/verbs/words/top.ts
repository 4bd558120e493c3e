/** `lineside top`: the lines, their equipment and their PLCs on one screen, once a second. */

import { styleText } from 'node:util'
import type { service } from '../../contract/endpoints/service.js'
import type { z } from '../../contract/schema.js'
import type { LineView, views } from '../../contract/views.js'
import { bareOf, dataOf } from '../../faces/cli/answer.js'
import { CliError } from '../../faces/cli/exit.js'
import { cutTo, wrapped } from '../../faces/cli/fit.js'
import { off } from '../../faces/cli/flag.js'
import type { Gateway } from '../../faces/cli/gateway.js'
import { onScreen } from '../../faces/cli/screen.js'
import { interrupted } from '../../faces/cli/signals.js'
import { localClock, spoken } from '../../faces/cli/spoken.js'
import { verb } from '../../faces/cli/verb.js'
import { gatewayOf } from '../reach.js'

type Ready = z.output<typeof service.readyz.data>
type Plcs = z.output<typeof views.plcs>['plcs']

export interface TopSeen { readonly ready: Ready; readonly lines: readonly { readonly line: LineView; readonly plcs: Plcs }[] }

const LOOK_MS = 1_000

export const top = verb({
  words: 'top', sentence: 'lines, equipment and PLCs as they are, once a second, until q', examples: ['lineside top', 'lineside top --once'], finds: 'gateway',
  flags: { once: off('one picture, and no more') },
  async run({ flags, where, print, now }) {
    const stopped = interrupted()
    const gateway = await gatewayOf(where)
    const once = flags.once || !process.stdout.isTTY
    if (once) {
      print(pictureOf(await look(gateway), process.stdout.columns || 120, now()))
      return 'done'
    }
    return onScreen(print, stopped, LOOK_MS, () => look(gateway).then((seen) => pictureOf(seen, process.stdout.columns, now()), (error: unknown) => lost(error, now())))
  },
})

/** A gateway that is gone is shown as gone; its last picture would be a lie. */
function lost(error: unknown, now: number): string {
  if (error instanceof CliError && error.exit === 'unreachable') return `${styleText(['bold', 'red'], 'the gateway does not answer')}  ${localClock(now)}\n\n${error.message}\n`
  throw error
}

async function look(gateway: Gateway): Promise<TopSeen> {
  const [{ plant }, { service }] = await Promise.all([import('../../contract/endpoints/plant.js'), import('../../contract/endpoints/service.js')])
  const ready = await bareOf(gateway, service.readyz.data, service.readyz.path)
  const { lines } = await dataOf(gateway, plant.lines.data, plant.lines.path)
  return { ready, lines: await Promise.all(lines.map(async ({ code }) => ({
    line: await dataOf(gateway, plant.line.data, plant.line.path.replace('{line_id}', code)),
    plcs: (await dataOf(gateway, plant.line_plcs.data, plant.line_plcs.path.replace('{line_id}', code))).plcs,
  }))) }
}

const COLOURS = { running: 'green', stopped: 'red', faulted: 'red', starved: 'yellow', blocked: 'yellow', idle: 'cyan', changeover: 'magenta', maintenance: 'magenta', setup: 'magenta', unknown: 'dim' } as const

/** The whole screen as text; colours only where the terminal has them. */
export function pictureOf({ ready, lines }: TopSeen, columns: number, now: number): string {
  const rule = styleText('dim', '─'.repeat(Math.min(columns, COLUMNS_WHOLE)))
  const head = `${styleText('bold', ready.gateway)} ${ready.ready ? styleText('green', 'ready') : styleText('red', 'not ready')}  up ${spoken(ready.uptime_seconds)}  turn ${ready.turns.p50_milliseconds} ms (p99 ${ready.turns.p99_milliseconds}), ${ready.turns.missed} missed  journal ${ready.seq}  ${localClock(now)}`
  const troubles = [...ready.reasons.map((reason) => styleText('red', `✖ ${reason}`)), ...ready.warnings.map((warning) => styleText('yellow', `! ${warning}`))]
  return wrapped([head, ...troubles, ...lines.flatMap(({ line, plcs }) => [rule, ...linePicture(line, columns), '', ...plcs.map(plcRow)]), ''].join('\n'), columns, 4)
}

/** Below this speed and factors are left out: what it does and why stay. */
const COLUMNS_WHOLE = 110

function linePicture(line: LineView, columns: number): string[] {
  const { target } = line
  const shift = line.shift === null ? 'no shift' : `shift ${line.shift.name} until ${localClock(line.shift.to).slice(0, 5)}`
  const gap = target.gap === null ? '' : `, ${target.gap >= 0 ? styleText('green', `${Math.round(target.gap)} ahead`) : styleText('red', `${Math.round(-target.gap)} behind`)}`
  const isWhole = columns >= COLUMNS_WHOLE
  const whenWhole = (text: string): string => (isWhole ? text : '')
  const whyWidth = isWhole ? Infinity : columns - COLUMNS_TO_WHY
  return [
    `${styleText('bold', line.code)} ${line.name}  OEE ${percent(line.oee.oee)} (target ${percent(line.target_oee)})  ${shift}  ${target.actual} made${gap}`,
    styleText('dim', `${'EQUIPMENT'.padEnd(22)} ${'STATE'.padEnd(11)} ${'SINCE'.padEnd(10)} ${whenWhole(`${'SPEED'.padStart(7)} `)}${'GOOD'.padStart(8)} ${'REJECT'.padStart(7)} ${'OEE'.padStart(6)}${whenWhole(` ${'A'.padStart(6)} ${'P'.padStart(6)} ${'Q'.padStart(6)}`)}  WHY`),
    ...line.equipment.map((one) => {
      const { state, seconds, reason } = one.state
      const why = one.active_faults.map((fault) => fault.name).join(', ') || (reason?.code ?? '')
      return `${((one.limits_now ?? one.constraint) ? `${one.equipment_code} *` : one.equipment_code).padEnd(22)} ${styleText(COLOURS[state], state.padEnd(11))} ${spoken(seconds).padEnd(10)} ${whenWhole(`${(one.speed === null ? '–' : one.speed.toFixed(1)).padStart(7)} `)}${String(one.counts.good).padStart(8)} ${String(one.counts.reject).padStart(7)} ${percent(one.oee).padStart(6)}${whenWhole(` ${percent(one.availability).padStart(6)} ${percent(one.performance).padStart(6)} ${percent(one.quality).padStart(6)}`)}  ${cutTo(why, whyWidth)}`
    }),
    ...line.andons.map((call) => styleText('yellow', `  ☎ ${call.andon_type} ${call.priority} at ${call.equipment_code ?? line.code}: ${call.status}${call.description === null ? '' : `, ${call.description}`}`)),
  ]
}

/** Equipment, state, since, good, reject and OEE, with what is between them. */
const COLUMNS_TO_WHY = 71

const plcRow = (plc: Plcs[number]): string =>
  `plc ${plc.plc.padEnd(18)} ${styleText(plc.state === 'online' ? 'green' : 'red', plc.state.padEnd(11))} read p99 ${plc.read_milliseconds.p99.toFixed(1)} ms, jitter p99 ${plc.jitter_milliseconds.p99.toFixed(1)} ms, ${plc.cycles_missed} of ${plc.cycles} cycles missed${plc.bad_tags.length === 0 ? '' : styleText('red', `, ${plc.bad_tags.length} bad tags`)}${plc.fault === null ? '' : `  ${plc.fault}: ${plc.remedy ?? ''}`}`

/** Undefined is not zero. */
const percent = (ratio: number | null): string => (ratio === null ? '–' : `${(ratio * 100).toFixed(1)}%`)
