/** PLCs whose values never stand still, and a gateway configuration that reads them. */

import { PlcProcess } from '../../../src/plant/plc-process.js'

/** Swinging REALs stand in DB1; DB2 is for whoever wants to write something. */
export const startSwinging = (tagsCount: number, everyMs: number): Promise<PlcProcess> =>
  PlcProcess.start({ port: 0, logixPort: null, door: false, pduBytes: 480, machines: [], blocks: [{ db: 2, image: new Uint8Array(4) }], swing: [{ db: 1, bytes: 4 * tagsCount, everyMs }] })

export interface PlcWish { readonly port: number; readonly tagsCount: number; readonly cycleMs: number; readonly transport: 'snap7' | 'pipelined'; readonly isolation?: 'family' | 'process' }

const named = (plc: number): string => `plc${plc + 1}`

/** PLC n feeds machine n: its first `shown` tags are signals of the machine, besides `marker`, the number in DB2. All tags are read. */
export function configOf(plcs: readonly PlcWish[], { shown = 20, readingMs = 1_000 }: { readonly shown?: number; readonly readingMs?: number } = {}): object {
  return {
    version: 1,
    gateway: { id: 'bench', cycle: `${Math.min(100, ...plcs.map(({ cycleMs }) => cycleMs))}ms` },
    server: { reading_interval: `${readingMs}ms` },
    plcs: plcs.map(({ port, tagsCount, cycleMs, transport, isolation = 'family' }, i) => ({
      id: named(i), driver: 's7', host: '127.0.0.1', port, cycle: `${cycleMs}ms`, pdu: 480, transport, isolation,
      budget: { requests_per_second: 1_000, bytes_per_second: 5_000_000 },
      tags: { marker: 'DB2,DINT0', ...Object.fromEntries(Array.from({ length: tagsCount }, (_, tag) => [`t${tag}`, `DB1,REAL${4 * tag}`])) },
    })),
    calendars: { always: { shifts: [{ name: 'all', start: '06:00', end: '06:00' }] } },
    lines: [{
      id: '12345678-1234-5678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'always',
      equipment: plcs.map((_, i) => ({
        code: `M${i + 1}`, name: `Machine ${i + 1}`, constraint: i === 0,
        signals: { marker: `${named(i)}/marker`, ...Object.fromEntries(Array.from({ length: shown }, (_, tag) => [`s${tag}`, `${named(i)}/t${tag}`])) },
      })),
    }],
  }
}
