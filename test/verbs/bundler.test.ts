import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { bundler } from '../../src/verbs/bundler.js'
import { folderOf } from '../support/folder.js'

/** Stands for the command: says who made it and how it was called, but no sooner than it is let. */
const SLOW = `
  import { existsSync, writeFileSync } from 'node:fs'
  const [words, name] = ['support-bundle', process.argv[3]]
  writeFileSync(process.argv.at(-1) + '/begun', '')
  while (!existsSync(process.argv.at(-1) + '/let')) await new Promise((done) => setTimeout(done, 5))
  writeFileSync(name, JSON.stringify({ pid: process.pid, words: process.argv.slice(2), token: process.env.LINESIDE_TOKEN ?? null }))
`
const until = async (holds: () => boolean): Promise<void> => { while (!holds()) await turn() }
const isThere = (path: string) => () => { try { readFileSync(path); return true } catch { return false } }

t.test('a bundle is made by another process, and who asks meanwhile gets the same', async (t) => {
  const data = folderOf(t, { 'slow.mjs': SLOW })
  process.env['LINESIDE_TOKEN'] = 'of somebody else'
  t.teardown(() => { delete process.env['LINESIDE_TOKEN'] })
  const bundle = bundler({ config: '/etc/line.yaml', data }, { program: [process.execPath, join(data, 'slow.mjs')], waitMs: 600_000 })
  const [one, other] = [bundle(), bundle()]
  // This thread turns on while the journal is read over there: it is what lets the other one end.
  await until(isThere(join(data, 'begun')))
  writeFileSync(join(data, 'let'), '')
  const { pid, words, token } = JSON.parse((await one)!.toString()) as { pid: number; words: readonly string[]; token: string | null }
  t.not(pid, process.pid)
  t.match(words, ['support-bundle', /bundle\.json\.gz$/, '--config', '/etc/line.yaml', '--data', data])
  t.equal(token, null)
  t.equal(await other, await one)
  t.not((JSON.parse((await bundle())!.toString()) as { pid: number }).pid, pid, 'the next one is made anew')
})

t.test('whoever would wait too long is told so, and finds the one that they asked for when they come again', async (t) => {
  const data = folderOf(t, { 'slow.mjs': SLOW })
  const bundle = bundler({ data }, { program: [process.execPath, join(data, 'slow.mjs')], waitMs: 20 })
  t.equal(await bundle(), null)
  t.equal(await bundle(), null)
  await until(isThere(join(data, 'begun')))
  writeFileSync(join(data, 'let'), '')
  let made: Buffer | null = null
  while (made === null) made = await bundle()
  const { pid } = JSON.parse(made.toString()) as { pid: number }
  let next: Buffer | null = null
  while (next === null) next = await bundle()
  t.not((JSON.parse(next.toString()) as { pid: number }).pid, pid, 'it is handed over once')
})

t.test('what the command says is why there is none', async (t) => {
  const data = folderOf(t, { 'fails.mjs': 'console.error("lineside: the disk is full"); process.exit(1)' })
  await t.rejects(bundler({ data }, { program: [process.execPath, join(data, 'fails.mjs')], waitMs: 600_000 })(), /no support bundle was made: lineside: the disk is full/)
})
