/** Structured logs for the person at the box: a fixed sentence, then fields. The only importer of pino. */

import { createRequire } from 'node:module'
import type { Logger, pino as Pino } from 'pino'

export type Fields = Readonly<Record<string, unknown>>
export const levels = ['debug', 'info', 'warn', 'error'] as const
export type Level = (typeof levels)[number]

export interface Log {
  debug(sentence: string, fields?: Fields): void
  info(sentence: string, fields?: Fields): void
  warn(sentence: string, fields?: Fields): void
  error(sentence: string, fields?: Fields): void
  /** The same log with a part's name on every line. */
  of(part: string): Log
  /** Of this log and of all that were made from it; with a part only of those that bear its name. */
  setLevel(level: Level, part?: string | null): void
  level(part?: string | null): Level
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
export const silentLog: Log = { debug: nothing, info: nothing, warn: nothing, error: nothing, of: () => silentLog, setLevel: nothing, level: () => 'error' }

/** A child has a level of its own, so the log it was made from remembers it. Parts are made at the start and are few. */
function wrap(logger: Logger, parts: { readonly name: string | null; readonly logger: Logger }[] = [{ name: null, logger }]): Log {
  const write = (level: Level) => (sentence: string, fields: Fields = {}) => { logger[level](fields, sentence) }
  return {
    debug: write('debug'),
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    of(part) {
      const known = parts.find(({ name }) => name === part)?.logger
      if (known !== undefined) return wrap(known, parts)
      const child = logger.child({ part })
      parts.push({ name: part, logger: child })
      return wrap(child, parts)
    },
    setLevel(level, part = null) {
      for (const one of parts) if (part === null || one.name === part) one.logger.level = level
    },
    // `openLog` was given one of ours, and nobody else sets it.
    level: (part = null) => (parts.find(({ name }) => name === part) ?? parts[0]!).logger.level as Level,
  }
}
