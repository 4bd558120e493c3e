/** Whose work is in the package: a list of licences, and a bill of materials (CycloneDX). Takes the two files to write; VERSION is that of the package. */

import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

const root = resolve(dirname(fileURLToPath(import.meta.url)), '..')
const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'))
/** Browsers get these out of the bundle of the screens, so they are shipped although nothing of ours runs them. */
const screens = ['preact', '@preact/signals', 'uplot', '@fontsource-variable/inter']
/** OPC UA is installed by whoever needs it. */
const isAbsent = (path) => path.includes('opcua')

/** By its place in node_modules. */
const shipped = new Map(Object.entries(packages).filter(([path, one]) => path !== '' && one.dev !== true && !isAbsent(path)))
function ship(name) {
  const path = `node_modules/${name}`
  if (packages[path] === undefined) throw new Error(`${name} is not in package-lock.json`)
  shipped.set(path, packages[path])
  for (const needed of Object.keys(packages[path].dependencies ?? {})) if (!shipped.has(`node_modules/${needed}`)) ship(needed)
}
for (const name of screens) ship(name)

const nameOf = (path) => path.replace(/^.*node_modules\//, '')
const rows = [...shipped].map(([path, { name, version, license, integrity }]) => ({ name: name ?? nameOf(path), version, license: license ?? null, integrity: integrity ?? null }))
rows.push({ name: 'node', version: process.versions.node, license: 'MIT', integrity: null })
const found = [...new Map(rows.map((row) => [`${row.name}@${row.version}`, row])).values()].sort((a, b) => (`${a.name}@${a.version}` < `${b.name}@${b.version}` ? -1 : 1))

const [licences, sbom] = process.argv.slice(2)
writeFileSync(licences, found.map(({ name, version, license }) => `${name} ${version}: ${license ?? 'it does not say'}\n`).join(''))
writeFileSync(sbom, `${JSON.stringify({
  bomFormat: 'CycloneDX', specVersion: '1.5', version: 1,
  metadata: { component: { 'type': 'application', 'bom-ref': 'lineside', 'name': 'lineside', 'version': process.env.VERSION ?? packages[''].version, 'licenses': [{ license: { id: 'Apache-2.0' } }] } },
  components: found.map(({ name, version, license, integrity }) => ({
    'type': name === 'node' ? 'platform' : 'library', 'bom-ref': `${name}@${version}`, name, version,
    'purl': name === 'node' ? `pkg:generic/node@${version}` : `pkg:npm/${name.replace('@', '%40')}@${version}`,
    ...(license === null ? {} : { licenses: [{ expression: license }] }),
    ...(integrity?.startsWith('sha512-') ? { hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.slice(7), 'base64').toString('hex') }] } : {}),
  })),
}, null, 1)}\n`)
