/** How a verb reaches a gateway: its address, and a token that opens it. */

import { existsSync } from 'node:fs'
import type { Telling } from '../faces/access/audited.js'
import type { People } from '../faces/access/people.js'
import type { Tokens } from '../faces/access/tokens.js'
import { CliError } from '../faces/cli/exit.js'
import { type Gateway, type Pass, fixedPass } from '../faces/cli/gateway.js'
import { heldToken, keptToken, newHeldToken } from '../faces/cli/held-token.js'
import type { Where } from '../faces/cli/verb.js'
import { type Served, servedIn, urlOf } from '../faces/served.js'
import { configOf, placeOf } from './where.js'

export async function gatewayOf(where: Where): Promise<Gateway> {
  const environment = process.env['LINESIDE_TOKEN'] ?? null
  const url = where.url ?? process.env['LINESIDE_URL']
  if (url !== undefined && !/^https?:\/\/[^/]/.test(url)) throw new CliError('usage', `${JSON.stringify(url)} is no address of a gateway`, 'it is like http://192.168.0.10:8000')
  const authority = where.ca ?? process.env['LINESIDE_CA']
  if (url !== undefined) return { url: url.replace(/\/+$/, ''), trust: authority === undefined ? { of: 'known authorities' } : { of: 'authority', file: authority }, isHere: false, pass: fixedPass(environment) }
  if (where.ca !== undefined) throw new CliError('usage', '--ca says who vouches for a gateway elsewhere, and none was named', 'name it with --url; the one on this machine is known by its own certificate')
  const { directory } = await placeOf(where)
  const { url: at, certificateFile } = servedIn(directory) ?? await configuredOf(where)
  return { url: at, trust: certificateFile === null ? { of: 'known authorities' } : { of: 'itself', file: certificateFile }, isHere: true, pass: environment === null ? ownPass(where, directory) : fixedPass(environment) }
}

/** Where it would serve if it ran. */
async function configuredOf(where: Where): Promise<Served> {
  const { server } = await configOf(where)
  return { url: urlOf(server), certificateFile: server.tls?.cert_file ?? null }
}

/**
 * Whoever may write the data directory needs no token of a person: one of the command line's own lies there, for its owner alone.
 * Whether it holds the gateway says; only after a refusal is that looked up here, and another one made.
 */
function ownPass(where: Where, directory: string): Pass {
  let token = keptToken(directory)
  return {
    token: () => token,
    async renew() {
      if (!existsSync(directory)) return false
      const refused = token
      token = heldToken(await tokensOf(where), directory) ?? await newHeldToken(await auditedTokensOf(where), directory)
      return token !== refused
    },
  }
}

/** What becomes of a data directory that is not there yet: one of two boxes needs a token of the other before either starts for the first time. */
type Missing = 'refused' | 'made when it is missing'

/** The tokens of the data directory, whether its gateway runs or not. */
export async function tokensOf(where: Where, missing: Missing = 'refused'): Promise<Tokens> {
  const [{ openTokens }, { systemClock }, directory] = await Promise.all([import('../faces/access/tokens.js'), import('../base/clock.js'), dataOf(where, missing)])
  return openTokens(directory, systemClock)
}

/** The people who sign on by PIN, whether the gateway runs or not. */
export async function peopleOf(where: Where): Promise<People> {
  const [{ openPeople }, { systemClock }, directory] = await Promise.all([import('../faces/access/people.js'), import('../base/clock.js'), dataOf(where)])
  return openPeople(directory, systemClock)
}

/** The same for who changes them: the journal is told. */
export async function auditedTokensOf(where: Where, missing: Missing = 'refused'): Promise<Tokens> {
  const [{ auditedTokens }, tokens, telling] = await Promise.all([import('../faces/access/audited.js'), tokensOf(where, missing), tellingOf(where, missing)])
  return auditedTokens(tokens, telling)
}
export async function auditedPeopleOf(where: Where): Promise<People> {
  const [{ auditedPeople }, people, telling] = await Promise.all([import('../faces/access/audited.js'), peopleOf(where), tellingOf(where)])
  return auditedPeople(people, telling)
}

async function tellingOf(where: Where, missing: Missing = 'refused'): Promise<Telling> {
  const [{ openUntold }, { whoAsks }, { systemClock: clock }, directory] = await Promise.all([import('../faces/access/untold.js'), import('./who.js'), import('../base/clock.js'), dataOf(where, missing)])
  return { untold: openUntold(directory, clock), by: whoAsks(), clock }
}

async function dataOf(where: Where, missing: Missing = 'refused'): Promise<string> {
  const { file, directory } = await placeOf(where)
  // One that was mistyped is not made: the configuration says whose it is.
  const isMade = missing === 'made when it is missing' && where.data === undefined && existsSync(file)
  if (!existsSync(directory) && !isMade) throw new CliError('missing', `there is no data directory ${directory}`, 'start the gateway once, or name the directory with --data')
  return directory
}
