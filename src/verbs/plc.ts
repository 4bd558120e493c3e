/** `lineside plc list|test|read|browse`: PLCs as the configuration file has them, asked directly and without a gateway. */

import { adviceOn } from '../analysis/advice.js'
import { placeOf } from '../analysis/why.js'
import { en } from '../analysis/words/en.js'
import { systemClock } from '../base/clock.js'
import { nearest } from '../base/near.js'
import { sinceMono } from '../base/units.js'
import type { Config } from '../contract/config.js'
import type { BadTag } from '../contract/driver.js'
import { Fault, type FaultCode } from '../contract/faults.js'
import { type Plc, tag as tagSchema } from '../contract/plcs.js'
import { type ScanGroup, type TagSlot, qualityNames } from '../contract/scan.js'
import { CliError } from '../faces/cli/exit.js'
import { type Cell, type Format, type Row, rendered } from '../faces/cli/output.js'
import type { Said } from '../faces/cli/verb.js'
import { familyOf } from '../field/drivers.js'
import { scanGroupsOf } from '../field/groups.js'
import { deadlinesOf, wordsOf } from '../field/poller.js'
import { shownValue, valueIn } from '../field/reading.js'

export function plcList({ plcs }: Pick<Config, 'plcs'>, output: Format): Said {
  const rows = plcs.map((plc): Row => ({ plc: plc.id, driver: plc.driver, place: placeOf(plc), cycle_ms: plc.cycle, tags: Object.keys(plc.tags).length, writable: Object.values(plc.tags).filter(({ writable }) => writable).length }))
  return { text: rendered(rows, { main: ['plc', 'driver', 'place', 'cycle_ms', 'tags'], all: ['plc', 'driver', 'place', 'cycle_ms', 'tags', 'writable'], name: 'plc' }, output), exit: 'done', talk: [] }
}

/** Connects to each PLC once and reads all of its tags; ends with 6 when anything is not as it should be. */
export async function plcTest({ plcs }: Pick<Config, 'plcs'>, id: string | undefined, output: Format): Promise<Said> {
  const rows: Row[] = []
  const talk: string[] = []
  for (const plc of id === undefined ? plcs : [plcOf(plcs, id)]) {
    const from = systemClock.mono()
    try {
      const read = await readOnce(plc)
      const bad = read.rows.filter(({ quality }) => quality !== 'good')
      rows.push({ plc: plc.id, place: placeOf(plc), answer: bad.length === 0 ? 'ok' : 'bad tags', tags: read.rows.length, bad: bad.length, pdu_bytes: read.pduBytes, requests: read.requestsCount, ms: Math.round(sinceMono(systemClock.mono(), from)) })
      talk.push(...read.rows.flatMap(complaintOf))
    } catch (thrown) {
      if (!(thrown instanceof Fault)) throw thrown
      rows.push({ plc: plc.id, place: placeOf(plc), answer: thrown.code, tags: Object.keys(plc.tags).length, bad: null, pdu_bytes: null, requests: null, ms: Math.round(sinceMono(systemClock.mono(), from)) })
      talk.push(`${plc.id}: ${thrown.message}${typeof thrown.fields['detail'] === 'string' ? ` (${thrown.fields['detail']})` : ''}. ${adviceOn(thrown.code, wordsOf(thrown), en)}`)
    }
  }
  const all = ['plc', 'place', 'answer', 'tags', 'bad', 'pdu_bytes', 'requests', 'ms']
  return { text: rendered(rows, { main: all, all, name: 'plc' }, output), exit: rows.every(({ answer }) => answer === 'ok') ? 'done' : 'problems', talk }
}

/** Reads all tags of a PLC, or some by name, or whatever stands at an address, once. */
export async function plcRead({ plcs }: Pick<Config, 'plcs'>, id: string, wanted: readonly string[], output: Format): Promise<Said> {
  const { rows } = await readOnce(withTags(plcOf(plcs, id), wanted))
  const all = ['tag', 'address', 'value', 'unit', 'type', 'quality', 'fault', 'detail']
  return { text: rendered(rows, { main: ['tag', 'address', 'value', 'unit', 'quality'], all, name: 'tag' }, output), exit: rows.every(({ quality }) => quality === 'good') ? 'done' : 'problems', talk: rows.flatMap(complaintOf) }
}

