/** What analysis says to people, in English. Every other language says the same in a file beside this one. */

import { type SignalRole, signalRoles } from '../../contract/config.js'
import { type FaultCode, faults } from '../../contract/faults.js'
import { type Quality, qualityNames } from '../../contract/scan.js'

const association = 'An association in the data is no cause. The gains of several recommendations overlap and must not be added up.'

export const en = {
  number: (value: number, digits: number): string => value.toFixed(digits),
  losses: {
    unplanned_stop: 'unplanned stop', external_stop: 'external stop', planned_stop: 'planned stop', changeover: 'changeover',
    micro_stop: 'micro stop', speed_loss: 'speed loss', startup_reject: 'startup reject', production_reject: 'production reject',
  },
  recommend: {
    anything: 'What would bring most?', blind: (coverage: string) => `too little was seen (${coverage}); below 95 % the data advise nothing`, undefined: 'undefined',
    lossQuestion: (loss: string) => `Is there less ${loss} to be had?`, lossTitle: (loss: string, points: string) => `${loss}: ${points} points above its own best quarter`,
    fewShifts: (n: string, min: string) => `${n} shifts with enough coverage; ${min} are needed`, atBest: 'the whole period is within half a point of its best quarter of shifts',
    lossData: 'loss tree of the shifts', lossEffect: 'OEE points lost beyond the best quarter of shifts', lossMethod: 'median of the shifts less their best quarter; 95 % interval of the median by order statistics',
    advice: {
      unplanned_stop: 'Look at the Pareto of its reasons and take away the first.', external_stop: 'Look at what feeds and takes its parts; the cause is not in this equipment.',
      planned_stop: 'Compare the planned stops with their standard.', changeover: 'Make the best quarter of the changeovers the standard.',
      micro_stop: 'Watch where it hesitates: many short stops usually have few causes.', speed_loss: 'Find out what keeps it from its ideal pace, or whether the ideal is right.',
      startup_reject: 'Look at how it is started after long stops.', production_reject: 'Look at the reject reasons.',
    },
    trendQuestion: 'Does OEE fall from day to day?', fewDays: (n: string, min: string) => `${n} days; ${min} are needed`, noFall: (p: string) => `no fall beyond noise (p ${p})`,
    trendTitle: (points: string) => `OEE falls by ${points} points a day`, trendAdvice: 'Compare the loss trees of the first and the last days, of the same product.',
    trendData: 'OEE of the days', trendEffect: 'OEE points a day', trendMethod: 'Mann-Kendall, corrected for autocorrelation; slope by Theil and Sen', mix: `Another product mix can look like a trend. ${association}`,
    growthQuestion: 'Do failures come more often?', fewFailures: (n: string, min: string) => `${n} failures; ${min} are needed`, noGrowth: (laplace: string) => `no change for the worse beyond noise (Laplace ${laplace})`,
    growthTitle: (hours: string) => `failures come more often: one in ${hours} h of run now`, growthAdvice: 'Look for wear: the failures of the last days against those of the first.',
    growthData: 'failures on the clock of run time', growthEffect: 'Crow-AMSAA beta; above 1 it gets worse', growthMethod: 'Laplace',
    changeoverQuestion: 'Is there time in the changeovers?', fewChangeovers: (min: string) => `no pair of products was changed ${min} times`, shortChangeovers: 'what lies above the best quarter of each group is less than half a point',
    changeoverTitle: (hours: string) => `changeovers: ${hours} h above the best quarter of each pair`, changeoverData: 'changeovers by pair of products', seconds: 'seconds', changeoverMethod: '10th and 90th percentile of a changeover, in seconds',
    idealQuestion: 'Is an ideal time too slow?', idealRight: 'no product was made faster than its ideal time', fewHours: (product: string, n: string, min: string) => `${product} is faster than its ideal time, but ${n} hours tell a pace; ${min} are needed`,
    noProduct: 'no product', idealTitle: (product: string, held: string, ideal: string) => `${product}: ${held} s a part were held, the ideal time is ${ideal} s`,
    idealAdvice: 'See first whether parts are counted twice, outside run time, or several a cycle. If not, take the pace that was held as the ideal time; it holds from then on, and the past keeps its own.',
    idealData: 'hours with half an hour of run and twenty parts of the product', idealEffect: 'seconds a part, held by the best tenth of the hours', idealMethod: 'the fastest and the middle hour, in seconds a part',
    idealCaution: 'A shorter ideal time lowers performance and OEE from its day on; figures before and after must not be compared.',
    constraintQuestion: 'Is the declared constraint what limits the line?', constraintRight: (equipment: string, share: string) => `no other equipment is slower by itself and waits less; the next is ${equipment}, at ${share} % of its rate`,
    constraintTitle: (equipment: string, percent: string) => `${equipment} is slower by itself than the constraint, by ${percent} %`,
    constraintAdvice: (equipment: string, waits: string, constraintWaits: string) => `${equipment} waits for its neighbours in ${waits} % of its planned time, the constraint in ${constraintWaits} %. If that is so with every product, declare it: \`constraint: true\` at ${equipment}; and work there first.`,
    constraintAdviceMoving: (equipment: string, waits: string, constraintWaits: string) => `${equipment} waits for its neighbours in ${waits} % of its planned time with these products, what limits the line with them in ${constraintWaits} %. If that is so with one of them, name it for that product: \`constraints: { PRODUCT: ${equipment} }\`; and work there first.`,
    limitedData: (data: string, equipment: string, percent: string) => `${data}; of the time in which ${equipment} limited the line, ${percent} % of what was planned`,
    constraintData: 'shifts of all equipment that every part passes: good parts by planned time without waiting for neighbours', constraintEffect: 'share of the constraint\'s own rate', constraintMethod: 'median of the shifts; 95 % interval of the median by order statistics',
    constraintCaution: 'With another constraint the OEE of the line is another figure: before and after must not be compared. Equipment without signals for blocked and starved looks slower than it is.',
    association,
  },
  compare: { nothing: 'no difference beyond noise, or too few shifts to tell' },
  control: {
    fewPoints: (min: string) => `the baseline has fewer than ${min} points of this product`, nothingMade: 'nothing of this product was made in this time',
    fewStops: (n: string, min: string) => `${n} stops came out of running for so long; fewer than ${min} say nothing`, noSignal: 'no recorded signal differs before stops by more than chance, for all that were looked at', nothing: 'nothing beyond what the baseline varies by itself',
  },
  insights: {
    takes: (loss: string, points: string) => `${loss} takes ${points} points`, falls: (points: string) => `OEE falls by ${points} points an hour`, rises: (points: string) => `OEE rises by ${points} points an hour`,
    tooFast: 'faster than its ideal: the ideal time is too slow, or parts were counted outside run time', blind: 'partly blind: below 95 % coverage',
  },
  /** The heads of a report as a table. In English they are the names that programs know from the interface. */
  table: {
    shift: 'shift', hour: 'hour', day: 'day', week: 'week', job: 'job', product: 'product', whole: 'whole', from: 'from', to: 'to', total: 'total',
    ratios: { oee: 'oee', availability: 'availability', performance: 'performance', quality: 'quality', utilization: 'utilization', teep: 'teep', coverage: 'coverage' },
    times: {
      all: 'all_seconds', schedule_loss: 'schedule_loss_seconds', no_data: 'no_data_seconds', planned_production: 'planned_production_seconds', unplanned_stop: 'unplanned_stop_seconds', external_stop: 'external_stop_seconds',
      planned_stop: 'planned_stop_seconds', changeover: 'changeover_seconds', run: 'run_seconds', micro_stop: 'micro_stop_seconds', speed_loss: 'speed_loss_seconds', net_run: 'net_run_seconds',
      startup_reject: 'startup_reject_seconds', production_reject: 'production_reject_seconds', fully_productive: 'fully_productive_seconds',
    },
    counts: { good: 'good', startup_reject: 'startup_reject', production_reject: 'production_reject', total: 'total', off_schedule: 'off_schedule', recovered: 'recovered', reworked: 'reworked' },
  },
  why: {
    well: 'everything is as it should be', unknownBehind: (step: string) => `cannot be known before ${step} is mended`,
    steps: { gateway: 'the gateway', network: 'the network', session: 'the session', pdu: 'the PDU', tag: 'the tag', type: 'the type', age: 'the age', rule: 'the rule' },
    nameUnknown: 'The name of the PLC is not known to this network: write its IP address, or ask for the name server.',
    refusedPort: 'The machine at this address answers, but nothing listens at the port: check `host` and `port`, and whether the CPU is in RUN and its interface enabled.',
    noWay: 'This box has no way to that address: check the cable, the link lights, the IP address and subnet mask of both sides.',
    traceEnded: 'What was recorded is over: begin anew with `loop: true`, or record for longer.',
    saysNothing: 'Something takes connections there and does not answer as such a PLC does: check `driver`, `host` and `port`; if they are right, its program hangs, or it has no connection free.',
    optimised: 'Is the number of the block right? Then switch "Optimized block access" off in the properties of that data block in TIA Portal, compile it and download it.',
    rackAndSlot: 'The CPU answers, but not at this rack and slot: use rack 0 slot 1 for S7-1200/1500, slot 2 for S7-300, and the hardware configuration for S7-400.',
    noGateway: 'no gateway runs; the PLC was asked directly, once', startGateway: 'Start the gateway: systemctl start lineside; its log: journalctl -u lineside.', notAsked: 'was not asked; the PLC was, once',
    stopped: 'the gateway has stopped reading this PLC', reads: (every: string) => `reads it every ${every}`, nobodyAsked: 'nobody has asked yet', answers: 'the PLC answers at its address',
    openFor: (length: string) => `open for ${length}`, opening: 'it is being opened', noSession: 'there was none yet', notNegotiated: 'nothing is negotiated yet',
    slow: (read: string, cycle: string) => `reading takes longer than its cycle: ${read} of ${cycle}`, lengthen: 'Lengthen `cycle`, or move tags to the class `slow`.', fits: 'requests fit', bytes: (count: string) => `${count} bytes a request`,
    mendAddress: 'Mend the address in the configuration, then `lineside config apply`.', rarely: 'once a minute, as it failed three times in a row', everyTime: 'every time', notRead: 'it was not read yet', gives: 'the PLC gives it', has: 'the PLC has it',
    noNumber: 'the PLC holds no number there: NaN or infinity', writer: 'Look at what writes it in the PLC program (a division by zero?), or at the type: the wrong one often reads so.',
    noValue: 'there is no value to look at', asConfigured: (type: string) => `${type}, as configured`, neverGood: 'it was never good since the gateway started', mendFirst: 'Mend the first step that is wrong.',
    lastGood: (length: string) => `it was last good ${length} ago`, old: (length: string) => `${length} old`, tooOld: (length: string, every: string) => `it is ${length} old, and is read every ${every}`, misses: 'See whether the gateway misses cycles: `lineside doctor`.',
    unread: (said: string) => said, misfit: (said: string) => said, nobodyReads: 'nobody reads it',
    states: { idle: 'idle', connecting: 'connecting', online: 'online', backoff: 'backoff', stopped: 'stopped' }, classes: { fast: 'fast', normal: 'normal', slow: 'slow' }, qualities: spokenQualities(),
    unused: 'no signal uses it', nameIt: (tag: string) => `If it should do something, name it under the equipment: signals: { ROLE: ${tag} }.`, yes: 'yes', no: 'no',
    meaning: (signal: string, equipment: string, says: string) => `${signal} of ${equipment}: ${says}`, kept: 'kept and shown, without a rule', though: (from: string) => `, though the state comes from \`${from}\``,
    inverted: 'inverted', onAfter: (length: string) => `on after ${length}`, offAfter: (length: string) => `off after ${length}`, ignored: (band: string) => `steps below ${band} ignored`, asItIs: 'as it is',
    firstOf: (signal: string, equipment: string, count: string) => `${signal} of ${equipment} uses the first of ${count} elements`, whichOne: (tag: string) => `Say which one is meant: ${tag}[0].`,
    outside: (raw: string, signal: string, equipment: string, last: string) => `the counter stands at ${raw}, outside of what ${signal} of ${equipment} may be (0 to ${last}), so its parts are not counted`,
    rollsOver: (at: string, signal: string, equipment: string, told: string) => `the tag rolls over at ${at}, but ${signal} of ${equipment} is told ${told}: the roll-over would be taken for a reset`, howFar: (counters: string) => `Say how far it counts: ${counters}.`,
    roles: spokenRoles(),
  },
  faults: faults as Readonly<Record<FaultCode, readonly [sentence: string, remedy: string]>>,
}

/** What each signal is for, without the kind of value that stands before it. */
function spokenRoles(): Readonly<Record<SignalRole, string>> {
  // Made of the roles, so it has each of them.
  return Object.fromEntries(Object.entries(signalRoles).map(([role, says]) => [role, says.replace(/^[^:]+: /, '')])) as Record<SignalRole, string>
}

/** In English they are the names that programs know. */
function spokenQualities(): Readonly<Record<Quality, string>> {
  // Made of the names, so it has each of them.
  return Object.fromEntries(qualityNames.map((name) => [name, name])) as Record<Quality, string>
}

/** The same shape with any text. */
type Loose<T> = T extends string ? string : T extends (...given: infer A) => string ? (...given: A) => string : { readonly [K in keyof T]: Loose<T[K]> }
export type AnalysisWords = Loose<typeof en>
