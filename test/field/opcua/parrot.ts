/** An OPC UA server that says what a real one said: a thousandth of its work, and no sessions that a broken link would leave behind. */

import type { Overheard } from '../support/overhear.js'
import { type Carried, type Conversation, NOTHING, type Piece, type Speech, little } from '../support/speech.js'
import { Lost, Walk } from './walk.js'

/** What a real server said, by what it had been asked, in its order. */
export type Repertoire = ReadonlyMap<string, readonly Buffer[]>

export const frames = { headBytes: 8, frameBytes: (head: Buffer) => head.readUInt32LE(4) }
/** Heads of frames and what follows them (OPC 10000-6, 6.7.2 and 7.1.2): type and length, channel, token, sequence number, request. */
const HEAD = 8
const MESSAGE = { sequence: 16, request: 20, body: 24 }
/** In a body: a type of four bytes, a time, and the number of the question that it answers. */
const HANDLE = 12
/** Numbers of requests; answers are three more (OPC 10000-6, annex A). */
const [READ, SUBSCRIBE, MONITOR] = [631, 787, 751]
/** What is asked to be told of news. */
export const PUBLISH = 'MSG 826'

/** By what they answer. */
export function repertoireOf({ asked, said }: Overheard): Repertoire {
  const questions = new Map(asked.map((frame) => [requestOf(frame), questionOf(frame)]))
  const repertoire = new Map<string, Buffer[]>()
  for (const frame of said) {
    if (frame.toString('latin1', 3, 4) !== 'F') throw new Error('an answer in several parts cannot be repeated')
    const question = questions.get(requestOf(frame)) ?? 'nothing'
    repertoire.set(question, [...repertoire.get(question) ?? [], frame])
  }
  return repertoire
}

/** To each question the answer to its like, in their order, and the last one again and again; with new values where it held those of `truth`. It has news only after it was asked for something. */
export function parrot(repertoire: Repertoire, truth: readonly number[]): Speech {
  // News with values come again and again, as if all had changed.
  const news = (repertoire.get(PUBLISH) ?? []).reduce<Buffer | undefined>((longest, frame) => frame.length > (longest?.length ?? 0) ? frame : longest, undefined)
  const heard = new Map([...repertoire].map(([question, answers]) => [question, question === PUBLISH ? [news!] : answers]))
  const places = new Map([...heard.values()].flat().map((frame) => [frame, placesIn(frame, truth)] as const))
  return {
    ...frames, driver: 'opcua', placeOf: (port) => ({ endpoint: `opc.tcp://127.0.0.1:${port}`, security: 'none' }), address: (tag) => `ns=2;s=Line.T${tag}:Int32`,
    converse: () => new Repeating(heard, places),
    mend: (reply) => { if (reply.length >= HEAD) reply.writeUInt32LE(reply.length, 4); return reply },
    spotsOf: (frame) => [
      little(0, 4), little(4, 4), little(8, 4), little(12, 4), little(MESSAGE.sequence, 4), little(MESSAGE.request, 4), little(MESSAGE.body, 1), little(MESSAGE.body + 2, 2), little(MESSAGE.body + HANDLE, 4),
      // State of the answer, diagnostics, how many words and results follow.
      little(MESSAGE.body + 16, 4), little(MESSAGE.body + 20, 1), little(MESSAGE.body + 21, 4), little(MESSAGE.body + 25, 1), little(MESSAGE.body + 28, 4), little(MESSAGE.body + 32, 4),
      ...piecesOf(frame, truth.length).flatMap(({ from }) => [little(from, 1), little(from + 1, 1), little(from + 2, 4)]),
    ].filter(({ at, bytes }) => at + bytes <= frame.length),
    piecesOf: (frame) => piecesOf(frame, truth.length),
  }
}

class Repeating implements Conversation {
  readonly #heard: Repertoire
  readonly #places: ReadonlyMap<Buffer, ReadonlyMap<number, number>>
  readonly #turns = new Map<string, number>()
  readonly #waiting: Buffer[] = []
  /** The tags that the driver wants to be told of, by the handles it gave them. */
  #watched: number[] = []
  #sequence = 0
  #newsCount = 0

  constructor(heard: Repertoire, places: ReadonlyMap<Buffer, ReadonlyMap<number, number>>) {
    this.#heard = heard
    this.#places = places
  }