/** The PLC with only these of its tags, and with what stands at these addresses; all of its tags when none are named. */
export function withTags(plc: Plc, wanted: readonly string[]): Plc {
  if (wanted.length === 0) return plc
  return { ...plc, tags: Object.fromEntries(wanted.map((want) => [want, plc.tags[want] ?? tagSchema.parse(want)])) }
}

export async function plcBrowse({ plcs }: Pick<Config, 'plcs'>, id: string, output: Format): Promise<Said> {
  const plc = plcOf(plcs, id)
  const family = familyOf(plc)
  if (typeof family === 'string') throw new CliError('failed', family)
  if (family.browse === undefined) throw new CliError('failed', `a PLC with driver ${plc.driver} does not say what it holds`, sources[plc.driver] ?? 'take the addresses from its manual')
  const found = await family.browse(plc, deadlinesOf(plc))
  const rows = found.map(({ address, type, dimensions }): Row => ({ address, type, dimensions: dimensions.length === 0 ? null : dimensions.join(' × ') }))
  return { text: rendered(rows, { main: ['address', 'type', 'dimensions'], all: ['address', 'type', 'dimensions'], name: 'address' }, output), exit: 'done', talk: [] }
}

interface ReadOnce { readonly rows: readonly Row[]; readonly requestsCount: number; readonly pduBytes: number | null }

async function readOnce(plc: Plc): Promise<ReadOnce> {
  const family = familyOf(plc)
  if (typeof family === 'string') throw new CliError('failed', family)
  const { groups, bad } = scanGroupsOf([plc])
  if (bad[0] !== undefined) throw new CliError('usage', bad[0].message)
  const driver = family.make(plc, groups, deadlinesOf(plc))
  const rows: Row[] = []
  let requestsCount = 0
  try {
    const { pduBytes } = await driver.open()
    for (const group of groups) {
      const into = { values: new Float64Array(group.slots), qualities: new Uint8Array(group.tags.length).fill(1), texts: new Map<number, string>() }
      const info = await driver.read(group, into, new Set())
      requestsCount += info.requestsCount
      const bad = new Map(info.badTags.map((one) => [one.tag, one]))
      for (const [index, tag] of group.tags.entries()) rows.push(rowOf(group, tag, index, into, bad.get(index) ?? null))
    }
    return { rows, requestsCount, pduBytes }
  } finally {
    await driver.close()
  }
}

function rowOf(group: ScanGroup, tag: TagSlot, index: number, { values, qualities, texts }: { readonly values: Float64Array; readonly qualities: Uint8Array; readonly texts: ReadonlyMap<number, string> }, bad: BadTag | null): Row {
  const quality = qualityNames[qualities[index]!] ?? 'not_read'
  const value: Cell = quality !== 'good' ? null : shownValue(valueIn({ values, texts }, tag, index), tag)
  return { tag: tag.name, address: tag.address, value, unit: tag.unit, type: tag.type, quality, fault: bad?.fault ?? null, detail: bad?.detail ?? null, plc: group.plc }
}

/** What is wrong with a tag that gave nothing: which, what, and what to do next. */
function complaintOf({ plc, tag, address, quality, fault, detail }: Row): string[] {
  if (quality === 'good') return []
  const code = fault as FaultCode | null
  if (code === null) return [`${String(plc)}/${String(tag)}: ${String(quality)} (${String(address)})`]
  return [`${String(plc)}/${String(tag)}: ${code}: ${en.faults[code][0]} (${String(detail)}). ${adviceOn(code, String(detail), en)}`]
}

/** Where the addresses of a PLC are that does not tell them. */
const sources: Readonly<Partial<Record<Plc['driver'], string>>> = { s7: 'take the addresses from its program: `lineside import tia FILE`' }

/** The PLC of that id. Ends with `missing`, and with the near miss. */
export function plcOf(plcs: readonly Plc[], id: string): Plc {
  const found = plcs.find((plc) => plc.id === id)
  if (found !== undefined) return found
  const known = plcs.map((plc) => plc.id)
  const near = nearest(id, known)
  throw new CliError('missing', `there is no PLC ${JSON.stringify(id)}${near === null ? '' : `; did you mean ${near}?`}`, `there is ${known.join(', ')}`)
}
