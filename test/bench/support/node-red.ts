/** Node-RED with its S7 nodes: polls tags, and sends one of them to a socket when it changes. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../support/ports.js'

export interface NodeRed { readonly pid: number; readonly url: string; stop(): Promise<void> }

/** Addresses by name, of which `shown` is sent on. */
export async function startNodeRed(peers: string, { plcPort, cycleMs, tags, shown }: { readonly plcPort: number; readonly cycleMs: number; readonly tags: Readonly<Record<string, string>>; readonly shown: string }): Promise<NodeRed> {
  const directory = mkdtempSync(join(tmpdir(), 'node-red-'))
  const port = await freePort()
  symlinkSync(`${peers}node_modules`, join(directory, 'node_modules'))
  writeFileSync(join(directory, 'settings.js'), `module.exports = { uiHost: '127.0.0.1', uiPort: ${port}, flowFile: 'flows.json', credentialSecret: false, logging: { console: { level: 'info' } } }`)
  writeFileSync(join(directory, 'flows.json'), JSON.stringify([
    { id: 'tab', type: 'tab', label: 'bench' },
    { id: 'plc', type: 's7 endpoint', transport: 'iso-on-tcp', connmode: 'rack-slot', address: '127.0.0.1', port: plcPort, rack: 0, slot: 1, cycletime: cycleMs, timeout: 2_000,
      vartable: Object.entries(tags).map(([name, addr]) => ({ name, addr })) },
    { id: 'in', type: 's7 in', z: 'tab', endpoint: 'plc', mode: 'single', variable: shown, diff: true, wires: [['out']] },
    { id: 'listener', type: 'websocket-listener', path: '/changes', wholemsg: 'false' },
    { id: 'out', type: 'websocket out', z: 'tab', server: 'listener', client: '', wires: [] },
  ]))
  const child = spawn(process.execPath, [`${peers}node_modules/node-red/red.js`, '--userDir', directory], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  let said = ''
  const started = new Promise<void>((resolve) => { child.stdout.on('data', (text: Buffer) => { said += text.toString(); if (said.includes('Started flows')) resolve() }) })
  await Promise.race([started, exited.then(() => { throw new Error(`Node-RED did not start: ${said}`) })])
  return {
    pid: child.pid!, url: `ws://127.0.0.1:${port}/changes`,
    async stop() {
      child.kill('SIGTERM')
      await exited
      rmSync(directory, { recursive: true })
    },
  }
}
