/** `make bench`: runs the benches one after another, each in a fresh process, says each figure as it comes, and prints a table at the end. */

import { execFileSync, fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { availableParallelism, loadavg, tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { given } from '../../src/base/assert.js'
import { type Bench, type Figure, isMet } from './bench.js'

const PEERS = fileURLToPath(new URL('../../../.bench/', import.meta.url))
const CHILD = '--measure'

const benchOf = async (name: string): Promise<Bench> => (await import(`./${name}.bench.js`) as { readonly bench: Bench }).bench

/** The child's side: one bench, its figures sent to the parent. */
async function measure(name: string): Promise<void> {
  const bench = await benchOf(name)
  const figures = await bench.run({ load: createRequire(`${PEERS}package.json`), directory: PEERS })
  process.send?.(figures)
  process.disconnect()
}

function install(peers: readonly string[]): void {
  const missing = peers.filter((peer) => !existsSync(`${PEERS}node_modules/${peer.replace(/(?<=.)@.*/, '')}`))
  if (missing.length === 0) return
  console.error(`installing ${missing.join(', ')}`)
  mkdirSync(PEERS, { recursive: true })
  execFileSync('npm', ['install', '--prefix', PEERS, '--no-audit', '--no-fund', '--loglevel=error', ...missing], { stdio: ['ignore', 'ignore', 'inherit'] })
}

function unpack(packages: readonly string[]): void {
  for (const name of packages) {
    const to = `${PEERS}debian/${name}`
    if (existsSync(to)) continue
    console.error(`fetching ${name}`)
    const from = mkdtempSync(join(tmpdir(), 'lineside-peer-'))
    try {
      execFileSync('apt-get', ['download', '-qq', name], { cwd: from, stdio: ['ignore', 'ignore', 'ignore'] })
      execFileSync('dpkg', ['-x', join(from, readdirSync(from).find((file) => file.endsWith('.deb'))!), to])
    } finally {
      rmSync(from, { recursive: true })
    }
  }
}

/** Beyond this a bench hangs, or the machine is too busy for what it would say. */
const BENCH_MS_MAX = 400_000

/** As users get it: those of every verb, and those of `run`. */
function flagsOfGateway(): string[] {
  const script = readFileSync(new URL('../../../bin/lineside', import.meta.url), 'utf8')
  return [/^flags='(.+)'$/m, /^ *run\) flags="\$flags (.+)"/m].flatMap((flags) => given(flags.exec(script)?.[1], 'the flags of the gateway').split(' '))
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const

/** Rejects when the bench broke; what it said itself stands above. */
async function figuresOf(name: string): Promise<readonly Figure[]> {
  const { peers, packages = [], asGateway = false } = await benchOf(name)
  install(peers)
  unpack(packages)
  // As many threads as a driver process has. A group of its own, so that whatever it started ends with it.
  const child = fork(fileURLToPath(import.meta.url), [CHILD, name], { execArgv: asGateway ? flagsOfGateway() : [], env: { ...process.env, UV_THREADPOOL_SIZE: '16' }, detached: true })
  const end = (): void => {
    try {
      process.kill(-given(child.pid, 'a process'), 'SIGKILL')
    } catch {
      // Nothing of it is left.
    }
  }
  const interrupted = (): void => {
    end()
    process.exit(130)
  }
  for (const signal of SIGNALS) process.once(signal, interrupted)
  let figures: readonly Figure[] | null = null
  child.on('message', (message) => { figures = message as readonly Figure[] })
  let isLate = false
  const late = setTimeout(() => { isLate = true; end() }, BENCH_MS_MAX)
  const [code, signal] = await once(child, 'exit') as [number | null, string | null]
  clearTimeout(late)
  for (const signal of SIGNALS) process.off(signal, interrupted)
  end()
  if (isLate) throw new Error(`it was ended after ${secondsOf(BENCH_MS_MAX)}`)
  if (code !== 0 || figures === null) throw new Error(`it ended with ${code ?? signal}`)
  return figures
}

const secondsOf = (ms: number): string => `${Math.round(ms / 1_000)} s`

const shown = (value: number): string => (Number.isInteger(value) ? String(value) : value.toPrecision(3))

function lineOf(bench: string, row: Figure): string[] {
  const met = isMet(row)
  const target = row.target === null ? '' : 'atMost' in row.target ? `≤ ${shown(row.target.atMost)}` : `≥ ${shown(row.target.atLeast)}`
  return [bench, row.figure, shown(row.value), row.unit, target, met === null ? '' : met ? 'met' : 'missed']
}

function print(rows: readonly string[][]): void {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  for (const row of rows) console.log(row.map((cell, column) => (column === 2 ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!))).join('  ').trimEnd())
}

async function main(only: readonly string[]): Promise<void> {
  const known = readdirSync(new URL('.', import.meta.url)).flatMap((file) => (file.endsWith('.bench.js') ? [file.slice(0, -'.bench.js'.length)] : [])).sort()
  const unknown = only.filter((name) => !known.includes(name))
  if (unknown.length > 0) throw new Error(`no bench ${unknown.join(', ')}; there are ${known.join(', ')}`)

  const rows = [['bench', 'figure', 'value', 'unit', 'target', '']]
  const broken: string[] = []
  const figures: Figure[] = []
  const chosen = only.length > 0 ? only : known
  const begun = performance.now()
  for (const [done, name] of chosen.entries()) {
    const from = performance.now()
    console.error(`${name} … (${done + 1} of ${chosen.length}, ${secondsOf(from - begun)} so far)`)
    try {
      for (const row of await figuresOf(name)) {
        figures.push(row)
        rows.push(lineOf(name, row))
        console.error(`  ${lineOf(name, row).slice(1).join('  ').trimEnd()}`)
      }
    } catch (thrown) {
      // The others are measured all the same; the table's last line and the exit code say that one is missing.
      broken.push(name)
      console.error(`  broken: ${thrown instanceof Error ? thrown.message : String(thrown)}`)
    }
    console.error(`  took ${secondsOf(performance.now() - from)}`)
  }
  print(rows)
  const judged = figures.map(isMet).filter((met) => met !== null)
  // The machine's load is part of every figure: a ratio within one run says more than a number alone.
  console.log(`\n${judged.filter(Boolean).length} met, ${judged.filter((met) => !met).length} missed, ${broken.length} broken${broken.length > 0 ? ` (${broken.join(', ')})` : ''}; Node ${process.versions.node}, ${availableParallelism()} cores, load ${loadavg()[0]!.toFixed(1)}, ${secondsOf(performance.now() - begun)}`)
  process.exitCode = broken.length > 0 ? 1 : 0
}

const [first, name = ''] = process.argv.slice(2)
await (first === CHILD ? measure(name) : main(process.argv.slice(2)))
