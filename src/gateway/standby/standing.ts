/** What a box of two remembers of itself: its role, on whose word it lives, and what it had to put aside. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { replaceFileSync } from '../../base/durable-file.js'
import { makeFolder } from '../../base/folder.js'
import type { Config } from '../../contract/config.js'
import type { Place } from '../../contract/copy.js'
import type { Fork } from '../../contract/standby.js'

/** A takeover that was decided. It stands here until a fact tells of it, so that a crash meanwhile changes nothing. */
export interface Taking {
  readonly why: 'order' | 'silence' | 'force'
  /** The epoch that is gone on from, and how far it is known. */
  readonly epoch: string
  readonly from: Place
  /** Numbers left to the other box, which may have given some that are not known here. */
  readonly above: number
  readonly silentMs: number | null
}

export interface Standing {
  readonly role: 'active' | 'standby'
  /** Active: the other box may take over by itself, so this one writes only while it is heard. Written down before the other box may rely on it. */
  readonly leased: boolean
  readonly taking: Taking | null
  readonly forks: readonly Fork[]
  /** What is of this box alone, as its file had it when that could last be read. */
  readonly own: Own
  /** Tokens and people that came from the other box, by id and name: what is revoked there goes here too. */
  readonly copied: { readonly tokens: readonly string[]; readonly people: readonly string[] }
}

/** Settings in which two boxes of one gateway differ. */
export type Own = Pick<Config, 'server' | 'storage' | 'standby'>

export const ownOf = ({ server, storage, standby }: Config): Own => ({ server, storage, standby })

const NAME = 'standby.json'

/** `null` when this box never was one of two. */
export function readStanding(directory: string): Standing | null {
  try {
    // Written by `writeStanding` below, whole or not at all.
    return JSON.parse(readFileSync(join(directory, NAME), 'utf8')) as Standing
  } catch {
    return null
  }
}

/** On the disk when it returns. */
export function writeStanding(directory: string, standing: Standing): void {
  makeFolder(directory, 0o750)
  replaceFileSync(join(directory, NAME), standing)
}
