/** Bundles what starts quickly: each process of ours in parts that they share, with V8's code cache beside every part. Takes the folder to leave it in (default dist/start). */

import { spawn } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { build, transform } from 'esbuild'
import { kept } from './kept.mjs'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const source = join(root, 'src')

/** What starts as a process or a thread of its own. */
const programs = ['cli', 'gateway/demo', 'gateway/past-thread', 'gateway/plan-child', 'gateway/report-thread', 'field/crew-process', 'field/crew-thread', 'journal/reader', 'journal/worker', 'plant/plc-child']

/** Makes the folder anew. It stands where `dist/src` stands, two below the package, so that what is looked for beside the code is found. `node` is the command that runs it. */
export async function bundle(out, node = [process.execPath]) {
  rmSync(out, { recursive: true, force: true })
  const code = join(out, 'code')
  const { outputFiles } = await build({
    entryPoints: programs.map((program) => join(source, `${program}.ts`)), outdir: code, outbase: source, chunkNames: '[name]-[hash]', bundle: true, splitting: true, write: false,
    platform: 'node', format: 'esm', target: 'node20', sourcemap: 'inline', sourcesContent: false, legalComments: 'none', minifySyntax: true, minifyWhitespace: true,
    external: [...kept, ...absent], plugins: [places, oneLanguage, noPrograms], logLevel: 'error',
  })
  for (const { path, text } of outputFiles) {
    // V8 caches scripts and not modules: each part becomes one, and a part that is asked for later is loaded later.
    const part = await transform(text, { format: 'cjs', platform: 'node', target: 'node20', supported: { 'dynamic-import': false }, sourcemap: 'external', sourcesContent: false, sourcefile: path, minifyWhitespace: true })
    mkdirSync(dirname(path), { recursive: true })
    writeFileSync(path, part.code)
    writeFileSync(`${path}.map`, fromRoot(part.map, path, out))
  }
  copyFileSync(join(root, 'packaging/launch.cjs'), join(out, 'launch.cjs'))
  writeFileSync(join(out, 'package.json'), '{"type":"commonjs"}\n')
  for (const program of programs) {
    const file = join(out, `${program}.js`)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, `require(${JSON.stringify(`${'../'.repeat(program.split('/').length - 1) || './'}launch.cjs`)}).start(${JSON.stringify(`${program}.js`)})\n`)
  }
  await warm(out, node)
}

/** Asked for by name and not there on most machines. */
const absent = ['node-opcua-client', 'pg-native', 'serialport', 'bufferutil', 'utf-8-validate', 'cardinal', 'tap']

/** A part holds many files, and each asks where it is itself: it goes on as if it lay where it lay before. */
const places = {
  name: 'places',
  setup(builder) {
    builder.onLoad({ filter: /\/src\/.*\.ts$/ }, ({ path }) => {
      const from = relative(source, path)
      if (from.startsWith('..')) return null
      return { contents: readFileSync(path, 'utf8').replaceAll('import.meta.url', `new URL(${JSON.stringify(from.replace(/\.ts$/, '.js'))}, __home).href`), loader: 'ts' }
    })
  },
}

/** zod brings its sentences in fifty languages and takes the English ones; each thread that checks anything would hold them all. */
const oneLanguage = {
  name: 'one language',
  setup(builder) {
    builder.onLoad({ filter: /\/zod\/v4\/locales\/index\.js$/ }, () => ({ contents: "export { default as en } from './en.js'", loader: 'js' }))
  },
}

/** commander can run programs as its verbs; ours are functions, and what starts programs takes a seventh of the time in which help is shown. */
const noPrograms = {
  name: 'no programs',
  setup(builder) {
    builder.onResolve({ filter: /^node:child_process$/ }, ({ importer }) => (importer.endsWith('/commander/lib/command.js') ? { path: 'child_process', namespace: 'none' } : undefined))
    builder.onLoad({ filter: /.*/, namespace: 'none' }, () => ({ contents: 'module.exports = {}', loader: 'js' }))
  },
}

/** Names sources as a person finds them, `src/journal/facts/facts.ts`; and what the bundler wrote itself by its place among the parts, wherever they are made. */
function fromRoot(map, path, out) {
  const { sources, ...rest } = JSON.parse(map)
  return JSON.stringify({ ...rest, sources: sources.map((one) => resolve(dirname(path), one)).map((file) => relative(file.startsWith(`${out}/`) ? out : root, file)) })
}

/* ── the code cache ──────────────────────────────────────────────────────────────────────────── */

/** As the start script does, for V8 refuses a cache that was made with other flags. */
const flags = ['--max-semi-space-size=1', '--single-threaded-gc', '--v8-pool-size=1', '--bytecode-old-age=2', '--no-short-builtin-calls']
const RUN_MS = 1_500

/** Runs what starts often; whatever code was compiled on the way goes into the caches. What asks a gateway is answered by one, for most of its code reads the answer. */
async function warm(out, [program, ...before]) {
  const folder = mkdtempSync(join(tmpdir(), 'lineside-warm-'))
  const example = join(root, 'config/lineside.yaml')
  const begin = (...words) => {
    const child = spawn(program, [...before, ...flags, join(out, 'cli.js'), ...words], { stdio: ['ignore', 'pipe', 'ignore'], cwd: folder, env: { PATH: process.env.PATH, NODE_OPTIONS: `--require ${JSON.stringify(join(root, 'packaging/warm.cjs'))}` } })
    child.stdout.resume()
    return { child, ended: new Promise((resolve, reject) => { child.on('error', reject).on('close', resolve) }) }
  }
  try {
    const gateway = begin('run', '--config', example, '--port', '0', '--data', join(folder, 'data'))
    const greeted = new Promise((resolve) => { gateway.child.stdout.once('data', resolve) })
    await Promise.race([greeted, gateway.ended])
    const ran = sleep(RUN_MS)
    for (const words of [['status'], ['stops'], ['jobs']]) await begin(...words, '--config', example).ended
    await ran
    gateway.child.kill('SIGTERM')
    await gateway.ended
    for (const words of [['--help'], ['status', '--config', example, '--data', folder], ['config', 'check', example]]) await begin(...words).ended
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  if (!existsSync(join(out, 'code/cli.js.cache'))) throw new Error('no code cache was made: the bundled program does not run')
}

if (process.argv[1] !== undefined && pathToFileURL(resolve(process.argv[1])).href === import.meta.url) {
  const out = resolve(process.argv[2] ?? join(root, 'dist/start'))
  await bundle(out)
  process.stderr.write(`${basename(out)} is made\n`)
}
