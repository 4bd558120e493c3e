/** PostgreSQL: transactions that are tried again when the database says so. The only importer of pg. */

import pg from 'pg'
import type { Log } from '../../base/log.js'

export interface Query { <R>(sql: string, values?: readonly unknown[]): Promise<{ readonly rows: R[]; readonly count: number }> }

export interface Database {
  /** All or nothing. A deadlock or a serialisation failure is tried again; anything else rejects. */
  transaction<T>(work: (query: Query) => Promise<T>): Promise<T>
  query: Query
  close(): Promise<void>
}

const TRIES_MAX = 10
const AGAIN = ['40001', '40P01']

/** Connects when it is first needed, and again after the connection was lost. */
export function openDatabase(url: string, log: Log): Database {
  const pool = new pg.Pool({ connectionString: url, max: 2, application_name: 'lineside ingest', connectionTimeoutMillis: 10_000 })
  pool.on('error', (error) => { log.warn('an idle database connection was lost', { error: error.message }) })
  // Prepared by name: the statements are few, and parsing one costs more than a small batch.
  const query = (client: pg.Pool | pg.PoolClient): Query => async (sql, values = []) => {
    const { rows, rowCount } = await client.query(values.length === 0 ? { text: sql } : { text: sql, name: nameOf(sql), values: [...values] })
    return { rows, count: rowCount ?? 0 }
  }
  async function once<T>(work: (query: Query) => Promise<T>): Promise<T> {
    const client = await pool.connect()
    let lost: Error | undefined
    try {
      await client.query('BEGIN')
      const result = await work(query(client))
      await client.query('COMMIT')
      return result
    } catch (error) {
      // When even this fails the connection is of no use any more.
      await client.query('ROLLBACK').catch((thrown: unknown) => { lost = thrown instanceof Error ? thrown : new Error(String(thrown)) })
      throw error
    } finally {
      client.release(lost)
    }
  }
  return {
    query: query(pool),
    async transaction(work) {
      for (let tries = 1; ; tries++) {
        try {
          return await once(work)
        } catch (error) {
          if (tries === TRIES_MAX || !AGAIN.includes(codeOf(error))) throw error
        }
      }
    },
    close: () => pool.end(),
  }
}

/** The SQLSTATE of an error, or an empty text. */
export const codeOf = (error: unknown): string => error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''

/** A record that makes no sense, whoever reads it. */
export class PoisonError extends Error {}

/** It cannot be read, however often it is tried: the database says that the data are invalid, or we do. */
export const isUnreadable = (error: unknown): boolean => error instanceof PoisonError || /^(22|23)/.test(codeOf(error))

const names = new Map<string, string>()
function nameOf(sql: string): string {
  const known = names.get(sql)
  if (known !== undefined) return known
  const name = `lineside_${names.size}`
  names.set(sql, name)
  return name
}
