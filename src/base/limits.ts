/** How far everything that can grow may grow, and the beliefs that tie each bound to its neighbours. */

import { assert } from './assert.js'

export const limits = {
  // One turn of the cycle.
  cycleMsMin: 10,
  cycleMsMax: 60_000,
  scansMax: 1_024, //           scans waiting for a turn; the oldest make room
  commandsMax: 256, //          commands waiting for a turn; the next one is refused with 503

  // The configuration.
  plcsMax: 256,
  tagsPerPlcMax: 20_000,
  linesMax: 64,
  equipmentPerLineMax: 64,
  signalsPerEquipmentMax: 512,
  configsKeptMax: 50, //        versions kept to return to; the oldest make room
  changesToldMax: 200, //       changes that a fact lists; the rest are counted
  errorsToldMax: 10,
  trialMs: 30_000, //           how long a new configuration is watched before it is called good
  trialMsMax: 600_000,

  // The journal.
  factsPerReadMax: 1_000,
  factBytesMax: 64 * 1024,
  factsRememberedMax: 5_000, //  that cross to a start at once; it reads on by pages
  turnsStagedMax: 200_000,
  samplesCommitMsMax: 60_000, // readings that a power cut may take
  readDeadlineMs: 10_000,
  readerIdleMs: 15_000, //      its thread ends when nobody asked for so long: 8 MB, against the 50 ms in which another one starts
  recorderBeforeMs: 30_000, //  what a flight recorder holds before a stop begins, and after
  recorderAfterMs: 5_000,

  // One correction of the past.
  correctedMsMax: 26 * 3_600_000, //    a production day of 25 hours fits; longer, and the turn that tells it would hold the line up
  correctedFactsMax: 50_000, //         read for it, of the whole line
  correctedMs: 5 * 60_000, //             how long it may be worked out
  correctedHeapMb: 512, //              of the thread that does, and of it for what lives briefly, twice
  correctedYoungMb: 16,
  correctedIdleMs: 10_000, //           the thread ends when nobody corrected anything for so long
  correctedRowsPerMessage: 200,
  correctedFromMax: 100, //             products whose ideal time until then is told, and stretches of the calendar
  erasMax: 50, //                       changes of the configuration that a line's past is cut by; time before the oldest is cut by the first that is known
  erasMs: 8 * 86_400_000, //            how far back a start looks for them
  calendarSpansMax: 1_000, //           corrected stretches of a line's calendar; the oldest make room, and what was told of them stays

  // What a line remembers in memory.
  lossRowsPerEquipmentMax: 4 * 24 * 60, // four days of minutes: the longest live window is a day
  timelineMsMax: 36 * 3_600_000, //     how far back an edited stop is cut again from memory
  transitMsMax: 12 * 3_600_000, //      between two equipment: what the constraint did so long ago is still known
  timelineSpansMax: 2_000, //           per equipment: state spans of that time
  lossMinutesPerTurnMax: 480, //        minutes that one turn makes into rows after a long sleep
  lossRowSettleMs: 2_000, //            late counts and confirmed states of a minute arrive before its row is written
  calendarDaysMax: 1_000, //            production days whose shifts are kept as instants
  rotaDaysMax: 84, //                   twelve weeks, after which the longest rota begins again
  awayMsBelieved: 86_400_000, //        how long a gateway may have been off when its clock cannot say
  shiftsCaughtUpMs: 31 * 86_400_000, // shift changes slept over longer ago are not announced
  stopsRememberedMax: 500,
  clockStepsMax: 16, //                 steps of the wall clock that parts under way are reckoned back over
  revisionsRememberedMax: 500, //       corrected hours, shifts and jobs whose revision is known
  foundInMax: 500, //                   hours, shifts and jobs that late rejects were found in since they were told
  storyStopsMax: 64, //                stops that one was parted from or took in, and whose story is read with its own
  notesPerStopMax: 50,
  pacesPerEquipmentMax: 200, //         products whose pace is known; the one made longest ago makes room
  blindPerStopMax: 200, //              times within one stop that nobody saw; beyond, the first two are one
  andonsRememberedMax: 500,
  andonsUnseenShownMax: 10,
  commentsPerAndonMax: 50,
  stopsUnderAndonMax: 200,
  operatorsPerEquipmentMax: 32,
  operatorsPerLineMax: 500,
  jobsRememberedMax: 2_000,
  faultsRememberedMax: 256,

  // The faces.
  bodyBytesMax: 64 * 1024,
  headersMax: 48,
  headBytesMax: 16 * 1024,
  listMax: 1_000,
  socketsMax: 5_000,
  socketFrameBytesMax: 16 * 1024,
  socketBacklogBytesMax: 256 * 1024, // beyond it a slow reader is closed with 4008
  subscriptionsPerSocketMax: 256,
  socketWishesPerSecond: 50, //      messages of one client that are obeyed; beyond, each is answered with an error
  malformedInRowMax: 5,
  factsRecentMax: 4_096, //          announced facts kept in memory, so that a short cut needs no disk to resume
  resumesAtOnceMax: 8, //            readers who catch up from the journal at the same time; the others wait
  ticketsMax: 10_000,
  ticketMs: 30_000,
  heartbeatMs: 5_000,
  idempotencyMs: 30 * 86_400_000, // an MES that was away for long sends its orders again
  notifyPage: 50, //             facts that a channel reads at a time
  notifyLookMs: 60_000,
  tokensMax: 1_000,
  sessionsMax: 1_000, //        browsers that are signed in; the longest unused makes room
  sessionMs: 30 * 86_400_000, // a browser unused for so long signs in again
  peopleMax: 1_000,
  partsEnteredMax: 10_000_000_000, // parts of one entry by hand: more than a counter of 32 bits holds
  accessChangesWaitingMax: 1_000, // changes made at the box that the journal does not have yet; the next one is refused
  personAwayMs: 5 * 60_000, //  a person at a shared station who touches nothing for so long is signed off
  wrongPins: { perSecond: 1 / 30, burst: 5 }, //  tries of one person; then one every half minute
  pinTries: { perSecond: 0.5, burst: 20 }, //     of one address
  bucketsMax: 10_000, //        tokens and addresses whose pace is remembered
  requests: { perSecond: 2_000, burst: 4_000 }, // of one token
  failedLogins: { perSecond: 0.2, burst: 20 }, //  of one address
  identitiesMax: 1_000, //      tokens of the site's identity provider that were verified and still hold
  introductionsMax: 64, //      such tokens being verified
  identityMs: 86_400_000, //    so long such a token is believed without being looked at again
  identityKeysMs: 5_000, //     for an answer of the provider with its keys
  addressesRememberedMax: 2_000, // request lines whose reading is remembered
  factPagesMax: 50, //          pages that one question may read; beyond it the period is too long

  // The field.
  reconnectMsFirst: 500,
  reconnectMsMax: 30_000,
  crewRestartMsFirst: 250,
  crewRestartMsMax: 30_000,
  connectMs: 3_000,
  holdPollsMax: 1_000, //       readings that a configuration may bridge; a PLC that is gone is told as bad for so many cycles
  goodMsToForgive: 10_000, //     after so long online, or longer than the last wait, the next reconnect waits only the first wait again
  quarantineMs: 60_000, //        how rarely a tag that fails by itself is asked
  badReadsToQuarantine: 3,
  crewBeatMs: 500,
  crewStartMs: 60_000, //         until a crew has loaded what its drivers stand on: on a small box that has just been switched on, seconds
  crewSilentMs: 5_000, //        a crew silent for so long hangs, and is ended
  crewHeapMb: 256, //             of a driver thread; one that needs more is ended and started again
  crewWordsMax: 8_192, //        characters that a driver process may leave in the log when it falls
  crewTurnsMax: 64, //           messages under way from a crew; scans beyond are conflated per group and counted
  filesPerCrewMax: 900, //       select() in snap7 cannot see file numbers from 1024 on
  filesPerPlc: 3,
  snap7ClientsMax: 8, //          snap7 clients that share the connection to a PLC; each is two files more
  plcsPerNativeCrewMax: 40, //    PLCs over snap7 beyond so many are read by a further process

  scanTraceLineBytesMax: 16 * 2 ** 20,
  scanTraceBytesMax: 2 * 2 ** 30, // a recording ends when its file is so large

  // Upstreams.
  upstreamWaitMsFirst: 500,
  upstreamForgiveMs: 30_000, //      after so long connected, the next attempt waits only the first wait again
  upstreamInflatedBytesMax: 16 * 2 ** 20, // what one message may unfold to
  upstreamProbeMsFirst: 5_000, //    a broker without a consumer, or over its quota, is asked again after this
  upstreamProbeMsMax: 60_000,
  upstreamQueueMs: 60, //            how long history may make what is current wait in the pipe to the broker
  upstreamOutrunMax: 1_000_000_000, // how far above the journal a watermark is believed to be of a later copy of it
  upstreamAheadMax: 32, //           messages of current facts that go ahead of history and are not yet answered
  upstreamPollMs: 1_000, //          how often loss rows and samples are looked for
  upstreamSamplesMax: 256, //        values in one record of samples: what is current waits behind no more than a few thousand bytes
  unsEventsMax: 64, //               events of the live lane under way; the next one is left out there
  sparkplugRebirthMs: 5_000, //     between two births of one connection
  sparkplugHistoryMax: 1_000, //     state changes that are told again after a break
  unsPauseMs: 100, //                between two looks of the live lane at what changed
  pullsWaitingMax: 64, //            requests of an MES that wait for their answer; the next one is told so
  pullReadsMax: 2, //                of them, how many read the journal at the same time
  pullPageMax: 500, //               records of one answer
  pullPageBytesMax: 64 * 1024,
  pullLateMs: 2_000, //              how much the clock of who sets an expiry may be behind ours
  snapshotsKeptMax: 4, //            snapshots whose further pages are kept
  snapshotKeptMs: 60_000,

  // A second box.
  silenceMsMin: 1_000,
  silenceMsMax: 10 * 60_000,
  copyRecordsMax: 500, //            facts, rows and commands of one page
  copyPagesMax: 20, //               pages that wait in memory until what they say is whole
  copyChunksListedMax: 500, //       sealed chunks of one list
  copyPartBytesMax: 192 * 1024, //   stored bytes of one part of a chunk; the column that crosses it is the last
  copyChunksDoneMax: 10_000, //      chunks that were copied or are of no use, and are not asked for again
  copyChunkBytesMax: 64 * 2 ** 20, // a chunk that is larger is not copied
  sharedFactsMax: 10_000, //         facts that an MES is told only when the other box has them; with more the other box is not waited for
  takeoverNumbersMax: 1_000_000, //  numbers left to a box that was taken over from without having been heard: none of its facts shares one with ours

  // Reports.
  reportsWaitingMax: 16, //         reports that wait for their thread; the next one is refused
  reportMs: 12_000, //              how long one may take: less than an answer over HTTP may (`faces/server`), so that whoever asked hears why there is none
  reportIdleMs: 60_000, //          the thread ends when nobody asked for so long
  openedDaysMax: 8, //              days that one explanation opens down to their facts; more are folded by day
  explainedDaysMax: 366, //         as long as any period that a report is made of
  reportHeapMb: 256,
  reportYoungMb: 8, //              of it for what lives briefly, twice

  // A configuration tried on what was recorded.
  plannedRowsMax: 1_000, //          stops and calls that are listed; all are counted
  planMs: 10 * 60_000, //            how long it may take
  planHeapMb: 512,

  bundleMs: 5 * 60_000, //           how long a support bundle may take, which reads the whole journal
  bundleWaitMs: 8_000, //            and how long one who asks for it waits before asking again
  bundleKeptMs: 60_000, //           how long it is kept for who does

  // The virtual plant.
  plantStopsMax: 10_000, // stops that the truth remembers per equipment; the oldest make room
} as const

assert(limits.socketFrameBytesMax <= limits.bodyBytesMax, 'a socket frame is no larger than a body')
assert(limits.socketBacklogBytesMax >= 4 * limits.socketFrameBytesMax, 'a reader may lag by several frames')
assert(limits.scansMax >= limits.plcsMax, 'every PLC can leave a scan between two turns')
assert(limits.listMax <= limits.factsPerReadMax, 'a page of a list is one read')
assert(limits.lossRowsPerEquipmentMax >= 25 * 60, 'a production day of 25 hours fits')
assert(limits.plcsMax * limits.filesPerPlc < limits.filesPerCrewMax, 'one crew can serve every PLC')
assert(limits.plcsPerNativeCrewMax * (limits.filesPerPlc + 2 * limits.snap7ClientsMax) < limits.filesPerCrewMax, 'and one native crew every PLC that it is given')
assert(limits.crewSilentMs >= 4 * limits.crewBeatMs, 'one late beat is no hang')
assert(limits.timelineMsMax >= 26 * 3_600_000, 'a stop of the last production day can be cut again')
assert(limits.timelineMsMax > 2 * limits.transitMsMax, 'the job and product under which a part was made are known when it leaves the line')
