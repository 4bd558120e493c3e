/** The checksum of a fact: a bit that flips on the disk is found when the fact is read. */

import { crc32 } from 'node:zlib'
import type { WireFact } from '../wire.js'

export function factSum(fact: Pick<WireFact, 'seq' | 'at' | 'type' | 'body'>): number {
  return crc32(`${fact.seq} ${fact.at} ${fact.type} ${fact.body}`)
}
