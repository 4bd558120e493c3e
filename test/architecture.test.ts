/** Who may import whom. A slip is red here, and not an argument. */

import { existsSync, readFileSync, readdirSync } from 'node:fs'
import { posix } from 'node:path'
import t from 'tap'

/** What each folder of `src` may import beside itself: the stages know the contract only, and the floors above them know what they stand on. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  base: [],
  contract: ['base'],
  field: ['contract', 'base'],
  signals: ['contract', 'base'],
  core: ['contract', 'base'],
  analysis: ['contract', 'base'],
  journal: ['contract', 'base'],
  faces: ['analysis', 'contract', 'base'], // analysis is pure, and what it says is asked for by faces alone
  plant: ['contract', 'base'],
  turn: ['signals', 'core', 'field', 'contract', 'base'],
  replay: ['turn', 'signals', 'core', 'analysis', 'journal', 'field', 'contract', 'base'],
  configuration: ['turn', 'field', 'contract', 'base'],
  gateway: ['configuration', 'replay', 'turn', 'field', 'signals', 'core', 'analysis', 'journal', 'faces', 'plant', 'contract', 'base'],
}

/** The rooms inside a folder that has some, from the top: each knows those behind it. What stands in the folder itself knows all of them, and none of them knows it. */
const ROOMS: Readonly<Record<string, readonly string[]>> = {
  core: ['past', 'rules', 'memory', 'losses', 'time'],
  journal: ['keeping', 'migrations', 'facts', 'samples', 'store'],
}
/** The shapes that cross between threads are the one thing a room takes from the folder it is in. */
const OF_ALL_ROOMS = ['journal/wire.js']

/** The folders that are functions of their arguments: no I/O, no clock, no chance of their own. */
const PURE = ['signals', 'core', 'analysis', 'contract', 'turn']
const PURE_BUILTINS = ['node:crypto', 'node:util']
const CLOCKS_AND_CHANCE = /\b(Date\.now|new Date\(\)|Math\.random|performance\.now|setTimeout|setInterval|setImmediate)\b/

/** Libraries of the screens, which the bundler takes in; they do no I/O of their own. */
const SCREENS = ['preact', '@preact/signals', 'uplot', '@fontsource-variable/inter']

/** What the bundler makes of the route table. */
const ROUTES = 'lineside:routes'

/** Path below `src` → source text. */
type Tree = Readonly<Record<string, string>>

/** Every sentence is one slip. */
function slips(tree: Tree, dependencies: readonly string[]): string[] {
  const found: string[] = []
  const usersOf = new Map<string, string[]>()
  for (const [file, source] of Object.entries(tree)) {
    const from = folderOf(file)
    if (!source.startsWith('/** ') && !source.startsWith('#!')) found.push(`${file}: the first line does not say what the file is for`)
    if (source.search(PASSED_ON) >= 0) found.push(`${file}: passes on what another file makes; import it from there`)
    if (/(^|\/)(index|types)\.tsx?$/.test(file)) found.push(`${file}: a file is named by its idea; types live with what makes them`)
    if (PURE.includes(from) && CLOCKS_AND_CHANCE.test(source)) found.push(`${file}: time and chance are arguments here`)
    if (source.includes('AbortSignal.any(')) found.push(`${file}: a signal that lives long remembers what AbortSignal.any makes of it; base/either.ts forgets`)
    for (const specifier of specifiersOf(source)) {
      if (specifier.startsWith('.')) found.push(...wrongWay(file, posix.join(posix.dirname(file), specifier)))
      else if (specifier === ROUTES) found.push(...file.startsWith('faces/hmi/') ? [] : [`${file}: ${ROUTES} exists for browsers only`])
      else if (specifier.startsWith('node:')) found.push(...impure(file, specifier))
      else usersOf.set(packageOf(specifier), [...(usersOf.get(packageOf(specifier)) ?? []), file])
    }
  }
  for (const [vendor, users] of usersOf) found.push(...crowd(vendor, users, dependencies))
  return found.sort()
}

/** What every folder may ask for: which lineside this is. */
const VERSION = 'version.js'

const folderOf = (file: string): string => file.includes('/') ? file.slice(0, file.indexOf('/')) : ''
const packageOf = (specifier: string): string => specifier.split('/').slice(0, specifier.startsWith('@') ? 2 : 1).join('/')

