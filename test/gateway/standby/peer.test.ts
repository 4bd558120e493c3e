/** The other box asked over TLS: only one that the site vouches for is spoken to, and only it gets the token. */

import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import t from 'tap'
import type { StandbyConfig } from '../../../src/contract/config.js'
import { Fault } from '../../../src/contract/faults.js'
import type { BeatAnswer } from '../../../src/contract/standby.js'
import { openPeer } from '../../../src/gateway/standby/peer.js'
import { authorityIn } from '../../support/authority.js'
import { folderOf } from '../../support/folder.js'

t.setTimeout(240_000)

const answer: BeatAnswer = { role: 'active', box: 'a', epoch: '0000000000000001', epochs: [], seq: 7, version: '0', goes_on: [], stamp: 'a 0 0', leased: false, ordering: false, house: 'h' }
const beat = { box: 'b', epoch: null, seq: 0, lease_ms: 0, stamp: null, forks: [], leaving: false }

t.test('a box is asked over TLS when the authority of the site vouches for it, and not otherwise', async (t) => {
  const directory = folderOf(t, { site: {}, strange: {} })
  const site = authorityIn(join(directory, 'site'))
  const strange = authorityIn(join(directory, 'strange'), 'somebody')
  const { certFile, keyFile } = site.issue('box-a')
  const tokens: (string | undefined)[] = []
  const server = createServer({ cert: readFileSync(certFile), key: readFileSync(keyFile) }, (request, response) => {
    tokens.push(request.headers.authorization)
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({ data: { ...answer, later: 'than this version' } }))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const tokenFile = join(directory, 'token')
  writeFileSync(tokenFile, 'first\n')
  const { port } = server.address() as AddressInfo
  const config: StandbyConfig = { box: 'b', role: 'standby', peer: `https://127.0.0.1:${port}`, token_file: tokenFile, takeover: 'on_silence', silence: 10_000 }
  const trusting = openPeer({ ...config, ca_file: site.caFile })
  const others = [openPeer(config), openPeer({ ...config, ca_file: strange.caFile })]
  t.teardown(async () => {
    for (const peer of [trusting, ...others]) peer.close()
    server.closeAllConnections()
    await new Promise((resolve) => { server.close(resolve) })
  })

  for (const other of others) {
    const refused = await other.beat(beat, 60_000).then(() => null, (thrown: unknown) => thrown)
    t.ok(refused instanceof Fault && refused.code === 'STANDBY_UNREACHABLE', 'nobody here vouches for it')
  }
  t.strictSame(tokens, [], 'and no token went out')
  t.match(await trusting.beat(beat, 60_000), { role: 'active', seq: 7 })
  writeFileSync(tokenFile, 'second\n')
  await trusting.beat(beat, 60_000)
  t.strictSame(tokens, ['Bearer first', 'Bearer second'], 'a token that was changed is used at once')
  t.match(await trusting.handOver().then(() => null, (thrown: unknown) => thrown), { code: 'BOX_VERSIONS', fields: { why: /standby\/handover: place / } }, 'an answer that lacks what is needed is none')
})
