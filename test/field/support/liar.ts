/** A peer that answers every driver that calls, and lies as it is told: what it says is damaged, and remembered. */

import { once } from 'node:events'
import { type AddressInfo, type Socket, createServer } from 'node:net'
import { type Conversation, type Speech, framesIn } from './speech.js'

export interface Liar {
  readonly port: number
  /** What becomes of each frame; `null` leaves all as they are. */
  damage: ((frame: Buffer) => Buffer) | null
  /** A peer that has sent nonsense and hears nothing more hangs up; one that is silent leaves the driver to its patience. */
  isSilent: boolean
  /** Damaged frames that a driver was still there to judge. */
  readonly judgedCount: number
  /** Forgets what was said so far. */
  forget(): void
  /** Whether what was said since then, as damaged as it went out, carried this value for this tag. */
  hasSaid(tag: number, value: number): boolean
  /** Frames that could not be followed to their end, so that any place in them counts. */
  readonly lostCount: number
  end(): void
}

export interface Patience {
  /** Turns of the event loop after which nothing more will come of a driver that lives in this process; or, where threads of others work for it, milliseconds. */
  readonly turns: number
  readonly ms: number
}

export async function startLiar(speech: Speech, valueOf: (serial: number) => (tag: number) => number, patience: Patience): Promise<Liar> {
  const sockets = new Set<Socket>()
  let [serial, judgedCount, lostCount] = [0, 0, 0]
  let asked: { readonly conversation: Conversation; readonly request: Buffer }[] = []
  let said: Buffer[] = []
  /** Worked out when it is asked for. */
  let carried: { values: Map<number, Set<number>>; anywhere: Set<number> } | null = null

  const server = createServer({ noDelay: true }, (client) => {
    const conversation = speech.converse()
    let rest: Buffer = Buffer.alloc(0)
    let heard = 0
    // A stream begins anew.
    said = []
    asked = []
    carried = null
    sockets.add(client)
    client.on('error', () => undefined).on('close', () => { sockets.delete(client) })
    const hangUpUnlessHeard = (since: number, turns: number): void => {
      if (client.destroyed || heard !== since) return
      if (turns <= 0) client.destroy()
      else setImmediate(hangUpUnlessHeard, since, turns - 1)
    }
    client.on('data', (bytes: Buffer) => {
      heard++
      const cut = framesIn(speech, Buffer.concat([rest, bytes]))
      rest = cut.rest
      for (const request of cut.frames) {
        asked.push({ conversation, request })
        for (const sound of conversation.answer(request, valueOf(++serial))) {
          const frame = liar.damage === null ? sound : liar.damage(sound)
          if (!client.writable) return
          if (liar.damage !== null) judgedCount++
          said.push(frame)
          carried = null
          client.write(frame)
        }
      }
      if (liar.damage === null || liar.isSilent) return
      if (patience.ms === 0) hangUpUnlessHeard(heard, patience.turns)
      else setTimeout(hangUpUnlessHeard, patience.ms, heard, 0)
    })
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')

  /** Damage may have moved the borders of frames, so they are looked for in the stream, as the driver does. */
  const found = (): NonNullable<typeof carried> => {
    const all = { values: new Map<number, Set<number>>(), anywhere: new Set<number>() }
    for (const frame of framesIn(speech, Buffer.concat(said)).frames) {
      for (const { conversation, request } of asked) {
        const { values, anywhere } = conversation.carried(request, frame)
        for (const [tag, value] of values) all.values.set(tag, (all.values.get(tag) ?? new Set()).add(value))
        if (anywhere === undefined) continue
        lostCount++
        for (const value of anywhere) all.anywhere.add(value)
      }
    }
    return all
  }

  const liar: Liar = {
    port: (server.address() as AddressInfo).port, damage: null, isSilent: false,
    get judgedCount() { return judgedCount },
    get lostCount() { return lostCount },
    forget() {
      // A frame that was not whole is the beginning of what comes next.
      said = [framesIn(speech, Buffer.concat(said)).rest]
      asked = []
      carried = null
    },
    hasSaid(tag, value) {
      carried ??= found()
      return carried.values.get(tag)?.has(value) === true || carried.anywhere.has(value)
    },
    end() { server.close(); for (const socket of sockets) socket.destroy() },
  }
  return liar
}
