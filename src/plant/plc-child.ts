/** The PLC in a process of its own: orders come from its parent, and it can be killed like a PLC that loses power. */

import { Fault, faultOf } from '../contract/faults.js'
import type { Answer, Order } from './orders.js'
import { Plc } from './plc.js'

let plc: Plc | null = null

process.on('message', (message: { id: number; order: Order }) => {
  void obey(message.order).then(
    (ports) => answer({ id: message.id, ...ports, fault: null }),
    (thrown: unknown) => {
      const { code, fields } = faultOf(thrown, 'PLC_PROTOCOL')
      answer({ id: message.id, ...noPorts, fault: { code, fields } })
    },
  )
})
// Nobody is left to give orders to a PLC whose parent is gone.
process.on('disconnect', () => process.exit(0))
// A signal to the terminal's process group is for the parent to act on.
process.on('SIGINT', () => {})

const answer = (text: Answer): void => { process.send?.(text) }

const noPorts = { port: null, logixPort: null }

async function obey(order: Order): Promise<Pick<Answer, 'port' | 'logixPort'>> {
  if (order.do === 'open') {
    plc = await Plc.open(order.options)
    return { port: plc.port, logixPort: plc.logixPort }
  }
  if (plc === null) throw new Fault('PLC_UNREACHABLE', { order: order.do })
  await plc.obey(order)
  return noPorts
}
