/** What a process and its children cost: processor time and memory, as the kernel counts them. */

import { readFileSync, readdirSync } from 'node:fs'

/** The process and everything it started. A thread or a child that ends meanwhile is no part of it. */
export function treeOf(pid: number): number[] {
  const children = threadsOf(pid).flatMap((thread) => childrenOf(pid, thread))
  return [pid, ...children.flatMap(treeOf)]
}

function threadsOf(pid: number): string[] {
  try { return readdirSync(`/proc/${pid}/task`) } catch { return [] }
}

function childrenOf(pid: number, thread: string): number[] {
  try { return readFileSync(`/proc/${pid}/task/${thread}/children`, 'utf8').split(' ').filter(Boolean).map(Number) } catch { return [] }
}

/** Processor time in milliseconds that the threads which live now have used, in user mode and in the kernel. */
export function cpuMs(pids: readonly number[]): number {
  const threads = pids.flatMap((pid) => readdirSync(`/proc/${pid}/task`).map((thread) => `/proc/${pid}/task/${thread}`))
  // Nanoseconds on a processor come first; the better known `stat` counts in hundredths of a second.
  return threads.reduce((sum, thread) => sum + Number(readFileSync(`${thread}/schedstat`, 'utf8').split(' ')[0]) / 1e6, 0)
}

export interface Memory {
  /** Resident MiB; what processes share is counted in each. */
  readonly rss: number
  /** Proportional MiB: what n processes share is counted as one nth in each. */
  readonly pss: number
  /** MiB that the machine would get back if they all ended: their own, and of each file the most that any of them has. */
  readonly once: number
}

export function memoryOf(pids: readonly number[]): Memory {
  const kib = (pid: number, file: string, name: string): number => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${pid}/${file}`, 'utf8'))?.[1])
  const sum = (file: string, name: string): number => pids.reduce((total, pid) => total + kib(pid, file, name), 0) / 1_024
  return { rss: sum('status', 'VmRSS'), pss: sum('smaps_rollup', 'Pss'), once: countedOnce(pids) }
}

function countedOnce(pids: readonly number[]): number {
  const ofFiles = new Map<string, number>()
  let ownKib = 0
  for (const pid of pids) {
    const here = new Map<string, number>()
    let file = ''
    for (const line of readFileSync(`/proc/${pid}/smaps`, 'utf8').split('\n')) {
      const mapped = /^[0-9a-f]+-[0-9a-f]+ \S+ \S+ \S+ \S+\s*(.*)/.exec(line)?.[1]
      if (mapped !== undefined) file = mapped
      const [, name, kib] = /^(Rss|Anonymous):\s+(\d+) kB/.exec(line) ?? []
      if (name === 'Rss') here.set(file, (here.get(file) ?? 0) + Number(kib))
      if (name === 'Anonymous') {
        ownKib += Number(kib)
        here.set(file, here.get(file)! - Number(kib))
      }
    }
    for (const [name, kib] of here) ofFiles.set(name, Math.max(ofFiles.get(name) ?? 0, kib))
  }
  return (ownKib + [...ofFiles.values()].reduce((sum, kib) => sum + kib, 0)) / 1_024
}
