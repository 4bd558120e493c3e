/** An MES at a broker: asks a gateway and waits for the answer, in MQTT 5 or in 3.1.1. Its client is not ours, so that both ends do not share a mistake. */

import { randomBytes } from 'node:crypto'
import mqtt, { type IClientPublishOptions } from 'mqtt'
import type { PullAnswer } from '../../src/contract/pull.js'
import { until } from './child.js'

export interface Answer extends PullAnswer {
  /** As the property says it; `null` in 3.1.1. */
  readonly correlation: string | null
}

export interface Mes {
  /** Rejects when nothing came within some seconds. */
  ask(operation: string, body: object): Promise<Answer>
  /** Says anything anywhere. */
  say(topic: string, payload: string | Buffer, options?: IClientPublishOptions): Promise<void>
  readonly heard: readonly { readonly topic: string; readonly payload: Buffer; readonly retain: boolean }[]
  readonly answers: readonly Answer[]
  leave(): Promise<void>
}

export interface MesOptions { readonly url: string; readonly gateway: string; readonly version?: 4 | 5; readonly root?: string; readonly listens?: readonly string[]; readonly hears?: (topic: string, payload: Buffer) => void; /** The broker keeps what it missed, also over a restart of its own. */ readonly stays?: boolean }

export async function openMes({ url, gateway, version = 5, root = 'lineside/v1', listens = [], hears, stays = false }: MesOptions): Promise<Mes> {
  const name = `mes-${randomBytes(3).toString('hex')}`
  const place = `${root}/${gateway}/res/${name}`
  const heard: { topic: string; payload: Buffer; retain: boolean }[] = []
  const answers: Answer[] = []
  const client = await mqtt.connectAsync(url, { clientId: name, protocolVersion: version, reconnectPeriod: 200, ...(stays ? { clean: false, properties: { sessionExpiryInterval: 600 } } : {}) })
  client.on('message', (topic, payload, { retain, properties }) => {
    if (topic !== place) {
      if (hears === undefined) heard.push({ topic, payload, retain })
      else hears(topic, payload)
      return
    }
    answers.push({ ...JSON.parse(payload.toString()) as PullAnswer, correlation: properties?.correlationData?.toString() ?? null })
  })
  await client.subscribeAsync([place, ...listens], { qos: 1 })
  let count = 0
  return {
    heard, answers,
    async ask(operation, body) {
      const cid = `${++count}`
      const said = version === 5 ? body : { ...body, re: place, cid }
      const properties = version === 5 ? { properties: { responseTopic: place, correlationData: Buffer.from(cid) } } : {}
      await client.publishAsync(`${root}/${gateway}/cmd/${operation}`, JSON.stringify(said), { qos: 1, ...properties })
      const isOurs = (answer: Answer): boolean => (answer.correlation ?? answer.cid) === cid
      await until(`an answer to ${operation}`, () => answers.some(isOurs))
      return answers.find(isOurs)!
    },
    async say(topic, payload, options = { qos: 1 }) { await client.publishAsync(topic, payload, options) },
    async leave() { await client.endAsync(true) },
  }
}
