/** A YAML document that knows where everything in it stands. The only importer of yaml. */

import { LineCounter, type Node, type Pair, isAlias, isMap, isPair, isScalar, isSeq, parseDocument, visit } from 'yaml'

/** Both from 1. */
export interface Place { readonly line: number; readonly column: number }

export interface YamlText {
  /** The plain value, aliases and merge keys resolved. Only meaningful without `misfits`. */
  readonly value: unknown
  /** What is no YAML. */
  readonly misfits: readonly (Place & { readonly message: string })[]
  /** Where a path stands: its value or its key; the nearest place above when it is not there at all. */
  placeOf(path: readonly (string | number)[], at?: 'value' | 'key'): Place
}

/** How often anchors may be used in all, nested uses multiplied: a small file must not grow without bound. */
const ALIASES_MAX = 10_000

export function readYaml(text: string): YamlText {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, merge: true, prettyErrors: false })
  const place = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  const resolved = (node: unknown): unknown => (isAlias(node) ? node.resolve(document) : node)

  const errors = [...document.errors, ...document.warnings]
  // A tab in the wrong place makes nonsense of what follows, which nobody needs to read.
  const tabs = errors.filter((error) => error.code === 'TAB_AS_INDENT')
  const misfits = (tabs.length > 0 ? tabs : errors).map((error) => ({ ...place(error.pos[0]), message: sentenceOf(error.code, error.message) }))
  visit(document, {
    Alias(_, alias) {
      if (alias.resolve(document) === undefined) misfits.push({ ...place(startOf(alias) ?? 0), message: `nothing is anchored as &${alias.source} before this` })
    },
  })
  let value: unknown
  try {
    if (misfits.length === 0) value = document.toJS({ maxAliasCount: ALIASES_MAX })
  } catch (error) {
    if (!(error instanceof ReferenceError)) throw error
    misfits.push({ line: 1, column: 1, message: `aliases stand for more than ${ALIASES_MAX} values in all` })
  }

  return {
    value,
    misfits,
    placeOf(path, at = 'value') {
      let offset = 0
      let node: unknown = document.contents
      for (const [depth, part] of path.entries()) {
        const here = resolved(node)
        const pair = isMap(here) ? pairOf(here.items, String(part), resolved) : undefined
        const next = pair === undefined ? (isSeq(here) ? here.items[Number(part)] : undefined) : pair.value
        if (pair === undefined && next === undefined) break
        const keyOffset = startOf(pair?.key)
        offset = at === 'key' && depth === path.length - 1 ? keyOffset ?? offset : startOf(resolved(next)) ?? keyOffset ?? offset
        node = next
      }
      return place(offset)
    },
  }
}

const startOf = (node: unknown): number | undefined => (node as Node | null | undefined)?.range?.[0]

/** The pair of that key, also out of a `<<` merge. */
function pairOf(items: readonly unknown[], key: string, resolved: (node: unknown) => unknown): Pair | undefined {
  const pairs = items.filter((item) => isPair(item))
  const named = (name: string) => pairs.filter((pair) => nameOf(pair.key) === name)
  const own = named(key)[0]
  if (own !== undefined) return own
  for (const merge of named('<<')) {
    const source = resolved(merge.value)
    for (const one of isSeq(source) ? source.items.map(resolved) : [source]) {
      const found = isMap(one) ? pairOf(one.items, key, resolved) : undefined
      if (found !== undefined) return found
    }
  }
  return undefined
}

/** The merge key is a symbol of that name. */
function nameOf(key: unknown): string | undefined {
  const value = isScalar(key) ? key.value : key
  return typeof value === 'symbol' ? value.description : String(value)
}

function sentenceOf(code: string, message: string): string {
  if (code === 'DUPLICATE_KEY') return 'this key is given twice'
  if (code === 'TAB_AS_INDENT') return 'indent with spaces, not with tabs'
  return `no YAML: ${message.charAt(0).toLowerCase()}${message.slice(1)}`
}
