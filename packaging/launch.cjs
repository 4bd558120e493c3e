/** Starts one of our bundled programs: its parts come with V8's code cache, and its stack traces name the lines of the source. */
'use strict'

const { readFileSync } = require('node:fs')
const { SourceMap, createRequire } = require('node:module')
const { dirname, join } = require('node:path')
const { pathToFileURL } = require('node:url')
const { Script } = require('node:vm')

const code = join(__dirname, 'code')
const home = pathToFileURL(`${__dirname}/`).href
const BEFORE = '(function (exports, require, module, __filename, __dirname, __home) {'

/** File → its module and its script. */
const loaded = new Map()

function load(file) {
  const known = loaded.get(file)
  if (known !== undefined) return known.module.exports
  // A cache that another Node made is refused by V8, and the part is compiled as ever.
  const script = new Script(`${BEFORE}${readFileSync(file, 'utf8')}\n})`, { filename: file, columnOffset: -BEFORE.length, cachedData: read(`${file}.cache`) })
  const module = { exports: {} }
  loaded.set(file, { module, script })
  const outside = createRequire(file)
  const folder = dirname(file)
  const inside = (name) => (name.startsWith('.') ? load(join(folder, name)) : outside(name))
  script.runInThisContext().call(module.exports, module.exports, Object.assign(inside, { resolve: outside.resolve }), module, file, folder, home)
  return module.exports
}

function read(file) {
  try {
    return readFileSync(file)
  } catch {
    return undefined
  }
}

/* ── stack traces ────────────────────────────────────────────────────────────────────────────── */

/** File → its map, read when a trace first leads there. */
const maps = new Map()

function mapOf(file) {
  if (!maps.has(file)) {
    const json = read(`${file}.map`)
    maps.set(file, json === undefined ? null : new SourceMap(JSON.parse(json.toString())))
  }
  return maps.get(file)
}

function said(frame) {
  const file = frame.getFileName()
  const map = file?.startsWith(code) ? mapOf(file) : null
  const at = map?.findEntry(frame.getLineNumber() - 1, frame.getColumnNumber() - 1)
  if (at?.originalSource === undefined) return String(frame)
  return String(frame).replace(`${file}:${frame.getLineNumber()}:${frame.getColumnNumber()}`, `${at.originalSource}:${at.originalLine + 1}:${at.originalColumn + 1}`)
}

Error.prepareStackTrace = (error, frames) => [String(error), ...frames.map((frame) => `    at ${said(frame)}`)].join('\n')

module.exports = { start: (program) => load(join(code, program)), loaded }
