/** PLCs whose values never stand still, and a gateway configuration that reads them. */

import { PlcProcess } from '../../../src/plant/plc-process.js'
import type { Block } from '../../../src/plant/s7server.js'

/** DB2: a number for whoever wants to write one, and the bit that says the machine runs. */
export const markerBlock = (marker: number): Block => {
  const image = Buffer.alloc(6)
  image.writeInt32BE(marker, 0)
  image[4] = 1
  return { db: 2, image }
}

/** Swinging REALs stand in DB1. */
export const startSwinging = (tagsCount: number, everyMs: number): Promise<PlcProcess> =>
  PlcProcess.start({ port: 0, logixPort: null, door: false, pduBytes: 480, machines: [], blocks: [markerBlock(0)], swing: [{ db: 1, bytes: 4 * tagsCount, everyMs }] })

export interface PlcWish { readonly port: number; readonly tagsCount: number; readonly cycleMs: number; readonly transport: 'snap7' | 'pipelined'; readonly isolation?: 'family' | 'process' }

const named = (plc: number): string => `plc${plc + 1}`

/** PLC n feeds machine n: its first `shown[n]` tags are signals of the machine, besides `marker`, the number in DB2. All tags are read. */
export function configOf(plcs: readonly PlcWish[], { shown = [], readingMs = 1_000 }: { readonly shown?: readonly number[]; readonly readingMs?: number } = {}): object {
  return {
    version: 1,
    gateway: { id: 'bench', cycle: `${Math.min(100, ...plcs.map(({ cycleMs }) => cycleMs))}ms` },
    server: { reading_interval: `${readingMs}ms` },
    plcs: plcs.map(({ port, tagsCount, cycleMs, transport, isolation = 'family' }, i) => ({
      id: named(i), driver: 's7', host: '127.0.0.1', port, cycle: `${cycleMs}ms`, pdu: 480, transport, isolation,
      budget: { requests_per_second: 1_000, bytes_per_second: 5_000_000 },
      tags: { marker: 'DB2,DINT0', running: 'DB2,X4.0', ...Object.fromEntries(Array.from({ length: tagsCount }, (_, tag) => [`t${tag}`, `DB1,REAL${4 * tag}`])) },
    })),
    calendars: { always: { shifts: [{ name: 'all', start: '06:00', end: '06:00' }] } },
    lines: [{
      id: '12345678-1234-5678-9abc-123456789012', code: 'L1', name: 'Line', calendar: 'always',
      equipment: plcs.map((_, i) => ({
        code: `M${i + 1}`, name: `Machine ${i + 1}`, constraint: i === 0,
        signals: { running: `${named(i)}/running`, marker: `${named(i)}/marker`, ...Object.fromEntries(Array.from({ length: shown[i] ?? 20 }, (_, tag) => [`s${tag}`, `${named(i)}/t${tag}`])) },
      })),
    }],
  }
}
