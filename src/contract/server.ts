/** Where and how the gateway serves, and whose tokens open it beside its own. */

import { roles } from './roles.js'
import { bytes, duration, z } from './schema.js'

const jwt = z.strictObject({
  issuer: z.string().min(1).describe('`iss` of its tokens'),
  audience: z.string().min(1).describe('`aud` of tokens that are meant for this gateway'),
  jwks_file: z.string().optional().describe('its public keys (RFC 7517); read again when the file has changed'),
  jwks_url: z.url({ protocol: /^https?$/ }).optional().describe('where it gives its public keys'),
  role_claim: z.string().default('roles').describe('the claim that says what somebody may do; `a.b` is `b` inside `a`'),
  roles: z.record(z.string(), z.enum(roles)).describe('what that claim says, and the role it gives here; the first that fits counts'),
  name_claim: z.string().default('name'),
  lines_claim: z.string().optional().describe('the claim that lists the lines it reaches; default: all of them'),
})

export const server = z.strictObject({
  host: z.string().default('127.0.0.1').describe('a LAN address needs `tls` or `trusted_segment`'),
  port: z.int().min(0).max(65_535).default(8_000),
  adapter: z.enum(['uws', 'node']).default('uws').describe('uws: fastest, Node 20 on glibc; node: everywhere, streaming TLS'),
  tls: z.strictObject({ cert_file: z.string(), key_file: z.string() }).optional(),
  trusted_segment: z.boolean().default(false).describe('serve a LAN without TLS; shown as a warning in health'),
  allowed_origins: z.array(z.url()).default([]).describe('exact origins of other sites whose pages may connect'),
  socket_backlog: bytes.prefault('256KiB'),
  reading_interval: duration.default(1_000).describe('the most often one socket gets one reading of one equipment'),
  heartbeat: duration.default(5_000),
  jwt: jwt.optional().describe('the site\'s identity provider, whose tokens open this gateway beside its own; default: none'),
})

export type JwtConfig = z.output<typeof jwt>
