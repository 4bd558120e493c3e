/** The files that the bundler made for browsers, read once and kept with their compressed forms. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { z } from '../../contract/schema.js'
import type { HttpReply, HttpRequest } from '../http.js'

const manifest = z.strictObject({
  build: z.string(),
  /** The page of each entry, as it is sent: `index`, `board`. */
  pages: z.strictObject({ index: z.string(), board: z.string() }),
  /** Name below `/assets/` → media type, and which compressed forms lie beside it. */
  files: z.record(z.string(), z.strictObject({ media: z.string(), compressed: z.boolean() })),
})

export interface Assets {
  /** Changes with every change of the screens. */
  readonly build: string
  readonly pages: { readonly index: string; readonly board: string }
  /** `null` when there is no such file. */
  reply(name: string, request: HttpRequest): HttpReply | null
}

interface Asset { readonly plain: HttpReply; readonly br: HttpReply | null; readonly gzip: HttpReply | null }

/** `null` when the screens were not built. */
export function openAssets(directory: string): Assets | null {
  const text = readIf(join(directory, 'manifest.json'))
  if (text === null) return null
  const { build, pages, files } = manifest.parse(JSON.parse(text.toString('utf8')))
  const assets = new Map(Object.entries(files).map(([name, { media, compressed }]) => [name, assetOf(join(directory, name), media, compressed)]))
  return {
    build, pages,
    reply(name, request) {
      const asset = assets.get(name)
      if (asset === undefined) return null
      const accepted = request.header('accept-encoding')
      if (/\bbr\b/.test(accepted) && asset.br !== null) return asset.br
      return /\bgzip\b/.test(accepted) && asset.gzip !== null ? asset.gzip : asset.plain
    },
  }
}

function assetOf(path: string, media: string, compressed: boolean): Asset {
  const headers = (coding: string | null): HttpReply['headers'] => [
    ['Content-Type', media],
    // The name holds a hash of the content: what has this name never changes.
    ['Cache-Control', 'public, max-age=31536000, immutable'],
    ['X-Content-Type-Options', 'nosniff'],
    ['Vary', 'Accept-Encoding'],
    ...(coding === null ? [] : [['Content-Encoding', coding] as const]),
  ]
  const form = (ending: string, coding: string | null): HttpReply => ({ status: 200, headers: headers(coding), body: readFileSync(path + ending) })
  return { plain: form('', null), br: compressed ? form('.br', 'br') : null, gzip: compressed ? form('.gz', 'gzip') : null }
}

function readIf(path: string): Buffer | null {
  try { return readFileSync(path) } catch { return null }
}
