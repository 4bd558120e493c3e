/** Reads XML as exporters write it: elements, attributes and texts, each element with its place. No DTD, no namespaces. */

export interface XmlElement {
  /** With its prefix, as it is written. */
  readonly name: string
  readonly attributes: Readonly<Record<string, string>>
  readonly children: readonly XmlElement[]
  /** All text directly in it, without blanks at its ends. */
  readonly text: string
  /** Both from 1. */
  readonly line: number
  readonly column: number
}

export interface XmlMisfit { readonly line: number; readonly column: number; readonly message: string }

/** Comments, instructions, declarations, CDATA, and tags with their attributes. */
const PART = /<!--[\s\S]*?-->|<\?[\s\S]*?\?>|<!\[CDATA\[([\s\S]*?)\]\]>|<![^>]*>|<(\/?)([A-Za-z_][\w.:-]*)((?:\s+[A-Za-z_][\w.:-]*\s*=\s*(?:"[^"]*"|'[^']*'))*)\s*(\/?)>/g
const ATTRIBUTE = /([A-Za-z_][\w.:-]*)\s*=\s*(?:"([^"]*)"|'([^']*)')/g
const DEPTH_MAX = 64

/** The outermost element, or what keeps the text from being XML. */
export function xmlOf(text: string): XmlElement | XmlMisfit {
  const source = text.replace(/^\uFEFF/, '')
  const open: Building[] = [{ name: '', attributes: {}, children: [], text: '', at: 0 }]
  let read = 0
  for (const part of source.matchAll(PART)) {
    const between = source.slice(read, part.index)
    if (between.includes('<')) return misfit(source, read + between.indexOf('<'), 'this is no tag')
    const top = open.at(-1)!
    top.text += unescaped(between)
    read = part.index + part[0].length
    const [, cdata, slash, name, attributes = '', isEmpty] = part
    if (cdata !== undefined) { top.text += cdata; continue }
    if (name === undefined) continue
    if (slash === '/') {
      if (open.length < 2 || top.name !== name) return misfit(source, part.index, `</${name}> ends what did not begin`)
      open.pop()
      open.at(-1)!.children.push(finished(source, top))
      continue
    }
    const element: Building = { name, attributes: Object.fromEntries([...attributes.matchAll(ATTRIBUTE)].map(([, key, double, single]) => [key!, unescaped(double ?? single ?? '')])), children: [], text: '', at: part.index }
    if (isEmpty === '/') top.children.push(finished(source, element))
    else open.push(element)
    if (open.length > DEPTH_MAX) return misfit(source, part.index, 'it is nested too deeply')
  }
  const rest = source.slice(read)
  if (rest.includes('<')) return misfit(source, read + rest.indexOf('<'), 'this is no tag')
  const unended = open[1]
  if (unended !== undefined) return misfit(source, unended.at, `<${unended.name}> never ends`)
  return open[0]!.children[0] ?? misfit(source, 0, 'there is no element')
}

/** Every element of that name below, and itself, in the order of the text. */
export function* elementsOf(element: XmlElement, name: string): Generator<XmlElement> {
  if (element.name === name) yield element
  for (const child of element.children) yield* elementsOf(child, name)
}

interface Building { readonly name: string; readonly attributes: Record<string, string>; readonly children: XmlElement[]; text: string; readonly at: number }

const finished = (source: string, { name, attributes, children, text, at }: Building): XmlElement => ({ name, attributes, children, text: text.trim(), ...placeOf(source, at) })

function placeOf(source: string, at: number): { readonly line: number; readonly column: number } {
  const before = source.slice(0, at)
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') }
}

const misfit = (source: string, at: number, message: string): XmlMisfit => ({ ...placeOf(source, at), message })

const named: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: '\'' }
const unescaped = (text: string): string => text.replace(/&(?:#x([0-9a-fA-F]{1,6})|#(\d{1,7})|(\w+));/g, (whole, hex: string | undefined, decimal: string | undefined, name: string | undefined) => {
  if (name !== undefined) return named[name] ?? whole
  const code = hex === undefined ? Number(decimal) : Number.parseInt(hex, 16)
  return code <= 0x10ffff ? String.fromCodePoint(code) : whole
})
