/** The site's identity provider: who shows a JSON Web Token of it (RFC 7519) acts with the role that the configuration gives to what the token claims. */

import { readFileSync, statSync } from 'node:fs'
import { type JSONWebKeySet, type JWTPayload, type JWTVerifyGetKey, createLocalJWKSet, createRemoteJWKSet, jwtVerify } from 'jose'
import type { Clock } from '../../base/clock.js'
import { limits } from '../../base/limits.js'
import type { Log } from '../../base/log.js'
import { type Instant, instant, later } from '../../base/units.js'
import type { Actor } from '../../contract/roles.js'
import type { JwtConfig } from '../../contract/server.js'

export interface Identity {
  /** Who stands behind a token that was introduced and still holds; `null` otherwise. */
  actorOf(token: string): Actor | null
  /** Does the token still hold with which this actor came? */
  holds(id: string): boolean
  /** Verifies what may be a token of the provider and is not known yet: resolves when `actorOf` can tell. `null` when there is nothing to wait for. */
  introduce(token: string): Promise<void> | null
}

interface Known { readonly actor: Actor; readonly until: Instant }

/** Signatures of a key pair alone: what can be checked with a shared secret could also be made with it. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']
const LOOKS_LIKE_ONE = /^[\w-]+\.[\w-]+\.[\w-]+$/
/** Clocks of two computers differ a little. */
const SKEW_SECONDS = 5

export function openIdentity(config: JwtConfig, clock: Clock, log: Log): Identity {
  const keys = keysOf(config)
  const known = new Map<string, Known>()
  const holding = new Map<string, Instant>()
  const underWay = new Map<string, Promise<void>>()

  async function verify(token: string): Promise<void> {
    try {
      const { payload } = await jwtVerify(token, keys, {
        issuer: config.issuer, audience: config.audience, algorithms: ALGORITHMS, clockTolerance: SKEW_SECONDS, currentDate: new Date(clock.now()), requiredClaims: ['exp', 'sub'],
      })
      const actor = actorOf(payload, config)
      if (actor === null) { log.warn('a token of the identity provider has no role here', { subject: payload.sub, claim: config.role_claim }); return }
      // However long the provider believes its token, it is looked at again after a while.
      const until = instant(Math.min(payload.exp! * 1_000, later(clock.now(), limits.identityMs)))
      if (known.size >= limits.identitiesMax) { known.clear(); holding.clear() }
      known.set(token, { actor, until })
      holding.set(actor.id, until)
    } catch (thrown) {
      // What is wrong with a token is not told to who shows it; whoever runs the gateway finds it here.
      log.warn('a token of the identity provider is refused', { detail: thrown instanceof Error ? thrown.message : String(thrown) })
    } finally {
      underWay.delete(token)
    }
  }

  const good = (until: Instant | undefined): boolean => until !== undefined && clock.now() < until

  return {
    actorOf(token) {
      const found = known.get(token)
      return found !== undefined && good(found.until) ? found.actor : null
    },
    holds: (id) => good(holding.get(id)),
    introduce(token) {
      if (!LOOKS_LIKE_ONE.test(token) || good(known.get(token)?.until)) return null
      const waiting = underWay.get(token)
      // Beyond the bound a stranger stays a stranger: checking signatures must not become the work of the gateway.
      if (waiting !== undefined || underWay.size >= limits.introductionsMax) return waiting ?? null
      const introduced = verify(token)
      underWay.set(token, introduced)
      return introduced
    },
  }
}

/** From a file that is read again when it has changed, or from the provider, which is asked again when a token names a key that is not there. */
function keysOf({ jwks_file: path, jwks_url: url }: JwtConfig): JWTVerifyGetKey {
  if (path === undefined) return createRemoteJWKSet(new URL(url!), { timeoutDuration: limits.identityKeysMs })
  let stamp = ''
  let inFile: JWTVerifyGetKey
  return (header, token) => {
    const { mtimeMs, size, ino } = statSync(path)
    const now = `${mtimeMs} ${size} ${ino}`
    // What is no set of keys is refused there.
    if (now !== stamp) inFile = createLocalJWKSet(JSON.parse(readFileSync(path, 'utf8')) as JSONWebKeySet)
    stamp = now
    return inFile(header, token)
  }
}

function actorOf(payload: JWTPayload, { role_claim, roles, name_claim, lines_claim }: JwtConfig): Actor | null {
  const claimed = textsOf(claimIn(payload, role_claim))
  const role = Object.entries(roles).find(([value]) => claimed.includes(value))?.[1]
  if (role === undefined) return null
  const [name = payload.sub!] = textsOf(claimIn(payload, name_claim))
  // Where tokens are to say which lines they reach, one that says nothing reaches none.
  return { id: `idp/${payload.sub}`, name: name.slice(0, 200), role, lines: lines_claim === undefined ? null : textsOf(claimIn(payload, lines_claim)) }
}

/** `realm_access.roles` is a claim of that name, or one inside another. */
function claimIn(payload: JWTPayload, path: string): unknown {
  if (path in payload) return payload[path]
  return path.split('.').reduce<unknown>((within, name) => typeof within === 'object' && within !== null ? (within as Record<string, unknown>)[name] : undefined, payload)
}

/** Providers write one value as a text, several as a list, or with spaces between. */
function textsOf(claim: unknown): readonly string[] {
  if (typeof claim === 'string') return [claim, ...claim.split(' ')].filter((text, i, all) => text !== '' && all.indexOf(text) === i)
  return Array.isArray(claim) ? claim.filter((text) => typeof text === 'string') : []
}
