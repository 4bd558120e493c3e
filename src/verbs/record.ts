/** `lineside trace record`: writes what a PLC holds over a while into a trace, polling it as the gateway does. */

import { once } from 'node:events'
import { createWriteStream, existsSync } from 'node:fs'
import { systemChance } from '../base/chance.js'
import { systemClock } from '../base/clock.js'
import { limits } from '../base/limits.js'
import { type Ms, laterMono } from '../base/units.js'
import { Fault } from '../contract/faults.js'
import type { Plc } from '../contract/plcs.js'
import type { ScanTraceHead, ScanTraceLine } from '../contract/scan-trace.js'
import { CliError, type ExitName } from '../faces/cli/exit.js'
import { familyOf } from '../field/drivers.js'
import { scanGroupsOf } from '../field/groups.js'
import { deadlinesOf, startPoller } from '../field/poller.js'
import { Recording } from '../field/trace/recording.js'

export interface RecordWish {
  readonly plc: Plc
  readonly out: string
  readonly forMs: Ms
  readonly force: boolean
  readonly stopped: AbortSignal
  readonly say: (line: string) => void
}

/** Ends after its time, at Ctrl-C, or when the file is as large as it may get; what was recorded until then is a whole trace. */
export async function record({ plc, out, forMs, force, stopped, say }: RecordWish): Promise<ExitName> {
  if (existsSync(out) && !force) throw new CliError('failed', `${out} is there already`, 'choose another file, or write over it with --force')
  const family = familyOf(plc)
  if (typeof family === 'string') throw new CliError('failed', family)
  const { groups, bad } = scanGroupsOf([plc])
  for (const { message } of bad) say(`left out: ${message}`)
  if (groups.length === 0) throw new CliError('missing', `${plc.id} has no tag that can be read`)

  const file = createWriteStream(out)
  await once(file, 'open')
  const ended = new AbortController()
  file.once('error', () => { ended.abort() })
  const recording = new Recording(groups)
  const count = { lines: 0, bytes: 0, scans: 0 }
  const write = (line: ScanTraceHead | ScanTraceLine | null): void => {
    if (line === null || ended.signal.aborted) return
    const text = `${JSON.stringify(line)}\n`
    count.lines++
    count.bytes += Buffer.byteLength(text)
    file.write(text)
    if (count.bytes >= limits.scanTraceBytesMax) ended.abort()
  }
  write(recording.head(plc, systemClock.now()))
  const poller = startPoller({
    plc, groups, clock: systemClock, chance: systemChance, phaseMs: 0, makeDriver: () => family.make(plc, groups, deadlinesOf(plc)), forgottenCount: () => 0,
    onScan: (scan) => { count.scans++; write(recording.scan(scan)) },
    onLink: ({ mono, up, fault }) => {
      write(recording.link(mono, up, fault))
      say(up ? `${plc.id} answers` : `${plc.id} does not answer: ${fault ?? ''}`)
    },
  })
  stopped.addEventListener('abort', () => { ended.abort() })
  await systemClock.wait(laterMono(systemClock.mono(), forMs), ended.signal)
  await poller.stop()
  if (file.errored !== null) throw new Fault('TRACE_UNUSABLE', { file: out, detail: file.errored.message }, file.errored)
  file.end(`${JSON.stringify(recording.end(systemClock.mono()))}\n`)
  await once(file, 'finish')
  say(`${out}: ${count.scans} scans, ${count.lines} lines, ${(count.bytes / 1e6).toFixed(1)} MB${count.bytes >= limits.scanTraceBytesMax ? '; it ended because it is as large as a trace may get' : ''}`)
  return stopped.aborted ? 'interrupted' : 'done'
}
