/** What a process and its children cost: processor time and memory, as the kernel counts them. */

import { readFileSync, readdirSync } from 'node:fs'

/** The process and everything it started. */
export function treeOf(pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`).flatMap((thread) => readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number))
  return [pid, ...children.flatMap(treeOf)]
}

/** Linux counts in hundredths of a second, whatever the kernel's own tick. */
const TICK_MS = 10

/** Processor time in milliseconds that the processes have used, in user mode and in the kernel. */
export function cpuMs(pids: readonly number[]): number {
  return pids.reduce((sum, pid) => {
    // The name of the program stands in parentheses and may hold spaces.
    const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ')
    return sum + (Number(fields[11]) + Number(fields[12])) * TICK_MS
  }, 0)
}

export interface Memory {
  /** Resident MiB; what processes share is counted in each. */
  readonly rss: number
  /** Proportional MiB: what n processes share is counted as one nth in each. */
  readonly pss: number
}

export function memoryOf(pids: readonly number[]): Memory {
  const kib = (pid: number, file: string, name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1])
  const sum = (file: string, name: string): number => pids.reduce((total, pid) => total + kib(pid, file, name), 0) / 1_024
  return { rss: sum('status', 'VmRSS'), pss: sum('smaps_rollup', 'Pss') }
}
