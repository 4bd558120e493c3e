/** Why a tag's value is what it is: judges the evidence step by step, from the gateway to the rule, and says the first thing to do. */

import { type Instant, type Ms, rfc3339, since } from '../base/units.js'
import type { FaultCode } from '../contract/faults.js'
import type { Plc, Tag } from '../contract/plcs.js'
import type { PlcHealth, Quality, TagSlot } from '../contract/scan.js'
import { type ExplainedTag, type WhyStep, type WhyStepName, type WhyVerdict, whySteps } from '../contract/why.js'
import { adviceOn } from './advice.js'
import { lengthOf } from './length.js'
import { type TagUse, doubtsOf, meaningOf, shownFigure, shownUse } from './why-rule.js'
import { type AnalysisWords, en } from './words/en.js'

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
  /** In whose words; default: English. */
  readonly words?: AnalysisWords
}
type Spoken = TagEvidence & { readonly words: AnalysisWords }
type Link = Pick<PlcHealth, 'state' | 'fault' | 'detail' | 'since' | 'pduBytes' | 'pduFill' | 'requestsPerScan' | 'readMs' | 'cyclesCount' | 'cyclesMissedCount' | 'reconnectsCount' | 'badTags'>

export function explainTag(evidence: TagEvidence): ExplainedTag {
  const { now, asked, plc, name, tag, link, last, lastGood, uses, words = en } = evidence
  const steps = stepsOf({ ...evidence, words })
  const worst = steps.find(({ verdict }) => verdict === 'wrong') ?? steps.find(({ verdict }) => verdict === 'doubtful')
  const good = last?.quality === 'good' ? last : null
  const at = good?.at ?? lastGood?.at ?? null
  return {
    plc: plc.id, tag: name, address: tag.address, driver: plc.driver, place: placeOf(plc), asked,
    value: good?.value ?? null, unit: tag.unit ?? null, quality: last?.quality ?? (link.fault === 'PLC_TIMEOUT' ? 'timeout' : link.state === 'online' ? 'not_read' : 'link_down'),
    at: at === null ? null : rfc3339(at), age_seconds: at === null ? null : since(now, at) / 1_000,
    verdict: worst?.verdict ?? (steps.some(({ verdict }) => verdict === 'unknown') ? 'unknown' : 'well'), because: worst?.step ?? null,
    finding: worst?.finding ?? words.why.well, remedy: worst?.remedy ?? null, steps,
    uses: uses.map(({ line, equipment, signal, value, quality }) => ({ line, equipment_code: equipment.code, signal, value, quality })),
  }
}

/** Where a PLC is, as a person would look for it. */
export const placeOf = (plc: Plc): string => ('endpoint' in plc ? plc.endpoint : 'file' in plc ? plc.file : `${plc.host}:${plc.port}`)

type Judge = (evidence: Spoken) => WhyStep

/** Every step; what lies behind a broken one cannot be known, except how old the last good value is, and the rule, which is the configuration's. */
function stepsOf(evidence: Spoken): WhyStep[] {
  const steps: WhyStep[] = []
  for (const name of whySteps) {
    const broken = steps.find(({ verdict, step }) => verdict === 'wrong' && step !== 'tag' && step !== 'type')
    steps.push(broken !== undefined && name !== 'age' && name !== 'rule' ? unknownBehind(evidence.words, name, broken.step) : judges[name](evidence))
  }
  return steps
}

const unknownBehind = ({ why }: AnalysisWords, step: WhyStepName, broken: WhyStepName): WhyStep => ({ step, verdict: 'unknown', finding: why.unknownBehind(why.steps[broken]), remedy: null, evidence: [] })

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

function faultAt(step: WhyStepName, { link, now, words }: Spoken): WhyStep | null {
  if (link.fault === null || (stepOfFault[link.fault] ?? 'session') !== step) return null
  return said(step, link.state === 'online' ? 'doubtful' : 'wrong', words.faults[link.fault][0], adviceOn(link.fault, link.detail, words), { fault: link.fault, said: link.detail, since: rfc3339(link.since), for: lengthOf(since(now, link.since), words.number), reconnects: link.reconnectsCount })
}

