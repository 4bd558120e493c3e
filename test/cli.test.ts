import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import t from 'tap'
import { freePort } from './field/support/s7-plc.js'

const LINESIDE = new URL('../../bin/lineside', import.meta.url).pathname
const EXAMPLE = new URL('../../config/lineside.yaml', import.meta.url).pathname
const NOWHERE = 'http://127.0.0.1:9'

interface Ended { readonly code: number | null; readonly out: string; readonly err: string }

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}): ChildProcess {
  return spawn(LINESIDE, args, { env: { PATH: process.env['PATH'], ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
}

async function ended(child: ChildProcess): Promise<Ended> {
  const [out, err, [code]] = await Promise.all([text(child.stdout!), text(child.stderr!), once(child, 'close') as Promise<[number | null]>])
  return { code, out, err }
}

const lineside = (...args: readonly string[]): Promise<Ended> => ended(start(args))

t.test('help shows examples first, and goes to standard output', async (t) => {
  const { code, out, err } = await lineside('--help')
  t.equal(code, 0)
  t.match(out, /^Examples:\n {2}lineside run --demo\n/)
  t.equal(err, '')
  t.match((await lineside('token', 'create', '--help')).out, /^Examples:\n {2}TOKEN=/)
})

t.test('wrong usage ends with 2, names the likely word and prints no data', async (t) => {
  for (const [args, said] of [
    [['stauts'], 'Did you mean status?'],
    [['status', '--ouput', 'json'], 'Did you mean --output?'],
    [['status', '-o', 'xml'], 'Allowed choices are table, wide, json, ndjson, csv, name.'],
    [['plant', '--port', '70000'], 'Ports end at 65535.'],
    [['token', 'create', '--name', 'x', '--expires', 'soon'], 'It must be a duration like 30m, 12h or 90d.'],
    [['run', '--config'], 'argument missing'],
  ] as const) {
    const { code, out, err } = await lineside(...args)
    t.equal(code, 2, args.join(' '))
    t.equal(out, '')
    t.ok(err.includes(said), err)
  }
})

t.test('config check ends with 6 and lists every error; run refuses the same file with 78', async (t) => {
  const dir = t.testdir({ 'bad.yaml': readFileSync(EXAMPLE, 'utf8').replace('driver: s7', 'driver: s8') })
  const bad = join(dir, 'bad.yaml')
  const place = `${bad}:31:13 plcs[0].driver: expected one of s7, eip, modbus, opcua, trace, found "s8"; did you mean "s7"?\n`
  t.match(await lineside('config', 'check', bad), { code: 6, out: place, err: '' })
  const json = await lineside('config', 'check', bad, '-o', 'json')
  t.match(JSON.parse(json.out), [{ file: bad, line: 31, column: 13, path: 'plcs[0].driver' }])
  const refused = await lineside('run', '--config', bad)
  t.match(refused, { code: 78, out: '' })
  t.ok(refused.err.startsWith(place), refused.err)
  t.match(await lineside('config', 'check', EXAMPLE), { code: 0, out: '', err: `${EXAMPLE} is sound: 2 PLCs, 1 line\n` })
  t.match(await lineside('run', '--config', join(dir, 'none.yaml')), { code: 78, err: /no such file/ })
})

t.test('config schema is JSON Schema', async (t) => {
  const { code, out } = await lineside('config', 'schema')
  t.equal(code, 0)
  t.match(JSON.parse(out), { $schema: /json-schema/, type: 'object', properties: { gateway: { required: ['id'] } } })
})

t.test('a token is shown once, listed without its secret, and revoked', async (t) => {
  const data = t.testdir({})
  const at = ['--config', EXAMPLE, '--data', data]
  const made = await lineside('token', 'create', '--name', '=board', '--role', 'operator', '--lines', 'BP01', '--expires', '90d', ...at)
  t.equal(made.code, 0)
  t.match(made.out, /^ls_[0-9a-f]{10}_\S{43}\n$/)
  const id = made.out.slice(3, 13)
  t.match(JSON.parse((await lineside('token', 'list', '-o', 'json', ...at)).out), [{ id, name: '=board', role: 'operator', lines: 'BP01' }])
  const csv = (await lineside('token', 'list', '-o', 'csv', ...at)).out
  t.match(csv, new RegExp(`^id,name,role,lines,created_at,expires_at\\r\\n${id},'=board,operator,BP01,`))
  t.notOk(csv.includes(made.out.trim().slice(14)), 'the secret is in no list')
  t.equal((await lineside('token', 'list', '-o', 'name', ...at)).out, `${id}\n`)
  t.match(await lineside('token', 'revoke', `${id.slice(0, -1)}x`, ...at), { code: 5, err: new RegExp(`did you mean "${id}"`) })
  t.equal((await lineside('token', 'revoke', id, ...at)).code, 0)
  t.equal((await lineside('token', 'list', '-o', 'json', ...at)).out, '[]\n')
  t.match(await lineside('token', 'create', '--name', 'x', '--lines', 'BP1', ...at), { code: 5, out: '', err: /no line "BP1"/ })
  t.match(await lineside('token', 'list', '--config', EXAMPLE, '--data', join(data, 'none')), { code: 5, err: /no data directory/ })
})

t.test('run brings the demo up, says how to reach it, tells its status, and stops when told', async (t) => {
  const data = t.testdir({})
  const demo = join(data, 'demo.yaml')
  // Ports of its own, so that another demo on this machine is not disturbed.
  const s7Port = await freePort()
  writeFileSync(demo, readFileSync(EXAMPLE, 'utf8').replace('port: 10102', `port: ${s7Port}`).replace('port: 10144', `port: ${await freePort()}`))
  const child = start(['run', '--demo', '--config', demo, '--port', '0', '--data', data])
  const result = ended(child)
  const [shown] = await once(child.stdout!, 'data') as [Buffer]
  const url = /at (http:\/\/127\.0\.0\.1:\d+)$/m.exec(shown.toString())?.[1] ?? ''
  const token = /^token (\S+)$/m.exec(shown.toString())?.[1] ?? ''
  t.match(token, /^ls_/, 'the first token stands alone on its line')
  t.match(await lineside('status', '--url', url), { code: 4, out: '', err: /refused: no token/ })
  const status = await ended(start(['status', '--url', url, '-o', 'json'], { LINESIDE_TOKEN: token }))
  t.equal(status.code, 0)
  t.match(JSON.parse(status.out), { ready: true, gateway: 'demo', plcs: [{ plc: 'packer' }, { plc: 'bagger' }] })
  t.match((await ended(start(['status', '--url', `${url}/`], { LINESIDE_TOKEN: token }))).out, /^demo is ready\nlineside \d/)
  child.kill('SIGTERM')
  t.equal((await result).code, 0)
})

t.test('without a gateway, status ends with 3 and says what to do', async (t) => {
  t.match(await lineside('status', '--url', NOWHERE), { code: 3, out: '', err: /no gateway answers .* \(ECONNREFUSED\)\n {2}start one with/ })
})

t.test('the virtual plant lives its time, writes its truth, and stops when told', async (t) => {
  const truth = join(t.testdir({}), 'truth.ndjson')
  const lived = await lineside('plant', '--port', '0', '--logix', '0', '--control', '0', '--factor', '600', '--for', '5m', '--truth', truth)
  t.match(lived, { code: 0, out: /^The line BP01 is served over S7 at 127\.0\.0\.1:\d+, rack 0, slot 1\.\n/ })
  t.ok(existsSync(truth) && statSync(truth).size > 1_000, 'five minutes of a bagging line leave some truth')

  const child = start(['plant', '--port', '0', '--logix', '0', '--control', '0'])
  const result = ended(child)
  await once(child.stdout!, 'data')
  child.kill('SIGINT')
  t.equal((await result).code, 130)
})