const IMPORT = /^import\s+(?:[\w\s{},*$]+?\s+from\s+)?['"]([^'"]+)['"]/gm
const PASSED_ON = /^export\s+(?:type\s+)?(?:\*[\w\s]*|\{[\w\s,$]*\})\s*from\s+['"]([^'"]+)['"]/gm
const LOADED = /\b(?:import|require)\(\s*['"]([^'"]+)['"]/g
const STARTED = /new URL\(\s*['"]([^'"]+)['"]\s*,\s*import\.meta\.url/g

/** What a file imports, of types too, and what it loads later or starts as a process or a worker. */
function specifiersOf(source: string): string[] {
  return [...new Set([IMPORT, PASSED_ON, LOADED, STARTED].flatMap((pattern) => [...source.matchAll(pattern)].map((match) => match[1] ?? '')))]
}

function wrongWay(file: string, target: string): string[] {
  const from = folderOf(file)
  const to = folderOf(target)
  if (target.startsWith('../')) return target.startsWith('../test/') ? [`${file}: what ships does not import from test`] : []
  if (from === to) return upstairs(file, target)
  if (from === '' || from === 'verbs' || MAY_IMPORT[from]?.includes(to) || (to === '' && target === VERSION && !PURE.includes(from))) return []
  return [`${file}: ${from} may not import ${to === '' ? target : to}`]
}

function upstairs(file: string, target: string): string[] {
  const [folder, room] = file.split('/').slice(0, -1)
  const rooms = ROOMS[folder ?? '']
  if (rooms === undefined || room === undefined || !rooms.includes(room) || OF_ALL_ROOMS.includes(target)) return []
  const [, to] = target.split('/').slice(0, -1)
  return to !== undefined && rooms.indexOf(to) >= rooms.indexOf(room) ? [] : [`${file}: ${folder}/${room} may not import ${to === undefined ? target : `${folder}/${to}`}`]
}

function impure(file: string, builtin: string): string[] {
  return PURE.includes(folderOf(file)) && !PURE_BUILTINS.includes(builtin) ? [`${file}: ${folderOf(file)} does no I/O, but imports ${builtin}`] : []
}

/** One vendor, one file, so that it can be replaced there. The plant is another program and has its own. */
function crowd(vendor: string, users: readonly string[], dependencies: readonly string[]): string[] {
  if (SCREENS.includes(vendor)) return users.filter((file) => !file.startsWith('faces/hmi/')).map((file) => `${file}: ${vendor} belongs to the screens`)
  const found = dependencies.includes(vendor) ? [] : [`${users.join(', ')}: ${vendor} is not among the dependencies`]
  for (const program of [users.filter((file) => folderOf(file) !== 'plant'), users.filter((file) => folderOf(file) === 'plant')]) {
    if (program.length > 1) found.push(`${program.join(', ')}: one vendor, one file, but each imports ${vendor}`)
  }
  return found
}

/* ── the tests ───────────────────────────────────────────────────────────────────────────────── */

const root = new URL('../../', import.meta.url)

t.test('nobody imports against the direction of the house', async (t) => {
  const files = readdirSync(new URL('src', root), { recursive: true, encoding: 'utf8' }).filter((file) => /\.tsx?$/.test(file))
  const tree = Object.fromEntries(files.map((file) => [file.replaceAll('\\', '/'), readFileSync(new URL(`src/${file}`, root), 'utf8')]))
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as Record<string, Record<string, string>>
  t.ok(files.length > 30, 'the tree was found')
  t.strictSame(slips(tree, Object.keys({ ...dependencies, ...optionalDependencies })), [])
})

t.test('each kind of slip is seen', async (t) => {
  const said = '/** A file. */\n'
  const cases: readonly [Tree, string[]][] = [
    [{ 'core/line.ts': `${said}import { x } from '../journal/append.js'` }, ['core/line.ts: core may not import journal']],
    [{ 'core/line.ts': `${said}import type { X } from '../field/poller.js'` }, ['core/line.ts: core may not import field']],
    [{ 'core/line.ts': `${said}import {\n  type X,\n} from '../faces/live/socket.js'` }, ['core/line.ts: core may not import faces']],
    [{ 'base/units.ts': `${said}import type { Config } from '../contract/config.js'` }, ['base/units.ts: base may not import contract']],
    [{ 'contract/scan.ts': `${said}type S = import('../field/s7/plan.js').Plan` }, ['contract/scan.ts: contract may not import field']],
    [{ 'faces/api/jobs.ts': `${said}import { start } from '../../gateway/daemon.js'` }, ['faces/api/jobs.ts: faces may not import gateway']],
    [{ 'field/host.ts': `${said}const child = new URL('../plant/child.js', import.meta.url)` }, ['field/host.ts: field may not import plant']],
    [{ 'turn/turn.ts': `${said}import { start } from '../gateway/cycle.js'` }, ['turn/turn.ts: turn may not import gateway']],
    [{ 'gateway/daemon.ts': `${said}import { story } from '../../test/support/story.js'` }, ['gateway/daemon.ts: what ships does not import from test']],
    [{ 'core/time/calendar.ts': `${said}import { stops } from '../rules/stops.js'` }, ['core/time/calendar.ts: core/time may not import core/rules']],
    [{ 'core/rules/stops.ts': `${said}import { line } from '../line.js'` }, ['core/rules/stops.ts: core/rules may not import core/line.js']],
    [{ 'core/line.ts': `${said}import { readFileSync } from 'node:fs'` }, ['core/line.ts: core does no I/O, but imports node:fs']],
    [{ 'analysis/trends.ts': `${said}const at = Date.now()` }, ['analysis/trends.ts: time and chance are arguments here']],
    [{ 'field/a.ts': `${said}import snap7 from 'node-snap7'`, 'field/b.ts': `${said}const s = await import('node-snap7')` },
      ['field/a.ts, field/b.ts: one vendor, one file, but each imports node-snap7']],
    [{ 'faces/server.ts': `${said}import left from 'left-pad'` }, ['faces/server.ts: left-pad is not among the dependencies']],
    [{ 'faces/api/board.ts': `${said}import { h } from 'preact'` }, ['faces/api/board.ts: preact belongs to the screens']],
    [{ 'core/index.ts': `${said}export * from './line.js'` },
      ['core/index.ts: a file is named by its idea; types live with what makes them', 'core/index.ts: passes on what another file makes; import it from there']],
    [{ 'faces/server.ts': `${said}const either = AbortSignal.any([ended, woken])` }, ['faces/server.ts: a signal that lives long remembers what AbortSignal.any makes of it; base/either.ts forgets']],
    [{ 'core/line.ts': 'export const x = 1' }, ['core/line.ts: the first line does not say what the file is for']],
  ]
  for (const [tree, expected] of cases) t.strictSame(slips(tree, ['node-snap7']), expected, Object.keys(tree).join(' '))
})

t.test('what is allowed is not called a slip', async (t) => {
  const tree: Tree = {
    'gateway/daemon.ts': "/** The daemon. */\nimport { a } from '../core/line.js'\nimport { b } from '../journal/append.js'",
    'core/line.ts': "/** A line. */\nimport { assert } from '../base/assert.js'\nimport type { Config } from '../contract/config.js'\nimport { stop } from './stops.js'\nexport { stop }",
    'field/s7/driver.ts': "/** S7. */\nimport snap7 from 'node-snap7'\nimport { dns } from 'node:dns'",
    'plant/server.ts': "/** The plant. */\nimport snap7 from 'node-snap7'",
    'faces/hmi/board.tsx': "/** The board. */\nimport { h } from 'preact'",
    'faces/hmi/tile.tsx': "/** A tile. */\nimport { h } from 'preact'",
  }
  t.strictSame(slips(tree, ['node-snap7']), [])
})

t.test('every test and every source that README names is there', async (t) => {
  const readme = readFileSync(new URL('README.md', root), 'utf8')
  const table = /\| tested in \|\n\| --- .*\n((?:\|.*\n)+)/.exec(readme)![1]!
  const named = table.trim().split('\n').map((row) => [...row.split('|').at(-2)!.matchAll(/`([^`]+)`/g)].map((match) => match[1]!))
  t.ok(named.length > 15)
  for (const [i, tests] of named.entries()) t.ok(tests.length > 0, `line ${i + 1} of the security table names its test`)
  for (const test of new Set(named.flat())) t.ok(['.test.ts', '.ts'].some((end) => existsSync(new URL(`test/${test}${end}`, root))), test)
  const files = [...readme.matchAll(/`((?:src|test|config|packaging|systemd)\/[\w./-]+)`/g)].map((match) => match[1]!).filter((file) => !file.includes('NAME'))
  t.ok(files.length > 8)
  for (const file of new Set(files)) t.ok(existsSync(new URL(file, root)), file)
})

t.test('no folder of a test is removed under what still runs in it', async (t) => {
  const files = readdirSync(new URL('test', root), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.test.ts'))
  const risky = files.filter((file) => {
    const source = readFileSync(new URL(`test/${file}`, root), 'utf8')
    return /teardown\(/.test(source) && /\bt\.testdir\(/.test(source)
  })
  t.strictSame(risky.filter((file) => file !== 'architecture.test.ts'), [], 'beside a teardown a folder is asked of support/folder.ts')
})
