/** What structures are made of: the definitions that a controller keeps in its template class, read once each (1756-PM020, chapter 2). */

import { Fault } from '../../contract/faults.js'
import { templateAttributesRequest, templateBodyRequest } from './requests.js'
import type { EipSession } from './session.js'

export interface TemplateMember {
  readonly name: string
  /** As in the tag list: 0x8000 says structure, bits 13 and 14 count dimensions. */
  readonly type: number
  /** Elements of an array; 0 for a single value. */
  readonly length: number
}

const GOOD = 0x00
const MORE = 0x06
const MEMBER_BYTES = 8
/** The size in words counts more than the definition: 23 bytes of head and padding, says the manual. */
const HEAD_BYTES = 23
const DEFINITION_BYTES_MAX = 64 * 1024

export class Templates {
  readonly #session: EipSession
  readonly #plc: string
  readonly #requestMs: number
  readonly #known = new Map<number, readonly TemplateMember[]>()

  constructor(session: EipSession, plc: string, requestMs: number) {
    this.#session = session
    this.#plc = plc
    this.#requestMs = requestMs
  }

  /** Members that a program can name; those that hold the bits of others are left out. */
  async membersOf(id: number): Promise<readonly TemplateMember[]> {
    const known = this.#known.get(id)
    if (known !== undefined) return known
    const attributes = await this.#ask(templateAttributesRequest(id))
    const { frame, at } = attributes
    // Number, size in words and count of members, each behind its number and a status.
    if (attributes.status !== GOOD || at + 16 > frame.length) throw this.#senseless(id)
    const [words, count] = [frame.readUInt32LE(at + 6), frame.readUInt16LE(at + 14)]
    const bytes = 4 * words - HEAD_BYTES
    if (bytes < count * MEMBER_BYTES || bytes > DEFINITION_BYTES_MAX) throw this.#senseless(id)
    const members = membersIn(await this.#body(id, bytes), count)
    if (members === null) throw this.#senseless(id)
    this.#known.set(id, members)
    return members
  }

  async #body(id: number, bytes: number): Promise<Buffer> {
    let body: Buffer = Buffer.alloc(0)
    for (;;) {
      const reply = await this.#ask(templateBodyRequest(id, body.length, bytes - body.length))
      const piece = reply.frame.subarray(reply.at)
      if ((reply.status !== GOOD && reply.status !== MORE) || body.length + piece.length > bytes || (reply.status === MORE && piece.length === 0)) throw this.#senseless(id)
      body = Buffer.concat([body, piece])
      if (reply.status === GOOD) return body
    }
  }

  #ask(message: Buffer) { return this.#session.within(this.#requestMs, this.#session.ask(this.#session.frameOf(message))) }

  #senseless(id: number): Fault { return this.#session.fail(new Fault('PLC_PROTOCOL', { plc: this.#plc, detail: `the definition of structure ${id} makes no sense` })) }
}

/** Length, type and offset of each member, then the name of the structure and theirs, each ended by a zero. */
function membersIn(body: Buffer, count: number): TemplateMember[] | null {
  if (body.length < count * MEMBER_BYTES) return null
  const [, ...names] = body.toString('latin1', count * MEMBER_BYTES).split('\0')
  if (names.length < count) return null
  return Array.from({ length: count }, (_, i): TemplateMember => {
    const [info, type] = [body.readUInt16LE(i * MEMBER_BYTES), body.readUInt16LE(i * MEMBER_BYTES + 2)]
    return { name: names[i]!, type, length: ((type >> 13) & 3) === 0 ? 0 : info }
  }).filter(({ name }) => name !== '' && !/^(ZZZZZZZZZZ|__)/.test(name))
}
