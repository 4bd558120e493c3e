/** `lineside run`: starts the gateway, says how to reach it, and stops it in order. */

import { setTimeout as sleep } from 'node:timers/promises'
import { openLog } from '../base/log.js'
import { openLogTail } from '../base/log-tail.js'
import type { Config } from '../contract/config.js'
import { constraintOf } from '../contract/constraint.js'
import { startBox } from '../gateway/box.js'
import type { Daemon } from '../gateway/daemon.js'
import { type ExitName, exits } from '../faces/cli/exit.js'
import { toldToStop } from '../faces/cli/signals.js'
import { bundler } from './bundler.js'

export interface RunOptions {
  readonly file: string
  readonly demo: boolean
  readonly port?: number
  readonly dataDir?: string
}

/** How long an orderly end may take; what is durable stays so, and the rest would not come any more. */
const STOP_MS = 10_000

/** Resolves when the gateway has been told to stop and has stopped. */
export async function run({ file, ...options }: RunOptions, print: (text: string) => void): Promise<ExitName> {
  const tail = openLogTail(process.stderr, LOG_LINES_MAX)
  const log = openLog('info', tail.stream)
  const told = toldToStop()
  const broken = (thrown: unknown): void => {
    log.error('the gateway cannot go on; a restart replays the journal', { error: thrown instanceof Error ? thrown.stack : String(thrown) })
    process.exit(exits.broken)
  }
  process.on('uncaughtException', broken)
  process.on('unhandledRejection', broken)
  const box = { logLines: () => tail.lines(), supportBundle: bundler({ config: file, ...(options.dataDir === undefined ? {} : { data: options.dataDir }) }) }
  const daemon: Daemon = await startBox({ configFile: file, ...options, log, box, onBroken: broken }).catch((thrown: unknown) => {
    // Whatever had started already and will not end must not keep a gateway alive that is none.
    setTimeout(() => process.exit(), STOP_MS).unref()
    throw thrown
  })
  print(greeting(daemon.config, daemon.address, daemon.firstToken))

  const signal = await told
  const stopped = await Promise.race([daemon.stop(signal).then(() => true), sleep(STOP_MS, false, { ref: false })])
  if (!stopped) {
    log.error('the gateway did not stop in time and is ended', { stopMs: STOP_MS })
    process.exit(exits.failed)
  }
  return signal === 'SIGINT' ? 'interrupted' : 'done'
}

const LOG_LINES_MAX = 1_000

/** How the command line was called: `bin/lineside` in a source tree. */
const called = process.env['LINESIDE_CALLED'] ?? 'lineside'

/** The address, the first token alone on its line, and three things to try. */
function greeting(config: Config, address: string, firstToken: string | null): string {
  const line = config.lines[0]
  const equipment = line === undefined ? undefined : constraintOf(line)
  const token = firstToken ?? '$TOKEN'
  // With TLS both are told whom to believe, in the way that they are told elsewhere too.
  const { tls } = config.server
  const bearer = `${tls === undefined ? '' : `--cacert ${tls.cert_file} `}-H "Authorization: Bearer ${token}"`
  return [
    `${config.gateway.id} is watching ${config.lines.map(({ code }) => code).join(', ')} at ${address}`,
    firstToken === null ? `TOKEN=$(${called} token create --name me --role admin) makes a token; there are some already, and none is shown twice` : `token ${firstToken}`,
    'try:',
    `  LINESIDE_TOKEN=${token} ${called} status --url ${address}${tls === undefined ? '' : ` --ca ${tls.cert_file}`}`,
    `  curl ${bearer} "${address}/api/v1/enhanced/equipment/${equipment?.code}/production-status"`,
    `  curl ${bearer} "${address}/api/v1/enhanced/lines/${line?.code}/real-time-oee?include_trends=true"`,
    '',
  ].join('\n')
}
