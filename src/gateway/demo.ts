/** The virtual plant of the demo, in a process of its own: this file, forked. */

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { type Fields, openLog } from '../base/log.js'
import { Fault, type FaultCode, faultOf } from '../contract/faults.js'
import { type PlantOptions, startPlant } from '../plant/plant.js'

export type DemoOptions = Pick<PlantOptions, 'seed' | 'factor' | 's7Port' | 'logixPort' | 'controlPort'>

export interface Demo {
  readonly s7Port: number
  readonly controlPort: number | null
  stop(): Promise<void>
}

/** A job that is there from the start, so that the first job command somebody tries finds one. */
export const demoJob = { job_id: '87654321-4321-8765-cba9-876543210987', name: 'Bags 500 g', product: 'BAG500', quantity: 10_000 }

type Report = { readonly s7Port: number; readonly controlPort: number | null } | { readonly failed: FaultCode; readonly fields: Fields }

/** What a plant does is little, again and again: compiled a second time it would take five megabytes more, and no less time. Nothing in it is WebAssembly, which that mode has not. Node's own snapshot makes a start a little shorter, and its pages stay. */
const flags = ['--max-semi-space-size=1', '--single-threaded-gc', '--v8-pool-size=1', '--lite-mode', '--no-expose-wasm', '--no-node-snapshot']

/** Resolves when the plant's PLC can be reached. Throws a `Fault`: PLANT_PORT_IN_USE when one of its ports is taken, else PLANT_FAILED. */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const child = fork(fileURLToPath(import.meta.url), [JSON.stringify(options)], { execArgv: flags, stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  const [report] = await Promise.race([once(child, 'message'), once(child, 'exit').then(([exitCode]) => [{ failed: 'PLANT_FAILED', fields: { exitCode } }])]) as [Report]
  if (!('failed' in report)) return { ...report, stop: () => end(child) }
  // What of it did start would keep both of us alive.
  child.kill('SIGKILL')
  throw new Fault(report.failed, report.fields)
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exited = once(child, 'exit')
  child.disconnect()
  await exited
}

/** How often the plant shows itself. The demo reads it every 100 ms; to show more would be work that nobody sees. */
const STEP_MS = 50

async function serve(options: DemoOptions): Promise<void> {
  const plant = await startPlant({ ...options, stepMs: STEP_MS, plc: 'inside', log: openLog('warn').of('plant') })
  process.send?.({ s7Port: plant.s7Port, controlPort: plant.controlPort } satisfies Report)
  // The daemon ended, orderly or not: a plant without a gateway has nobody to show itself to.
  process.once('disconnect', () => { void plant.stop().finally(() => { process.exit() }) })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  // Ctrl-C reaches the whole group; the daemon says when the plant ends.
  process.on('SIGINT', () => undefined)
  serve(JSON.parse(process.argv[2] ?? '{}') as DemoOptions).catch((thrown: unknown) => {
    const { code, fields } = faultOf(thrown, 'PLANT_FAILED', { why: String(thrown) })
    process.send?.({ failed: code, fields } satisfies Report)
    process.exitCode = 1
  })
}
