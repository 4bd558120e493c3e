import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { chownSync, existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { createServer as createSecureServer } from 'node:https'
import { userInfo } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { gunzipSync } from 'node:zlib'
import t from 'tap'
import { leaveServed } from '../../src/faces/served.js'
import { authorityIn } from '../support/authority.js'
import { until } from '../support/child.js'
import { freePort } from '../support/ports.js'

const LINESIDE = new URL('../../../bin/lineside', import.meta.url).pathname
const START = new URL('../../start/cli.js', import.meta.url).pathname
const EXAMPLE = new URL('../../../config/lineside.yaml', import.meta.url).pathname
const hasScreens = existsSync(new URL('../../hmi/manifest.json', import.meta.url))
// Every verb is a process of its own, and the machine may be busy.
t.setTimeout(600_000)

const NOWHERE = 'http://127.0.0.1:9'

interface Ended { readonly code: number | null; readonly out: string; readonly err: string }

function start(args: readonly string[], env: Readonly<Record<string, string>> = {}, input: 'ignore' | 'pipe' = 'ignore'): ChildProcess {
  return spawn(LINESIDE, args, { env: { PATH: process.env['PATH'], ...env }, stdio: [input, 'pipe', 'pipe'] })
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
    [['standby', 'nonsense'], 'lineside standby status | takeover | release'],
    [['config', 'aply'], 'Did you mean apply?'],
    [['plc', 'read'], 'it is typed `lineside plc read [options] <plc> [tags...]`'],
    [['status', '--url', 'ftp://x'], 'it is like http://192.168.0.10:8000'],
    [['plant', '--port', '70000'], 'Ports end at 65535.'],
    [['token', 'create', '--name', 'x', '--expires', 'soon'], 'It must be a duration like 30m, 12h or 90d.'],
    [['run', '--config'], 'argument missing'],
    [['check', '--warn', 'many'], 'It must be a number from 0 on, like 0.01.'],
  ] as const) {
    const { code, out, err } = await lineside(...args)
    t.equal(code, 2, args.join(' '))
    t.equal(out, '')
    t.ok(err.includes(said), err)
  }
})

t.test('a path that cannot be used is no fault of ours', async (t) => {
  const data = t.testdir({ file: '' })
  const at = ['--config', EXAMPLE, '--data', data]
  t.match(await lineside('support-bundle', join(data, 'none', 'x.gz'), ...at), { code: 1, out: '', err: /^lineside: ENOENT.*\n {2}check the path/ })
  t.match(await lineside('run', '--config', EXAMPLE, '--data', join(data, 'file', 'below')), { code: 1, out: '', err: /lineside: ENOTDIR.*\n {2}check the path/ })
  t.match(await lineside('run', '--config', EXAMPLE, '--data', '/proc/none/below'), { code: 1, out: '', err: /lineside: ENOENT.*\n {2}check the path/ }, 'where Node itself would go round for ever')
  t.match(await lineside('db', 'check', ...at), { code: 5, out: '', err: /^lineside: JOURNAL_MISSING: there is no journal/ })
  t.match(await lineside('replay', '--from', '2026-03-01T00:00:00Z', '--to', '2026-03-02T00:00:00Z', ...at), { code: 5, err: /JOURNAL_MISSING/ })
})