const judges: Readonly<Record<WhyStepName, Judge>> = {
  gateway(evidence) {
    const { plc, read, asked, link, gatewayTrouble, words: { why, number } } = evidence
    const fault = faultAt('gateway', evidence)
    if (fault !== null) return fault
    if (gatewayTrouble !== null) return said('gateway', 'doubtful', why.noGateway, why.startGateway, { said: gatewayTrouble })
    if (asked === 'plc') return said('gateway', 'well', why.notAsked, null, { driver: plc.driver })
    const every = typeof read === 'string' ? plc.cycle : read.cycleMs
    return said('gateway', link.state === 'stopped' ? 'wrong' : 'well', link.state === 'stopped' ? why.stopped : why.reads(lengthOf(every, number)), null, { driver: plc.driver, cycles: link.cyclesCount, missed: link.cyclesMissedCount })
  },
  network(evidence) {
    const { link, plc, words: { why } } = evidence
    return faultAt('network', evidence) ?? (link.state === 'idle' || (link.state === 'connecting' && link.fault === null)
      ? said('network', 'unknown', why.nobodyAsked, null, { place: placeOf(plc) })
      : said('network', 'well', why.answers, null, { place: placeOf(plc) }))
  },
  session(evidence) {
    const { link, now, words: { why, number } } = evidence
    const fault = faultAt('session', evidence)
    if (fault !== null) return fault
    if (link.state === 'online') return said('session', 'well', why.openFor(lengthOf(since(now, link.since), number)), null, { since: rfc3339(link.since), reconnects: link.reconnectsCount })
    return said('session', 'unknown', link.state === 'connecting' ? why.opening : why.noSession, null, { state: why.states[link.state] })
  },
  pdu(evidence) {
    const { link, plc, words: { why, number } } = evidence
    const fault = faultAt('pdu', evidence)
    if (fault !== null) return fault
    if (link.state !== 'online') return said('pdu', 'unknown', why.notNegotiated, null)
    const facts = { pdu_bytes: link.pduBytes, fill: link.pduFill === null ? null : `${Math.round(link.pduFill * 100)} %`, requests: link.requestsPerScan, read_p99_ms: shownFigure(Math.round(link.readMs.p99 * 10) / 10, number), cycle_ms: plc.cycle }
    if (link.readMs.p99 > plc.cycle) return said('pdu', 'doubtful', why.slow(lengthOf(link.readMs.p99, number), lengthOf(plc.cycle, number)), why.lengthen, facts)
    return said('pdu', 'well', link.pduBytes === null ? why.fits : why.bytes(String(link.pduBytes)), null, facts)
  },
  tag({ read, link, name, tag, last, words }) {
    const { why, faults } = words
    if (typeof read === 'string') return said('tag', 'wrong', why.unread(read), why.mendAddress, { address: tag.address })
    const bad = link.badTags.find((one) => one.tag === name)
    if (bad !== undefined && bad.fault !== 'TAG_TYPE_MISFIT') {
      const fault = bad.fault ?? 'TAG_QUARANTINED'
      return said('tag', 'wrong', faults[fault][0], adviceOn(fault, bad.detail, words), { address: tag.address, fault: bad.fault, said: bad.detail === '' ? null : bad.detail, asked: bad.quality === 'quarantined' ? why.rarely : why.everyTime })
    }
    if (last === null) return said('tag', 'unknown', why.notRead, null, { address: tag.address })
    return said('tag', 'well', bad === undefined ? why.gives : why.has, null, { address: tag.address, also_bad_on_this_plc: link.badTags.length === 0 ? null : link.badTags.length })
  },
  type({ read, link, name, last, tag, words }) {
    const { why, faults } = words
    if (typeof read === 'string') return unknownBehind(words, 'type', 'tag')
    const bad = link.badTags.find((one) => one.tag === name && one.fault === 'TAG_TYPE_MISFIT')
    if (bad !== undefined) return said('type', 'wrong', bad.detail === '' ? faults.TAG_TYPE_MISFIT[0] : why.misfit(bad.detail), faults.TAG_TYPE_MISFIT[1], { configured: tag.address })
    const facts = { type: read.slot.length === 1 ? read.slot.type : `${read.slot.type} × ${read.slot.length}` }
    if (last?.quality === 'not_a_number') return said('type', 'wrong', why.noNumber, why.writer, facts)
    if (last === null || last.quality !== 'good') return said('type', 'unknown', why.noValue, null, facts)
    return said('type', 'well', why.asConfigured(facts.type), null, { ...facts, value: shownFigure(last.value, words.number) })
  },
  age({ now, read, last, lastGood, tag, plc, words }) {
    const { why, number } = words
    if (typeof read === 'string') return unknownBehind(words, 'age', 'tag')
    const good = last?.quality === 'good' ? last : lastGood
    if (good === null) return said('age', 'wrong', why.neverGood, why.mendFirst)
    const ageMs = since(now, good.at)
    const facts = { last_good: rfc3339(good.at), value_then: shownFigure(good.value, number), read_every: lengthOf(read.cycleMs, number), class: why.classes[tag.class] }
    if (last?.quality !== 'good') return said('age', 'wrong', why.lastGood(lengthOf(ageMs, number)), why.mendFirst, facts)
    // Three cycles may pass while a request waits for its turn; a fresh connection takes a while, too.
    if (ageMs > 3 * read.cycleMs + (plc.timeout ?? 1_000)) return said('age', 'wrong', why.tooOld(lengthOf(ageMs, number), lengthOf(read.cycleMs, number)), why.misses, facts)
    return said('age', 'well', why.old(lengthOf(ageMs, number)), null, facts)
  },
  rule({ uses, plc, name, tag, read, last, words }) {
    const { why } = words
    if (uses.length === 0) return said('rule', 'doubtful', why.unused, why.nameIt(`${plc.id}/${name}`), { recorded: tag.record === true ? why.yes : why.no })
    const doubts = typeof read === 'string' ? [] : uses.flatMap((use) => doubtsOf(use, read.slot, last, words))
    const facts = Object.fromEntries(uses.map((use) => [`${use.equipment.code} ${use.signal}`, shownUse(use, words)]))
    if (doubts[0] !== undefined) return said('rule', 'doubtful', doubts[0].finding, doubts[0].remedy, facts)
    return said('rule', 'well', uses.map((use) => meaningOf(use, words)).join('; '), null, facts)
  },
}
