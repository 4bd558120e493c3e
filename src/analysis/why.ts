/** Why a tag's value is what it is: judges the evidence step by step, from the gateway to the rule, and says the first thing to do. */

import { type Instant, type Ms, rfc3339, since } from '../base/units.js'
import { type FaultCode, faults } from '../contract/faults.js'
import type { Plc, Tag } from '../contract/plcs.js'
import type { PlcHealth, Quality, TagSlot } from '../contract/scan.js'
import { type ExplainedTag, type WhyStep, type WhyStepName, type WhyVerdict, whySteps } from '../contract/why.js'
import { lengthOf } from './length.js'
import { type TagUse, doubtsOf, meaningOf, shownUse } from './why-rule.js'

/** What is known of a tag at one moment. */
export interface TagEvidence {
  readonly now: Instant
  readonly asked: ExplainedTag['asked']
  /** Why the gateway gave no evidence; `null` when it did, or was not to be asked. */
  readonly gatewayTrouble: string | null
  readonly plc: Plc
  readonly name: string
  readonly tag: Tag
  /** What the driver makes of the address, and how often it is read; a string is why nobody can read it. */
  readonly read: { readonly slot: TagSlot; readonly cycleMs: Ms } | string
  readonly link: Link
  /** The last reading of it, good or not; `null` when there was none. */
  readonly last: { readonly value: number | string; readonly quality: Quality; readonly at: Instant } | null
  readonly lastGood: { readonly value: number | string; readonly at: Instant } | null
  readonly uses: readonly TagUse[]
}
type Link = Pick<PlcHealth, 'state' | 'fault' | 'detail' | 'since' | 'pduBytes' | 'pduFill' | 'requestsPerScan' | 'readMs' | 'cyclesCount' | 'cyclesMissedCount' | 'reconnectsCount' | 'badTags'>

export function explainTag(evidence: TagEvidence): ExplainedTag {
  const { now, asked, plc, name, tag, link, last, lastGood, uses } = evidence
  const steps = stepsOf(evidence)
  const worst = steps.find(({ verdict }) => verdict === 'wrong') ?? steps.find(({ verdict }) => verdict === 'doubtful')
  const good = last?.quality === 'good' ? last : null
  const at = good?.at ?? lastGood?.at ?? null
  return {
    plc: plc.id, tag: name, address: tag.address, driver: plc.driver, place: placeOf(plc), asked,
    value: good?.value ?? null, unit: tag.unit ?? null, quality: last?.quality ?? (link.fault === 'PLC_TIMEOUT' ? 'timeout' : link.state === 'online' ? 'not_read' : 'link_down'),
    at: at === null ? null : rfc3339(at), age_seconds: at === null ? null : since(now, at) / 1_000,
    verdict: worst?.verdict ?? (steps.some(({ verdict }) => verdict === 'unknown') ? 'unknown' : 'well'), because: worst?.step ?? null,
    finding: worst?.finding ?? 'everything is as it should be', remedy: worst?.remedy ?? null, steps,
    uses: uses.map(({ line, equipment, signal, value, quality }) => ({ line, equipment_code: equipment.code, signal, value, quality })),
  }
}

/** Where a PLC is, as a person would look for it. */
export const placeOf = (plc: Plc): string => ('endpoint' in plc ? plc.endpoint : 'file' in plc ? plc.file : `${plc.host}:${plc.port}`)

type Judge = (evidence: TagEvidence) => WhyStep

/** Every step; what lies behind a broken one cannot be known, except how old the last good value is, and the rule, which is the configuration's. */
function stepsOf(evidence: TagEvidence): WhyStep[] {
  const steps: WhyStep[] = []
  for (const name of whySteps) {
    const broken = steps.find(({ verdict, step }) => verdict === 'wrong' && step !== 'tag' && step !== 'type')
    steps.push(broken !== undefined && name !== 'age' && name !== 'rule' ? unknownBehind(name, broken.step) : judges[name](evidence))
  }
  return steps
}

const unknownBehind = (step: WhyStepName, broken: WhyStepName): WhyStep => ({ step, verdict: 'unknown', finding: `cannot be known before ${spoken[broken]} is mended`, remedy: null, evidence: [] })

const spoken: Readonly<Record<WhyStepName, string>> = { gateway: 'the gateway', network: 'the network', session: 'the session', pdu: 'the PDU', tag: 'the tag', type: 'the type', age: 'the age', rule: 'the rule' }

type Evidence = Readonly<Record<string, string | number | null>>

const said = (step: WhyStepName, verdict: WhyVerdict, finding: string, remedy: string | null, evidence: Evidence = {}): WhyStep =>
  ({ step, verdict, finding, remedy, evidence: Object.entries(evidence).flatMap(([name, value]) => (value === null ? [] : [{ name, value: String(value) }])) })

