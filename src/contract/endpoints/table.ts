/** The route table: every endpoint by name. Router, checks, OpenAPI, typed clients and the command line come from it. */

import type { z } from '../schema.js'
import { access } from './access.js'
import { analytics } from './analytics.js'
import { andons } from './andons.js'
import { box } from './box.js'
import type { Asks, Endpoint, Tells } from './endpoint.js'
import { control } from './control.js'
import { corrections } from './corrections.js'
import { explain } from './explain.js'
import { jobs } from './jobs.js'
import { plan } from './plan.js'
import { plant } from './plant.js'
import { production } from './production.js'
import { service } from './service.js'
import { settings } from './settings.js'
import { sockets } from './sockets.js'
import { standby } from './standby.js'
import { stops } from './stops.js'
import { upstreams } from './upstreams.js'

export const table = { ...production, ...jobs, ...stops, ...corrections, ...andons, ...analytics, ...control, ...explain, ...plant, ...sockets, ...upstreams, ...plan, ...settings, ...box, ...access, ...standby, ...service } as const

type Table = typeof table
export type EndpointName = keyof Table
export type AskName = { [N in EndpointName]: Table[N] extends Tells ? never : N }[EndpointName]
export type TellName = Exclude<EndpointName, AskName>
export type ParamsOf<N extends AskName> = Table[N] extends Asks<infer P> ? z.output<P> : never
export type QueryOf<N extends AskName> = Table[N] extends Asks<z.ZodObject, infer Q> ? z.output<Q> : never
export type DataOf<N extends AskName> = Table[N] extends Asks<z.ZodObject, z.ZodObject, infer D> ? z.output<D> : never

export const endpointNames = Object.keys(table) as readonly EndpointName[]
export const endpoints = Object.entries(table) as unknown as readonly (readonly [EndpointName, Endpoint])[]
