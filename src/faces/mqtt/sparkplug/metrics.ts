/** What a Sparkplug host is told: the metrics of the gateway as a node, with those of its lines, and of each equipment as a device. */

import type { Desk } from '../../../contract/desk.js'
import { tagsOf } from '../values.js'
import type { DataType, MetricValue } from './payload.js'

export const REBIRTH = 'Node Control/Rebirth'
export const BD_SEQ = 'bdSeq'

export interface Told { readonly type: DataType; readonly value: MetricValue }

/** Texts among the live values; all others are numbers. What is unknown has a type all the same. */
const texts: ReadonlySet<string> = new Set(['state', 'stop_reason', 'job_id', 'product', 'shift'])

/** A node's own metrics and those of each line, `LINE/oee`. The birth of the node adds `bdSeq` and the rebirth command, which have no alias. */
export function ofNode(desk: Desk): Map<string, Told> {
  const metrics = new Map<string, Told>([['Properties/Version', { type: 'String', value: desk.version }], ['Properties/Configuration', { type: 'Int64', value: desk.configVersion }]])
  for (const { code } of desk.config.lines) for (const [name, told] of ofTags(desk, code)) metrics.set(`${code}/${name}`, told)
  return metrics
}

export const ofDevice = (desk: Desk, equipment: string): Map<string, Told> => new Map(ofTags(desk, equipment))

const ofTags = (desk: Desk, code: string): [string, Told][] =>
  Object.entries(tagsOf(desk, code)).map(([name, value]) => [name, { type: texts.has(name) ? 'String' : 'Double', value }])

/** Codes of all equipment, in the order of the configuration. */
export const devicesOf = (desk: Desk): string[] => desk.config.lines.flatMap(({ equipment }) => equipment.map(({ code }) => code))