t.test('config check ends with 6 and lists every error; run refuses the same file with 78', async (t) => {
  const dir = t.testdir({ 'bad.yaml': readFileSync(EXAMPLE, 'utf8').replace('driver: s7', 'driver: s8') })
  const bad = join(dir, 'bad.yaml')
  const line = readFileSync(EXAMPLE, 'utf8').split('\n').findIndex((text) => text.includes('driver: s7')) + 1
  const place = `${bad}:${line}:13 plcs[0].driver: expected one of s7, eip, modbus, opcua, trace, found "s8"; did you mean "s7"?\n`
  t.match(await lineside('config', 'check', bad), { code: 6, out: place, err: '' })
  const json = await lineside('config', 'check', bad, '-o', 'json')
  t.match(JSON.parse(json.out), [{ file: bad, line, column: 13, path: 'plcs[0].driver' }])
  const refused = await lineside('run', '--config', bad, '--data', join(dir, 'data'))
  t.match(refused, { code: 78, out: '' })
  t.ok(refused.err.startsWith(place), refused.err)
  t.match(await lineside('config', 'check', EXAMPLE), { code: 0, out: '', err: `${EXAMPLE} is sound: 2 PLCs, 1 line\n` })
  t.match(await lineside('run', '--config', join(dir, 'none.yaml'), '--data', join(dir, 'data')), { code: 78, err: /no such file/ })
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

t.test('of two boxes each makes a token for the other before either starts for the first time', async (t) => {
  const standby = 'standby: { box: a, role: active, peer: "http://127.0.0.1:9", token_file: peer.token }'
  const directory = t.testdir({ 'lineside.yaml': `${readFileSync(EXAMPLE, 'utf8')}\n${standby}\n` })
  const file = join(directory, 'lineside.yaml')
  const at = ['--config', file]
  t.match(await lineside('config', 'check', file), { code: 6, out: /standby\.token_file: cannot be read/ })
  t.match(await lineside('token', 'create', '--name', 'box-b', '--role', 'admin', ...at, '--data', join(directory, 'dta')), { code: 5, err: /no data directory/ }, 'a folder that somebody names is there')
  const { code, out } = await lineside('token', 'create', '--name', 'box-b', '--role', 'admin', ...at)
  t.equal(code, 0)
  writeFileSync(join(directory, 'peer.token'), out)
  t.match(await lineside('config', 'check', file), { code: 0 })
  t.match((await lineside('token', 'list', '-o', 'csv', ...at)).out, 'box-b')
  t.match((await lineside('doctor', ...at)).out, /tokens: one token, and that of the first start is not among them/)
})

t.test('run brings the demo up, says how to reach it, tells its status, and stops when told', async (t) => {
  const data = t.testdir({})
  const demo = join(data, 'demo.yaml')
  // Ports of its own, so that another demo on this machine is not disturbed.
  writeFileSync(demo, readFileSync(EXAMPLE, 'utf8').replace('port: 10102', `port: ${await freePort()}`).replace('port: 10144', `port: ${await freePort()}`))
  const person = start(['person', 'set', '--name', 'Ana', '--config', demo, '--data', data], {}, 'pipe')
  person.stdin!.end('4711\n')
  t.match(await ended(person), { code: 0, err: 'Ana may sign on as operator\n' }, 'before there is a gateway')
  const child = start(['run', '--demo', '--config', demo, '--port', '0', '--data', data])
  const result = ended(child)
  let shown = ''
  child.stdout!.on('data', (chunk: Buffer) => { shown += chunk.toString() })
  await until('it says how to reach it', () => /^try:$/m.test(shown))
  const url = /at (http:\/\/127\.0\.0\.1:\d+)$/m.exec(shown)?.[1] ?? ''
  const token = /^token (\S+)$/m.exec(shown)?.[1] ?? ''
  t.match(token, /^ls_/, 'the first token stands alone on its line')
  t.match(await lineside('status', '--url', url), { code: 4, out: '', err: /refused: no token/ })
  const status = await ended(start(['status', '--url', url, '-o', 'json'], { LINESIDE_TOKEN: token }))
  t.equal(status.code, 0)
  t.match(JSON.parse(status.out), { ready: true, gateway: 'demo', plcs: [{ plc: 'packer' }, { plc: 'bagger' }] })
  t.match((await ended(start(['status', '--url', `${url}/`], { LINESIDE_TOKEN: token }))).out, /^demo is ready\nlineside \d/)
  await t.test('its pages may do nothing but what they are for', { skip: hasScreens ? false : 'the screens were not bundled: run make build' }, async (t) => {
    const page = await fetch(`${url}/`)
    t.match(page.headers.get('content-security-policy'), /^default-src 'none'; script-src 'self';.* frame-ancestors 'none'; require-trusted-types-for 'script'$/)
    t.match(Object.fromEntries(page.headers), { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'cross-origin-opener-policy': 'same-origin', 'permissions-policy': /camera=\(\)/ })
  })
  const beside = ['--config', demo, '--data', data]
  t.match(await lineside('status', ...beside), { code: 0, out: /^demo is ready\n/ }, 'on the box itself it is found wherever it serves, and needs no token of a person')
  const audited = async (): Promise<{ by: string; command: string; body: string }[]> => JSON.parse((await lineside('audit', '-o', 'json', ...beside)).out) as { by: string; command: string; body: string }[]
  t.match((await audited()).filter(({ command }) => command === 'job_create'), [{ by: 'gateway' }])
  await until('what was done at the box stands in the audit', async () => (await audited()).filter(({ command }) => command === 'access_changed').length >= 2)
  t.match((await audited()).filter(({ command }) => command === 'access_changed').map(({ by, body }) => [by, JSON.parse(body) as object]), [
    [userInfo().username, { what: 'person', change: 'created', of: 'Ana' }], [userInfo().username, { what: 'token', change: 'created', name: 'command line' }],
  ])

  const at = ['--config', demo, '--data', data, '--url', url]
  const asks = (...args: readonly string[]) => ended(start([...args, ...at], { LINESIDE_TOKEN: token }))
  const top = await asks('top', '--once')
  t.match(top, { code: 0, out: /^demo .*ready/ })
  t.match(top.out, /BP01\.PACK\.BAG1 \* +\w+/, 'the constraint is marked')
  t.notOk(top.out.includes('\u001b[?1049h'), 'what is no terminal gets no screen')
  t.ok(Array.isArray(JSON.parse((await asks('stops', '-o', 'json')).out)))
  t.match(await asks('jobs', '-o', 'name'), { code: 0, out: '87654321-4321-8765-cba9-876543210987\n' })
  t.equal((await asks('andon', '-o', 'json')).out, '[]\n')
  t.match((JSON.parse((await asks('audit', '-o', 'json')).out) as { command: string }[]).find(({ command }) => command === 'job_create'), { by: 'gateway', outcome: 'done' })
  const explained = (await asks('explain', 'BP01.PACK.BAG1')).out
  t.match(explained, /^FACTOR +VALUE +PART[^]*^availability +(\d+\.\d\d %|–) +run [^]*^LEAF +SECONDS[^]*^no_data +[\d.]+ +– /m, 'ratios for eyes; what is not planned time is no share of it')
  t.match(await asks('explain', 'BP01', '--output', 'table'), { code: 0, out: /^BP01 by constraint: OEE (\d+\.\d\d %|–)\n/ })
  t.match(await asks('shift', 'show', '-o', 'csv'), { code: 0, out: /^shift,name,day,from,/ })
  const told = (await asks('events', 'tail', '--after', '0', '--json')).out.trim().split('\n').map((row) => JSON.parse(row) as { seq: number; type: string })
  t.strictSame(told.map(({ seq }) => seq), told.map((_, i) => i + 1), 'no fact is missing')
  t.strictSame((await asks('events', 'tail', '--after', '0', '--types', 'gateway_started', '--json')).out.match(/"type":"\w+"/g), ['"type":"gateway_started"'])
  t.match(await asks('tag', 'watch', 'BP01.PACK.BAG1', '--once'), { code: 0, out: /running +(true|false)\n/ })
  t.match(await asks('tag', 'watch', 'BP01.PACK.BAG2', '--once'), { code: 5, out: '', err: /no such equipment/ })
  const overview = JSON.parse((await asks('tag', 'overview', '--equipment', 'BP01.PACK.BAG1', '-o', 'json')).out) as { equipment: string; signal: string; samples: number; means: string }[]
  t.ok(overview.every(({ equipment, samples }) => equipment === 'BP01.PACK.BAG1' && samples > 0) && overview.some(({ signal }) => signal === 'speed'), 'every numeric signal')
  t.ok(overview.every(({ means }) => means.split(' ').length === 40), 'and how it went')
  t.match(await asks('tag', 'overview', 'BP02'), { code: 5, out: '', err: /no such line/ })
  t.match(await asks('check', '--warn', '1', '--crit', '2'), { out: /^LINESIDE (OK|WARNING) - .* \| turns=\d+ missed_ratio=/ })
  t.match(await asks('check', '--warn', '0', '--crit', '0'), { code: 2, out: /^LINESIDE CRITICAL - / })
  t.match(await ended(start(['check', '--url', NOWHERE])), { code: 2, out: /^LINESIDE CRITICAL - no gateway answers[^|]*\n$/ })
  t.match(await lineside('check', '--url', url), { code: 3, out: /^LINESIDE UNKNOWN - .* refused: no token/ }, 'it may be well all the same')
  const doctor = await asks('doctor', '--json')
  const found = JSON.parse(doctor.out) as { about: string; verdict: string; remedy: string | null }[]
  t.ok(found.some(({ about, verdict, remedy }) => about === 'tokens' && verdict === 'doubtful' && remedy !== null), 'the first token is still there')
  t.equal(doctor.code, found.some(({ verdict }) => verdict === 'wrong') ? 6 : 0)
  t.match((await ended(start(['doctor', '--config', demo, '--data', data, '--url', NOWHERE]))), { code: 6, out: /✖ gateway: no gateway answers/ })
  const bundle = join(data, 'bundle.json.gz')
  t.match(await asks('support-bundle', bundle), { code: 0, out: `${bundle}\n` })
  const inside = gunzipSync(readFileSync(bundle)).toString()
  t.match(JSON.parse(inside), { about: { version: /\d/ }, facts: Array, configurations: [{ version: 1 }], journal: { findings: Array } })
  t.notMatch(inside, token, 'no secret leaves the box')
  const handed = await fetch(`${url}/api/v1/enhanced/box/support-bundle`, { headers: { authorization: `Bearer ${token}` } })
  t.match(JSON.parse(gunzipSync(Buffer.from(await handed.arrayBuffer())).toString()), { facts: Array, journal: { findings: Array } }, 'a screen is handed the same, made beside the gateway')
  t.match(await ended(start(['log', 'level', 'debug', 'cycle', '--for', '1m', '--config', demo, '--data', data])), { code: 0, err: /was at info; it goes back in 1 min/ })

  child.kill('SIGTERM')
  t.equal((await result).code, 0)

  await t.test('what root does leaves nothing behind that the gateway could not open', { skip: process.getuid?.() === 0 ? false : 'only root can be in the way like this' }, async (t) => {
    const gateways = 12_345
    const paths = (): string[] => [data, ...readdirSync(data, { recursive: true, encoding: 'utf8' }).map((name) => join(data, name))]
    for (const path of paths()) chownSync(path, gateways, gateways)
    for (const words of [['db', 'check'], ['db', 'vacuum'], ['db', 'migrate', '--plan'], ['token', 'create', '--name', 'board']]) t.equal((await lineside(...words, ...beside)).code, 0, words.join(' '))
    t.strictSame(paths().filter((path) => statSync(path).uid !== gateways), [])
  })
})

t.test('a demo whose PLC has no port says so and ends, with all that it had started', async (t) => {
  const taken = createServer().listen(0, '127.0.0.1')
  await once(taken, 'listening')
  const { port } = taken.address() as AddressInfo
  const data = t.testdir({ 'demo.yaml': readFileSync(EXAMPLE, 'utf8').replace('port: 10102', `port: ${port}`).replace('port: 10144', `port: ${port}`) })
  t.match(await lineside('run', '--demo', '--config', join(data, 'demo.yaml'), '--port', '0', '--data', data), { code: 1, out: '', err: /^lineside: PLANT_PORT_IN_USE: .*virtual plant.*port \d+/m })
  taken.close()
})

t.test('secrets are taken out by their name and by their look, wherever they stand', async (t) => {
  const { redacted } = await import('../../src/verbs/support.js')
  const token = `ls_0123456789_${'a'.repeat(43)}`
  const seen = JSON.stringify(redacted({
    password: 'hunter2', nested: [{ client_secret: 'hunter2', pin: 1234, key_file: '/etc/key.pem' }], url: 'mqtts://ana:hunter2@broker:8883', line: `curl -H "Authorization: Bearer ${token}"`,
    text: 'upstreams:\n  - name: mes\n    password: hunter2\n    user: ana\n    password_file: /run/pw\nplcs: [{ id: a, password: "hunter2", port: 102 }]\n',
    pem: '-----BEGIN PRIVATE KEY-----\nhunter2\n-----END PRIVATE KEY-----',
  }))
  for (const secret of ['hunter2', '1234,', token, 'user: ana']) t.notOk(seen.includes(secret), secret)
  for (const kept of ['/etc/key.pem', '/run/pw', 'broker:8883', 'port: 102', 'name: mes']) t.ok(seen.includes(kept), kept)
})

t.test('how a signal went is drawn from its least to its largest mean', async (t) => {
  const { pictureOf } = await import('../../src/verbs/words/overview.js')
  for (const [means, picture] of [[[0, 1, 2, 3.5, 7], '▁▂▃▅█'], [[5, null, 5], '▄ ▄'], [[null, null], '  '], [[], ''], [[-2, 0, null, 2], '▁▅ █']] as const) t.equal(pictureOf(means), picture)
})

t.test('completions are made of every verb, and the manual is one that man can read', async (t) => {
  const script = await lineside('completion', 'bash')
  const directory = t.testdir({ 'lineside.bash': script.out })
  const completed = async (...words: readonly string[]): Promise<string> => {
    const child = spawn('bash', ['-c', `source ${join(directory, 'lineside.bash')}; COMP_WORDS=(${words.map((word) => `'${word}'`).join(' ')}); COMP_CWORD=${words.length - 1}; _lineside; echo "\${COMPREPLY[*]}"`], { stdio: ['ignore', 'pipe', 'pipe'] })
    return (await ended(child)).out.trim()
  }
  t.equal(await completed('lineside', 'conf'), 'config')
  t.equal(await completed('lineside', 'config', 'ap'), 'apply')
  t.equal(await completed('lineside', 'stops', '-o', 'nd'), 'ndjson')
  t.equal(await completed('lineside', 'stops', '--unex'), '--unexplained')
  t.match((await lineside('completion', 'zsh')).out, /^#compdef lineside\n/)
  t.match((await lineside('completion', 'fish')).out, /complete -c lineside -f -n '__fish_seen_subcommand_from config; and not .*' -a apply -d '/)
  const { out } = await lineside('manual')
  for (const section of ['NAME', 'SYNOPSIS', 'VERBS', 'EXIT STATUS', 'ENVIRONMENT', 'FILES']) t.ok(out.includes(`.SH ${section}\n`))
  for (const verb of ['config apply', 'db restore <file>', 'events tail']) t.ok(out.includes(`.SS "lineside ${verb}"\n`), verb)
  t.notMatch(out, /^[.'](?!TH|SH|SS|TP|B |I |PP|nf|fi|RS|RE)/m, 'no text is taken for a request')
})

const bundled = existsSync(START) && statSync(START).mtimeMs > statSync(new URL('../../.tsbuildinfo', import.meta.url)).mtimeMs
t.test('what is bundled starts with code that V8 need not compile, and its traces name the source', { skip: bundled ? false : 'the bundle is older than the code: run make build' }, async (t) => {
  const flagsIn = (file: string): string[] => readFileSync(new URL(`../../../${file}`, import.meta.url), 'utf8').match(/^flags='(.+)'$/m)![1]!.split(' ')
  t.strictSame(flagsIn('packaging/lineside'), flagsIn('bin/lineside'), 'a cache is for the flags that it was made with')
  const program = `process.argv.splice(1, 0, 'lineside', '--version'); const launch = require(${JSON.stringify(join(START, '../launch.cjs'))}); launch.start('cli.js'); process.on('exit', () => console.error([...launch.loaded.values()].map(({ script }) => script.cachedDataRejected).join(' ')))`
  t.match(await ended(spawn(process.execPath, [...flagsIn('bin/lineside'), '-e', program], { stdio: ['ignore', 'pipe', 'pipe'], env: {} })), { code: 0, err: /^false( false)+\n$/ })
  t.match(await lineside('replay', '--trace', '/', '--config', EXAMPLE), { code: 70, err: /at ofTrace \(src\/verbs\/replay\.ts:\d+:\d+\)/ })
})

t.test('without a gateway, status ends with 3 and says what to do', async (t) => {
  t.match(await lineside('status', '--url', NOWHERE), { code: 3, out: '', err: /no gateway answers .* \(ECONNREFUSED\)\n {2}see whether it runs there/ })
  const data = t.testdir({})
  leaveServed(data, { url: NOWHERE, certificateFile: null })
  t.match(await lineside('status', '--config', EXAMPLE, '--data', data), { code: 3, out: '', err: /no gateway answers .* \(ECONNREFUSED\)\n {2}(start one with `lineside run`|`systemctl start lineside` starts it, and .*), or name one elsewhere with --url\n$/ })
  t.match(await lineside('log', 'level', 'debug', '--config', EXAMPLE, '--data', data), { code: 3, out: '', err: /no gateway runs with the data directory .*\n {2}.*, or name its directory with --data\n$/ })
})

t.test('a gateway elsewhere is believed over TLS when the one who vouches for it is named, and on its own box by its own certificate', async (t) => {
  const directory = t.testdir({ site: {}, strange: {}, data: {} })
  const site = authorityIn(join(directory, 'site'))
  const strange = authorityIn(join(directory, 'strange'), 'somebody')
  const { certFile, keyFile } = site.issue('line4')
  // What a gateway of a later version would say.
  const ready = { ready: true, reasons: [], warnings: [], gateway: 'line4', version: '9.0.0', config: 1, epoch: 'e', seq: 7, uptime_seconds: 1, turns: { finished: 1, missed: 0, p50_milliseconds: 1, p99_milliseconds: 1, later: 1 }, plcs: [], later: 'than this version' }
  const asked: (string | undefined)[] = []
  const server = createSecureServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (request, response) => {
    asked.push(request.headers.authorization)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(ready))
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const url = `https://localhost:${port}`
  const status = (env: Readonly<Record<string, string>>, ...args: readonly string[]): Promise<Ended> => ended(start(['status', ...args], { LINESIDE_TOKEN: 'ls_secret', ...env }))

  t.match(await status({}, '--url', url), { code: 3, out: '', err: /is not trusted: its certificate is line4's, issued by plant, from \d{4}-\d\d-\d\d to \d{4}-\d\d-\d\d; whoever issued it is not trusted here\n {2}name the certificate of plant with --ca FILE, or LINESIDE_CA; .*\n {2}its SHA-256 is [\dA-F:]{95}\n$/ })
  t.match(await status({}, '--url', url, '--ca', strange.caFile), { code: 3, out: '', err: /somebody|strange.*does not vouch for it: it must hold the certificate of plant, or the gateway's own/ })
  t.match(await status({}, '--url', url, '--ca', keyFile), { code: 2, err: /line4\.key holds no certificate\n/ })
  t.strictSame(asked, [], 'and no token went out')
  t.match(await status({ LINESIDE_URL: url, LINESIDE_CA: site.caFile }), { code: 0, out: /^line4 is ready\nlineside 9\.0\.0/, err: '' })
  t.match(await status({}, '--url', url, '--ca', certFile), { code: 0 }, 'its own certificate vouches for it too')
  t.match(await status({}, '--ca', site.caFile), { code: 2, err: /none was named\n {2}name it with --url/ })
  t.strictSame(asked, ['Bearer ls_secret', 'Bearer ls_secret'])
  t.match(await status({}, '--url', `http://localhost:${port}`), { code: 3, err: /something does answer there: try https:/ })

  // On the box it is found where it said that it serves, under an address that its certificate does not name.
  const data = join(directory, 'data')
  const loopback = `https://[::ffff:127.0.0.1]:${port}`
  t.match(await status({}, '--url', loopback, '--ca', site.caFile), { code: 3, err: /it was made for another name \(localhost, 127\.0\.0\.1\)\n {2}call the gateway by a name that it was made for/ })
  leaveServed(data, { url: loopback, certificateFile: certFile })
  t.match(await status({}, '--data', data, '--config', EXAMPLE), { code: 0, out: /^line4 is ready/ })
  leaveServed(data, { url: loopback, certificateFile: keyFile })
  t.match(await status({}, '--data', data, '--config', EXAMPLE), { code: 1, out: '', err: /line4\.key holds no certificate any more\n {2}put a certificate there/ })
  server.closeAllConnections()
  server.close()
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
