/** Structured logs for the person at the box: a fixed sentence, then fields. The only importer of pino. */

import { createRequire } from 'node:module'
import type { Logger, pino as Pino } from 'pino'

export type Fields = Readonly<Record<string, unknown>>
export type Level = 'debug' | 'info' | 'warn' | 'error'

export interface Log {
  debug(sentence: string, fields?: Fields): void
  info(sentence: string, fields?: Fields): void
  warn(sentence: string, fields?: Fields): void
  error(sentence: string, fields?: Fields): void
  /** The same log with a part's name on every line. */
  of(part: string): Log
  setLevel(level: Level): void
}

/** Names whose values never reach a log line, wherever they stand. */
const SECRETS = ['token', 'password', 'pin', 'secret', 'authorization', 'ticket', '*.token', '*.password', '*.pin', '*.secret']

export function openLog(level: Level = 'info', to: NodeJS.WritableStream = process.stderr): Log {
  // Loaded with the first log: a process that never writes one need not hold the library.
  const { pino } = createRequire(import.meta.url)('pino') as { readonly pino: typeof Pino }
  const root = pino({
    level,
    base: null,
    timestamp: () => `,"at":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    messageKey: 'sentence',
    redact: { paths: SECRETS, censor: '***' },
  }, to)
  return wrap(root)
}

const nothing = (): void => {}
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, of: () => silentLog, setLevel: nothing }

function wrap(logger: Logger): Log {
  const write = (level: Level) => (sentence: string, fields: Fields = {}) => { logger[level](fields, sentence) }
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    of: (part) => wrap(logger.child({ part })),
    setLevel: (level) => { logger.level = level },
  }
}
