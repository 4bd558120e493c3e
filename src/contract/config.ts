/** The configuration: one schema with its defaults. `config check`, `config schema` and the docs come from it. */

import { limits } from '../base/limits.js'
import { andonPriorities, andonTypes, type lightStates, reasonCategories, stateClasses, weekdays } from './kinds.js'
import { plc } from './plcs.js'
import { roles } from './roles.js'
import { bytes, code, cycleTime, duration, gatewayId, shortText, uuid, z } from './schema.js'
import { server } from './server.js'

/* ── the box ─────────────────────────────────────────────────────────────────────────────────── */

const gateway = z.strictObject({
  id: gatewayId.describe('this gateway, everywhere: topics, journal, screens'),
  enterprise: code.default('enterprise'),
  site: code.default('site'),
  area: code.default('area'),
  time_zone: z.string().default('UTC').describe('IANA name; shifts and days are local times of this zone'),
  cycle: duration.default(100).describe('the heartbeat: how often a turn begins'),
})

const storage = z.strictObject({
  directory: z.string().default('data').describe('relative to the folder of the configuration file; for the service, whose file is `/etc/lineside/lineside.yaml`, to nothing: it is `/var/lib/lineside`'),
  ballast: bytes.prefault('16MB').describe('given back to the file system when the disk is full'),
  facts: z.strictObject({ keep: duration.prefault('730d'), bytes: bytes.prefault('2GB') }).prefault({}),
  samples: z.strictObject({
    keep: duration.prefault('90d'), bytes: bytes.prefault('4GB'),
    chunk: duration.prefault('10m').describe('how much time one sealed chunk covers'),
    commit: duration.prefault('5s').describe('how long readings that made no fact wait to be written together: a power cut takes so much of them, and less wears the flash more'),
  }).prefault({}),
})

/* ── a second box ─────────────────────────────────────────────────────────────────────────────── */

const standby = z.strictObject({
  box: code.describe('this box; the two are one gateway, and differ in this name'),
  role: z.enum(['active', 'standby']).describe('what this box is when it starts for the very first time; from then on it remembers'),
  peer: z.url({ protocol: /^https?$/ }).describe('where the other box serves, like https://10.0.0.2:8000'),
  token_file: z.string().describe('a file that holds nothing else: a token of the other box, of the role `admin`'),
  ca_file: z.string().optional().describe('who may vouch for the other box, or its certificate itself; default: the authorities that come with Node'),
  takeover: z.enum(['on_order', 'on_silence']).default('on_order').describe('on_silence: the standby takes over by itself when the active box is silent, and the active one lives on its word'),
  silence: duration.prefault('10s').describe('so long the active box is silent before the standby takes over; after half of it the active box writes nothing more'),
})

/* ── upstreams ───────────────────────────────────────────────────────────────────────────────── */