  answer(request: Buffer, valueOf: (tag: number) => number): readonly Buffer[] {
    if (questionOf(request) === PUBLISH) { this.#waiting.push(request); return [] }
    if (isMessage(request, SUBSCRIBE)) this.#watched = []
    if (isMessage(request, MONITOR)) this.#watched.push(...tagsIn(request))
    const news = this.#waiting.shift()
    return [...news === undefined ? [] : this.#say(news, valueOf), ...this.#say(request, valueOf)]
  }

  carried(request: Buffer, frame: Buffer): Carried {
    if (frame.length < MESSAGE.body || frame.toString('latin1', 0, 3) !== 'MSG' || frame.readUInt32LE(MESSAGE.request) !== requestOf(request)) return NOTHING
    const values = new Map<number, number>()
    const walk = new Walk(frame, MESSAGE.body)
    try {
      if (isMessage(request, READ)) {
        const tags = tagsIn(request)
        walk.responseHeader()
        // The state of the server is asked first.
        walk.each((i) => { const value = walk.dataValue(); if (i > 0 && value !== null && i <= tags.length) values.set(tags[i - 1]!, value) })
      } else if (questionOf(request) === PUBLISH) {
        walk.responseHeader()
        walk.skip(4)
        walk.each(() => { walk.skip(4) })
        walk.skip(1 + 4 + 8)
        walk.each(() => {
          walk.extension(() => {
            walk.each(() => {
              const tag = this.#watched[walk.uint()]
              const value = walk.dataValue()
              if (tag !== undefined && value !== null) values.set(tag, value)
            })
          })
        })
      }
      return { values }
    } catch (thrown) {
      if (!(thrown instanceof Lost)) throw thrown
      return { values, anywhere: new Set([...frame.keys()].flatMap((at) => at + 4 <= frame.length ? [frame.readInt32LE(at)] : [])) }
    }
  }

  #say(question: Buffer, valueOf: (tag: number) => number): readonly Buffer[] {
    const kind = questionOf(question)
    const answers = this.#heard.get(kind) ?? []
    const turn = this.#turns.get(kind) ?? 0
    this.#turns.set(kind, turn + 1)
    const heard = answers[Math.min(turn, answers.length - 1)]
    if (heard === undefined) return []
    const said = Buffer.from(heard)
    for (const [tag, at] of this.#places.get(heard) ?? []) said.writeInt32LE(valueOf(tag), at)
    if (kind === PUBLISH) said.writeUInt32LE(++this.#newsCount, numberOfNews(said))
    return [addressed(said, ++this.#sequence, requestOf(question))]
  }
}

/** Where the values of `truth` stand. */
function placesIn(frame: Buffer, truth: readonly number[]): ReadonlyMap<number, number> {
  const places = new Map<number, number>()
  for (const [tag, value] of truth.entries()) {
    const bytes = Buffer.alloc(4)
    bytes.writeInt32LE(value)
    const at = frame.indexOf(bytes, MESSAGE.body)
    if (at >= 0) places.set(tag, at)
  }
  return places
}

/** Where news are numbered: behind the subscription, the numbers still at hand, and whether more is to come. */
function numberOfNews(frame: Buffer): number {
  const walk = new Walk(frame, MESSAGE.body)
  walk.responseHeader()
  walk.skip(4)
  walk.each(() => { walk.skip(4) })
  walk.skip(1)
  return walk.at
}

/** The same answer to another question: with its number, and the next of the channel. */
function addressed(answer: Buffer, sequence: number, request: number): Buffer {
  if (answer.toString('latin1', 0, 3) === 'ACK') return answer
  const at = placesOf(answer)
  answer.writeUInt32LE(sequence, at.sequence)
  answer.writeUInt32LE(request, at.request)
  answer.writeUInt32LE(request, at.body + HANDLE)
  return answer
}

/** The last results of a reading, which are its tags; of one that was damaged before, as far as it can be followed. */
function piecesOf(frame: Buffer, tagsCount: number): Piece[] {
  const pieces: Piece[] = []
  if (!isMessage(frame, READ + 3)) return pieces
  const walk = new Walk(frame, MESSAGE.body)
  try {
    walk.responseHeader()
    walk.each(() => {
      const from = walk.at
      walk.dataValue()
      pieces.push({ from, body: Math.min(from + 2, walk.at), to: walk.at })
    })
  } catch (thrown) {
    if (!(thrown instanceof Lost)) throw thrown
  }
  return pieces.slice(-tagsCount)
}

const isMessage = (frame: Buffer, type: number): boolean => frame.length > MESSAGE.body + 4 && frame.toString('latin1', 0, 3) === 'MSG' && frame.readUInt16LE(MESSAGE.body + 2) === type

/** The tags that a request names, in its order. */
const tagsIn = (request: Buffer): number[] => [...request.toString('latin1', MESSAGE.body).matchAll(/Line\.T(\d+)/g)].map(([, tag]) => Number(tag))

/** What is asked: the kind of frame, and of messages the type of their body. */
function questionOf(frame: Buffer): string {
  const kind = frame.toString('latin1', 0, 3)
  return kind === 'MSG' ? `${kind} ${frame.readUInt16LE(MESSAGE.body + 2)}` : kind
}

/** The number that question and answer share; hello and acknowledgement have none. */
const requestOf = (frame: Buffer): number => ['HEL', 'ACK', 'ERR'].includes(frame.toString('latin1', 0, 3)) ? 0 : frame.readUInt32LE(placesOf(frame).request)

/** The opening of a channel carries three texts in place of a token. */
function placesOf(frame: Buffer): typeof MESSAGE {
  if (frame.toString('latin1', 0, 3) !== 'OPN') return MESSAGE
  let at = HEAD + 4
  for (let text = 0; text < 3; text++) at += 4 + Math.max(0, frame.readInt32LE(at))
  return { sequence: at, request: at + 4, body: at + 8 }
}
