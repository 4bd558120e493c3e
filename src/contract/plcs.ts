/** How a PLC is described: what all have in common, and the options of each driver. */

import { code, duration, z } from './schema.js'

/** How often a tag is read: every cycle, or every so many. */
export const scanClasses = ['fast', 'normal', 'slow'] as const
export type ScanClass = (typeof scanClasses)[number]

const tagObject = z.strictObject({
  address: z.string().min(1).max(200).describe('where the value lives, in the grammar of the driver'),
  class: z.enum(scanClasses).default('normal').describe('fast = every cycle, normal = every cycle or every `normal_every`, slow = every `slow_every`'),
  unit: z.string().max(32).optional().describe('engineering unit, like parts/min'),
  writable: z.boolean().default(false).describe('nothing is ever written to a tag that does not say so'),
  record: z.boolean().optional().describe('keep its samples; default: kept when a signal uses it'),
})

/** `name: DB1,REAL4` is short for `name: { address: "DB1,REAL4" }`. */
export const tag = z.preprocess((value) => (typeof value === 'string' ? { address: value } : value), tagObject)

const common = {
  id: code.describe('the name of this PLC in signals, logs and screens'),
  cycle: duration.default(1_000).describe('how often it is read'),
  normal_every: z.int().min(1).max(1_000).default(1).describe('a normal tag is read every so many cycles; above 1 the fast ones are read more often than it'),
  slow_every: z.int().min(1).max(1_000).default(10).describe('a slow tag is read every so many cycles'),
  timeout: duration.optional().describe('how long a request may take; default: one cycle, at least 200ms, at most 1s'),
  isolation: z.enum(['family', 'process']).default('family').describe('share a thread of the gateway (drivers of our own) or a process (those with a library of others) with PLCs of its kind, or have a process of its own'),
  budget: z.strictObject({
    requests_per_second: z.int().min(1).default(500),
    bytes_per_second: z.int().min(1_000).default(500_000),
  }).prefault({}).describe('the most that this PLC is ever asked for over its one connection, also while it is opened again and again'),
  tags: z.record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_.-]{0,63}$/, 'a letter or "_", then letters, digits, "_", "." and "-", at most 64'), tag).describe('name → address'),
}

export const s7Plc = z.strictObject({
  ...common,
  driver: z.literal('s7'),
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(102),
  rack: z.int().min(0).max(7).default(0),
  slot: z.int().min(0).max(31).default(1).describe('1 for S7-1200/1500, 2 for S7-300, see the hardware configuration for S7-400'),
  connection: z.enum(['pg', 'op', 'basic']).default('basic').describe('which kind of connection slot of the CPU to take'),
  pdu: z.int().min(240).max(960).default(960).describe('the PDU to ask for, in bytes; the PLC answers with what it grants'),
  transport: z.enum(['pipelined', 'snap7']).default('pipelined').describe('pipelined: requests side by side, as many as the CPU grants; snap7: one after the other, through the snap7 library'),
})

export const eipPlc = z.strictObject({
  ...common,
  driver: z.literal('eip'),
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(44_818),
  processor: z.enum(['logix', 'micro800']).default('logix'),
  slot: z.int().min(0).max(31).default(0),
  transport: z.enum(['direct', 'st-ethernet-ip']).default('direct').describe('direct: a session of our own; st-ethernet-ip: through that library, wrapped in the same checks, at a slightly higher cost'),
})

export const modbusPlc = z.strictObject({
  ...common,
  driver: z.literal('modbus'),
  host: z.string().min(1),
  port: z.int().min(1).max(65_535).default(502),
  unit: z.int().min(0).max(255).default(1),
  word_order: z.enum(['big', 'little']).default('big').describe('which register of a 32- or 64-bit value comes first'),
  byte_order: z.enum(['big', 'little']).default('big'),
})

/** SHA-1, as OPC UA tools show it, or SHA-256; with or without colons. */
export const isThumbprint = (text: string): boolean => /^([0-9a-f]{2}:?){19}[0-9a-f]{2}$|^([0-9a-f]{2}:?){31}[0-9a-f]{2}$/i.test(text)

export const opcuaPlc = z.strictObject({
  ...common,
  driver: z.literal('opcua'),
  endpoint: z.string().regex(/^opc\.tcp:\/\/[^/\s:]+(:\d{1,5})?(\/\S*)?$/, 'an address like opc.tcp://192.168.0.10:4840'),
  security: z.enum(['none', 'sign', 'sign_and_encrypt']).default('sign_and_encrypt'),
  policy: z.enum(['basic256sha256', 'aes128_sha256_rsaoaep', 'aes256_sha256_rsapss']).default('basic256sha256').describe('without meaning where `security` is none'),
  trust: z.array(z.string().min(1)).default([]).describe('the certificate of the server: a file (PEM or DER), or its thumbprint (SHA-1 or SHA-256); what is not listed is not connected to'),
  user: z.string().min(1).max(256).optional().describe('default: anonymous'),
  password_file: z.string().optional().describe('a file with the password of `user`'),
  certificates: z.string().min(1).optional().describe('directory of our own certificate; default: `opcua` in the data directory'),
  reading: z.enum(['subscribe', 'poll']).default('subscribe').describe('subscribe: the server says what changes; poll: every value is asked for at every reading'),
})

export const tracePlc = z.strictObject({
  ...common,
  driver: z.literal('trace'),
  file: z.string().min(1).describe('a recorded trace to play back as if it were a PLC'),
  speed: z.number().positive().default(1).describe('how much faster than it was recorded'),
  loop: z.boolean().default(true).describe('begin anew at its end; else the PLC is gone then'),
})

export const plc = z.discriminatedUnion('driver', [s7Plc, eipPlc, modbusPlc, opcuaPlc, tracePlc])
export type Plc = z.output<typeof plc>
export type PlcOf<D extends Plc['driver']> = Extract<Plc, { driver: D }>
export type Tag = z.output<typeof tagObject>
