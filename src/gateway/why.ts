/** Gathers what is known of one tag, for whoever asks why it is as it is: the same for the running gateway and for a PLC asked directly. */

import { nearest } from '../base/near.js'
import type { Instant } from '../base/units.js'
import { type TagEvidence, explainTag } from '../analysis/why.js'
import { spoken } from '../analysis/words/spoken.js'
import type { Config } from '../contract/config.js'
import { Fault } from '../contract/faults.js'
import type { Language } from '../contract/language.js'
import type { PlcHealth, ScanGroup } from '../contract/scan.js'
import type { ExplainedTag } from '../contract/why.js'
import { scanGroupsOf } from '../field/groups.js'
import { refOf } from '../signals/plan.js'
import type { Sampler } from '../signals/sampler.js'
import type { LastReadings } from './last-readings.js'

export interface WhyParts {
  readonly asked: ExplainedTag['asked']
  readonly gatewayTrouble: string | null
  /** Whether whoever asks may know of a line. */
  readonly reached: (line: string) => boolean
  readonly config: Config
  readonly groups: readonly ScanGroup[]
  readonly sampler: Pick<Sampler, 'table'>
  readonly readings: Pick<LastReadings, 'of'>
  readonly health: readonly PlcHealth[]
  /** Default: English. */
  readonly language?: Language
}

/** A PLC and a tag of it by name. */
export interface TagRef { readonly plc: string; readonly tag: string }

/** What is meant by `packer/bl_speed`, by the signal `BP01.PACK.BAG1/speed`, or by a tag's name that only one PLC has; a string is why nothing is. */
export function tagMeant({ plcs, lines }: Pick<Config, 'plcs' | 'lines'>, text: string): TagRef | string {
  const [owner = '', name] = text.split('/', 2)
  const all = plcs.flatMap((plc) => Object.keys(plc.tags).map((tag) => ({ plc: plc.id, tag })))
  if (name === undefined) {
    const found = all.filter(({ tag }) => tag === owner)
    if (found.length === 1) return found[0]!
    if (found.length > 1) return `${found.length} PLCs have a tag ${JSON.stringify(owner)}: ${found.map(({ plc, tag }) => `${plc}/${tag}`).join(', ')}`
    return missing('tag', owner, all.map(({ tag }) => tag))
  }
  const plc = plcs.find(({ id }) => id === owner)
  if (plc !== undefined) return Object.hasOwn(plc.tags, name) ? { plc: owner, tag: name } : missing(`tag of ${owner}`, name, Object.keys(plc.tags))
  const equipment = lines.flatMap((line) => line.equipment).find(({ code }) => code === owner)
  if (equipment === undefined) return missing('PLC or equipment', owner, [...plcs.map(({ id }) => id), ...lines.flatMap((line) => line.equipment.map(({ code }) => code))])
  // `constructor` is a name that every object answers to, and no signal of anybody's.
  const signal = Object.hasOwn(equipment.signals, name) ? equipment.signals[name] : undefined
  if (signal === undefined) return missing(`signal of ${owner}`, name, Object.keys(equipment.signals))
  const { plc: feeds, tag } = refOf(signal.tag)
  return { plc: feeds, tag }
}

function missing(kind: string, name: string, known: readonly string[]): string {
  const near = nearest(name, known)
  return `there is no ${kind} ${JSON.stringify(name)}${near === null ? '' : `; did you mean ${near}?`}`
}

/** Throws TAG_NOT_FOUND for a tag that the configuration does not have. */
export function whyTag({ asked, gatewayTrouble, reached, config, groups, sampler, readings, health, language = 'en' }: WhyParts, { plc: id, tag: name }: TagRef, now: Instant): ExplainedTag {
  const plc = config.plcs.find((one) => one.id === id)
  const tag = plc?.tags[name]
  const link = health.find((one) => one.plc === id)
  if (plc === undefined || tag === undefined || link === undefined) throw new Fault('TAG_NOT_FOUND', { plc: id, tag: name })
  const group = groups.find((one) => one.plc === id && one.tags.some((slot) => slot.name === name))
  const slot = group?.tags.find((one) => one.name === name)
  const read: TagEvidence['read'] = group === undefined || slot === undefined ? whyUnread(config, id, name, language) : { slot, cycleMs: group.cycleMs }
  return explainTag({ now, asked, gatewayTrouble, plc, name, tag, read, link, ...readings.of(id, name), uses: usesOf(config.lines.filter(({ code }) => reached(code)), { plc: id, tag: name }, sampler, now), words: spoken[language] })
}

function whyUnread(config: Config, plc: string, tag: string, language: Language): string {
  const { bad } = scanGroupsOf(config.plcs)
  return bad.find((one) => one.plc === plc && (one.tag === tag || one.tag === null))?.message ?? spoken[language].why.nobodyReads
}

function usesOf(lines: Config['lines'], wanted: TagRef, sampler: Pick<Sampler, 'table'>, now: Instant): TagEvidence['uses'] {
  return lines.flatMap((line) => line.equipment.flatMap((equipment) => {
    const mine = Object.entries(equipment.signals).filter(([, { tag }]) => { const ref = refOf(tag); return ref.plc === wanted.plc && ref.tag === wanted.tag })
    if (mine.length === 0) return []
    const table = sampler.table(equipment.code, now)
    return mine.map(([signal, config]) => ({ line: line.code, equipment, signal, config, value: table[signal]?.value ?? null, quality: table[signal]?.quality ?? 'not_read' }))
  }))
}
