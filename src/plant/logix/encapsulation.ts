/** The EtherNet/IP frame (CIP volume 2, chapter 2): a head of 24 bytes, and within it the items of the common packet format. */

export const commands = { listIdentity: 0x63, registerSession: 0x65, unregisterSession: 0x66, sendRRData: 0x6f, sendUnitData: 0x70 } as const
export const itemTypes = { nothing: 0x00, connected: 0xa1, connectedData: 0xb1, unconnectedData: 0xb2 } as const
const HEAD = 24
/** Interface handle and timeout before the items. */
const ITEMS_HEAD = 6

export interface Frame {
  readonly command: number
  readonly session: number
  /** Eight bytes that go back as they came. */
  readonly context: Buffer
  readonly data: Buffer
}

export interface Item { readonly type: number; readonly data: Buffer }

/** A cutter: give it bytes as they come, and it gives whole frames on. */
export function framesOf(give: (frame: Frame) => void): (bytes: Buffer) => void {
  let rest: Buffer = Buffer.alloc(0)
  return (bytes) => {
    rest = rest.length === 0 ? bytes : Buffer.concat([rest, bytes])
    while (rest.length >= HEAD) {
      const end = HEAD + rest.readUInt16LE(2)
      if (rest.length < end) return
      const frame = rest.subarray(0, end)
      rest = rest.subarray(end)
      give({ command: frame.readUInt16LE(0), session: frame.readUInt32LE(4), context: frame.subarray(12, 20), data: frame.subarray(HEAD) })
    }
  }
}

export function frameOf({ command, session, context, data }: Frame, status = 0): Buffer {
  const head = Buffer.alloc(HEAD)
  head.writeUInt16LE(command)
  head.writeUInt16LE(data.length, 2)
  head.writeUInt32LE(session, 4)
  head.writeUInt32LE(status, 8)
  context.copy(head, 12)
  return Buffer.concat([head, data])
}

/** The items of a frame's data; `null` when they do not fill it. */
export function itemsOf(data: Buffer): Item[] | null {
  if (data.length < ITEMS_HEAD + 2) return null
  const items: Item[] = []
  let at = ITEMS_HEAD + 2
  for (let left = data.readUInt16LE(ITEMS_HEAD); left > 0; left--) {
    if (at + 4 > data.length) return null
    const end = at + 4 + data.readUInt16LE(at + 2)
    if (end > data.length) return null
    items.push({ type: data.readUInt16LE(at), data: data.subarray(at + 4, end) })
    at = end
  }
  return items
}

export function dataOf(items: readonly Item[]): Buffer {
  const head = Buffer.alloc(ITEMS_HEAD + 2)
  head.writeUInt16LE(items.length, ITEMS_HEAD)
  return Buffer.concat([head, ...items.map(({ type, data }) => {
    const itemHead = Buffer.alloc(4)
    itemHead.writeUInt16LE(type)
    itemHead.writeUInt16LE(data.length, 2)
    return Buffer.concat([itemHead, data])
  })])
}
