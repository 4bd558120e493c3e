/** What holds the memory of a gateway, by who has it: objects of V8, what V8 keeps beside them, the allocator, files, and the drivers. */

import { mkdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { treeOf } from '../bench/support/process.js'
import { preload } from './preload.js'

/** MiB of the main process unless it says otherwise. */
export interface Held {
  /** In objects, garbage included; what the heap has of the machine; what objects hold outside of it. Each of the main thread and of the others together. */
  readonly objects: number
  readonly heap: number
  readonly external: number
  readonly objectsOfThreads: number
  readonly heapOfThreads: number
  readonly externalOfThreads: number
  /** Of malloc: in use, and free but kept. What is external is among what is in use. */
  readonly used: number
  readonly free: number
  /** Resident pages of files and of nobody's file. */
  readonly files: number
  readonly anonymous: number
  /** Of the anonymous pages what neither a heap nor malloc has: stacks, code, what V8 needs for itself. */
  readonly rest: number
  /** In use by malloc in the drivers, and all that is resident of them. */
  readonly usedOfDrivers: number
  readonly drivers: number
}

const MIB = 2 ** 20

/** Libraries and variables with which a gateway tells; what it tells lies in the folder. */
export function telling(folder: string): { readonly preloads: readonly string[]; readonly env: Readonly<Record<string, string>> } {
  const told = join(folder, 'held')
  mkdirSync(told)
  return { preloads: [preload('held', folder)], env: { HELD: told } }
}

/** `figures`: all of /metrics, by name and labels. */
export function heldBy(pid: number, folder: string, figures: ReadonlyMap<string, number>): Held {
  const [, ...drivers] = treeOf(pid)
  const malloc = (one: number): readonly [used: number, free: number] => orNone([0, 0], () => {
    const [used = 0, , free = 0] = readFileSync(join(folder, 'held', String(one)), 'utf8').split(' ').map(Number)
    return [used / MIB, free / MIB]
  })
  const mib = (one: number, name: string): number => orNone(0, () => Number(new RegExp(`^${name}:\\s+(\\d+)`, 'm').exec(readFileSync(`/proc/${one}/status`, 'utf8'))?.[1] ?? 0) / 1_024)
  const figure = (name: string): number => (figures.get(name) ?? 0) / MIB
  const ofThreads = (name: string): number => [...figures].reduce((sum, [key, value]) => sum + (key.startsWith(`${name}{`) ? value : 0), 0) / MIB
  const [used, free] = malloc(pid)
  const [heap, heapOfThreads, anonymous] = [figure('nodejs_heap_size_total_bytes'), ofThreads('lineside_thread_heap_bytes'), mib(pid, 'RssAnon')]
  return {
    objects: figure('nodejs_heap_size_used_bytes'), heap, external: figure('nodejs_external_memory_bytes'),
    objectsOfThreads: ofThreads('lineside_thread_heap_used_bytes'), heapOfThreads, externalOfThreads: ofThreads('lineside_thread_external_bytes'),
    used, free, files: mib(pid, 'RssFile') + mib(pid, 'RssShmem'), anonymous, rest: anonymous - heap - heapOfThreads - used - free,
    usedOfDrivers: drivers.reduce((sum, one) => sum + malloc(one)[0], 0), drivers: drivers.reduce((sum, one) => sum + mib(one, 'VmRSS'), 0),
  }
}

/** A process may have ended meanwhile, or not told yet. */
export function orNone<T>(none: T, of: () => T): T {
  try { return of() } catch { return none }
}

const titles = { objects: 'objects', heap: 'heap', external: 'external', objectsOfThreads: 'objects of threads', heapOfThreads: 'heap of threads', externalOfThreads: 'external of threads', used: 'malloc used', free: 'malloc free', files: 'files', anonymous: 'anonymous', rest: 'rest', usedOfDrivers: 'malloc used of drivers', drivers: 'drivers' } as const satisfies Record<keyof Held, string>

/** One line: what is held, part by part. */
export const saidOf = (held: Held): string => Object.entries(titles).map(([part, title]) => `${title} ${held[part as keyof Held].toFixed(1)}`).join(', ')
