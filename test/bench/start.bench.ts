/** How long somebody waits for the command line, and what Node itself takes of that. */

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { type Bench, median } from './bench.js'
import { startGateway } from './support/gateway.js'

const ROUNDS = 15
const root = fileURLToPath(new URL('../../../', import.meta.url))
const FLAGS = ['--max-semi-space-size=1', '--single-threaded-gc', '--v8-pool-size=1', '--bytecode-old-age=2', '--no-short-builtin-calls']

function msOf(command: string, args: readonly string[]): number {
  const from = performance.now()
  const { status, stderr } = spawnSync(command, args, { env: { PATH: process.env['PATH'] }, encoding: 'utf8' })
  if (status !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${status}: ${stderr}`)
  return performance.now() - from
}

/** The script runs the modules when they were compiled after the bundle; that would be measured against itself. */
function assertBundled(): void {
  const { stderr } = spawnSync('sh', ['-x', `${root}bin/lineside`, '--version'], { env: { PATH: process.env['PATH'] }, encoding: 'utf8' })
  if (!/^\+ exec node .*\/dist\/start\/cli\.js /m.test(stderr)) throw new Error('bin/lineside runs modules that are newer than the bundle: make that anew with `node packaging/start.mjs`')
}

export const bench: Bench = {
  name: 'start',
  peers: [],
  async run() {
    assertBundled()
    const gateway = await startGateway(`${root}config/lineside.yaml`, { args: ['--demo'] })
    try {
      const at = ['--config', `${root}config/lineside.yaml`, '--data', gateway.data]
      const lineside = (...words: readonly string[]) => () => msOf(`${root}bin/lineside`, words)
      const figures = {
        node: () => msOf('node', [...FLAGS, '-e', '0']),
        help: lineside('--help'),
        status: lineside('status', ...at),
        stops: lineside('stops', ...at),
        modules: () => msOf('node', [...FLAGS, `${root}dist/src/cli.js`, 'status', ...at]),
      }
      // In turns, so that a disturbance meets all of them alike.
      const taken = Object.fromEntries(Object.keys(figures).map((name) => [name, [] as number[]]))
      for (let round = 0; round < ROUNDS; round++) for (const [name, measure] of Object.entries(figures)) taken[name]!.push(measure())
      const [node, help, status, stops, modules] = Object.keys(figures).map((name) => median(taken[name]!)) as [number, number, number, number, number]
      return [
        { figure: 'node alone', value: node, unit: 'ms', target: null },
        { figure: 'lineside --help', value: help, unit: 'ms', target: { atMost: 150 } },
        { figure: 'lineside status', value: status, unit: 'ms', target: { atMost: 150 } },
        { figure: 'lineside stops', value: stops, unit: 'ms', target: { atMost: 150 } },
        { figure: 'beyond node, of status: bundle with code cache against modules', value: (status - node) / (modules - node), unit: '×', target: { atMost: 0.5 } },
      ]
    } finally {
      await gateway.stop()
    }
  },
}
