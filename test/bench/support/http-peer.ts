/** A server to compare with: it answers every GET with the same reply, and checks nothing. Forked: kind, where peers are installed, the reply as JSON. */

import { once } from 'node:events'
import { createRequire } from 'node:module'
import { type AddressInfo, type Server } from 'node:net'
import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { loadUws } from '../../../src/faces/server/uws-binary.js'

export interface PeerReply { readonly headers: readonly (readonly [string, string])[]; readonly body: string }
export type PeerKind = 'bare' | 'fastify' | 'express'

export interface HttpPeer { readonly pid: number; readonly address: string; stop(): Promise<void> }

export async function startHttpPeer(kind: PeerKind, peers: string, reply: PeerReply): Promise<HttpPeer> {
  const child = fork(fileURLToPath(import.meta.url), [kind, peers, JSON.stringify(reply)], { execArgv: [] })
  const [port] = await once(child, 'message') as [number]
  return { pid: child.pid!, address: `http://127.0.0.1:${port}`, async stop() { const exited = once(child, 'exit'); child.kill('SIGKILL'); await exited } }
}

/** What is used of either framework. */
interface Fastify { get(path: string, handler: (request: unknown, reply: { headers(all: object): void; send(body: object): void }) => void): void; listen(where: object): Promise<string>; readonly server: Server }
interface Express { get(path: RegExp, handler: (request: unknown, reply: { set(all: object): void; json(body: object): void }) => void): void; listen(port: number, host: string): Server }

async function serve(kind: PeerKind, peers: string, { headers, body }: PeerReply): Promise<number> {
  const require = createRequire(`${peers}package.json`)
  // The frameworks make their own text of an object, as programs that use them do.
  const object = JSON.parse(body) as object
  const own = Object.fromEntries(headers)
  if (kind === 'fastify') {
    const app = (require('fastify') as () => Fastify)()
    app.get('/*', (_request, reply) => { reply.headers(own); reply.send(object) })
    await app.listen({ host: '127.0.0.1', port: 0 })
    return (app.server.address() as AddressInfo).port
  }
  if (kind === 'express') {
    const app = (require('express') as () => Express)()
    app.get(/.*/, (_request, reply) => { reply.set(own); reply.json(object) })
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
