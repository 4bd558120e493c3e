/** Bundles the screens: hashed files, compressed beside themselves, and a manifest of what there is. */

import { createHash } from 'node:crypto'
import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { basename, dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const here = dirname(fileURLToPath(import.meta.url))
const root = resolve(here, '../../..')
const out = join(root, 'dist/hmi')
/** Browsers from 2020 on; a panel on the wall is seldom younger than its machine. */
const TARGET = 'chrome87'
/** First loads in gzipped bytes of code and styles, beyond which the build fails. The font comes after the first paint. */
const BUDGETS = { index: 60_000, board: 40_000 }

/** The route table without its schemas: browsers need methods and addresses, and the types come from the contract itself. What two boxes ask each other is no route of a screen. */
const routes = {
  name: 'routes',
  setup(bundler) {
    bundler.onResolve({ filter: /^lineside:routes$/ }, () => ({ path: 'routes', namespace: 'lineside' }))
    bundler.onLoad({ filter: /.*/, namespace: 'lineside' }, async () => {
      const { endpoints } = await import(pathToFileURL(join(root, 'dist/src/contract/endpoints/table.js')).href)
      return { contents: `export const routes = ${JSON.stringify(Object.fromEntries(endpoints.filter(([, { path }]) => !path.startsWith('/api/v1/standby/')).map(([name, { method, path }]) => [name, `${method} ${path}`])))}`, loader: 'js' }
    })
  },
}

const { metafile, outputFiles } = await build({
  entryPoints: { index: join(here, 'main.tsx'), board: join(here, 'board.tsx') },
  outdir: out, write: false, bundle: true, splitting: true, format: 'esm', target: TARGET, minify: true, metafile: true, sourcemap: false, legalComments: 'none',
  jsx: 'automatic', jsxImportSource: 'preact', loader: { '.woff2': 'file' }, assetNames: '[name]-[hash]', entryNames: '[name]-[hash]', chunkNames: '[name]-[hash]',
  publicPath: '/assets', plugins: [routes], tsconfigRaw: { compilerOptions: { verbatimModuleSyntax: true } }, absWorkingDir: root,
})

rmSync(out, { recursive: true, force: true })
mkdirSync(out, { recursive: true })
const MEDIA = { js: 'text/javascript; charset=utf-8', css: 'text/css; charset=utf-8', woff2: 'font/woff2' }
const files = {}
const gzipped = {}
for (const { path, contents } of outputFiles) {
  const name = basename(path)
  const ending = name.slice(name.lastIndexOf('.') + 1)
  const compressed = ending !== 'woff2'
  writeFileSync(join(out, name), contents)
  if (compressed) {
    const gz = gzipSync(contents, { level: 9 })
    writeFileSync(join(out, `${name}.gz`), gz)
    writeFileSync(join(out, `${name}.br`), brotliCompressSync(contents, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }))
    gzipped[name] = gz.length
  }
  files[name] = { media: MEDIA[ending], compressed }
}

const icon = Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24"><path fill="#56616c" d="M2 2h20v20H2z"/><path fill="#fff" d="M6 13h3v5H6zm5-4h3v9h-3zm5-4h3v13h-3z"/></svg>')
const iconName = `icon-${createHash('sha256').update(icon).digest('hex').slice(0, 8)}.svg`
writeFileSync(join(out, iconName), icon)
files[iconName] = { media: 'image/svg+xml', compressed: false }

const outputs = Object.entries(metafile.outputs).map(([path, output]) => ({ name: basename(path), ...output }))
const entry = (name) => outputs.find(({ entryPoint }) => entryPoint?.endsWith(name))

/** The entry and everything it imports before it can run. */
function loadedFirst(output, seen = new Set()) {
  if (output === undefined || seen.has(output.name)) return seen
  seen.add(output.name)
  if (output.cssBundle !== undefined) seen.add(basename(output.cssBundle))
  for (const { path, kind } of output.imports) if (kind === 'import-statement') loadedFirst(outputs.find(({ name }) => name === basename(path)), seen)
  return seen
}

const hash = createHash('sha256').update(JSON.stringify(Object.keys(files).sort())).digest('hex').slice(0, 12)

function page(title, output) {
  const first = [...loadedFirst(output)]
  const styles = first.filter((name) => name.endsWith('.css')).map((name) => `<link rel="stylesheet" href="/assets/${name}">`)
  const early = first.filter((name) => name.endsWith('.js') && name !== output.name).map((name) => `<link rel="modulepreload" href="/assets/${name}">`)
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<meta name="build" content="${hash}"><title>${title}</title><link rel="icon" href="/assets/${iconName}">${styles.join('')}${early.join('')}<script type="module" src="/assets/${output.name}"></script></head>
<body><div id="screen"></div><noscript>This screen needs JavaScript.</noscript></body></html>
`
}

const pages = { index: page('lineside', entry('main.tsx')), board: page('lineside andon', entry('board.tsx')) }
const sizes = Object.fromEntries(Object.entries({ index: 'main.tsx', board: 'board.tsx' })
  .map(([name, source]) => [name, [...loadedFirst(entry(source))].reduce((sum, file) => sum + (gzipped[file] ?? 0), gzipSync(pages[name]).length)]))
writeFileSync(join(out, 'manifest.json'), JSON.stringify({ build: hash, pages, files }))
// Beside the manifest and not in it: the gateway has no use for it, the tests have.
writeFileSync(join(out, 'sizes.json'), readable(sizes))
for (const [name, bytes] of Object.entries(sizes)) {
  if (bytes > BUDGETS[name]) throw new Error(`the first load of ${name} is ${bytes} bytes gzipped; its budget is ${BUDGETS[name]}`)
}

function readable(value) { return `${JSON.stringify(value, null, 2)}\n` }