const brokerUrl = z.string().regex(/^mqtts?:\/\/(\[[0-9a-fA-F:.]+\]|[A-Za-z0-9._-]+)(:\d{1,5})?$/, 'mqtt://host:1883, or mqtts://host:8883 with TLS')
const upstream = z.strictObject({
  name: code.describe('in bookmarks, logs and figures; a new name begins at the first fact there is'),
  url: brokerUrl,
  client_id: z.string().regex(/^[A-Za-z0-9_-]{1,64}$/, 'letters, digits, "-" and "_"').optional().describe('default: lineside-GATEWAY-NAME; two clients of one id push each other off the broker'),
  user: z.string().max(256).optional(),
  password_file: z.string().optional().describe('a file that holds nothing else'),
  tls: z.strictObject({
    ca_file: z.string().optional().describe('who may vouch for the broker; default: the authorities that come with Node'),
    cert_file: z.string().optional(), key_file: z.string().optional(),
  }).prefault({}).describe('files are read again for every connection, so a rotated certificate needs no restart'),
  root: z.string().regex(/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+){0,2}$/, 'one to three topic levels').default('lineside/v1'),
  ack: z.enum(['mes', 'puback']).default('mes').describe('who must have a record before the bookmark moves: the MES, after its commit; or only the broker, which may lose it'),
  lanes: z.array(z.enum(['facts', 'rows'])).default(['facts', 'rows']).describe('none, for a broker that only gets `uns`'),
  samples: z.strictObject({
    tags: z.array(z.string().regex(/^[^/\s]+\/[^/\s]+$/, 'PLC/TAG, where "*" stands for any text')).min(1).max(256).describe('`packer/speed`, `packer/*`; only what is recorded goes'),
  }).optional().describe('a lane of samples as well: each recorded value of these tags'),
  batch: z.int().min(1).max(1_000).default(500).describe('the most records in one message'),
  message: bytes.prefault('128kB').describe('the most bytes of one message, before it is deflated'),
  deflate: z.boolean().default(true),
  window: z.int().min(1).max(1_000).default(16).describe('messages of one lane that may wait for their acknowledgement'),
  in_flight: bytes.prefault('256kB').describe('bytes of one lane that may wait for their acknowledgement'),
  pull: z.strictObject({
    role: z.enum(roles).default('mes'),
    lines: z.array(code).min(1).optional().describe('only these; default: all'),
  }).optional().describe('lets who may publish below `cmd/` ask and order, as this role; without it nobody is heard'),
  uns: z.strictObject({
    root: z.string().regex(/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)?$/, 'one or two topic levels').default('uns').describe('`umh/v1` for the United Manufacturing Hub'),
    profile: z.enum(['plain', 'umh']).default('plain').describe('an object a topic; or one tag a topic, with exactly `timestamp_ms` and `value`'),
  }).optional().describe('live state and events by their place in the plant, retained and conflated, over a connection of its own'),
  sparkplug: z.strictObject({
    group: z.string().regex(/^[^+#/]{1,64}$/, 'no "+", "#" or "/"'),
    node: z.string().regex(/^[^+#/]{1,64}$/, 'no "+", "#" or "/"').optional().describe('default: the id of the gateway'),
    primary_host: z.string().regex(/^[^+#/]{1,64}$/, 'no "+", "#" or "/"').optional().describe('nothing is said while this host is offline'),
  }).optional().describe('an edge node of Sparkplug B 3.0, each equipment a device, over a connection of its own; at most once, so it moves no bookmark'),
  ack_timeout: duration.prefault('10s').describe('after so long without progress everything since the bookmark is sent again'),
  keepalive: duration.prefault('20s'),
  heartbeat: duration.prefault('60s').describe('how often the presence is told again'),
  reconnect_max: duration.prefault('60s').describe('the longest wait before the next attempt'),
})

/* ── notification ────────────────────────────────────────────────────────────────────────────── */

/** What people can be told of outside the screens. */
export const notifiable = ['andon_event', 'escalation_update', 'andon_resolved', 'oee_alert', 'oee_alert_cleared', 'quality_alert'] as const
const told = {
  name: code.describe('in bookmarks, logs and facts'),
  on: z.array(z.enum(notifiable)).min(1).default(['andon_event', 'escalation_update']),
  lines: z.array(code).min(1).optional().describe('only of these; default: all'),
  give_up: duration.prefault('1h').describe('so long a message is tried; then the failure is journalled and the next has its turn'),
  timeout: duration.prefault('10s').describe('how long one try may take'),
}
const channel = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('webhook'), ...told, url: z.url({ protocol: /^https?$/ }),
    secret_file: z.string().optional().describe('a file with the key of the signature (HMAC-SHA256); without it nothing is signed'),
  }),
  z.strictObject({
    kind: z.literal('email'), ...told, host: z.string().min(1), port: z.int().min(1).max(65_535).default(587),
    tls: z.enum(['starttls', 'implicit', 'none']).default('starttls').describe('`none` is for a relay on this machine or segment'),
    user: z.string().max(256).optional(), password_file: z.string().optional(), ca_file: z.string().optional(),
    from: z.string().min(3).max(320), to: z.array(z.string().min(3).max(320)).min(1).max(50),
  }),
  z.strictObject({
    kind: z.literal('mqtt'), ...told, url: brokerUrl, user: z.string().max(256).optional(), password_file: z.string().optional(), ca_file: z.string().optional(),
    topic: z.string().regex(/^[^+#\s]{1,200}$/, 'a topic without wildcards').default('lineside/{type}/{line}').describe('{type}, {line} and {equipment} are set in'),
    retain: z.boolean().default(false).describe('the broker gives the last message to whoever listens later'),
  }),
])

/* ── time ────────────────────────────────────────────────────────────────────────────────────── */

const localTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'a local time like 06:00')
const localDate = z.string().regex(/^\d{4}-\d\d-\d\d$/, 'a date like 2026-12-24')

const shiftPattern = z.strictObject({
  name: code,
  days: z.array(z.enum(weekdays)).min(1).default([...weekdays]).describe('production days: a night shift from 22:00 on Friday is of Friday, also after midnight'),
  start: localTime.describe('before `day_start` means the small hours at the end of the production day'),
  end: localTime.describe('at or before `start` means the next day'),
  crew: shortText.optional().describe('who works it, when that is always the same crew'),
  rota: z.strictObject({
    from: localDate.describe('a production day on which the first crew has its turn'),
    crews: z.array(shortText.nullable()).min(1).max(limits.rotaDaysMax).describe('who works it day by day, null = nobody; then it begins again'),
  }).optional().describe('crews that take turns in a cycle of any number of days, as on a continental rota: [A, A, B, B, C, C, D, D]'),
  breaks: z.array(z.strictObject({ start: localTime, end: localTime, name: shortText.default('break') })).default([]),
  from: localDate.optional().describe('first day this pattern holds'),
  until: localDate.optional().describe('last day this pattern holds'),
})

const calendar = z.strictObject({
  day_start: localTime.default('06:00').describe('when the production day begins'),
  shifts: z.array(shiftPattern).default([]),
  exceptions: z.array(z.strictObject({
    date: localDate.describe('production day'),
    shift: code.optional().describe('only this shift, which then works also on a day it does not; default: the whole day'),
    closed: z.boolean().default(false),
    start: localTime.optional(), end: localTime.optional(),
    name: shortText.optional(),
  })).default([]).describe('holidays, overtime, cancelled shifts'),
  breaks: z.enum(['yield_to_run', 'strict', 'count']).default('yield_to_run').describe('what a break is when the machine runs through it'),
})

/* ── reasons and products ────────────────────────────────────────────────────────────────────── */

const reason = z.strictObject({
  code, name: shortText,
  category: z.enum(reasonCategories).default('unplanned').describe('excluded leaves planned production time'),
  is_failure: z.boolean().default(false).describe('counts for MTBF and MTTR'),
  external: z.boolean().default(false).describe('caused outside the equipment: starved, blocked, no material'),
  team: z.string().max(64).optional(),
  parent: code.optional(),
  equipment: z.array(code).optional().describe('only these; default: all'),
})

const rejectReason = z.strictObject({
  code, name: shortText,
  equipment: z.array(code).optional().describe('only these; default: all'),
})

const product = z.strictObject({
  code, name: shortText.optional(),
  ideal_cycle: z.record(code, cycleTime).default({}).describe('equipment → ideal time of one cycle'),
})

/* ── equipment ───────────────────────────────────────────────────────────────────────────────── */

const signal = z.preprocess(
  (value) => (typeof value === 'string' ? { tag: value } : value),
  z.strictObject({
    tag: z.string().regex(/^[^/\s]+\/[^/\s]+(\[\d+\])?$/, 'a tag as plc/tag, or plc/tag[3] for one element'),
    unit: z.string().max(32).optional(),
    scale: z.number().default(1),
    offset: z.number().default(0),
    invert: z.boolean().default(false),
    on_delay: duration.default(0).describe('a bit must be on this long before it counts as on'),
    off_delay: duration.default(0),
    deadband: z.number().min(0).default(0).describe('changes smaller than this are noise'),
  }),
)

/** Which signal holds the final count of which counter, where a PLC latches it at the end of a job. */
export const latchSignals = { total_count: 'total_latched', good_count: 'good_latched', reject_count: 'reject_latched' } as const

/** What the well-known signal names mean. Any other name is kept, shown and recorded, and has no rule. */
export const signalRoles = {
  running: 'bit: the equipment produces',
  state: 'number: PackML StateCurrent, or a number of its own with a `state.map`',
  mode: 'number: PackML UnitModeCurrent',
  speed: 'number: actual speed in parts per minute',
  total_count: 'counter: every part',
  good_count: 'counter: good parts',
  reject_count: 'counter: rejected parts',
  total_latched: 'number: the final `total_count` of the job before, latched by the PLC when it changes `job`: parts between two readings are split there',
  good_latched: 'number: the same of `good_count`',
  reject_latched: 'number: the same of `reject_count`',
  fault: 'bit: a fault is present',
  fault_word: 'bits: one bit per fault of the catalogue (BOOL array, WORD … LWORD)',
  first_out: 'number: the fault that rose first, latched by the PLC; 0 = none',
  blocked: 'bit: downstream does not take parts',
  starved: 'bit: upstream delivers no parts',
  changeover: 'bit: a changeover is in progress',
  job: 'text or number: the job the PLC works on',
  product: 'text or number: the product the PLC makes',
} as const
export type SignalRole = keyof typeof signalRoles

export type StateClass = (typeof stateClasses)[number]

export const faultEntry = z.strictObject({
  bit: z.int().min(0).max(1_023).describe('number of the bit in fault_word, and of first_out minus one'),
  code, name: shortText,
  marker: z.enum(['internal', 'upstream', 'downstream']).default('internal'),
  kind: z.enum(['fault', 'prompt', 'status']).default('fault').describe('prompts and status bits never explain a stop'),
  severity: z.enum(['critical', 'high', 'medium', 'low']).default('medium'),
  reason: code.optional().describe('the stop reason it stands for'),
})

const counter = z.strictObject({
  modulus: z.number().int().min(0).default(2 ** 32).describe('one more than the largest value; 0 = never rolls over'),
  signed: z.boolean().default(false).describe('wraps from the largest positive to the smallest negative value'),
  resets: z.enum(['never', 'job', 'shift', 'any']).default('any').describe('when a fall to zero is normal'),
  scale: z.number().positive().default(1).describe('parts per count'),
  late: z.strictObject({
    delay: duration.describe('from the machine that made them to where they are found'),
    of: code.optional().describe('who made them, of the same line; default: this equipment, whose inspection comes later'),
  }).optional().describe('of `reject_count`: what it counts was made so much earlier, and is a reject of then, of that machine and its job, product, shift and start-up; default: of here and now'),
})

const equipment = z.strictObject({
  code, name: shortText,
  constraint: z.boolean().default(false).describe('the equipment that limits the line, where `constraints` of the line does not name another for the product'),
  calendar: code.optional().describe('one of `calendars`: when this equipment is planned to work, where that is not when its line is; its shifts are those of the line. Default: that of the line'),
  upstream: z.array(code).default([]).describe('who feeds it; the declared topology'),
  transit: z.record(code, duration).default({}).describe('how long parts take from each of `upstream`: so much later it wants them, or they pile up before it; behind the constraint of a line whose OEE goes by it, the line counts parts so much earlier than they are counted here; default: at once'),
  ideal_cycle: cycleTime.prefault('1s').describe('ideal time of one cycle when the product names none'),
  parts_per_cycle: z.number().positive().default(1),
  signals: z.record(code, signal).default({}),
  state: z.strictObject({
    from: z.enum(['running', 'packml', 'map', 'counts']).default('running').describe('a bit, PackML numbers, own numbers, or gaps between counts'),
    map: z.record(z.string(), z.enum(stateClasses)).default({}).describe('number → class, also to remap single PackML states'),
    run_speed_min: z.number().optional().describe('with `running`: also the speed must be above this'),
    confirm: duration.default(0).describe('a new state must last this long; it is dated back to its start'),
    slow_factor: z.number().min(1).default(1.7),
    stop_factor: z.number().min(1).default(6),
  }).prefault({}),
  counters: z.record(code, counter).default({}).describe('options of the counters by signal name'),
  counts: z.strictObject({
    safety: z.number().min(2).default(3).describe('how many times the ideal rate is still believed'),
    slack: z.int().min(0).default(5),
    confirm_reads: z.int().min(1).default(3).describe('reads a suspicious value must last'),
  }).prefault({}),
  micro_stop: duration.prefault('120s').describe('a shorter stop is a micro-stop'),
  cold_after: duration.prefault('30m').describe('a longer stop opens the start-up window'),
  startup_good_parts: z.int().min(0).default(0).describe('good parts in a row that close the start-up window; 0 = not by parts'),
  startup_max: duration.default(0).describe('how long after its first part the start-up window closes at the latest; 0 = not by time. With neither there is no window; a person may always close it'),
  no_data: z.enum(['exclude', 'stop', 'hold']).default('exclude').describe('what blind time is'),
  hold_polls: z.int().min(1).max(limits.holdPollsMax).default(3).describe('a shorter gap extends the last state'),
  no_order: z.enum(['unplanned', 'excluded']).default('unplanned').describe('what standing without a job is'),
  faults: z.array(faultEntry).default([]),
  faults_file: z.string().optional().describe('a CSV catalogue beside the configuration'),
  changeover_standard: duration.optional().describe('how long a changeover should take; what is more is told as over standard, and stays a planned stop'),
  changeover_good_parts: z.int().min(0).default(3).describe('so many good parts in a row, each within 1.2 ideal times, end a changeover that nobody ended, with the first of them; 0 = only when somebody says so'),
  changeover_reach: duration.prefault('15m').describe('a changeover begins with the last good part, if the equipment stands since then for no other known reason, and no longer than this when somebody says that it began'),
  changeover_wait: duration.optional().describe('a changeover that is said to be over waits so long in planned time for its first good part; what stands longer is a stop of its own. Absent: as long as changeover_standard, or 15m without one'),
  jobs: z.strictObject({
    auto_start: z.boolean().default(false).describe('an assigned job starts with the first part'),
    auto_complete: z.boolean().default(false).describe('a job completes at its quantity'),
    clock_parts: z.int().min(0).default(0).describe('the time of a job that began outside shifts counts from the next shift, or from so many of its parts; 0 = from the shift only'),
    from_plc: z.boolean().default(false).describe('the `job` signal starts and ends jobs'),
  }).prefault({}),
  quality_alert: z.strictObject({ reject_ratio: z.number().min(0).max(1), parts_min: z.int().min(1).default(50), clear_ratio: z.number().min(0).max(1) }).optional(),
})

/* ── Andon ───────────────────────────────────────────────────────────────────────────────────── */

const andonTimes = z.strictObject({ acknowledge: duration, resolve: duration })
const andon = z.strictObject({
  times: z.strictObject({
    low: andonTimes.prefault({ acknowledge: '15m', resolve: '60m' }),
    medium: andonTimes.prefault({ acknowledge: '10m', resolve: '45m' }),
    high: andonTimes.prefault({ acknowledge: '5m', resolve: '30m' }),
    critical: andonTimes.prefault({ acknowledge: '2m', resolve: '15m' }),
  }).prefault({}).describe('when a call climbs the first level of its response and of its resolution ladder'),
  levels_max: z.int().min(1).max(10).default(3),
  pause_unmanned: z.boolean().default(false).describe('ladders wait outside shifts and in breaks'),
  oee: z.strictObject({ type: z.enum(andonTypes).default('stop'), priority: z.enum(andonPriorities).default('medium') }).optional().describe('an `oee_alert` raises a call on its line'),
  chatter: z.strictObject({ count: z.int().min(2).default(3), within: duration.prefault('60s') }).prefault({})
    .describe('a fault that comes and goes so often is one call, which stays until it has been quiet for as long'),
  flood: z.strictObject({ count: z.int().min(2).default(10), within: duration.prefault('10m') }).prefault({})
    .describe('beyond so many calls by itself within a time, a line groups further ones under the first that is open'),
  stop_longer: duration.optional().describe('a stop of this length raises a `stop` call by itself; a machine that waits for another of its line leaves it to that one'),
  stop: z.strictObject({ priority: z.enum(andonPriorities).default('medium') }).prefault({}).describe('that call'),
  quality: z.strictObject({ priority: z.enum(andonPriorities).default('medium') }).prefault({}).describe('the call of a `quality_alert`'),
  no_data: z.strictObject({
    longer: duration.describe('of planned time'), type: z.enum(andonTypes).default('maintenance'), priority: z.enum(andonPriorities).default('high'),
  }).optional().describe('equipment that nobody can see for so long raises a call, which ends when it is seen again; for equipment whose blind time is a state of its own (`no_data: exclude`)'),
  fixed_position: z.strictObject({
    types: z.array(z.enum(andonTypes)).min(1).default(['stop']).describe('of the calls that people raise at equipment, these; what calls by itself has no cord'),
    grace: duration.prefault('20s').describe('as long as the work takes to the fixed position'),
    zones: z.record(code, duration).default({}).describe('another grace for an equipment or for all of a line, by code'),
  }).optional().describe('fixed position stop: a call is yellow until its grace is over, then the line counts as stopped (red), unless a second pull cancels it before. It is shown and told, and stops no equipment'),
  faults: z.array(z.strictObject({
    severity: z.enum(['critical', 'high', 'medium', 'low']),
    count: z.int().min(1), within: duration,
    type: z.enum(andonTypes).default('maintenance'), priority: z.enum(andonPriorities),
  })).default([]).describe('so many faults of a severity within a time raise a call'),
})

/* ── stack lights ────────────────────────────────────────────────────────────────────────────── */

const pattern = z.union([z.boolean(), z.int()])
const stackLight = z.strictObject({
  name: code.describe('in facts and logs'),
  enabled: z.boolean().default(false).describe('nothing is written unless this says true'),
  tag: z.string().regex(/^[^/\s]+\/[^/\s]+$/, 'a tag as plc/tag').describe('the one tag that it is written to, which its PLC must call `writable`'),
  equipment: z.array(code).min(1).optional().describe('only calls of these; default: all of the line'),
  patterns: z.strictObject({ quiet: pattern, attended: pattern, acknowledged: pattern, raised: pattern, escalated: pattern, line_stopped: pattern.optional().describe('the line stopped at its fixed position; as `escalated` where it has none of its own') }).describe('what is written for each state'),
  again: duration.prefault('30s').describe('how often it is written again, so that a PLC that restarted shows it too'),
})

/* ── lines ───────────────────────────────────────────────────────────────────────────────────── */

const line = z.strictObject({
  id: uuid, code, name: shortText,
  calendar: code.optional().describe('one of `calendars`. Default: that of the area'),
  method: z.enum(['constraint', 'line_exit', 'ratio_of_sums']).default('constraint').describe('how the line\'s OEE is made of its equipment\'s'),
  constraints: z.record(code, code).default({}).describe('product → equipment that limits the line while it makes that; all else is limited by the constraint'),
  target_oee: z.number().min(0).max(1.5).default(0.85),
  oee_alert: z.strictObject({
    below: z.number().min(0).max(1).default(0.7), for: duration.prefault('10m'), clear_above: z.number().min(0).max(1).default(0.72),
    window: z.enum(['hour', 'shift', 'job']).default('hour'),
  }).optional(),
  stack_lights: z.array(stackLight).max(16).default([]).describe('lights that show the calls of this line: the only writes to a PLC that happen by themselves. They advise, and are no safety function'),
  equipment: z.array(equipment).min(1).max(64).describe('in flow order'),
})

export const config = z.strictObject({
  version: z.literal(1),
  gateway,
  server: server.prefault({}),
  storage: storage.prefault({}),
  standby: standby.optional().describe('a second box that follows the first and takes over from it; default: there is none'),
  upstreams: z.array(upstream).max(8).default([]).describe('brokers that get every fact and loss row, each at its own pace'),
  plcs: z.array(plc).max(256),
  calendars: z.record(code, calendar).default({}),
  area: z.strictObject({ calendar: code.optional().describe('one of `calendars`: of all lines that name none of their own, and so of their equipment') }).prefault({}).describe('what the lines of the area have in common where they do not say otherwise'),
  reasons: z.array(reason).default([]),
  reject_reasons: z.array(rejectReason).default([]).describe('what can be wrong with a part; where none is named, people write what they want'),
  products: z.array(product).default([]),
  andon: andon.prefault({}),
  notify: z.array(channel).max(16).default([]).describe('webhooks, e-mail, and topics of a broker; to an upstream every fact goes anyway'),
  edits: z.strictObject({
    lock_after: duration.optional().describe('so long after its end a shift is locked; then only who may edit locked shifts does. Default: never'),
  }).prefault({}),
  grades: z.strictObject({ world_class: z.number().default(0.85), good: z.number().default(0.75), average: z.number().default(0.6) }).prefault({}),
  lines: z.array(line).min(1).max(64),
})

export type Config = z.output<typeof config>
export type StandbyConfig = NonNullable<Config['standby']>
export type UpstreamConfig = Config['upstreams'][number]
export type LineConfig = Config['lines'][number]
export type EquipmentConfig = LineConfig['equipment'][number]
export type Calendar = Config['calendars'][string]
export type ReasonConfig = Config['reasons'][number]
export type RejectReasonConfig = Config['reject_reasons'][number]
export type ProductConfig = Config['products'][number]
export type SignalConfig = EquipmentConfig['signals'][string]
export type CounterConfig = EquipmentConfig['counters'][string]
export type ChannelConfig = Config['notify'][number]
export type FaultEntry = EquipmentConfig['faults'][number]
export type StackLight = LineConfig['stack_lights'][number]
export type LightState = (typeof lightStates)[number]
export type AndonType = (typeof andonTypes)[number]
export type AndonPriority = (typeof andonPriorities)[number]
