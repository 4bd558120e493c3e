/** A broker that does what a test tells it to, packet by packet: for what no sound broker does. */

import { createServer, type Socket } from 'node:net'
import mqttPacket, { type IConnectPacket, type IPublishPacket, type Packet } from 'mqtt-packet'

export interface Seen { readonly packets: readonly Packet[]; readonly connects: readonly IConnectPacket[]; readonly publishes: readonly IPublishPacket[]; readonly pings: number; readonly inFlightMax: number }

export interface Script {
  /** Answer to the nth CONNECT, from 0. `null`: say nothing. */
  connack?: (n: number) => { readonly reasonCode: number; readonly properties?: object } | null
  /** Answer to a PUBLISH, after so many milliseconds; `null`: never. */
  puback?: (publish: IPublishPacket) => { readonly reasonCode: number; readonly afterMs: number } | null
  /** After a CONNACK: how long until the broker drops the connection. */
  dropAfterMs?: number
}

export interface ScriptedBroker {
  readonly url: string
  readonly seen: Seen
  script: Script
  /** Publishes to whoever is connected, retained messages as such. */
  say(topic: string, payload: string | Buffer, retain?: boolean): void
  stop(): Promise<void>
}

const welcome: NonNullable<Script['connack']> = () => ({ reasonCode: 0 })

export async function startScriptedBroker(script: Script = {}): Promise<ScriptedBroker> {
  const seen = { packets: [] as Packet[], connects: [] as IConnectPacket[], publishes: [] as IPublishPacket[], pings: 0, inFlightMax: 0 }
  const sockets = new Set<Socket>()
  const sends = new Map<Socket, (packet: Packet) => void>()
  const broker = { script }
  const server = createServer((socket) => {
    sockets.add(socket)
    const parser = mqttPacket.parser()
    let protocolVersion = 5
    let inFlight = 0
    const send = (packet: Packet): void => { if (!socket.destroyed) socket.write(mqttPacket.generate(packet, { protocolVersion })) }
    sends.set(socket, send)
    parser.on('packet', (packet) => {
      seen.packets.push(packet)
      if (packet.cmd === 'connect') {
        protocolVersion = packet.protocolVersion ?? 4
        const answer = (broker.script.connack ?? welcome)(seen.connects.push(packet) - 1)
        if (answer === null) return
        send({ cmd: 'connack', sessionPresent: false, reasonCode: answer.reasonCode, returnCode: answer.reasonCode, properties: answer.properties ?? {} })
        if (answer.reasonCode !== 0) socket.end()
        else if (broker.script.dropAfterMs !== undefined) setTimeout(() => { socket.destroy() }, broker.script.dropAfterMs)
      } else if (packet.cmd === 'subscribe') send({ cmd: 'suback', messageId: packet.messageId!, granted: packet.subscriptions.map(() => 1) })
      else if (packet.cmd === 'pingreq') {
        seen.pings++
        send({ cmd: 'pingresp' })
      } else if (packet.cmd === 'publish') {
        seen.publishes.push(packet)
        if (packet.qos === 0) return
        seen.inFlightMax = Math.max(seen.inFlightMax, ++inFlight)
        const answer = (broker.script.puback ?? (() => ({ reasonCode: 0, afterMs: 0 })))(packet)
        if (answer !== null) setTimeout(() => { inFlight--; send({ cmd: 'puback', messageId: packet.messageId!, reasonCode: answer.reasonCode }) }, answer.afterMs)
      }
    })
    socket.on('data', (data) => { parser.parse(data) })
    socket.on('error', () => undefined)
    socket.on('close', () => { sockets.delete(socket); sends.delete(socket) })
  })
  await new Promise<void>((resolve) => { server.listen(0, '127.0.0.1', resolve) })
  const { port } = server.address() as { readonly port: number }
  return Object.assign(broker, {
    url: `mqtt://127.0.0.1:${port}`, seen,
    say(topic: string, payload: string | Buffer, retain = false) { for (const send of sends.values()) send({ cmd: 'publish', topic, payload, qos: 0, retain, dup: false }) },
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => { server.close(resolve) })
    },
  })
}
