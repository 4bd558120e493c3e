/**
 * A server to compare with. The bare one answers every GET with the same bytes and checks nothing; the frameworks do what ours does for an answer:
 * look the token up, name the request, lay the envelope around an object, and put it into text. Forked: kind, where peers are installed, the reply as JSON.
 */

import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import type { AddressInfo, Server } from 'node:net'
import { fileURLToPath } from 'node:url'
import { loadUws } from '../../../src/faces/server/uws-binary.js'

export interface PeerReply { readonly headers: readonly (readonly [string, string])[]; readonly body: string; /** Who may ask. */ readonly tokens: readonly string[] }
export type PeerKind = 'bare' | 'fastify' | 'express'

export interface HttpPeer { readonly pid: number; readonly address: string; stop(): Promise<void> }

export async function startHttpPeer(kind: PeerKind, peers: string, reply: PeerReply): Promise<HttpPeer> {
  const child = fork(fileURLToPath(import.meta.url), [kind, peers, JSON.stringify(reply)], { execArgv: [] })
  const [port] = await once(child, 'message') as [number]
  return { pid: child.pid!, address: `http://127.0.0.1:${port}`, async stop() { const exited = once(child, 'exit'); child.kill('SIGKILL'); await exited } }
}

/** What is used of either framework. */
interface Asked { readonly headers: { readonly authorization?: string } }
interface Fastify { get(path: string, handler: (request: Asked, reply: { headers(all: object): void; send(body: object): void }) => void): void; listen(where: object): Promise<string>; readonly server: Server }
interface Express { get(path: RegExp, handler: (request: Asked, reply: { set(all: object): void; json(body: object): void }) => void): void; listen(port: number, host: string): Server }

async function serve(kind: PeerKind, peers: string, { headers, body, tokens }: PeerReply): Promise<number> {
  const require = createRequire(`${peers}package.json`)
  const enveloped = JSON.parse(body) as { readonly data: object; readonly meta: object }
  const known = new Set(tokens.map((token) => `Bearer ${token}`))
  const answer = (token = ''): object => {
    if (!known.has(token)) throw new Error('a stranger')
    return { success: true, data: enveloped.data, meta: { ...enveloped.meta, request_id: randomUUID(), timestamp: new Date().toISOString() } }
  }
  const own = Object.fromEntries(headers)
  if (kind === 'fastify') {
    const app = (require('fastify') as () => Fastify)()
    app.get('/*', (request, reply) => { reply.headers(own); reply.send(answer(request.headers.authorization)) })
    await app.listen({ host: '127.0.0.1', port: 0 })
    return (app.server.address() as AddressInfo).port
  }
  if (kind === 'express') {
    const app = (require('express') as () => Express)()
    app.get(/.*/, (request, reply) => { reply.set(own); reply.json(answer(request.headers.authorization)) })
    const server = app.listen(0, '127.0.0.1')
    await once(server, 'listening')
    return (server.address() as AddressInfo).port
  }
  const bytes = Buffer.from(body)
  const uws = loadUws()
  const app = uws.App()
  app.get('/*', (res) => {
    for (const [name, value] of headers) res.writeHeader(name, value)
    res.end(bytes)
  })
  return new Promise((resolve) => { app.listen('127.0.0.1', 0, 0, (bound) => { resolve(bound === false ? 0 : uws.us_socket_local_port(bound)) }) })
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  process.on('disconnect', () => { process.exit() })
  const [kind, peers, reply] = process.argv.slice(2)
  process.send?.(await serve(kind as PeerKind, peers!, JSON.parse(reply!) as PeerReply))
}
