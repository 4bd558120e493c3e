/**
 * Runs test files, each as a process of its own, and counts their tests. The longest begin first, so that none of them is left alone at the end.
 * What failed, and why, is told once more at the very end: of a long output only that may be kept. `node dist/test/run.js FILE…`; without files, all.
 */

import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { join, relative } from 'node:path'
import { createInterface } from 'node:readline'
import { Verdict } from './support/verdict.js'

/** More than there are cores here and in CI: most files wait for something now and then. */
const JOBS = 3
const FILE_MS = 600_000
/** A file that is told to end says which test it was at. */
const LAST_WORDS_MS = 5_000
const SUMMARY_LINES_MAX = 100
const ERROR_LINES_MAX = 20

/** These take longest, in this order; all others after them, by name. */
const LONGEST = [
  'browser/links', 'field/opcua/driver', 'package.long', 'browser/screens', 'stories/plant-hour.long', 'stories/standby', 'days.long', 'chaos/chaos', 'core/line', 'verbs/cli',
  'configuration/life-cycle', 'faces/analytics', 'journal/keeping/gate', 'journal/journal', 'gateway/standby/follower', 'faces/upstream', 'plant/plant', 'field/host',
  'journal/disk', 'faces/mqtt/lane', 'field/eip/driver', 'journal/facts/packs', 'replay/replay', 'stories/published', 'stories/first-day',
]

interface Ended { readonly file: string; readonly verdict: Verdict; readonly failed: number; readonly why: string | null; readonly errors: readonly string[] }

const root = new URL('../../', import.meta.url).pathname
const running = new Set<ChildProcess>()
const say = (line: string): void => { process.stdout.write(`${line}\n`) }

for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => {
  for (const child of running) endAll(child, 'SIGKILL')
  process.exit(1)
})
const all = await runAll(process.argv.length > 2 ? process.argv.slice(2) : everything())
const failing = all.filter(({ failed }) => failed > 0)
for (const line of summaryOf(failing)) say(line)
const sum = (what: (one: Ended) => number): number => all.reduce((total, one) => total + what(one), 0)
const skipped = sum(({ verdict }) => verdict.skipped)
say(`\n${sum(({ verdict }) => verdict.passed)} passed, ${sum(({ failed }) => failed)} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`)
process.exitCode = failing.length > 0 ? 1 : 0

function everything(): string[] {
  const folder = join(root, 'dist/test')
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.js') && !file.includes('fixtures/')).map((file) => join(folder, file))
}

async function runAll(files: readonly string[]): Promise<readonly Ended[]> {
  const waiting = files.map((file) => relative(root, file)).sort((one, other) => rankOf(one) - rankOf(other) || one.localeCompare(other, 'en'))
  const ended: Ended[] = []
  await Promise.all(Array.from({ length: JOBS }, async () => {
    for (let file = waiting.shift(); file !== undefined; file = waiting.shift()) ended.push(await run(file))
  }))
  return ended
}

function rankOf(file: string): number {
  const rank = LONGEST.findIndex((name) => file === `dist/test/${name}.test.js`)
  return rank === -1 ? LONGEST.length : rank
}

async function run(file: string): Promise<Ended> {
  const begun = performance.now()
  // In a group of its own, so that nothing which it has begun outlives it.
  const child = spawn(process.execPath, ['--enable-source-maps', file], { cwd: root, detached: true, stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, TAP_TIMEOUT: String(FILE_MS / 1_000) } })
  running.add(child)
  const verdict = new Verdict()
  const errors: string[] = []
  createInterface({ input: child.stdout }).on('line', (line) => { verdict.line(line) })
  createInterface({ input: child.stderr }).on('line', (line) => { if (errors.push(line.slice(0, SUMMARY_LINES_MAX * 3)) > ERROR_LINES_MAX) errors.shift() })
  let isLate = false
  const late = setTimeout(() => { isLate = true; child.kill('SIGTERM') }, FILE_MS)
  const last = setTimeout(() => { endAll(child, 'SIGKILL') }, FILE_MS + LAST_WORDS_MS)
  const [code, signal] = await ending(child)
  clearTimeout(late)
  clearTimeout(last)
  running.delete(child)
  const why = isLate ? `it took longer than ${FILE_MS / 1_000} s` : signal !== null ? `it was ended by ${signal}` : !verdict.isWhole ? `it ended with ${code} before it was through` : null
  // A time limit, a crash or a bad end fails the file without failing one of its tests.
  const failed = verdict.failed > 0 ? verdict.failed : why !== null || code !== 0 ? 1 : 0
  const ended = { file, verdict, failed, why: why ?? (failed > verdict.failed ? `it ended with ${code}` : null), errors }
  say(`${failed > 0 ? 'FAIL' : 'ok  '} ${file} ${((performance.now() - begun) / 1_000).toFixed(1)} s`)
  if (failed > 0) for (const line of accountOf(ended)) say(line)
  return ended
}

/** Resolves when the process has ended, and everything it said has been heard; what it has left behind goes with it. */
function ending(child: ChildProcess): Promise<[code: number | null, signal: NodeJS.Signals | null]> {
  return new Promise((done) => {
    child.once('exit', (code, signal) => {
      endAll(child, 'SIGKILL')
      // Somebody in a group of its own may still hold its pipes.
      setTimeout(() => { done([code, signal]) }, LAST_WORDS_MS).unref()
    })
    child.once('close', (code, signal) => { done([code, signal]) })
  })
}

function endAll({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (pid !== undefined) process.kill(-pid, signal)
  } catch {
    // Nobody is left.
  }
}

/** What is known of a file that failed. */
function accountOf({ verdict, why, errors }: Ended): string[] {
  return [
    ...(why === null ? [] : [`  ${why}`]),
    ...verdict.failures.flatMap(({ path, lines }) => [`  not ok: ${path.join(' › ')}`, ...lines.map((line) => `    ${line}`)]),
    ...[...verdict.comments, ...errors].map((line) => `  ${line}`),
  ]
}

/** The same once more for all of them, so short that it is kept; the first lines of each tell most. */
function summaryOf(failing: readonly Ended[]): string[] {
  const each = Math.max(3, Math.floor(SUMMARY_LINES_MAX / Math.max(1, failing.length)) - 1)
  return failing.flatMap((one) => {
    const account = accountOf(one)
    return ['', `FAIL ${one.file}`, ...account.slice(0, each), ...(account.length > each ? [`  and ${account.length - each} lines more, above`] : [])]
  })
}
