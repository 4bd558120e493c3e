import { writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import t from 'tap'
import { dataDirectoryOf } from '../../src/configuration/data-directory.js'
import { configSchema, loadConfig, sentenceOf } from '../../src/configuration/configure.js'
import { calendarOf, linePlans } from '../../src/core/time/plan.js'
import { show } from '../../src/verbs/config.js'

const example = new URL('../../../config/lineside.yaml', import.meta.url).pathname

/** A small plant without a mistake; its lines are counted from 1 in the expectations below. */
const SOUND = `version: 1
gateway:
  id: box
  time_zone: Europe/Berlin
plcs:
  - id: filler
    driver: s7
    host: 10.0.0.5
    tags:
      run: DB1,X0.0
      total: { address: "DB1,UDINT4" }
calendars:
  two:
    shifts:
      - { name: early, start: "06:00", end: "14:00", breaks: [{ start: "10:00", end: "10:30" }] }
      - { name: night, start: "22:00", end: "06:00" }
reasons:
  - { code: JAM, name: Jam }
  - { code: HARD_JAM, name: Hard jam, parent: JAM }
products:
  - { code: P1, ideal_cycle: { L1.FILL: 1s } }
lines:
  - id: 12345678-1234-5678-9abc-123456789012
    code: L1
    name: Line 1
    calendar: two
    equipment:
      - code: L1.FILL
        name: Filler
        constraint: true
        signals:
          running: filler/run
          total_count: filler/total
        counters: { total_count: { modulus: 65536 } }
        faults: &faults
          - { bit: 0, code: F0, name: Fault 0, reason: JAM }
          - { bit: 1, code: F1, name: Fault 1 }
      - code: L1.CAP
        name: Capper
        upstream: [L1.FILL]
        faults: *faults
`

/** What is changed in the sound plant, and every error it gives. */
const broken: readonly [from: string | RegExp, to: string, errors: readonly string[]][] = [
  // No YAML.
  ['  id: box', '  id: box\n  id: crate', ['4:3 this key is given twice']],
  ['  id: box', '\tid: box', ['3:1 indent with spaces, not with tabs']],
  ['  id: box', '  id: [box', ['4:3 no YAML: flow sequence in block collection must be sufficiently indented and end with a ]']],
  ['*faults', '*fault', ['41:17 nothing is anchored as &fault before this']],

  // What the schema says.
  ['version: 1', 'version: 2', ['1:10 version: expected 1, found 2']],
  ['  id: box', '  id: box\n  cicle: 50ms', ['4:3 gateway.cicle: unknown setting; did you mean `cycle`?']],
  ['  id: box', '  id: box\n  colour: red', ['4:3 gateway.colour: unknown setting; known here: id, enterprise, site, area, time_zone, cycle']],
  ['  id: box', '  id: box\n  cycle: 100', ['4:10 gateway.cycle: expected a duration like 100ms, 1.5s, 5m, 12h or 30d, found 100']],
  ['  id: box', '  id: Box 7', ['3:7 gateway.id: expected lower-case letters, digits and "-", at most 32, found "Box 7"']],
  ['  id: box\n', '', ['3:3 gateway.id: missing; expected text']],
  ['driver: s7', 'driver: s8', ['7:13 plcs[0].driver: expected one of s7, eip, modbus, opcua, trace, found "s8"; did you mean "s7"?']],
  ['    driver: s7\n', '', ['6:5 plcs[0].driver: missing; expected one of s7, eip, modbus, opcua, trace']],
  ['host: 10.0.0.5', 'host: 10.0.0.5\n    slott: 2', ['9:5 plcs[0].slott: unknown setting; did you mean `slot`?']],
  ['host: 10.0.0.5', 'host: 10.0.0.5\n    endpoint: x', ['9:5 plcs[0].endpoint: unknown setting; known here: id, cycle, normal_every, slow_every, timeout, isolation, budget, tags, driver, host, port, rack, slot, connection, pdu, transport']],
  ['host: 10.0.0.5', 'host: 10.0.0.5\n    port: 70000', ['9:11 plcs[0].port: expected at most 65535, found 70000']],
  ['run: DB1,X0.0', 'run: 7', ['10:12 plcs[0].tags.run: expected settings, found 7']],
  ['run: DB1,X0.0', '7up: DB1,X0.0', ['10:7 plcs[0].tags.7up: expected a letter or "_", then letters, digits, "_", "." and "-", at most 64 as the name']],
  ['constraint: true', 'constraint: yess', ['30:21 lines[0].equipment[0].constraint: expected true or false, found "yess"']],
  ['id: 12345678-1234', 'id: 1234', ['23:9 lines[0].id: expected a UUID, found "1234-5678-9abc-123456789012"']],
  ['running: filler/run', 'running: filler.run', ['32:20 lines[0].equipment[0].signals.running.tag: expected a tag as plc/tag, or plc/tag[3] for one element, found "filler.run"']],
  ['bit: 1, code: F1', 'bit: -1, code: F1', ['37:20 lines[0].equipment[0].faults[1].bit: expected at least 0, found -1']],
  [/lines:[^]*/, 'lines: []\n', ['22:8 lines: expected at least 1 entry, found a list of 0']],

  // What only the names together say.
  ['Europe/Berlin', 'Europe/Berln', ['4:14 gateway.time_zone: there is no time zone "Europe/Berln"; did you mean "Europe/Berlin"?']],
  ['version: 1', 'version: 1\nreject_reasons: [{ code: SEAL, name: Seal, equipment: [NOBODY] }]', ['2:56 reject_reasons[0].equipment[0]: there is no equipment "NOBODY"']],
  ['version: 1', 'version: 1\nstorage: { samples: { commit: 2m } }', ['2:31 storage.samples.commit: readings wait for the disk for at most 60s']],
  ['  id: box', '  id: box\n  cycle: 1ms', ['4:10 gateway.cycle: a cycle lasts from 10ms to 60s']],
  ['plcs:', 'server: { host: 0.0.0.0 }\nplcs:', ['5:17 server.host: "0.0.0.0" is reached from the network: give `tls`, or say `trusted_segment: true`']],
  ['plcs:', 'server: { tls: { cert_file: no.pem, key_file: /etc } }\nplcs:', ['5:29 server.tls.cert_file: cannot be read: no such file']],
  ['calendars:', '  - { id: filler, driver: s7, host: x, tags: {} }\ncalendars:', ['12:11 plcs[1].id: PLC "filler" is given twice']],
  ['start: "10:00", end: "10:30"', 'start: "13:45", end: "14:15"', ['15:63 calendars.two.shifts[0].breaks[0]: a break lies inside its shift, 06:00 to 14:00']],
  ['start: "22:00"', 'start: "13:00"', ['16:9 calendars.two.shifts[1]: shift "night" overlaps shift "early"']],
  ['start: "22:00", end: "06:00"', 'start: "22:00", end: "06:30"', ['16:9 calendars.two.shifts[1]: shift "night" overlaps shift "early"']],
  ['start: "22:00"', 'rota: { from: 2026-01-32, crews: [A, B] }, crew: C, start: "22:00"', [
    '16:38 calendars.two.shifts[1].rota.from: there is no day 2026-01-32',
    '16:73 calendars.two.shifts[1].crew: a rota says who works: leave `crew` out']],
  ['start: "22:00", end: "06:00" }', 'start: "22:00", end: "07:00", rota: { from: 2026-01-01, crews: [A, null] } }', ['16:9 calendars.two.shifts[1]: shift "night" overlaps shift "early"']],
  ['reasons:', '    exceptions: [{ date: 2026-02-30, shift: erly, start: "08:00" }]\nreasons:', [
    '17:18 calendars.two.exceptions[0]: other times need both `start` and `end`',
    '17:26 calendars.two.exceptions[0].date: there is no day 2026-02-30',
    '17:45 calendars.two.exceptions[0].shift: there is no shift "erly"; did you mean "early"?']],
  ['parent: JAM', 'parent: JAMM', ['19:47 reasons[1].parent: there is no reason "JAMM"; did you mean "JAM"?']],
  ['name: Jam }', 'name: Jam, parent: HARD_JAM }', ['18:37 reasons[0].parent: reason "JAM" is above itself']],
  ['code: HARD_JAM', 'code: JAM', ['19:13 reasons[1].code: reason "JAM" is given twice']],
  ['{ L1.FILL: 1s }', '{ L1.FIL: 1s }', ['21:32 products[0].ideal_cycle["L1.FIL"]: there is no equipment "L1.FIL"; did you mean "L1.FILL"?']],
  ['calendar: two', 'calendar: too', ['26:15 lines[0].calendar: there is no calendar "too"; did you mean "two"?']],
  ['    calendar: two\n', '', ['23:5 lines[0]: it works by no calendar: give it one, or give the area one (`area.calendar`)']],
  ['calendars:', 'area: { calendar: too }\ncalendars:', ['12:19 area.calendar: there is no calendar "too"; did you mean "two"?']],
  ['name: Capper', 'name: Capper\n        calendar: too', ['40:19 lines[0].equipment[1].calendar: there is no calendar "too"; did you mean "two"?']],
  [/calendars:([^]*)constraint: true/, 'calendars:\n  one: {}$1constraint: true\n        calendar: one', ['32:19 lines[0].equipment[0].calendar: its time is that of the line, which works by "two": give the line this calendar']],
  ['running: filler/run', 'running: filer/run', ['32:20 lines[0].equipment[0].signals.running.tag: there is no PLC "filer"; did you mean "filler"?']],
  ['total_count: filler/total', 'total_count: filler/totl[2]', ['33:24 lines[0].equipment[0].signals.total_count.tag: there is no tag "totl"; did you mean "total"? (PLC "filler")']],
  ['          running: filler/run\n', '', ['28:9 lines[0].equipment[0].state.from: a state from `running` needs the signal `running`']],
  ['counters: { total_count', 'counters: { good_count', ['34:21 lines[0].equipment[0].counters.good_count: there is no signal "good_count"']],
  ['total_count: { modulus: 65536 }', 'total_count: { late: { delay: 5s } }', ['34:36 lines[0].equipment[0].counters.total_count.late: only rejects are found late: this is of `reject_count`']],
  [/(total_count: filler\/total)([^]*)total_count: { modulus: 65536 }/, '$1\n          reject_count: filler/total$2reject_count: { late: { delay: 13h } }', ['35:52 lines[0].equipment[0].counters.reject_count.late.delay: more than nothing, and at most 12 hours']],
  [/(total_count: filler\/total)([^]*)total_count: { modulus: 65536 }/, '$1\n          reject_count: filler/total$2reject_count: { late: { delay: 5s, of: L1.CAB } }', ['35:60 lines[0].equipment[0].counters.reject_count.late.of: there is no equipment "L1.CAB"; did you mean "L1.CAP"?']],
  [/(total_count: filler\/total)([^]*)total_count: { modulus: 65536 }/, '$1\n          reject_count: filler/total$2reject_count: { late: { delay: 5s, of: L1.CAP } }', ['35:60 lines[0].equipment[0].counters.reject_count.late.of: "L1.CAP" comes after it in the flow: what it makes is not found before']],
  [/constraint: true([^]*)upstream: \[L1.FILL\]/, 'upstream: []$1constraint: true\n        signals: { running: filler/run, reject_count: filler/total }\n        counters: { reject_count: { late: { delay: 5s, of: L1.FILL } } }',
    ['42:60 lines[0].equipment[1].counters.reject_count.late.of: a line by `constraint` takes the rejects from "L1.CAP" on: made by "L1.FILL" they would be in none of its figures']],
  ['running: filler/run', 'running: filler/run\n          good_latched: filler/total', ['33:11 lines[0].equipment[0].signals.good_latched: there is no `good_count` that it would be the final value of']],
  ['running: filler/run', 'running: filler/run\n          total_latched: filler/total', ['33:11 lines[0].equipment[0].signals.total_latched: it tells the parts of two jobs apart that the PLC names: that needs the signal `job` and `jobs.from_plc`']],
  ['running: filler/run', 'running: filler/run\n          job: filler/total\n          total_latched: filler/run', ['34:11 lines[0].equipment[0].signals.total_latched: it tells the parts of two jobs apart that the PLC names: that needs the signal `job` and `jobs.from_plc`']],
  [/(run: DB1,X0.0)([^]*)(running: filler\/run)([^]*)(counters:)/, '$1\n      job: { address: "DB1,UDINT8", class: slow }$2$3\n          job: filler/job\n          total_latched: filler/total$4jobs: { from_plc: true }\n        $5',
    ['35:26 lines[0].equipment[0].signals.total_latched.tag: it must be read together with `job`: of the same PLC and in the same `class`']],

  // What the signals make of their tags.
  ['running: filler/run', 'running: filler/run[1]', ['32:20 lines[0].equipment[0].signals.running.tag: "filler/run" has one element, counted from 0']],
  ['address: "DB1,UDINT4"', 'address: "DB1,STRING4.8"', ['33:24 lines[0].equipment[0].signals.total_count.tag: `total_count` needs a number, but "filler/total" (DB1,STRING4.8) is text']],

  // The alias stands in both equipment, the mistake in one place.
  ['reason: JAM', 'reason: JAN', ['36:56 lines[0].equipment[0].faults[0].reason: there is no reason "JAN"; did you mean "JAM"?']],
  ['bit: 1, code: F1', 'bit: 0, code: F0', ['37:20 lines[0].equipment[0].faults[1].bit: bit 0 is given twice', '37:29 lines[0].equipment[0].faults[1].code: fault "F0" is given twice']],
  ['code: L1.CAP', 'code: L1.FILL', ['38:15 lines[0].equipment[1].code: equipment "L1.FILL" is given twice']],
  ['name: Capper', 'name: Capper\n        constraint: true', ['40:21 lines[0].equipment[1].constraint: "L1.FILL" is the constraint; a line has one']],
  ['        constraint: true\n', '', ['23:5 lines[0].method: one equipment must say `constraint: true`']],
  ['    calendar: two\n', '    calendar: two\n    constraints: { P2: L1.CAP }\n', ['27:20 lines[0].constraints.P2: there is no product "P2"; did you mean "P1"?']],
  ['    calendar: two\n', '    calendar: two\n    constraints: { P1: L1.CUP }\n', ['27:24 lines[0].constraints.P1: there is no equipment "L1.CUP"; did you mean "L1.CAP"?']],
  ['    calendar: two\n', '    calendar: two\n    method: line_exit\n    constraints: { P1: L1.CAP }\n', ['28:20 lines[0].constraints.P1: the line goes by `line_exit`: only one with `method: constraint` has the time of a constraint']],
  [/    calendar: two\n([^]*)upstream: \[L1.FILL\]\n        faults: \*faults/, '    calendar: two\n    constraints: { P1: L1.CAP }\n$1upstream: []\n        faults: *faults\n      - { code: L1.END, name: End, upstream: [L1.CAP, L1.FILL] }', ['27:24 lines[0].constraints.P1: "L1.CAP" is not in series: parts go by it, so it cannot limit the line (every part passes "L1.END")']],
  [/calendars:([^]*)    calendar: two\n([^]*)name: Capper/, 'calendars:\n  one: {}$1    calendar: two\n    constraints: { P1: L1.CAP }\n$2name: Capper\n        calendar: one', ['42:19 lines[0].equipment[1].calendar: its time is that of the line, which works by "two": give the line this calendar']],
  [/$/, '  - { id: 12345678-1234-5678-9abc-123456789013, code: L2, name: Line 2, calendar: two, constraints: { P1: L1.CAP }, equipment: [{ code: L2.FILL, name: Filler }] }\n', ['42:107 lines[1].constraints.P1: there is no equipment "L1.CAP" in this line']],
  ['upstream: [L1.FILL]', 'upstream: [L1.CAP]', ['40:19 lines[0].equipment[1].upstream: "L1.CAP" would feed itself']],
  ['upstream: [L1.FILL]', 'upstream: [L1.FULL]', ['40:20 lines[0].equipment[1].upstream[0]: there is no equipment "L1.FULL"; did you mean "L1.FILL"?']],
  ['plcs:', 'server: { jwt: { issuer: i, audience: a, jwks_file: none.json, role_claim: r, roles: { x: viewer } } }\nplcs:', ['5:53 server.jwt.jwks_file: cannot be read: no such file']],
  ['constraint: true', 'constraint: true\n        faults_file: none.csv', ['31:22 lines[0].equipment[0].faults_file: cannot be read: no such file']],
]

t.test('the annotated example is complete and sound', async (t) => {
  const loaded = loadConfig(example)
  t.strictSame('errors' in loaded ? loaded.errors.map(sentenceOf) : [], [])
})

t.test('a time is told in whole milliseconds, as instants are; that of a part keeps its fraction', async (t) => {
  const file = join(t.testdir({}), 'plant.yaml')
  writeFileSync(file, SOUND.replace('L1.FILL: 1s', 'L1.FILL: 181.8ms').replace('      - code: L1.CAP', '        startup_max: 181.8ms\n      - code: L1.CAP'))
  const loaded = loadConfig(file)
  t.strictSame('errors' in loaded ? loaded.errors.map(sentenceOf) : [], [])
  t.match(loaded, { config: { products: [{ ideal_cycle: { 'L1.FILL': 181.8 } }], lines: [{ equipment: [{ startup_max: 182 }] }] } })
})

t.test('every mistake is named with its place and what was expected', async (t) => {
  const file = join(t.testdir({}), 'plant.yaml')
  const errorsOf = (text: string) => {
    writeFileSync(file, text)
    const loaded = loadConfig(file)
    return 'errors' in loaded ? loaded.errors.map((error) => sentenceOf(error).replace(`${file}:`, '')) : []
  }
  t.strictSame(errorsOf(SOUND), [])
  for (const [from, to, errors] of broken) {
    const text = SOUND.replace(from, to)
    t.not(text, SOUND, `${String(from)} is found`)
    t.strictSame(errorsOf(text), errors, to)
  }
})

t.test('an OPC UA server is described soundly, with files and thumbprints that it is trusted by', async (t) => {
  const file = join(t.testdir({ 'robot.der': '', password: 'x' }), 'plant.yaml')
  const thumbprint = '9D:3C:1A:5E:0B:7F:42:C8:8A:61:E5:D4:F3:B2:C1:A0:9E:8D:7C:6B'
  const load = (settings: string) => {
    writeFileSync(file, SOUND.replace('calendars:', `  - { id: robot, driver: opcua, endpoint: "opc.tcp://10.0.0.6:4840", ${settings} }\ncalendars:`))
    const loaded = loadConfig(file)
    return 'errors' in loaded ? loaded.errors.map((error) => sentenceOf(error).replace(`${file}:12:`, '')) : loaded.config.plcs[1]
  }
  t.match(load(`trust: [robot.der, "${thumbprint}"], user: line, password_file: password, tags: { parts: "ns=2;s=Parts:UInt32" }`), {
    trust: [join(file, '../robot.der'), thumbprint], password_file: join(file, '../password'), certificates: /\/data\/opcua$/, security: 'sign_and_encrypt', policy: 'basic256sha256', reading: 'subscribe',
  })
  for (const [settings, error] of [
    ['tags: { parts: "ns=2;s=Parts:Uint33" }', /^\d+ plcs\[1\]\.tags\.parts\.address: "ns=2;s=Parts:Uint33" is no OPC UA address: there is no type Uint33.*did you mean ns=2;s=Parts:UInt32\?/],
    ['trust: [nowhere.der], tags: {}', /trust\[0\]: cannot be read: no such file/],
    ['policy: basic256sha255, tags: {}', /policy: expected one of basic256sha256.*did you mean "basic256sha256"/],
    ['user: line, tags: {}', /user: a user and a password come together/],
    ['security: none, user: line, password_file: password, tags: {}', /security: with `none` everybody on the network reads the password/],
  ] as const) t.match(load(settings), [error], settings)
  writeFileSync(file, SOUND.replace('calendars:', '  - { id: robot, driver: opcua, endpoint: "http://10.0.0.6", tags: {} }\ncalendars:'))
  t.match(loadConfig(file), { errors: [{ path: 'plcs[1].endpoint', expected: /an address like opc\.tcp:/ }] })
})

t.test('a second box is described soundly', async (t) => {
  const file = join(t.testdir({ token: 'x' }), 'plant.yaml')
  const load = (settings: string) => {
    writeFileSync(file, SOUND.replace('plcs:', `standby: { box: a, role: active, ${settings} }\nplcs:`))
    const loaded = loadConfig(file)
    return 'errors' in loaded ? loaded.errors.map((error) => sentenceOf(error).replace(`${file}:`, '')) : loaded.config.standby
  }
  t.match(load('peer: "https://10.0.0.2:8000", token_file: token'), { token_file: join(file, '../token'), takeover: 'on_order', silence: 10_000 })
  for (const [settings, errors] of [
    ['peer: "https://10.0.0.2:8000"', ['5:10 standby.token_file: missing; expected text']],
    ['peer: "https://10.0.0.2:8000", token_file: none', ['5:77 standby.token_file: cannot be read: no such file']],
    ['peer: "ftp://10.0.0.2", token_file: token', ['5:40 standby.peer: expected a URL, found "ftp://10.0.0.2"']],
    ['peer: "http://10.0.0.2:8000", token_file: token', ['5:40 standby.peer: the token would travel in the clear: give an address with https://, or say `trusted_segment: true`']],
    ['peer: "https://10.0.0.2:8000/x", token_file: token', ['5:40 standby.peer: an address without a path, like https://10.0.0.2:8000']],
    ['peer: "https://10.0.0.2:8000", token_file: token, takeover: on_silense', ['5:94 standby.takeover: expected one of on_order, on_silence, found "on_silense"; did you mean "on_silence"?']],
    ['peer: "https://10.0.0.2:8000", token_file: token, silence: 100ms', ['5:93 standby.silence: the other box is silent for 1s to 10m before it is taken over from']],
  ] as const) t.match(load(settings), errors, settings)
})

t.test('an address that the driver cannot read is named with its place', async (t) => {
  const loaded = loadConfig(join(t.testdir({ 'plant.yaml': SOUND.replace('DB1,X0.0', 'DB1,X0.9') }), 'plant.yaml'))
  t.match(loaded, { errors: [{ line: 10, column: 12, path: 'plcs[0].tags.run.address', expected: /"DB1,X0.9" is no S7 address/ }] })
})

t.test('what the service manager hands over is found in its directory', async (t) => {
  const directory = t.testdir({ 'line.yaml': SOUND.replace('plcs:', 'server: { tls: { cert_file: $CREDENTIALS_DIRECTORY/tls.crt, key_file: $CREDENTIALS_DIRECTORY/tls.key } }\nplcs:'), 'handed': { 'tls.crt': '', 'tls.key': '' } })
  const file = join(directory, 'line.yaml')
  delete process.env['CREDENTIALS_DIRECTORY']
  t.match(loadConfig(file), { errors: [{ path: 'server.tls.cert_file', expected: 'cannot be read: no such file' }, { path: 'server.tls.key_file' }] }, 'a service that does not run was handed nothing')
  process.env['CREDENTIALS_DIRECTORY'] = join(directory, 'handed')
  t.match(loadConfig(file), { config: { server: { tls: { key_file: join(directory, 'handed/tls.key') } } } })
  delete process.env['CREDENTIALS_DIRECTORY']
})

t.test('a file that cannot be read is said so', async (t) => {
  const loaded = loadConfig(join(t.testdir({}), 'none.yaml'))
  t.match(loaded, { errors: [{ line: 1, column: 1, expected: 'cannot be read: no such file' }] })
})

t.test('a merge key lends its settings, and its mistakes stand where they were written', async (t) => {
  const text = SOUND.replace('constraint: true', 'constraint: true\n        <<: &times { micro_stop: 10s, cold_after: long }').replace('name: Capper', 'name: Capper\n        <<: *times')
  const dir = t.testdir({ 'bad.yaml': text, 'good.yaml': text.replace('long', '1h') })
  const bad = loadConfig(join(dir, 'bad.yaml'))
  t.match(bad, { errors: [{ line: 31, column: 51 }] })
  t.equal('errors' in bad && bad.errors.length, 1)
  const good = loadConfig(join(dir, 'good.yaml'))
  t.strictSame('config' in good && good.config.lines[0]?.equipment.map((equipment) => [equipment.micro_stop, equipment.cold_after]), [[10_000, 3_600_000], [10_000, 3_600_000]])
})

t.test('aliases inside aliases do not eat the memory', async (t) => {
  const bomb = `${SOUND}a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n${[1, 2, 3, 4, 5, 6, 7].map((n) => `a${n}: &a${n} [${Array.from({ length: 10 }, () => `*a${n - 1}`).join(', ')}]\n`).join('')}`
  t.match(loadConfig(join(t.testdir({ 'plant.yaml': bomb }), 'plant.yaml')), { errors: [{ expected: /aliases stand for more than 10000 values/ }] })
})

t.test('a fault catalogue comes from a file, and its mistakes by row and column', async (t) => {
  const text = SOUND.replace('constraint: true', 'constraint: true\n        faults_file: faults.csv')
  const faultsOf = (csv: string) => {
    const dir = t.testdir({ 'plant.yaml': text, 'faults.csv': csv })
    const loaded = loadConfig(join(dir, 'plant.yaml'))
    return 'errors' in loaded ? loaded.errors.map((error) => sentenceOf(error).replace(`${dir}/`, '')) : loaded.config.lines[0]?.equipment[0]?.faults.slice(2)
  }
  t.strictSame(faultsOf('\uFEFFcode;bit;name;severity\r\nF7;7;"Knife; does not ""cut""";high\r\n\r\nF8;8;"Film\nused up";\r\n'), [
    { bit: 7, code: 'F7', name: 'Knife; does not "cut"', marker: 'internal', kind: 'fault', severity: 'high' },
    { bit: 8, code: 'F8', name: 'Film\nused up', marker: 'internal', kind: 'fault', severity: 'medium' },
  ])
  const where = 'lines[0].equipment[0].faults_file:'
  t.strictSame(faultsOf('bit,code,nmae\n1,F7,x\n'), [`faults.csv:1:1 ${where} the heading needs name`, `faults.csv:1:10 ${where} "nmae": unknown column; did you mean \`name\`?`])
  t.strictSame(faultsOf('bit,code,name,severity\n7,F7,Knife,hihg\nx,F8,Film,\n9,,End,low\n10,F10,Too,low,many\n'), [
    `faults.csv:2:12 ${where} severity: expected one of critical, high, medium, low, found "hihg"; did you mean "high"?`,
    `faults.csv:3:1 ${where} bit: expected a number, found "x"`,
    `faults.csv:4:3 ${where} code: missing; expected text`,
    `faults.csv:5:16 ${where} there are 4 columns`,
  ])
  t.strictSame(faultsOf('bit,code,name\n7,F7,"Knife\n'), [`faults.csv:2:6 ${where} this quotation never ends`])
  // Names that clash with the faults of the configuration itself.
  t.strictSame(faultsOf('bit,code,name,reason\n7,F1,Knife,JAMM\n'), [
    'faults.csv:2:1 lines[0].equipment[0].faults[2].code: fault "F1" is given twice',
    'faults.csv:2:1 lines[0].equipment[0].faults[2].reason: there is no reason "JAMM"; did you mean "JAM"?',
  ])
})

t.test('the schema for editors knows the settings of the example and its short forms', async (t) => {
  const schema = JSON.stringify(configSchema())
  for (const key of ['gateway', 'time_zone', 'plcs', 'calendars', 'day_start', 'reasons', 'products', 'andon', 'stop_longer', 'oee_alert', 'equipment', 'signals', 'counters', 'faults', 'quality_alert']) {
    t.match(schema, `"${key}":{`, key)
  }
  t.match(schema, '"anyOf":[{"type":"string"},{"type":"object","properties":{"address":')
  t.match(schema, '"anyOf":[{"type":"string"},{"type":"object","properties":{"tag":')
})

t.test('equipment works by its own calendar, or that of its line, or that of the area, and says whose it is', async (t) => {
  const file = join(t.testdir(), 'lineside.yaml')
  const area = SOUND.replace('calendars:', 'area: { calendar: two }\ncalendars:\n  day: { shifts: [{ name: day, start: "08:00", end: "16:00" }] }').replace('    calendar: two\n', '')
  writeFileSync(file, area.replace('name: Capper', 'name: Capper\n        calendar: day'))
  const loaded = loadConfig(file)
  if (!('config' in loaded)) throw new Error(JSON.stringify(loaded.errors))
  const [plan] = linePlans(loaded.config, 1)
  t.same([plan!.calendar, calendarOf(plan!, 'L1.FILL'), calendarOf(plan!, 'L1.CAP')].map(({ shifts }) => shifts.map(({ name }) => name)), [['early', 'night'], ['early', 'night'], ['day']])
  const { text } = show({ file, directory: t.testdirName }, { fromFile: true, origin: true, output: 'text' })
  t.same(text.split('\n').filter((line) => /calendar: /.test(line)).map((line) => line.replace(/# .*lineside.yaml/, '# ')), [
    'area.calendar: two  # :12:19', 'lines[0].equipment[0].calendar: two  # :12:19', 'lines[0].equipment[1].calendar: day  # :41:19', 'lines[0].calendar: two  # :12:19',
  ])
  t.match(JSON.parse(show({ file, directory: t.testdirName }, { fromFile: true, origin: false, output: 'json' }).text), { lines: [{ calendar: 'two', equipment: [{ calendar: 'two' }, { calendar: 'day' }] }] })
})

t.test('the data directory is found in a file that says it in any way, or that has errors elsewhere', (t) => {
  const file = join(t.testdir(), 'lineside.yaml')
  const says: readonly (readonly [text: string, directory: string])[] = [
    [`${SOUND}storage:\n  directory: /srv/a\n`, '/srv/a'],
    [`storage:\n\n# where there is room\n  # on the second disk\n  samples: { commit: 2s }\n  directory: "/srv/b"   # here\n${SOUND}`, '/srv/b'],
    [`storage: { directory: /srv/c }`, '/srv/c'],
    ['storage:\r\n  directory: /srv/d\r\nplcs: []\r\n', '/srv/d'],
    ['{ "version": 1, "storage": { "directory": "/srv/e" } }', '/srv/e'],
    ['"storage":\n  directory: /srv/f\n', '/srv/f'],
    ['plcs: &all { directory: /srv/g }\nstorage:\n  <<: *all\n', '/srv/g'],
    ['places:\n  storage:\n    directory: /srv/elsewhere\nstorage:\n  directory: /srv/h\n', '/srv/h'],
    ['storage:\n  directory: /srv/i\nplcs: [ { id: filler\n', '/srv/i'],
    // Relative, it counts from the file, wherever somebody stands who asks; so does the one that nobody named.
    ['storage:\n  directory: ../lines/one\n', resolve(file, '../../lines/one')],
    ['places:\n  storage:\n    directory: /srv/elsewhere\n', resolve(file, '../data')],
    ['storage:\n  samples: { commit: 2s }\n', resolve(file, '../data')],
    ['storage:\n', resolve(file, '../data')],
    ['', resolve(file, '../data')],
  ]
  for (const [text, directory] of says) {
    writeFileSync(file, text)
    t.equal(dataDirectoryOf(file, undefined, {}), directory, JSON.stringify(text.slice(-60)))
  }
  t.equal(dataDirectoryOf(file, '/srv/named', {}), '/srv/named')
  t.equal(dataDirectoryOf(file, undefined, { STATE_DIRECTORY: '/srv/state' }), '/srv/state')
  t.end()
})
