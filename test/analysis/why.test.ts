import t from 'tap'
import { type TagEvidence, explainTag } from '../../src/analysis/why.js'
import { de } from '../../src/analysis/words/de.js'
import { instant, later } from '../../src/base/units.js'
import { config as configSchema } from '../../src/contract/config.js'
import type { FaultCode } from '../../src/contract/faults.js'
import { plc as plcSchema } from '../../src/contract/plcs.js'
import type { PlcHealth, TagSlot } from '../../src/contract/scan.js'
import { type WhyStepName, explainedTag } from '../../src/contract/why.js'
import { tagMeant } from '../../src/gateway/why.js'

const now = instant(Date.parse('2026-03-29T03:00:00Z'))
const plc = plcSchema.parse({ id: 'filler', driver: 's7', host: '192.168.0.10', cycle: '100ms', tags: { good: 'DB10,UINT4', speed: { address: 'DB10,REAL8', class: 'slow' } } })
const quick = { p50: 1, p99: 2, max: 3 }
const online: PlcHealth = {
  plc: 'filler', state: 'online', fault: null, detail: null, since: later(now, -3_600_000), pduBytes: 480, pduFill: 0.5, requestsPerScan: 1, cycleMs: 100, jitterMs: quick, readMs: quick,
  cyclesCount: 36_000, cyclesMissedCount: 0, requestsCount: 36_000, bytesCount: 1, reconnectsCount: 0, scansForgottenCount: 0, badTags: [],
}
const slot: TagSlot = { name: 'good', address: 'DB10,UINT4', type: 'uint16', length: 1, slot: 0, unit: null }
const config = configSchema.parse({
  version: 1, gateway: { id: 'box' }, plcs: [{ id: 'filler', driver: 's7', host: '192.168.0.10', tags: { good: 'DB10,UINT4', other: 'DB10,INT0' } }, { id: 'capper', driver: 's7', host: '192.168.0.11', tags: { other: 'DB1,INT0' } }],
  lines: [{ id: '12345678-1234-5678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'c', equipment: [{ code: 'L1.FILL', name: 'Filler', signals: { good_count: 'filler/good' }, counters: { good_count: { modulus: 65_536 } }, state: { from: 'counts' } }] }],
})
const [equipment] = config.lines[0]!.equipment
const use = { line: 'L1', equipment: equipment!, signal: 'good_count', config: equipment!.signals['good_count']!, value: 1_200, quality: 'good' }
const well: TagEvidence = {
  now, asked: 'gateway', gatewayTrouble: null, plc, name: 'good', tag: plc.tags['good']!, read: { slot, cycleMs: 100 }, link: online,
  last: { value: 1_200, quality: 'good', at: later(now, -40) }, lastGood: null, uses: [use],
}
const away = (fault: FaultCode, detail: string | null = null): Partial<TagEvidence> => ({ link: { ...online, state: 'backoff', fault, detail, since: later(now, -240_000) }, last: { value: 0, quality: 'link_down', at: later(now, -240_000) }, lastGood: { value: 1_190, at: later(now, -240_100) } })
const badTag = (fault: FaultCode, detail: string, quality: PlcHealth['badTags'][number]['quality']): Partial<TagEvidence> => ({ link: { ...online, badTags: [{ tag: 'good', quality, fault, detail }] }, last: { value: 0, quality, at: later(now, -40) } })

t.test('a tag that is well is well at every step', async (t) => {
  const explained = explainTag(well)
  t.strictSame(explained.steps.map(({ step, verdict }) => [step, verdict]), ['gateway', 'network', 'session', 'pdu', 'tag', 'type', 'age', 'rule'].map((step) => [step, 'well']))
  t.match(explained, { verdict: 'well', because: null, value: 1_200, quality: 'good', age_seconds: 0.04, place: '192.168.0.10:102' })
  t.match(explained.steps.at(-1)!.finding, /good_count of L1.FILL: good parts/)
  t.strictSame(explainedTag.safeParse(explained).error?.issues ?? [], [])
})

t.test('the example in the contract is one', async (t) => {
  const examples = explainedTag.meta()?.['examples'] as readonly unknown[] | undefined
  t.equal(examples?.length, 1)
  for (const example of examples ?? []) t.strictSame(explainedTag.safeParse(example).error?.issues ?? [], [])
})

t.test('in German everything is German: sentences, evidence, decimals and what a value may be believed to be', async (t) => {
  const speed = plc.tags['speed']!
  const spoken = (change: Partial<TagEvidence>) => explainTag({ ...well, ...change, words: de })
  const of = (change: Partial<TagEvidence>, name: WhyStepName) => {
    const { finding, remedy, evidence } = spoken(change).steps.find(({ step }) => step === name)!
    return [finding, remedy ?? '', ...evidence.map(({ name: of, value }) => `${of} ${value}`)].join(' | ')
  }
  const float: TagSlot = { ...slot, name: 'speed', type: 'float32' }
  const slow = { name: 'speed', tag: speed, read: { slot: float, cycleMs: 1_500 }, last: { value: 61.503_213, quality: 'good', at: later(now, -1_400) } } satisfies Partial<TagEvidence>
  t.equal(of(slow, 'age'), '1,4 s alt |  | last_good 2026-03-29T02:59:58.600Z | value_then 61,503 | read_every 1,5 s | class langsam')
  t.match(of(slow, 'type'), 'value 61,503')
  t.match(of({ ...slow, link: { ...online, readMs: { p50: 1, p99: 84.53, max: 90 } } }, 'pdu'), 'read_p99_ms 84,5')
  t.match(of({ uses: [{ ...use, value: null, quality: 'link_down' }] }, 'rule'), '– (keine Verbindung), wie es ist')
  t.match(of({ link: { ...online, state: 'connecting', fault: null } }, 'session'), 'state verbindet sich')
  t.match(of({ read: 'DB10,UINT is no address' }, 'tag'), 'das lässt sich nicht lesen: DB10,UINT is no address')
  t.match(of(badTag('TAG_TYPE_MISFIT', 'the PLC holds REAL', 'type_misfit'), 'type'), /^in der SPS steht ein anderer Typ: /)
  // What a PLC or the operating system said is quoted as it came; everything else is ours.
  for (const change of [{}, slow, away('PLC_TIMEOUT'), away('PLC_UNREACHABLE'), { uses: [] }, { last: null }]) {
    t.notMatch(JSON.stringify(spoken(change).steps.map(({ finding, remedy, evidence }) => [finding, remedy, evidence.map(({ value }) => value)])), /\b(the|is|of|and|with|not|link|down|slow|nobody)\b(?!`)/)
  }
})

t.test('each fault is found at its own step, and says what to do', async (t) => {
  const cases: readonly [Partial<TagEvidence>, WhyStepName, RegExp][] = [
    [away('PLC_UNREACHABLE', 'connect EHOSTUNREACH 192.168.0.10:102'), 'network', /cable.*subnet mask/],
    [away('PLC_UNREACHABLE', 'getaddrinfo ENOTFOUND filler.plant'), 'network', /name of the PLC/],
    [away('PLC_TIMEOUT', 'it took the connection and said nothing, waitedMs 3000'), 'session', /check `driver`/], [away('PLC_TIMEOUT', 'waitedMs 1000'), 'session', /Check its load/],
    [away('PLC_REFUSED', 'connect ECONNREFUSED 192.168.0.10:102'), 'session', /nothing listens at the port/],
    [away('PLC_REFUSED', 'the CPU refused rack and slot, rack 0, slot 2'), 'session', /rack 0 slot 1/],
    [away('PLC_LINK_LOST', 'the trace has ended'), 'session', /loop: true/],
    [away('PLC_TIMEOUT'), 'session', /timeout/], [away('PLC_LINK_LOST'), 'session', /opened again/], [away('PLC_PROTOCOL'), 'session', /PLC of this family/], [away('PLC_STALE_REPLY'), 'session', /delays/],
    [away('PLC_SHORT_REPLY'), 'pdu', /downloaded anew/], [away('PLC_PDU_TOO_SMALL'), 'pdu', /Split/],
    [away('DRIVER_CRASHED'), 'gateway', /started again/], [away('DRIVER_HUNG'), 'gateway', /started again/], [away('DRIVER_MISSING'), 'gateway', /optional package/],
    [{ link: { ...online, fault: 'PLC_BUDGET' } }, 'pdu', /budget/],
    [{ link: { ...online, readMs: { p50: 120, p99: 180, max: 200 } } }, 'pdu', /Lengthen/],
    [{ read: '"DB10;UINT4" is no S7 address' }, 'tag', /Mend the address/],
    [badTag('TAG_NOT_FOUND', 'object does not exist', 'not_found'), 'tag', /after a download/], [badTag('TAG_NOT_FOUND', 'there is no DB2, or its "optimized block access" is on', 'not_found'), 'tag', /number of the block.*TIA Portal/], [badTag('TAG_PROTECTED', '', 'protected'), 'tag', /optimized block access/],
    [badTag('TAG_OUT_OF_RANGE', '', 'quarantined'), 'tag', /block length/], [badTag('TAG_TYPE_MISFIT', 'configured as DINT, the PLC holds a REAL', 'type_misfit'), 'type', /Correct the type/],
    [{ last: { value: Number.NaN, quality: 'not_a_number', at: later(now, -40) } }, 'type', /division by zero/],
    [{ last: { value: 7, quality: 'good', at: later(now, -60_000) } }, 'age', /lineside doctor/],
    [{ uses: [] }, 'rule', /signals: \{ ROLE: filler\/good \}/],
    [{ uses: [{ ...use, equipment: { ...use.equipment, counters: {} } }] }, 'rule', /modulus: 65536/],
    [{ last: { value: 70_000, quality: 'good', at: later(now, -40) } }, 'rule', /how far it counts/],
    [{ read: { slot: { ...slot, type: 'uint32', length: 4 }, cycleMs: 100 } }, 'rule', /filler\/good\[0\]/],
    [{ asked: 'plc', gatewayTrouble: 'no gateway answers' }, 'gateway', /systemctl start/],
  ]
  for (const [change, because, remedy] of cases) {
    const explained = explainTag({ ...well, ...change })
    const name = `${because}: ${explained.finding}`
    t.equal(explained.because, because, name)
    t.match(explained.remedy, remedy, name)
    t.strictSame(explainedTag.safeParse(explained).error?.issues ?? [], [], name)
  }
})

t.test('what lies behind a broken link is not claimed, but what the configuration says is', async (t) => {
  const { steps, value, quality, at } = explainTag({ ...well, ...away('PLC_UNREACHABLE') })
  t.strictSame(steps.map(({ verdict }) => verdict), ['well', 'wrong', 'unknown', 'unknown', 'unknown', 'unknown', 'wrong', 'well'])
  t.match({ value, quality, at }, { value: null, quality: 'link_down', at: '2026-03-29T02:55:59.900Z' })
})

t.test('a slow tag may be as old as its class allows', async (t) => {
  t.equal(explainTag({ ...well, read: { slot, cycleMs: 10_000 }, last: { value: 1, quality: 'good', at: later(now, -9_000) } }).verdict, 'well')
})

t.test('a tag is meant by its PLC, by its signal, or by a name that only one PLC has', async (t) => {
  t.strictSame(tagMeant(config, 'filler/good'), { plc: 'filler', tag: 'good' })
  t.strictSame(tagMeant(config, 'L1.FILL/good_count'), { plc: 'filler', tag: 'good' })
  t.strictSame(tagMeant(config, 'good'), { plc: 'filler', tag: 'good' })
  for (const [text, why] of [
    ['other', /2 PLCs have a tag "other": filler\/other, capper\/other/], ['filler/god', /did you mean good/], ['fller/good', /did you mean filler/], ['L1.FILL/good', /no signal of L1.FILL "good"/], ['gud', /no tag "gud"/],
  ] as const) t.match(tagMeant(config, text), why, text)
})
