/** Whoever sees only the end of a run learns from it what failed, and why. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { folderOf } from './support/folder.js'

t.setTimeout(600_000)

/** What was kept of the output of CI. */
const KEPT_LINES = 105

async function ran(...files: readonly string[]): Promise<{ readonly code: number | null; readonly lines: readonly string[] }> {
  const child = spawn(process.execPath, [new URL('run.js', import.meta.url).pathname, ...files], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [out] = await Promise.all([text(child.stdout), once(child, 'close')])
  return { code: child.exitCode, lines: out.trimEnd().split('\n') }
}

const head = "import t from 'tap'\n"
const endless = Array.from({ length: 500 }, (_, i) => `t.comment('comment ${i}'); t.equal(${i}, -1, 'wrong ${i}')`).join('\n')

t.test('every failure is told at the end with its difference, its comments and its tests; the last line counts', async (t) => {
  const directory = folderOf(t, {
    'good.test.mjs': `${head}t.test('good', async (t) => { t.pass() })\nt.test('left out', { skip: 'not here' }, async () => undefined)`,
    'wrong.test.mjs': `${head}t.test('the line', async (t) => { await t.test('counts', async (t) => { t.comment('a part was lost'); t.strictSame({ parts: 1 }, { parts: 2 }, 'each once') }) })\nt.test('another', async (t) => { t.pass() })`,
    'buffered.test.mjs': `${head}t.jobs = 2\nt.test('at once', { buffered: true }, async (t) => { await t.test('within', async () => { throw new Error('in vain: it works') }) })`,
    'falls.test.mjs': `${head}t.test('falls', async (t) => { console.error('what a process says last'); process.kill(process.pid, 'SIGKILL'); await new Promise(() => undefined) })`,
    'broken.test.mjs': `${head}import { nothing } from './good.test.mjs'\nnothing()`,
  })
  const { code, lines } = await ran(...['good', 'wrong', 'buffered', 'falls', 'broken'].map((name) => join(directory, `${name}.test.mjs`)))
  t.equal(code, 1)
  t.equal(lines.at(-1), '2 passed, 4 failed, 1 skipped')
  const kept = lines.slice(-KEPT_LINES).join('\n')
  for (const [file, said] of [
    ['wrong', /not ok: the line › counts › each once[^]*-  "parts": 2,\n *\+  "parts": 1,[^]*# a part was lost/], ['buffered', /not ok: at once › within › in vain: it works/],
    ['falls', /it was ended by SIGKILL\n *what a process says last/], ['broken', /it ended with 1 before it was through[^]*does not provide an export named 'nothing'/],
  ] as const) t.match(kept, said, file)
})

t.test('of a file that fails without end the first is told, and how much was left out', async (t) => {
  const directory = folderOf(t, { 'endless.test.mjs': `${head}t.test('endless', async (t) => {\n${endless}\n})` })
  const { code, lines } = await ran(join(directory, 'endless.test.mjs'))
  t.equal(code, 1)
  t.equal(lines.at(-1), '0 passed, 1 failed')
  const kept = lines.slice(-KEPT_LINES)
  t.match(kept.join('\n'), /^FAIL .*endless\.test\.mjs\n {2}not ok: endless › wrong 0\n[^]*\n {2}and \d+ lines more, above\n\n0 passed/m)
})
