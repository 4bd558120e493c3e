/** `lineside why`: asks the gateway, or the PLC itself when no gateway runs, and tells it step by step. */

import { styleText } from 'node:util'
import { lengthOf } from '../analysis/length.js'
import type { Config } from '../contract/config.js'
import { explain } from '../contract/endpoints/explain.js'
import type { ExplainedTag, WhyStep, WhyVerdict } from '../contract/why.js'
import { dataOf } from '../faces/cli/answer.js'
import { CliError } from '../faces/cli/exit.js'
import { terminalColumns, wrapped } from '../faces/cli/fit.js'
import type { Gateway } from '../faces/cli/gateway.js'
import type { Said } from '../faces/cli/verb.js'
import { tagMeant } from '../gateway/why.js'

export interface WhyParts {
  readonly gateway: () => Promise<Gateway>
  /** The configuration of this machine; `null` where the gateway is another one's. */
  readonly config: (() => Promise<Config>) | null
  /** Do not ask the gateway. */
  readonly directly: boolean
  readonly output: 'text' | 'json'
}

/** Ends with 6 when a step is wrong. */
export async function why(text: string, parts: WhyParts): Promise<Said> {
  const talk: string[] = []
  const explained = await explainedBy(text, parts, talk)
  return {
    text: parts.output === 'json' ? `${JSON.stringify(explained, null, 2)}\n` : shownWhy(explained),
    exit: explained.verdict === 'wrong' ? 'problems' : 'done', talk,
  }
}

async function explainedBy(text: string, parts: WhyParts, talk: string[]): Promise<ExplainedTag> {
  if (parts.directly) return directly(text, parts, null)
  try {
    return await fromGateway(text, parts)
  } catch (thrown) {
    if (!(thrown instanceof CliError) || thrown.exit !== 'unreachable' || parts.config === null) throw thrown
    talk.push(`${thrown.message}: the PLC is asked directly`)
    return directly(text, parts, thrown.message)
  }
}

async function fromGateway(text: string, { gateway, config }: WhyParts): Promise<ExplainedTag> {
  const whole = text.includes('/') || config === null ? text : nameOf(await config(), text)
  const [owner, name] = whole.split('/', 2)
  if (owner === undefined || name === undefined) throw new CliError('usage', `${JSON.stringify(text)} does not say of which PLC`, 'write it as PLC/TAG or EQUIPMENT/SIGNAL')
  const { explain_tag: endpoint } = explain
  return dataOf(await gateway(), endpoint.data, endpoint.path.replace('{plc}', encodeURIComponent(owner)).replace('{tag}', encodeURIComponent(name)))
}

/** What is not known here may be known to the gateway, which may have another configuration in force. */
function nameOf(config: Config, text: string): string {
  const meant = tagMeant(config, text)
  if (typeof meant === 'string') throw new CliError('missing', meant, '`lineside plc list` and `lineside plc read PLC` show what there is')
  return `${meant.plc}/${meant.tag}`
}

async function directly(text: string, { config }: WhyParts, gatewayTrouble: string | null): Promise<ExplainedTag> {
  if (config === null) throw new CliError('usage', 'the PLCs of another gateway cannot be asked from here', 'leave out --url, or --direct')
  const known = await config()
  const [plc = '', tag = ''] = nameOf(known, text).split('/', 2)
  const { whyDirectly } = await import('./probe.js')
  return whyDirectly(known, { plc, tag }, gatewayTrouble)
}

/* ── as a person reads it ────────────────────────────────────────────────────────────────────── */

const marks: Readonly<Record<WhyVerdict, () => string>> = {
  well: () => styleText('green', '✔'), doubtful: () => styleText('yellow', '!'), wrong: () => styleText('red', '✖'), unknown: () => styleText('dim', '·'),
}
const NAME_WIDTH = 8

export function shownWhy(explained: ExplainedTag): string {
  const { plc, tag, address, driver, place, because, finding, remedy, steps, uses } = explained
  const verdict = because === null ? finding : `${because}: ${finding}`
  return wrapped([
    `${styleText('bold', `${plc}/${tag}`)}  ${address}, ${driver} at ${place}`,
    `${marks[explained.verdict]()} ${styleText('bold', verdict)}`,
    ...remedy === null ? [] : [`  → ${remedy}`],
    `  ${valueText(explained)}`,
    '',
    ...steps.flatMap((step) => stepLines(step, step.step !== because)),
    ...uses.length === 0 ? [] : ['', `  it feeds ${uses.map(({ equipment_code: equipment, signal }) => `${signal} of ${equipment}`).join(', ')}`],
    '',
  ].join('\n'), terminalColumns(), NAME_WIDTH + 6)
}

function stepLines({ step, verdict, finding, remedy, evidence }: WhyStep, isRemedyNew: boolean): string[] {
  const indent = ' '.repeat(NAME_WIDTH + 6)
  return [
    `  ${marks[verdict]()} ${step.padEnd(NAME_WIDTH)}  ${finding}`,
    ...evidence.length === 0 ? [] : [styleText('dim', `${indent}${evidence.map(({ name, value }) => `${name.replaceAll('_', ' ')} ${value}`).join(' · ')}`)],
    ...remedy === null || !isRemedyNew ? [] : [`${indent}→ ${remedy}`],
  ]
}

function valueText({ value, unit, quality, age_seconds: age }: ExplainedTag): string {
  const aged = age === null ? 'never good' : quality === 'good' ? `${lengthOf(age * 1_000)} old` : `last good ${lengthOf(age * 1_000)} ago`
  return `value ${value === null ? '–' : `${typeof value === 'number' ? Number(value.toPrecision(9)) : value}${unit === null ? '' : ` ${unit}`}`}  ${quality}, ${aged}`
}