/* ── from the gateway to the PLC ─────────────────────────────────────────────────────────────── */

/** Which step a fault of the link breaks. Those of a tag by itself are told beside the tag. */
const stepOfFault: Readonly<Partial<Record<FaultCode, WhyStepName>>> = {
  DRIVER_CRASHED: 'gateway', DRIVER_HUNG: 'gateway', DRIVER_MISSING: 'gateway',
  PLC_UNREACHABLE: 'network',
  PLC_REFUSED: 'session', PLC_TIMEOUT: 'session', PLC_LINK_LOST: 'session', PLC_PROTOCOL: 'session', PLC_STALE_REPLY: 'session',
  PLC_SHORT_REPLY: 'pdu', PLC_PDU_TOO_SMALL: 'pdu', PLC_BUDGET: 'pdu',
}

function faultAt(step: WhyStepName, { link, now }: TagEvidence): WhyStep | null {
  if (link.fault === null || (stepOfFault[link.fault] ?? 'session') !== step) return null
  const [sentence, remedy] = faults[link.fault]
  return said(step, link.state === 'online' ? 'doubtful' : 'wrong', sentence, remedyOf(link) ?? remedy, { fault: link.fault, said: link.detail, since: rfc3339(link.since), for: lengthOf(since(now, link.since)), reconnects: link.reconnectsCount })
}

/** What the operating system or the PLC said makes the remedy shorter. */
function remedyOf({ fault, detail }: Link): string | null {
  if (detail === null) return null
  if (/ENOTFOUND|EAI_AGAIN/.test(detail)) return 'The name of the PLC is not known to this network: write its IP address, or ask for the name server.'
  if (/ECONNREFUSED/.test(detail)) return 'The machine at this address answers, but nothing listens at the port: check `host` and `port`, and whether the CPU is in RUN and its interface enabled.'
  if (/EHOSTUNREACH|ENETUNREACH/.test(detail)) return 'This box has no way to that address: check the cable, the link lights, the IP address and subnet mask of both sides.'
  if (/the trace has ended/.test(detail)) return 'What was recorded is over: begin anew with `loop: true`, or record for longer.'
  if (fault === 'PLC_REFUSED' && /rack and slot/.test(detail)) return 'The CPU answers, but not at this rack and slot: use rack 0 slot 1 for S7-1200/1500, slot 2 for S7-300, and the hardware configuration for S7-400.'
  return null
}

