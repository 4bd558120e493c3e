/** The interface to read and try, as one page that needs nothing from elsewhere. It is empty until a token is given. */

import { createHash } from 'node:crypto'
import type { Bare } from './ask.js'

const style = `
:root { color-scheme: light dark; --line: #8884; --quiet: #888; --accent: #0a7ea4 }
body { font: 16px/1.5 system-ui, sans-serif; margin: 0 auto; max-width: 60rem; padding: 1.5rem }
h1 { font-size: 1.5rem } h2 { font-size: 1.1rem; margin: 2rem 0 .5rem; text-transform: capitalize }
details { border-top: 1px solid var(--line); padding: .5rem 0 } summary { cursor: pointer }
summary b { display: inline-block; width: 4rem; color: var(--accent); font-family: ui-monospace, monospace }
code, pre, input, textarea { font: 14px/1.45 ui-monospace, monospace }
pre { overflow: auto; max-height: 24rem; border: 1px solid var(--line); border-radius: 6px; padding: .75rem }
label { display: grid; grid-template-columns: 14rem 1fr; gap: .5rem; align-items: center; margin: .25rem 0 }
input, textarea { padding: .35rem; width: 100%; box-sizing: border-box } button { padding: .4rem 1rem; margin: .5rem 0 }
.quiet { color: var(--quiet) }
`

const script = `
const byId = (id) => document.getElementById(id)
const make = (tag, text, parent) => { const node = document.createElement(tag); node.textContent = text; parent.append(node); return node }
const headers = () => ({ Authorization: 'Bearer ' + byId('token').value })

async function load() {
  const answer = await fetch('/api/v1/openapi.json', { headers: headers() })
  const api = await answer.json()
  const list = byId('list'); list.replaceChildren()
  if (!answer.ok) { make('p', api.error.message, list); return }
  for (const tag of api.tags) {
    make('h2', tag.name, list)
    for (const [path, methods] of Object.entries(api.paths))
      for (const [method, operation] of Object.entries(methods))
        if (operation.tags[0] === tag.name) show(list, path, method, operation)
  }
}

function show(list, path, method, operation) {
  const details = make('details', '', list)
  const summary = make('summary', '', details)
  make('b', method.toUpperCase(), summary); make('code', path, summary)
  make('p', operation.summary + ' ' + operation.description, details)
  const form = make('form', '', details)
  const fields = operation.parameters.map((parameter) => {
    const label = make('label', '', form); make('span', parameter.name + (parameter.required ? ' *' : ''), label)
    const input = make('input', '', label)
    input.required = parameter.required
    input.placeholder = parameter.description ?? (parameter.schema.default !== undefined ? String(parameter.schema.default) : parameter.schema.enum?.join(' | ') ?? '')
    return [parameter, input]
  })
  const schema = operation.requestBody?.content['application/json'].schema
  const body = schema && make('textarea', '', make('label', 'body', form))
  if (body) body.placeholder = JSON.stringify(Object.fromEntries(Object.keys(schema.properties).map((name) => [name, null])))
  make('button', 'Try', form)
  const out = make('pre', '', details); out.hidden = true
  const shape = make('details', '', details); make('summary', 'Schema of the answer', shape)
  make('pre', JSON.stringify(operation.responses['200'] ?? operation.responses['201'], null, 2), shape)
  form.onsubmit = async (event) => {
    event.preventDefault()
    let url = path; const query = new URLSearchParams(); const sent = headers()
    for (const [{ name, in: where }, { value }] of fields) {
      if (value === '') continue
      if (where === 'path') url = url.replace('{' + name + '}', encodeURIComponent(value))
      else if (where === 'query') query.set(name, value)
      else sent[name] = value
    }
    if (body?.value) sent['Content-Type'] = 'application/json'
    const answer = await fetch(url + (query.size ? '?' + query : ''), { method: method.toUpperCase(), headers: sent, ...(body?.value ? { body: body.value } : {}) })
    const text = await answer.text()
    out.hidden = false
    try { out.textContent = answer.status + '\\n' + JSON.stringify(JSON.parse(text), null, 2) } catch { out.textContent = answer.status + '\\n' + text }
  }
}
byId('open').onsubmit = (event) => { event.preventDefault(); load() }
`

const page = `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><title>lineside: the interface</title><style>${style}</style></head>
<body><h1>lineside: the interface</h1>
<p class="quiet">Everything here is made from the route table.</p>
<form id="open"><label><span>Token</span><input id="token" type="password" autocomplete="off" required></label><button>Open</button></form>
<main id="list"></main><script>${script}</script></body></html>
`

const hashOf = (text: string): string => `'sha256-${createHash('sha256').update(text).digest('base64')}'`

export const docsPage: Bare = {
  status: 200,
  bare: page,
  headers: [
    ['Cache-Control', 'no-cache'],
    ['X-Content-Type-Options', 'nosniff'],
    // Only this page's own script and style run, and they speak to nobody but this gateway.
    ['Content-Security-Policy', `default-src 'none'; script-src ${hashOf(script)}; style-src ${hashOf(style)}; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`],
    ['Referrer-Policy', 'no-referrer'],
  ],
}
