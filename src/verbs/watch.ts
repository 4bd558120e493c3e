/** `lineside plc watch`: the tags of a PLC as they are, polled directly by the gateway's own poller, with its back-off, budget and quarantine. */

import { setTimeout as sleep } from 'node:timers/promises'
import { styleText } from 'node:util'
import { lengthOf } from '../analysis/length.js'
import { placeOf } from '../analysis/why.js'
import { systemChance } from '../base/chance.js'
import { systemClock } from '../base/clock.js'
import { type Instant, rfc3339, since } from '../base/units.js'
import type { Plc } from '../contract/plcs.js'
import type { PlcHealth, ScanGroup, TagSlot } from '../contract/scan.js'
import { CliError } from '../faces/cli/exit.js'
import { onScreen } from '../faces/cli/screen.js'
import { localClock, localTime } from '../faces/cli/spoken.js'
import { familyOf } from '../field/drivers.js'
import { scanGroupsOf } from '../field/groups.js'
import { deadlinesOf, startPoller } from '../field/poller.js'
import { shownValue } from '../field/reading.js'
import { LastReadings } from '../gateway/last-readings.js'
import { hexOf } from './hex.js'

const LOOK_MS = 250

export interface WatchParts {
  readonly print: (text: string) => void
  readonly stopped: AbortSignal
  /** A picture on a terminal; else a line for each change. */
  readonly isScreen: boolean
  /** Lines of JSON for the changes. */
  readonly isJson: boolean
}

export async function plcWatch(plc: Plc, { print, stopped, isScreen, isJson }: WatchParts): Promise<'done' | 'interrupted'> {
  const family = familyOf(plc)
  if (typeof family === 'string') throw new CliError('failed', family)
  const { groups, bad } = scanGroupsOf([plc])
  if (bad[0] !== undefined) throw new CliError('usage', bad[0].message)
  const readings = new LastReadings(groups)
  const poller = startPoller({
    plc, groups, clock: systemClock, chance: systemChance, phaseMs: 0, makeDriver: () => family.make(plc, groups, deadlinesOf(plc)),
    onScan: (scan) => { readings.take(scan) }, onLink: () => undefined, forgottenCount: () => 0,
  })
  try {
    if (isScreen) return await onScreen(print, stopped, LOOK_MS, () => pictureOf(plc, groups, readings, poller.health(), systemClock.now()))
    return await tellChanges(plc, groups, readings, { print, stopped, isJson })
  } finally {
    await poller.stop()
  }
}

async function tellChanges(plc: Plc, groups: readonly ScanGroup[], readings: LastReadings, { print, stopped, isJson }: Pick<WatchParts, 'print' | 'stopped' | 'isJson'>): Promise<'interrupted'> {
  const told = new Map<string, string>()
  while (!stopped.aborted) {
    for (const slot of groups.flatMap(({ tags }) => tags)) {
      const { last } = readings.of(plc.id, slot.name)
      if (last === null) continue
      const state = `${last.quality} ${String(last.value)}`
      if (told.get(slot.name) === state) continue
      told.set(slot.name, state)
      const value = last.quality === 'good' ? last.value : null
      print(isJson
        ? `${JSON.stringify({ at: rfc3339(last.at), plc: plc.id, tag: slot.name, value, unit: slot.unit, quality: last.quality })}\n`
        : `${localTime(last.at).slice(11)}  ${slot.name}  ${value === null ? last.quality : `${shownValue(value, slot)}${slot.unit === null ? '' : ` ${slot.unit}`}`}\n`)
    }
    await sleep(LOOK_MS, undefined, { signal: stopped }).catch(() => undefined)
  }
  return 'interrupted'
}

const WIDTH_MAX = 28

/** The whole screen as text: how the link does, and each tag with its age; what is bad says so in red and keeps its last good value out of sight. */
export function pictureOf(plc: Plc, groups: readonly ScanGroup[], readings: Pick<LastReadings, 'of'>, health: PlcHealth, now: Instant): string {
  const link = health.state === 'online' ? styleText('green', 'online') : styleText('red', health.state)
  const head = `${styleText('bold', plc.id)} ${plc.driver} at ${placeOf(plc)}  ${link} for ${lengthOf(since(now, health.since))}  read p99 ${health.readMs.p99.toFixed(1)} ms of ${plc.cycle} ms, ${health.requestsPerScan} requests, ${health.cyclesMissedCount} missed  ${localClock(now)}`
  const fault = health.fault === null ? [] : [styleText('red', `${health.fault}${health.detail === null ? '' : `: ${health.detail}`}`)]
  const slots = groups.flatMap(({ tags }) => tags)
  const width = (of: (slot: TagSlot) => string): number => Math.min(WIDTH_MAX, Math.max(7, ...slots.map((slot) => of(slot).length)))
  const [names, addresses] = [width(({ name }) => name), width(({ address }) => address)]
  const row = (name: string, address: string, value: string, hex: string, age: string, rest: string): string => `${cut(name, names)}  ${cut(address, addresses)}  ${value.padStart(22)}  ${hex.padEnd(22)}  ${age.padStart(8)}  ${rest}`
  return [
    head, ...fault, '', styleText('dim', row('TAG', 'ADDRESS', 'VALUE', 'BYTES', 'AGE', 'QUALITY')),
    ...slots.map((slot) => {
      const { last, lastGood } = readings.of(plc.id, slot.name)
      const why = health.badTags.find(({ tag }) => tag === slot.name)
      const good = last?.quality === 'good' ? last : null
      const at = good?.at ?? lastGood?.at ?? null
      const value = good === null ? '–' : `${shortOf(shownValue(good.value, slot))}${slot.unit === null ? '' : ` ${slot.unit}`}`
      const quality = good === null ? styleText('red', `${last?.quality ?? 'not_read'}${why === undefined ? '' : `: ${why.detail === '' ? why.fault ?? '' : why.detail}`}`) : styleText('green', 'good')
      return row(slot.name, slot.address, value, good === null ? '' : hexOf(slot, good.value), at === null ? 'never' : lengthOf(since(now, at)), quality)
    }),
    '',
  ].join('\n')
}

const cut = (text: string, width: number): string => (text.length > width ? `${text.slice(0, width - 1)}…` : text.padEnd(width))
const shortOf = (text: string): string => (text.length > 22 ? `${text.slice(0, 21)}…` : text)
