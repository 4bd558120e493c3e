/** An OPC UA server that says what a real one said: a thousandth of its work, and no sessions that a broken link would leave behind. */

import { once } from 'node:events'
import { type AddressInfo, type Socket, connect, createServer } from 'node:net'

/** What a real server said, by what it had been asked, in its order. */
export type Repertoire = ReadonlyMap<string, readonly Buffer[]>

export interface Parrot { readonly port: number; end(): void }

/** Heads of frames and what follows them (OPC 10000-6, 6.7.2 and 7.1.2): type and length, channel, token, sequence number, request. */
const HEAD = 8
const MESSAGE = { sequence: 16, request: 20, body: 24 }
/** In a body: a type of four bytes, a time, and the number of the question that it answers. */
const HANDLE = 12
/** What is asked to be told of news. */
export const PUBLISH = 'MSG 826'

/** Holds a conversation with the server at `to` through `converse`, which is given the port to call and what was said so far, and keeps the answers. */
export async function record(to: number, converse: (port: number, said: Repertoire) => Promise<void>): Promise<Repertoire> {
  const said = new Map<string, Buffer[]>()
  const wire = await listen((client, wire) => {
    const server = connect({ port: to, host: '127.0.0.1', noDelay: true })
    wire.add(server)
    const asked = new Map<number, string>()
    client.on('close', () => { server.destroy() })
    server.on('error', () => undefined).on('close', () => { client.destroy() })
    eachFrame(client, (frame) => { asked.set(requestOf(frame), questionOf(frame)); server.write(frame) })
    eachFrame(server, (frame) => {
      if (frame.toString('latin1', 3, 4) !== 'F') throw new Error('an answer in several parts cannot be repeated')
      const question = asked.get(requestOf(frame)) ?? 'nothing'
      said.set(question, [...said.get(question) ?? [], frame])
      client.write(frame)
    })
  })
  try {
    await converse(wire.port, said)
  } finally {
    wire.end()
  }
  return said
}

/** To each question the answer to its like, in their order, and the last one again and again. It has news only after it was asked for something. */
export function startParrot(repertoire: Repertoire): Promise<Parrot> {
  return listen((client) => {
    const turns = new Map<string, number>()
    const waiting: Buffer[] = []
    let sequence = 0
    const answer = (question: Buffer): void => {
      const kind = questionOf(question)
      const answers = repertoire.get(kind) ?? []
      const turn = turns.get(kind) ?? 0
      turns.set(kind, turn + 1)
      const said = answers[Math.min(turn, answers.length - 1)]
      if (said !== undefined) client.write(addressed(Buffer.from(said), ++sequence, requestOf(question)))
    }
    eachFrame(client, (question) => {
      if (questionOf(question) === PUBLISH) { waiting.push(question); return }
      const news = waiting.shift()
      if (news !== undefined) answer(news)
      answer(question)
    })
  })
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

function eachFrame(socket: Socket, take: (frame: Buffer) => void): void {
  let rest: Buffer = Buffer.alloc(0)
  socket.on('data', (bytes: Buffer) => {
    rest = Buffer.concat([rest, bytes])
    while (rest.length >= HEAD && rest.length >= rest.readUInt32LE(4)) {
      const length = rest.readUInt32LE(4)
      take(rest.subarray(0, length))
      rest = rest.subarray(length)
    }
  })
}

async function listen(serve: (client: Socket, sockets: Set<Socket>) => void): Promise<Parrot> {
  const sockets = new Set<Socket>()
  const server = createServer({ noDelay: true }, (client) => {
    sockets.add(client)
    client.on('error', () => undefined).on('close', () => { sockets.delete(client) })
    serve(client, sockets)
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  return { port: (server.address() as AddressInfo).port, end() { server.close(); for (const socket of sockets) socket.destroy() } }
}
