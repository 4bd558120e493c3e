/** Makes a folder that runs without anything else: our bundles, and beside them the few packages that cannot be bundled, pruned. */

import { cpSync, existsSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { kept } from './kept.mjs'
import { bundle } from './start.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const out = resolve(process.argv[2] ?? join(root, 'dist/package/app'))

/** Another machine's: its native modules and its Node, and what runs that here. */
const { NATIVE: native, emulator } = process.env
const arch = native === undefined ? process.arch : 'arm64'

/** Of a package with sources, tests and binaries for other machines: what is needed at run time. */
const needed = {
  'better-sqlite3': ['package.json', 'LICENSE', 'lib', 'build/Release/better_sqlite3.node'],
  'node-snap7': ['package.json', 'LICENSE', 'lib', 'build/Release/node_snap7.node'],
  'unix-dgram': ['package.json', 'LICENSE', 'lib', 'build/Release/unix_dgram.node'],
  'uWebSockets.js': ['package.json', 'LICENSE', `binaries/uws_${process.platform}_${arch}_${process.versions.modules}.node`],
}
const SUPERFLUOUS = /(^|\/)(test|tests|docs?|examples?|benchmarks?|\.github|\.vscode|typings?)(\/|$)|\.(md|markdown|map|ts|mts|cts|yml|flow)$/i

rmSync(out, { recursive: true, force: true })

/** Everything a kept package needs, by the way Node looks for it. */
const packages = new Map()
function gather(name, from) {
  let folder = from
  while (!existsSync(join(folder, 'node_modules', name, 'package.json'))) {
    if (dirname(folder) === folder) return
    folder = dirname(folder)
  }
  const place = join(folder, 'node_modules', name)
  if (packages.has(place)) return
  const { dependencies = {} } = JSON.parse(readFileSync(join(place, 'package.json'), 'utf8'))
  packages.set(place, name)
  // What only compiles or downloads is done with.
  for (const dependency of Object.keys(dependencies)) if (!['prebuild-install', 'node-gyp', 'nan', 'node-addon-api', 'prebuildify'].includes(dependency)) gather(dependency, place)
}
for (const name of kept) gather(name, root)
const modules = resolve(root, 'node_modules')
for (const [place, name] of packages) {
  const to = join(out, 'node_modules', relative(modules, place))
  const wanted = needed[name]
  cpSync(place, to, { recursive: true, dereference: true, filter(source) {
    const inside = relative(place, source)
    if (inside === '') return true
    if (inside.startsWith('node_modules')) return false
    if (wanted !== undefined) return wanted.some((path) => inside === path || inside.startsWith(`${path}/`) || path.startsWith(`${inside}/`))
    return !SUPERFLUOUS.test(inside)
  } })
}

if (native !== undefined) {
  for (const [name, file] of [['better-sqlite3', 'better_sqlite3.node'], ['node-snap7', 'node_snap7.node'], ['unix-dgram', 'unix_dgram.node']]) cpSync(join(native, file), join(out, 'node_modules', name, 'build/Release', file))
}
// Last, for the code that it runs to fill the caches asks for the packages beside it.
await bundle(join(out, 'dist/start'), native === undefined ? [process.execPath] : [...emulator.split(' '), join(native, 'node')])

cpSync(join(root, 'dist/hmi'), join(out, 'dist/hmi'), { recursive: true })
cpSync(join(root, 'config'), join(out, 'config'), { recursive: true })
cpSync(join(root, 'LICENSE'), join(out, 'LICENSE'))
const { name, version, license } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
writeFileSync(join(out, 'package.json'), `${JSON.stringify({ name, version: process.env.VERSION ?? version, license, type: 'module', private: true })}\n`)

const bytesOf = (path) => (statSync(path).isDirectory() ? readdirSync(path).reduce((sum, one) => sum + bytesOf(join(path, one)), 0) : statSync(path).size)
process.stderr.write(`${out}: ${(bytesOf(out) / 1e6).toFixed(1)} MB, ${packages.size} packages beside the bundles\n`)
