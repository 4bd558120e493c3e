/** `lineside ingest`: takes what gateways publish into PostgreSQL. */

import { CliError } from '../../faces/cli/exit.js'
import { duration, file, flag, needed, standard, text } from '../../faces/cli/flag.js'
import { toldToStop } from '../../faces/cli/signals.js'
import { verb } from '../../faces/cli/verb.js'

export const ingest = verb({
  words: 'ingest', sentence: 'one worker that takes what gateways publish into PostgreSQL; start as many as you like', finds: 'nothing',
  examples: ['lineside ingest --broker mqtt://broker:1883 --database postgres://lineside@db/lineside --worker a'],
  flags: {
    broker: needed(text('url'), 'mqtt://host:1883, or mqtts://host:8883'),
    database: flag(text('url'), 'postgres://user@host/database (default: $LINESIDE_DATABASE)'),
    worker: needed(text('name'), 'its name for ever: the broker keeps its share under it while it is away'),
    group: standard(text('name'), 'ingest', 'workers of one group share the messages'),
    root: standard(text('topic'), 'lineside/v1', 'the topics of the gateways'),
    user: flag(text('name'), 'at the broker'),
    passwordFile: flag(file, 'a file that holds nothing else'),
    ca: flag(file, 'who may vouch for the broker'),
    cert: flag(file, 'our certificate'),
    key: flag(file, 'its key'),
    keep: flag(duration, 'how long facts and loss rows stay in the database (default: for ever)'),
    keepSamples: flag(duration, 'how long samples do (default: for ever)'),
    reconnectMax: standard(duration, '60s', 'the longest wait before the next attempt'),
  },
  async run({ flags }) {
    const database = flags.database ?? process.env['LINESIDE_DATABASE']
    if (database === undefined) throw new CliError('usage', 'no database was given', 'name it with --database, or in $LINESIDE_DATABASE')
    const [{ startIngest }, { systemClock }, { systemChance }, { openLog }] = await Promise.all([
      import('../../faces/ingest/ingest.js'), import('../../base/clock.js'), import('../../base/chance.js'), import('../../base/log.js'),
    ])
    const told = toldToStop()
    const { broker: url, worker, group, root, user, passwordFile, ca: caFile, cert: certFile, key: keyFile } = flags
    const started = await startIngest({
      database, worker, group, root, clock: systemClock, chance: systemChance, log: openLog(),
      keep: { facts: flags.keep ?? null, losses: flags.keep ?? null, samples: flags.keepSamples ?? null },
      broker: {
        url, keepaliveMs: 20_000, waitMsMax: flags.reconnectMax,
        ...(user === undefined ? {} : { user }), ...(passwordFile === undefined ? {} : { passwordFile }),
        ...(caFile === undefined ? {} : { caFile }), ...(certFile === undefined ? {} : { certFile }), ...(keyFile === undefined ? {} : { keyFile }),
      },
    })
    const signal = await told
    await started.stop()
    return signal === 'SIGINT' ? 'interrupted' : 'done'
  },
})
