/** Sparkplug B payloads: what we say of the protocol buffers of `sparkplug_b.proto`, written and read by hand. Sparkplug 3.0, section 6.4. */

/** The data types we use, by the numbers of Sparkplug 3.0, section 6.4.16. */
export const dataTypes = { Int64: 4, Double: 10, Boolean: 11, String: 12 } as const
export type DataType = keyof typeof dataTypes

export type MetricValue = number | boolean | string | null

/** Births name a metric, its alias and its type; data has the alias alone. */
export interface Metric {
  readonly name?: string
  readonly alias?: number
  readonly type: DataType
  /** In births only; a host knows it from there. */
  readonly saysType: boolean
  /** Milliseconds since 1970, UTC. */
  readonly at: number
  readonly value: MetricValue
  /** From before this session: it must not move what a host shows. */
  readonly isHistorical?: boolean
}

export interface Payload {
  readonly at: number
  readonly metrics: readonly Metric[]
  /** 0 to 255; absent in a death of the node. */
  readonly seq?: number
}

/* Field numbers of the two messages. */
const PAYLOAD = { timestamp: 1, metrics: 2, seq: 3 } as const
const METRIC = { name: 1, alias: 2, timestamp: 3, datatype: 4, isHistorical: 5, isNull: 7, int: 10, long: 11, float: 12, double: 13, boolean: 14, string: 15 } as const
/* Wire types of protocol buffers. */
const VARINT = 0
const FIXED64 = 1
const BYTES = 2
const FIXED32 = 5

export function encode({ at, metrics, seq }: Payload): Buffer {
  const parts: Buffer[] = [number(PAYLOAD.timestamp, at)]
  for (const metric of metrics) parts.push(bytes(PAYLOAD.metrics, encodeMetric(metric)))
  if (seq !== undefined) parts.push(number(PAYLOAD.seq, seq))
  return Buffer.concat(parts)
}

function encodeMetric({ name, alias, at, type, saysType, isHistorical, value }: Metric): Buffer {
  const parts: Buffer[] = []
  if (name !== undefined) parts.push(bytes(METRIC.name, Buffer.from(name)))
  if (alias !== undefined) parts.push(number(METRIC.alias, alias))
  parts.push(number(METRIC.timestamp, at))
  if (saysType) parts.push(number(METRIC.datatype, dataTypes[type]))
  if (isHistorical === true) parts.push(number(METRIC.isHistorical, 1))
  parts.push(value === null ? number(METRIC.isNull, 1) : encodeValue(type, value))
  return Buffer.concat(parts)
}

function encodeValue(type: DataType, value: number | boolean | string): Buffer {
  switch (type) {
    case 'Int64': return number(METRIC.long, Number(value))
    case 'Double': {
      const double = Buffer.alloc(8)
      double.writeDoubleLE(Number(value))
      return Buffer.concat([tag(METRIC.double, FIXED64), double])
    }
    case 'Boolean': return number(METRIC.boolean, value === true ? 1 : 0)
    case 'String': return bytes(METRIC.string, Buffer.from(String(value)))
  }
}

const tag = (field: number, wire: number): Buffer => varint(BigInt(field * 8 + wire))
const number = (field: number, value: number): Buffer => Buffer.concat([tag(field, VARINT), varint(BigInt(value))])
const bytes = (field: number, value: Buffer): Buffer => Buffer.concat([tag(field, BYTES), varint(BigInt(value.length)), value])

/** Seven bits a byte, lowest first. A negative number is its two's complement of 64 bits, as an INT64 travels in Sparkplug. */
function varint(value: bigint): Buffer {
  const parts: number[] = []
  let rest = BigInt.asUintN(64, value)
  for (; rest > 127n; rest >>= 7n) parts.push(Number(rest & 127n) | 128)
  parts.push(Number(rest))
  return Buffer.from(parts)
}

/** What a host may write to us: names or aliases, and what they are set to. */
export interface Written {
  readonly name: string | null
  readonly alias: number | null
  readonly value: MetricValue
}

/** The metrics of a command; `null` for what is no payload. */
export function decode(payload: Buffer): readonly Written[] | null {
  try {
    return fieldsOf(payload).flatMap(({ field, value }) => (field === PAYLOAD.metrics && Buffer.isBuffer(value) ? [writtenIn(value)] : []))
  } catch (thrown) {
    if (thrown instanceof RangeError) return null
    throw thrown
  }
}

function writtenIn(metric: Buffer): Written {
  const written: { name: string | null; alias: number | null; value: MetricValue } = { name: null, alias: null, value: null }
  for (const { field, value } of fieldsOf(metric)) {
    if (field === METRIC.name) written.name = String(value)
    else if (field === METRIC.alias) written.alias = Number(value)
    else if (field === METRIC.boolean) written.value = value !== 0n
    else if (field === METRIC.string) written.value = String(value)
    else if (field === METRIC.int || field === METRIC.long) written.value = Number(value)
    else if (field === METRIC.double && Buffer.isBuffer(value)) written.value = value.readDoubleLE(0)
    else if (field === METRIC.float && Buffer.isBuffer(value)) written.value = value.readFloatLE(0)
  }
  return written
}

interface Field { readonly field: number; readonly value: bigint | Buffer }

/** Throws a RangeError when the bytes end too early or are of a wire type that nobody uses. */
function fieldsOf(message: Buffer): Field[] {
  const fields: Field[] = []
  let at = 0
  const take = (count: number): Buffer => {
    if (at + count > message.length) throw new RangeError('the message ends within a field')
    at += count
    return message.subarray(at - count, at)
  }
  const read = (): bigint => {
    let value = 0n
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const part = take(1)[0]!
      value |= BigInt(part & 127) << shift
      if (part < 128) return BigInt.asUintN(64, value)
    }
    throw new RangeError('a number of more than 64 bits')
  }
  while (at < message.length) {
    const key = Number(read())
    const wire = key % 8
    const value = wire === VARINT ? read() : wire === FIXED64 ? take(8) : wire === BYTES ? take(Number(read())) : wire === FIXED32 ? take(4) : null
    if (value === null) throw new RangeError('a wire type that nobody uses')
    fields.push({ field: Math.floor(key / 8), value })
  }
  return fields
}
