/** Every verb, under the heading that help shows it. */

import type { Program } from '../faces/cli/tree.js'
import { version } from '../version.js'
import { check } from './words/check.js'
import { config } from './words/config.js'
import { correct } from './words/correct.js'
import { db } from './words/db.js'
import { doctor } from './words/doctor.js'
import { explain } from './words/explain.js'
import { imports } from './words/import.js'
import { ingest } from './words/ingest.js'
import { lists } from './words/lists.js'
import { log } from './words/log.js'
import { overview } from './words/overview.js'
import { person } from './words/person.js'
import { plant } from './words/plant.js'
import { plc } from './words/plc.js'
import { release } from './words/release.js'
import { replay } from './words/replay.js'
import { run } from './words/run.js'
import { shell } from './words/shell.js'
import { standby } from './words/standby.js'
import { status } from './words/status.js'
import { support } from './words/support.js'
import { token } from './words/token.js'
import { top } from './words/top.js'
import { upstream } from './words/upstream.js'
import { trace } from './words/trace.js'
import { watching } from './words/watching.js'
import { why } from './words/why.js'

export const program: Program = {
  name: 'lineside', version,
  sentence: 'Watches a production line from its PLCs: states, stops, counts, OEE, Andon and jobs, at the line.',
  examples: ['lineside run --demo', 'lineside status', 'lineside config check plant.yaml'],
  sections: [
    { title: 'Gateway:', verbs: [run, status, ingest, top, ...lists, ...watching, overview, ...upstream, ...standby, check] },
    { title: 'Configuration and access:', verbs: [...config, ...token, ...person, ...plc, ...imports] },
    { title: 'Looking back:', verbs: [explain, replay, ...correct, ...db] },
    { title: 'When something is wrong:', verbs: [why, doctor, support, ...log, ...release] },
    { title: 'Trying out:', verbs: [plant, ...trace, ...shell(() => program)] },
  ],
  groups: {
    shift: 'what shifts made',
    events: 'what the journal says happened',
    tag: 'signals as they are, and as they went',
    config: 'the configuration: checked, shown, tried on the last hours, applied and taken back',
    token: 'make, list and revoke the tokens that open the interfaces',
    person: 'who signs on by PIN at shared stations',
    plc: 'ask PLCs directly, as the configuration file names them, without a gateway',
    import: 'tags from the programming tools of PLCs, as a piece of configuration to be reviewed',
    trace: 'what PLCs held, to be played back as PLCs',
    correct: 'say what a past period was, when what was recorded of it rests on a mistake',
    db: 'check, copy and restore the journal',
    upstream: 'what goes to the MES, and how far it has got',
    standby: 'two boxes that are one gateway',
    log: 'what the running gateway writes to its log',
  },
}
