/** A real PostgreSQL of the test's own, in its own directory. */

import { execFileSync } from 'node:child_process'
import { chmodSync, chownSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { start, until } from './child.js'
import { freePort } from './ports.js'

export interface Postgres {
  readonly url: string
  rows<R extends object>(sql: string, values?: readonly unknown[]): Promise<R[]>
  stop(): Promise<void>
}

/** `more` are settings, as `name=value`. */
export async function startPostgres(more: readonly string[] = []): Promise<Postgres> {
  const bin = `/usr/lib/postgresql/${readdirSync('/usr/lib/postgresql').sort((a, b) => Number(b) - Number(a))[0]}/bin`
  // Not below the directory of the test: PostgreSQL does not run as root, and must reach its own.
  sweep()
  const directory = mkdtempSync(join(tmpdir(), `${NAME}${process.pid}-`))
  const as = process.getuid?.() === 0 ? { uid: idOf('-u'), gid: idOf('-g') } : {}
  if (as.uid !== undefined) chownSync(directory, as.uid, as.gid)
  chmodSync(directory, 0o700)
  const port = await freePort()
  execFileSync(join(bin, 'initdb'), ['-D', directory, '-U', 'lineside', '--auth=trust', '--no-sync', '--locale=C', '--encoding=UTF8'], { ...as, stdio: 'ignore' })
  const child = start(join(bin, 'postgres'), ['-D', directory, '-p', String(port), '-c', 'listen_addresses=127.0.0.1', '-c', `unix_socket_directories=${directory}`, '-c', 'shared_buffers=64MB', ...more.flatMap((setting) => ['-c', setting])], as)
  const url = `postgres://lineside@127.0.0.1:${port}/postgres`
  const pool = new pg.Pool({ connectionString: url, max: 2 })
  pool.on('error', () => undefined)
  await until('PostgreSQL answers', () => pool.query('SELECT 1').then(() => true, () => false))
  return {
    url,
    rows: async <R extends object>(sql: string, values: readonly unknown[] = []) => (await pool.query<R>(sql, [...values])).rows,
    async stop() {
      await pool.end()
      await child.end('SIGQUIT')
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

const NAME = 'lineside-pg-'

/** Whoever was killed could not take his away: they go at the next start of anybody, with the server that may still run in them. */
function sweep(): void {
  for (const name of readdirSync(tmpdir())) {
    const owner = name.startsWith(NAME) ? Number(name.slice(NAME.length).split('-')[0]) : NaN
    if (Number.isNaN(owner) || existsSync(`/proc/${owner}`)) continue
    const directory = join(tmpdir(), name)
    const server = Number(linesOf(join(directory, 'postmaster.pid'))[0])
    // Its number may be somebody else's by now.
    if (linesOf(`/proc/${server}/cmdline`)[0]?.includes(directory) === true) process.kill(server, 'SIGQUIT')
    rmSync(directory, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 })
  }
}

function linesOf(file: string): readonly string[] {
  try {
    return readFileSync(file, 'utf8').split('\n')
  } catch {
    return []
  }
}

const idOf = (what: '-u' | '-g'): number => Number(execFileSync('id', [what, 'postgres'], { encoding: 'utf8' }))