const judges: Readonly<Record<WhyStepName, Judge>> = {
  gateway(evidence) {
    const { plc, read, asked, link, gatewayTrouble } = evidence
    const fault = faultAt('gateway', evidence)
    if (fault !== null) return fault
    if (gatewayTrouble !== null) return said('gateway', 'doubtful', 'no gateway runs; the PLC was asked directly, once', 'Start the gateway: systemctl start lineside; its log: journalctl -u lineside.', { said: gatewayTrouble })
    if (asked === 'plc') return said('gateway', 'well', 'was not asked; the PLC was, once', null, { driver: plc.driver })
    const every = typeof read === 'string' ? plc.cycle : read.cycleMs
    return said('gateway', link.state === 'stopped' ? 'wrong' : 'well', link.state === 'stopped' ? 'the gateway has stopped reading this PLC' : `reads it every ${lengthOf(every)}`, null, { driver: plc.driver, cycles: link.cyclesCount, missed: link.cyclesMissedCount })
  },
  network(evidence) {
    const { link, plc } = evidence
    return faultAt('network', evidence) ?? (link.state === 'idle' || (link.state === 'connecting' && link.fault === null)
      ? said('network', 'unknown', 'nobody has asked yet', null, { place: placeOf(plc) })
      : said('network', 'well', 'the PLC answers at its address', null, { place: placeOf(plc) }))
  },
  session(evidence) {
    const { link, now } = evidence
    const fault = faultAt('session', evidence)
    if (fault !== null) return fault
    if (link.state === 'online') return said('session', 'well', `open for ${lengthOf(since(now, link.since))}`, null, { since: rfc3339(link.since), reconnects: link.reconnectsCount })
    return said('session', 'unknown', link.state === 'connecting' ? 'it is being opened' : 'there was none yet', null, { state: link.state })
  },
  pdu(evidence) {
    const { link, plc } = evidence
    const fault = faultAt('pdu', evidence)
    if (fault !== null) return fault
    if (link.state !== 'online') return said('pdu', 'unknown', 'nothing is negotiated yet', null)
    const facts = { pdu_bytes: link.pduBytes, fill: link.pduFill === null ? null : `${Math.round(link.pduFill * 100)} %`, requests: link.requestsPerScan, read_p99_ms: Math.round(link.readMs.p99 * 10) / 10, cycle_ms: plc.cycle }
    if (link.readMs.p99 > plc.cycle) return said('pdu', 'doubtful', `reading takes longer than its cycle: ${lengthOf(link.readMs.p99)} of ${lengthOf(plc.cycle)}`, 'Lengthen `cycle`, or move tags to the class `slow`.', facts)
    return said('pdu', 'well', link.pduBytes === null ? 'requests fit' : `${link.pduBytes} bytes a request`, null, facts)
  },
  tag(evidence) {
    const { read, link, name, tag, last } = evidence
    if (typeof read === 'string') return said('tag', 'wrong', read, 'Mend the address in the configuration, then `lineside config apply`.', { address: tag.address })
    const bad = link.badTags.find((one) => one.tag === name)
    if (bad !== undefined && bad.fault !== 'TAG_TYPE_MISFIT') {
      const [sentence, remedy] = faults[bad.fault ?? 'TAG_QUARANTINED']
      return said('tag', 'wrong', sentence, remedy, { address: tag.address, fault: bad.fault, said: bad.detail === '' ? null : bad.detail, asked: bad.quality === 'quarantined' ? 'once a minute, as it failed three times in a row' : 'every time' })
    }
    if (last === null) return said('tag', 'unknown', 'it was not read yet', null, { address: tag.address })
    return said('tag', 'well', bad === undefined ? 'the PLC gives it' : 'the PLC has it', null, { address: tag.address, also_bad_on_this_plc: link.badTags.length === 0 ? null : link.badTags.length })
  },
  type({ read, link, name, last, tag }) {
    if (typeof read === 'string') return unknownBehind('type', 'tag')
    const bad = link.badTags.find((one) => one.tag === name && one.fault === 'TAG_TYPE_MISFIT')
    if (bad !== undefined) return said('type', 'wrong', bad.detail === '' ? faults.TAG_TYPE_MISFIT[0] : bad.detail, faults.TAG_TYPE_MISFIT[1], { configured: tag.address })
    const facts = { type: read.slot.length === 1 ? read.slot.type : `${read.slot.type} × ${read.slot.length}` }
    if (last?.quality === 'not_a_number') return said('type', 'wrong', 'the PLC holds no number there: NaN or infinity', 'Look at what writes it in the PLC program (a division by zero?), or at the type: the wrong one often reads so.', facts)
    if (last === null || last.quality !== 'good') return said('type', 'unknown', 'there is no value to look at', null, facts)
    return said('type', 'well', `${facts.type}, as configured`, null, { ...facts, value: String(last.value) })
  },
  age({ now, read, last, lastGood, tag, plc }) {
    if (typeof read === 'string') return unknownBehind('age', 'tag')
    const good = last?.quality === 'good' ? last : lastGood
    if (good === null) return said('age', 'wrong', 'it was never good since the gateway started', 'Mend the first step that is wrong.')
    const ageMs = since(now, good.at)
    const facts = { last_good: rfc3339(good.at), value_then: String(good.value), read_every: lengthOf(read.cycleMs), class: tag.class }
    if (last?.quality !== 'good') return said('age', 'wrong', `it was last good ${lengthOf(ageMs)} ago`, 'Mend the first step that is wrong.', facts)
    // Three cycles may pass while a request waits for its turn; a fresh connection takes a while, too.
    if (ageMs > 3 * read.cycleMs + (plc.timeout ?? 1_000)) return said('age', 'wrong', `it is ${lengthOf(ageMs)} old, and is read every ${lengthOf(read.cycleMs)}`, 'See whether the gateway misses cycles: `lineside doctor`.', facts)
    return said('age', 'well', `${lengthOf(ageMs)} old`, null, facts)
  },
  rule({ uses, plc, name, tag, read, last }) {
    if (uses.length === 0) return said('rule', 'doubtful', 'no signal uses it', `If it should do something, name it under the equipment: signals: { ROLE: ${plc.id}/${name} }.`, { recorded: tag.record === true ? 'yes' : 'no' })
    const doubts = typeof read === 'string' ? [] : uses.flatMap((use) => doubtsOf(use, read.slot, last))
    const facts = Object.fromEntries(uses.map((use) => [`${use.equipment.code} ${use.signal}`, shownUse(use)]))
    if (doubts[0] !== undefined) return said('rule', 'doubtful', doubts[0].finding, doubts[0].remedy, facts)
    return said('rule', 'well', uses.map(meaningOf).join('; '), null, facts)
  },
}
