/** What the screens say, in English. Every other language is a file of the same shape. */

import type { CommandName } from '../../../contract/commands.js'
import type { FactName } from '../../../contract/events/catalogue.js'
import type { RefusalCode } from '../../../contract/refusals.js'
import type { Quality } from '../../../contract/scan.js'

export const en = {
  states: {
    running: 'Running', stopped: 'Stopped', faulted: 'Fault', starved: 'Waiting for parts', blocked: 'Blocked', idle: 'Idle',
    changeover: 'Changeover', maintenance: 'Maintenance', setup: 'Set-up', unknown: 'No data',
  },
  callTypes: { stop: 'Stop', maintenance: 'Maintenance', quality: 'Quality', safety: 'Safety', material: 'Material', changeover: 'Changeover' },
  priorities: { low: 'low', medium: 'medium', high: 'high', critical: 'critical' },
  jobStatuses: { created: 'planned', assigned: 'assigned', accepted: 'accepted', in_progress: 'running', paused: 'paused', completed: 'finished', cancelled: 'given up' },
  nav: { label: 'Screens', line: 'Line', shift: 'Shift', jobs: 'Jobs', maintenance: 'Maintenance', board: 'Andon board', log: 'Log', configuration: 'Configuration', audit: 'Audit', tokens: 'Tokens', people: 'People', skip: 'Skip to the content' },
  menu: { open: 'Settings', close: 'Close', language: 'Language', brightness: 'Brightness', auto: 'as the device', light: 'light', dark: 'dark', panel: 'Screen size', signOut: 'Sign out', newPin: 'Change my PIN', signedInAs: 'Signed in as' },
  login: {
    token: 'Token', go: 'Sign in', working: 'Asking the gateway …',
    hint: 'The token is asked for once and is not kept by this browser. `lineside token create` makes one.',
    wrong: 'This token is not known, or it has expired. Check it, or ask for a new one.', unreachable: 'The gateway does not answer. Check the network, then try again.',
    expired: 'Your session has ended. What you entered is kept and is sent when you have signed in.',
  },
  pad: {
    who: 'Who are you?', signOn: 'Sign on', signOff: 'sign off', go: 'OK', back: 'Delete a digit', other: 'Somebody else', typed: (count: string) => `${count} digits typed`, wrong: 'This is not the PIN. Try again.',
    wait: (seconds: string) => `Too many tries. Wait ${seconds} s, or ask your supervisor for a new PIN.`,
  },
  pin: {
    steps: { current: 'Your PIN as it is now', next: 'The new PIN, four to twelve digits', again: 'The new PIN once more', done: 'The new PIN holds from now on.' },
    differs: 'The two were not the same. Type the new PIN again.',
  },
  people: {
    newPin: 'New PIN', add: 'New person', choosePin: 'Choose a PIN', how: 'A PIN opens nothing without a station that is signed in. Whoever gets a new one signs on again; who set it stands in the audit.',
  },
  link: {
    live: 'Live', clock: "The gateway's clock", frozen: 'This screen is frozen',
    frozenText: (time: string) => `No contact with the gateway since ${time}. Nothing here is live. What you enter is kept and sent when the link is back.`,
    connecting: 'Waiting for the gateway …', newer: 'A new version of the screens is ready.', reload: 'Load it',
    noPlc: (name: string) => `No link to PLC ${name}: what it feeds is not known.`,
  },
  outbox: {
    waiting: (count: number) => count === 1 ? '1 entry waits for the gateway' : `${count} entries wait for the gateway`,
    pending: 'being sent …', done: 'done', refused: 'Not done', dismiss: 'Understood', absent: (said: string, who: string) => `“${said}” of ${who} waits until ${who} signs on again`, giveUp: 'Give it up', what: (said: string) => `“${said}” was not done`,
  },
  overview: {
    title: 'Line', constraint: 'Constraint', shift: 'Shift', noShift: 'No shift', inBreak: 'break', next: 'Next', target: 'Target now', actual: 'Good parts', gap: 'Gap', ahead: 'ahead', behind: 'behind',
    oee: 'OEE', goal: 'goal', availability: 'Availability', performance: 'Performance', quality: 'Quality',
    lost: (minutes: string) => `−${minutes} min`, coverage: (share: string) => `${share} of the time seen`, bounds: (low: string, high: string) => `between ${low} and ${high}`,
    calls: 'Calls', noCalls: 'Nobody has called.', stops: 'Stops without a reason', noStops: 'Every stop has its reason.', flow: 'Equipment in flow order',
    good: 'good', reject: 'reject', perMinute: '/min', undefined: 'not defined yet', lines: 'Lines', asOf: (age: string) => `${age} old`, endOf: (shift: string) => `end of ${shift}`,
  },
  equipment: {
    since: 'for', why: 'Why does it stand?', wasWhy: 'Why did it stand?', change: 'Change', more: 'Other reasons', less: 'Fewer',
    unknownYet: "Don't know yet", by: (who: string) => `by ${who}`, seen: 'seen by the controls',
    next: {
      running: 'Nothing. It runs.', stopped: 'Say why it stands, or call for help.', faulted: 'Clear the fault at the machine, then acknowledge it there.',
      starved: 'Look upstream: no parts arrive.', blocked: 'Look downstream: parts are not taken.', idle: 'Start a job.', changeover: 'Finish the changeover.',
      maintenance: 'Maintenance has the machine.', setup: 'Finish the set-up.', unknown: 'Check the link to the PLC.', micro: 'Short stops need no reason. A longer one will ask.',
    },
    calls: 'Call for help', called: (who: string) => `called by ${who}`, machine: 'the machine', waitingFor: 'nobody has seen it yet', seenBy: (who: string, ago: string) => `seen by ${who}, ${ago} ago`, here: (who: string) => `${who} is here`,
    take: 'I take it', arrive: 'I am here', end: 'Ended', counts: 'This shift', good: 'Good', reject: 'Reject', scrap: 'Enter scrap', scrapParts: 'Parts', scrapReason: 'What is wrong with them?', scrapGo: 'Book as scrap', cancel: 'Cancel',
    job: 'Job', noJob: 'No job', of: (quantity: string) => `of ${quantity}`, start: 'Start', pause: 'Pause', resume: 'Go on', finish: 'Finish', changeoverStart: 'Begin changeover', changeoverEnd: 'End changeover', sure: 'Hold to confirm',
    signals: 'Signals', faults: 'Faults', value: 'Value', age: 'Age', quality: 'Quality', signal: 'Signal', lastStop: 'Last stop', noTimeline: 'Nothing yet in this shift.', expected: (time: string) => `done at about ${time}`,
  },
  shift: {
    title: 'Shift', shows: { now: 'Now', compare: 'Compare', control: 'Control', report: 'Report', advice: 'Advice' }, perHour: 'an hour', perDay: 'a day', noTrend: 'Too few points yet to tell a trend.', significant: 'More than chance.', insignificant: 'No more than chance.',
    slope: (step: string, low: string, high: string, n: string) => `points ${step} (${low} to ${high}, ${n} values).`, timeline: 'Timeline', losses: 'Where the time went', pareto: 'Longest losses', byMinutes: 'by minutes', byCount: 'by number', planned: 'Planned time', good: 'Good parts’ time',
    loss: { unplanned_stop: 'Stops', external_stop: 'Stops from outside', planned_stop: 'Planned stops', changeover: 'Changeover', micro_stop: 'Micro-stops', speed_loss: 'Speed', startup_reject: 'Start-up scrap', production_reject: 'Scrap' },
    trend: 'OEE by the hour', nothing: 'No stops in this period.', explained: (share: string) => `${share} of the stop time has a reason`, equipment: 'Equipment', window: 'Period', print: 'Print', csv: 'Report as CSV',
    windows: { shift: 'This shift', hour: 'Last hour', day: 'Production day' }, stops: 'Stops', mtbf: 'Run time between failures', mttr: 'Time to repair', noData: 'No figures yet', history: { 8: '8 hours', 24: '24 hours', 168: '7 days' },
  },
  compare: {
    against: 'Against', sides: { history: 'the time before', equipment: 'other equipment', benchmark: 'the goal' }, days: (days: string) => days === '1' ? '1 day' : `${days} days`, none: 'There is nothing alike to compare yet: only shifts of the same product are compared.',
    method: 'Compared are shifts of the same product. The bars add up to the difference, in OEE points.', with: 'against', untold: 'too few shifts to tell', real: 'more than chance', chance: 'no more than chance', shifts: (count: number) => count === 1 ? '1 shift' : `${count} shifts`,
    difference: 'Difference, points', sum: 'Together', names: { 'this period': 'This period', 'the period before': 'the period before', target: 'the goal' },
  },
  control: {
    cycleTime: 'Cycle time', range: 'Moving range', found: 'What was found', nothing: 'Nothing: it runs as it did.', tooFew: 'Too few points before this period to set limits.', mean: 'Mean', limits: 'Limits', baseline: 'Baseline', points: (count: number) => count === 1 ? '1 point' : `${count} points`,
    method: 'Limits come from as long a time just before: mean ± 2.66 × mean moving range. A point is a median of running minutes of one product.', autocorrelated: 'Neighbouring points are alike, so the limits are too narrow and alarms too many.',
    rules: {
      beyond_3_sigma: 'beyond the limits', nine_on_one_side: 'nine on one side', six_rising_or_falling: 'six rising or falling', fourteen_alternating: 'fourteen up and down', two_of_three_beyond_2: 'two of three far out', four_of_five_beyond_1: 'four of five off the middle',
      fifteen_within_1: 'fifteen close to the middle', eight_outside_1: 'eight away from the middle',
    },
  },
  advice: { focus: 'Focus', all: 'Everything', silent: 'What the data do not say', nothing: 'There is nothing to say yet.', gain: 'Could bring', points: 'OEE points', parts: 'parts', evidence: 'Evidence', effect: 'Effect', caution: 'Caution' },
  report: {
    by: 'Rows by', groups: { shift: 'Shift', hour: 'Hour', day: 'Day', week: 'Week', job: 'Job', product: 'Product' }, rows: 'Rows', total: 'Total', seen: 'Seen', printed: (at: string) => `printed ${at}`, reliability: 'Failures', failures: 'Failures', changeovers: 'Changeovers',
    paretos: { by_time: 'by minutes', by_count: 'by number', by_lost_parts: 'by lost parts' },
  },
  stop: {
    title: 'Stop', from: 'from', to: 'until', now: 'now', lasted: 'lasted', first: 'First out', ambiguous: 'several at once; nobody can say which was first', faults: 'Faults', signals: 'Signals around the stop', cause: 'Cause',
    upstream: 'upstream', downstream: 'downstream', internal: 'in the machine', micro: 'micro-stop', rose: 'came', fell: 'went', none: 'none seen', neighbours: 'The neighbours', note: 'Note', noReason: 'no reason yet', beginning: 'stop', notes: 'Notes',
  },
  explain: {
    title: 'How this figure is made', open: 'Show what this is made of', which: 'Figure', figures: { oee: 'OEE', availability: 'Availability', performance: 'Performance', quality: 'Quality', good: 'Good parts', reject: 'Rejects' },
    sentences: {
      oee: 'The time the good parts were worth, out of the planned time.', availability: 'The time it ran, out of the planned time.', performance: 'The time its parts were worth at the ideal rate, out of the time it ran.',
      quality: 'What the good parts were worth, out of what all parts were worth.', good: 'Counted by the controls or corrected by people, step by step as below.', reject: 'Counted by the controls or booked by people, step by step as below.',
    },
    times: { fully_productive: 'Worth of the good parts', planned_production: 'Planned time', run: 'Run time', net_run: 'Worth of all parts' },
    undefined: 'Nothing to divide by yet: the figure is not defined.', product: 'It is divided once, from the sums, and never made of rounded factors.',
    leaves: 'Where every second went', inWhole: 'Of this figure:', inAll: 'In all:', slices: (count: number) => count === 1 ? '1 slice' : `${count} slices`,
    leaf: { schedule_loss: 'Not scheduled', no_order: 'No order', no_data: 'No data', unplanned: 'Stops', external: 'Stops from outside', planned: 'Planned stops', changeover: 'Changeover', micro_stop: 'Micro-stops', running: 'Running' },
    leafRules: {
      schedule_loss: 'no shift, a break, or a reason that is not counted', no_order: 'nothing to make', no_data: 'the gateway could not see', unplanned: 'the cause is in the machine, or not known', external: 'starved, blocked, no material',
      planned: 'cleaning, maintenance, counted breaks', changeover: 'between two products', micro_stop: 'shorter than the threshold', running: 'parts could be made',
    },
    slicesTitle: 'Slices of time', order: 'Order', orders: { longest: 'longest first', latest: 'latest first' }, noSlices: 'There are none.', from: 'from', to: 'until', lasted: 'lasted', booked: 'booked as', state: 'state', job: 'job', fact: 'fact', sum: 'Sum',
    partsTitle: 'Parts and what they are worth', product_: 'Product', noProduct: 'no product', ideal: 'ideal time', outside: (off: string, recovered: string) => `Not in the figure: ${off} made outside planned time, ${recovered} made while nobody could see.`,
    countsTitle: 'Counts, one by one', noCounts: 'Nothing was counted.', countedUntil: (time: string) => `Written down up to ${time}; parts of the running minute come with it, so the live count may be ahead.`, how: 'How', noSteps: 'no counter step', corrected: 'entered by a person', correctedBy: 'A person corrected the counts; the entry stands beside the counted parts.', counted: (parts: string) => `+${parts} parts`,
    raw: 'Raw readings', valued: (product: string, ideal: string, config: string) => `Valued as ${product} at ${ideal} s each; configuration version ${config}.`,
    rule: { advance: 'Counted on', rollover: 'Rolled over', reset: 'Reset', resync: 'Taken up anew', glitch: 'A false reading', jump: 'A jump', correction: 'Set back', gap: 'Across a gap', base: 'First reading', manual: 'By hand' },
    ruleTexts: {
      advance: 'The counter went on by no more than the machine can make in that time.', rollover: 'The counter passed its largest value and began again.', reset: 'The counter fell to near zero and stayed: what it shows since then was made since then.',
      resync: 'The counter fell far, and not to zero. Only parts counted since then are sure.', glitch: 'A reading that could not be was followed by one that could: the false one counted nothing.', jump: 'The counter leapt by more than can be made, and stayed. Only parts counted since then are sure.',
      correction: 'Somebody set the counter back a little. Nothing was unmade, nothing was counted.', gap: 'Counted while nobody could see: the counter proves the parts, not their moments.', base: 'There was nothing to compare with. Counting begins here.', manual: 'Entered by a person.',
    },
    made: 'Made with', config: 'Configuration version', policy: 'Rules', coverage: 'Seen', madeOf: 'What the equipment gives to the line', gives: 'gives', givesNothing: 'nothing', give: { time: 'its time', good: 'its good parts', rejects: 'its rejects' },
    methods: { constraint: 'Time is the constraint’s, good parts leave at the end of the line, rejects count from the constraint on.', line_exit: 'Everything is that of the last equipment.', ratio_of_sums: 'The sums of all equipment, divided once.', equipment: 'Of this equipment alone.' },
    more: (left: string) => `${left} more`,
  },
  signal: { span: 'Length', spans: { 1: '1 min', 10: '10 min', 60: '1 h', 480: '8 h', 1440: '24 h' }, earlier: 'Earlier', later: 'Later', none: 'Nothing was recorded in this time.', count: (points: string) => `${points} readings` },
  maintenance: {
    title: 'Maintenance', plcs: 'PLCs', online: 'online', since: 'since', cycle: 'Cycle', jitter: 'Jitter', read: 'Read time', missed: 'Missed cycles', reconnects: 'Reconnects', pdu: 'PDU', bytes: 'bytes', badTags: 'Bad tags', none: 'none',
    states: { idle: 'idle', connecting: 'connecting', online: 'online', backoff: 'waits to try again', stopped: 'stopped' }, gateway: 'Gateway', version: 'Version', ready: 'Ready', notReady: 'Not ready', uptime: 'Up for', turns: 'Turns', facts: 'Facts', config: 'Configuration',
    p50: 'median', p99: '99 %', why: 'Why?', offline: 'not connected', box: 'The box', disk: 'Disk', freeOf: 'free of', journalSize: 'Journal', fromNumber: 'from', samples: 'readings', retention: 'Kept', days: (days: string) => `${days} days`, wear: 'Written', perDay: 'a day', memory: 'Memory', system: 'System',
    certificates: 'Certificates', noCertificates: 'There are none.', ends: 'ends', bundle: 'Support bundle', upstreams: 'Upstream', noUpstreams: 'Nothing is sent upstream.', behind: 'Facts behind', drained: 'Caught up in', journal: 'Latest facts', epoch: 'Epoch',
  },
  why: {
    value: 'Value', age: 'Last good', never: 'never', place: 'Where', uses: 'What it feeds', verdicts: { well: 'well', doubtful: 'doubtful', wrong: 'wrong', unknown: 'not known' },
    steps: { gateway: 'Gateway', network: 'Network', session: 'Session', pdu: 'Message size', tag: 'Tag', type: 'Type', age: 'Age', rule: 'Rule' },
    evidence: {
      driver: 'driver', cycles: 'cycles', missed: 'missed', place: 'at', since: 'since', for: 'for', reconnects: 'reconnects', fault: 'fault', said: 'it said', state: 'state',
      pdu_bytes: 'message bytes', fill: 'filled', requests: 'requests', read_p99_ms: 'reading takes up to (ms)', cycle_ms: 'cycle (ms)', address: 'address', asked: 'asked',
      also_bad_on_this_plc: 'also bad on this PLC', type: 'type', value: 'value', configured: 'configured', last_good: 'last good', value_then: 'value then', read_every: 'read every',
      class: 'class', recorded: 'recorded',
    },
  },
  log: { level: 'Level', levels: { info: 'everything', warn: 'warnings', error: 'errors' }, none: 'Nothing of that kind since the start.' },
  audit: { when: 'When', who: 'Who', what: 'What', where: 'Where', outcome: 'Outcome', none: 'Nobody asked for anything in this time.', more: 'There is more than can be shown; choose a shorter time.' },
  tokens: {
    tokens: 'Tokens of programs and stations', people: 'People with a PIN', noPeople: 'Nobody yet.', name: 'Name', role: 'Role', lines: 'Lines', made: 'Made', ends: 'Ends', never: 'never', all: 'all', revoke: 'Revoke', remove: 'Remove',
    add: 'New token', create: 'Make', once: 'This is shown once. Take it now.', noted: 'I have it', really: (what: string) => `${what}? Press again`,
    roles: { viewer: 'looks', operator: 'operator', quality: 'quality', maintenance: 'maintenance', supervisor: 'supervisor', engineer: 'engineer', admin: 'administrator', mes: 'MES' },
  },
  configuration: {
    inForce: (version: string) => `Version ${version} is in force`, states: { trial: 'on trial', good: 'good', failed: 'taken back' }, back: 'Go back to it', text: (version: string) => `Text of version ${version}`, difference: 'What is different', apply: 'Apply', discard: 'Discard the changes',
    note: 'What is applied takes effect between two turns, is watched for a while, and is taken back when the gateway or a PLC does worse. The file on the box stays as it is.', refused: 'Not applied:', applied: (version: string) => `Version ${version} is in force now`,
    plan: 'What it would have made of the last hours', planFile: 'Without changes below, the file on the box is tried.', planText: 'The changed text below is tried.', tryIt: (hours: string) => `Try on the last ${hours} hours`, before: 'as it was', after: 'as it would be', same: 'No figure would be different.',
    reach: { live: 'Takes effect without a pause.', reconnect: 'PLCs are connected again.', restart: 'Takes effect at a restart only.' }, reconnects: (plcs: string) => `connects again: ${plcs}`, unrecorded: (signals: string) => `Nobody has read these yet, so nothing is known of them: ${signals}`,
  },
  jobs: { title: 'Jobs', none: 'There are no jobs.', product: 'Product', quantity: 'Quantity', due: 'Due', assignTo: 'Give to', add: 'New job', id: 'Number', create: 'Create' },
  refusals: {
    PIN_WRONG: 'This is not the PIN of that person.', FORBIDDEN: 'Your sign-in does not allow this. Ask somebody with that right.', STALE_REVISION: 'Somebody was faster. Look again, then decide.', ANDON_ALREADY_OPEN: 'This call is open already. Help knows.',
    ANDON_ENDED: 'This call has ended. Call again if you still need help.', ANDON_ALREADY_ACKNOWLEDGED: 'Somebody has already taken this call.', JOB_ALREADY_RUNNING: 'A job is running here. Finish or pause it first.',
    JOB_NOT_RUNNING: 'No job is running here.', JOB_NOT_ASSIGNED: 'No job is assigned here. Choose one under Jobs.', JOB_NOT_PAUSED: 'The job is not paused.', JOB_ENDED: 'This job has ended. Choose another one.', JOB_ELSEWHERE: 'This job runs on other equipment.',
    JOB_EXISTS: 'A job with this number exists. Choose another number.', CHANGEOVER_RUNNING: 'A changeover is in progress. End it first.', CHANGEOVER_NOT_RUNNING: 'No changeover is in progress.', SHIFT_LOCKED: 'This shift is closed. Ask your supervisor.',
    REASON_UNKNOWN: 'This reason is not known any more. Choose another one.', REASON_NOT_ALLOWED: 'This reason does not hold for this equipment. Choose another one.', PRODUCT_UNKNOWN: 'This product is not known. Check its code.', BODY_MISFIT: 'Something in the entry does not fit.',
    STOP_UNKNOWN: 'This stop is not known any more.', EQUIPMENT_UNKNOWN: 'There is no such equipment.', LINE_UNKNOWN: 'There is no such line.', KEY_REUSED: 'This entry was sent before with other content. Enter it again.',
    REQUEST_MALFORMED: 'The request was damaged on its way. Try again.', UNAUTHENTICATED: 'Nobody is signed in here. Sign in again.', NOT_FOUND: 'There is nothing at this address.',
    JOB_UNKNOWN: 'This job is not known any more.', TAG_UNKNOWN: 'There is no such tag. Check its name.', UPSTREAM_UNKNOWN: 'There is no such upstream.',
    ANDON_UNKNOWN: 'This call is not known any more.', METHOD_NOT_ALLOWED: 'The gateway does not do this here. Load the screen anew.',
    NOT_ACCEPTABLE: 'The gateway has no such form of this answer.', REQUEST_TIMEOUT: 'The request took too long to arrive. Try again.',
    LENGTH_REQUIRED: 'The request was not complete. Try again.', BODY_TOO_LARGE: 'This is too long. Make it shorter.', MEDIA_TYPE: 'The gateway does not take this form of entry.',
    ANDON_SHELVED: 'These calls are silent already.', ANDON_NOT_SHELVED: 'These calls are not silent.', PLAN_RUNNING: 'Another trial is running. Wait until it is done.',
    STOP_OPEN: 'The stop has not ended yet. Wait until it runs again.', OPERATOR_UNKNOWN: 'There is no such person. Look at the list again.',
    OPERATOR_EXISTS: 'A person of this name is known already.', OPERATOR_SIGNED_ON: 'This person is signed on here already.', OPERATOR_NOT_SIGNED_ON: 'This person is not signed on here.',
    PLANT_NO_DOOR: 'The virtual plant has no network to cut.', PLANT_PLC_DEAD: 'The PLC of the virtual plant is off. Start it first.',
    EPOCH_UNKNOWN: 'The journal began anew. Load the screen anew.', OPERATION_UNKNOWN: 'The gateway does not know this.',
    EXPIRED: 'It came too late; nothing was done. Enter it again if it still holds.', PAGE_GONE: 'The list has moved on. Begin again.', NOT_YET_SENT: 'This has not been sent yet.',
    IMPORT_MISFIT: 'The table has errors; nothing of it was taken.', GAP_UNKNOWN: 'Nobody was blind then, or it has not ended.', SPLIT_OUTSIDE: 'The moment must lie within the stop.',
    MERGE_NOT_ADJACENT: 'Only the stop right after this one can be joined.', WINDOW_MEANINGLESS: 'There is nothing in this period yet. Choose an earlier one.',
    WINDOW_TOO_LARGE: 'This period is too long. Choose a shorter one.', UPGRADE_REQUIRED: 'The gateway speaks otherwise here. Load the screen anew.',
    TOO_MANY_REQUESTS: 'Too many tries. Wait a moment.', HEAD_TOO_LARGE: 'This browser sends too much. Clear its data for this address.',
    INTERNAL: 'The gateway made a mistake; it is in its log. Tell whoever maintains it.', ANSWER_LATE: 'The answer took too long. Look whether it was done before you enter it again.',
    SOCKETS_FULL: 'Too many screens are open. Close some.', STARTING: 'The gateway is starting. One moment.', INBOX_FULL: 'The gateway has too much to do. One moment.',
    READ_DEADLINE: 'This takes too long to find. Choose a shorter period.', JOURNAL_UNWRITABLE: 'The gateway cannot write now; nothing was done. Tell whoever maintains it.',
    other: 'The gateway refused.',
  } satisfies Readonly<Record<RefusalCode | 'other', string>>,
  board: {
    states: { running: 'RUNS', stopped: 'STOP', faulted: 'FAULT', starved: 'EMPTY', blocked: 'FULL', idle: 'IDLE', changeover: 'CHANGE', maintenance: 'SERVICE', setup: 'SET-UP', unknown: 'NO DATA' },
    target: 'Target', actual: 'Good', gap: 'Gap', calm: 'No calls', more: (count: number) => `and ${count} more`, sound: 'Sound on', frozen: (time: string) => `FROZEN since ${time}`, open: 'open', signIn: 'Sign in at this screen first', noLine: 'There is no such line',
  },
  deeds: {
    job_create: 'make a job known', job_update: 'change a job', job_assign: 'give a job', job_accept: 'accept a job', jobs_import: 'take in a table of jobs', schedule_set: 'plan jobs',
    job_start: 'begin a job', job_pause: 'pause a job', job_resume: 'go on with a job', job_complete: 'finish a job', job_cancel: 'give a job up', changeover_start: 'begin a changeover',
    changeover_complete: 'end a changeover', counts_correct: 'correct counts', quality_report: 'report scrap', andon_raise: 'call for help', andon_acknowledge: 'take a call',
    andon_attend: 'be there', andon_resolve: 'end a call', andon_comment: 'comment on a call', andon_shelve: 'silence calls', andon_unshelve: 'let it call again',
    stop_reason: 'give a reason', stop_note: 'note on a stop', stop_split: 'split a stop', stop_merge: 'join stops', gap_declare: 'say what was unseen',
    operator_create: 'make a person known', operator_update: 'change a person', operator_sign_on: 'sign on at equipment', operator_sign_off: 'sign off', job_created: 'job known',
    job_updated: 'job changed', schedule_applied: 'jobs planned', job_assigned: 'job given', job_accepted: 'job accepted', job_started: 'job began', job_paused: 'job paused',
    job_resumed: 'job goes on', job_completed: 'job finished', job_cancelled: 'job given up', changeover_started: 'changeover began', changeover_completed: 'changeover ended',
    operator_created: 'person known', operator_updated: 'person changed', operator_signed_on: 'signed on', operator_signed_off: 'signed off', state_changed: 'state',
    product_changed: 'product', count_recorded: 'parts counted', counts_corrected: 'counts corrected', plc_fault: 'fault came', plc_fault_cleared: 'fault went',
    quality_alert: 'quality alert', quality_issue: 'quality issue', downtime_event: 'stop began', downtime_updated: 'stop changed', downtime_resolved: 'stop ended',
    gap_declared: 'the unseen told', andon_event: 'call', andon_acknowledged: 'call taken', andon_attended: 'help is there', andon_updated: 'call changed',
    escalation_update: 'call went on', andon_resolved: 'call ended', output_written: 'light switched', andon_shelved: 'calls silenced', andon_unshelved: 'calls again',
    oee_alert: 'OEE alert', oee_alert_cleared: 'OEE alert over', oee_recorded: 'OEE recorded', shift_started: 'shift began', shift_ended: 'shift ended',
    plc_connection_status: 'link to a PLC', config_applied: 'configuration', config_rejected: 'configuration not taken', access_changed: 'access', clock_stepped: 'clock set',
    journal_trimmed: 'journal shortened', notification_sent: 'message sent', gateway_started: 'gateway started', gateway_stopped: 'gateway stopped',
  } satisfies Readonly<Record<CommandName | FactName, string>>,
  qualities: {
    good: 'good', not_read: 'not read yet', link_down: 'no link', timeout: 'no answer', not_found: 'not found', out_of_range: 'out of range', type_misfit: 'wrong type',
    protected: 'protected', quarantined: 'set aside', stale: 'old', not_a_number: 'no number',
  } satisfies Readonly<Record<Quality, string>>,
  notFound: { title: 'There is nothing here', text: 'This address leads nowhere.', back: 'To the line' },
  units: { s: 's', min: 'min', h: 'h', d: 'd' },
}

/** The same shape with any text. */
type Loose<T> = T extends string ? string : T extends (...given: infer A) => string ? (...given: A) => string : { readonly [K in keyof T]: Loose<T[K]> }
export type Words = Loose<typeof en>
