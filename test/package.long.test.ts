/** The Debian package: what it carries, and that it installs where there is nothing, not even a network. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import t from 'tap'
import { version } from '../src/version.js'

t.setTimeout(300_000)

const has = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
const noPackage: string | false = !has('dpkg-deb') ? 'there is no dpkg-deb on this machine'
  : !existsSync(new URL('../../dist/hmi/manifest.json', import.meta.url)) ? 'the screens were not bundled' : false
const noRoot: string | false = process.getuid?.() !== 0 ? 'only root may enter another root' : !has('debootstrap') ? 'there is no debootstrap on this machine' : false

async function said(child: ChildProcess): Promise<{ readonly code: number | null; readonly out: string }> {
  let out = ''
  child.stdout?.on('data', (chunk: Buffer) => { out += chunk.toString() })
  child.stderr?.on('data', (chunk: Buffer) => { out += chunk.toString() })
  const [code] = await once(child, 'close') as [number | null]
  return { code, out }
}

t.test('the package carries everything it needs', { skip: noPackage }, async (t) => {
  const directory = t.testdir({})
  const built = await said(spawn(new URL('../../packaging/build-deb', import.meta.url).pathname, [directory], { env: { ...process.env, XZ_LEVEL: '0' } }))
  t.equal(built.code, 0, built.out)
  const deb = join(directory, readFileSync(join(directory, 'SHA256SUMS'), 'utf8').trim().split(/\s+/)[1]!)
  t.equal(spawnSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: directory }).status, 0)
  const tree = join(directory, 'tree')
  t.equal(spawnSync('dpkg-deb', ['-R', deb, tree]).status, 0)
  t.equal(readFileSync(join(tree, 'DEBIAN/conffiles'), 'utf8'), '/etc/lineside/lineside.yaml\n')
  for (const script of ['preinst', 'postinst', 'prerm', 'postrm']) t.notMatch(readFileSync(join(tree, 'DEBIAN', script), 'utf8'), /\b(npm|node-gyp|curl|wget|apt)\b/, `${script} needs no network and no compiler`)
  const release = join(tree, 'opt/lineside/releases', version)
  // From a folder above which there are no packages, and with nothing but what it brings along.
  const alone = (...args: string[]) => spawnSync(join(release, 'node'), [join(release, 'app/dist/start/cli.js'), ...args], { cwd: '/', env: {}, encoding: 'utf8' })
  t.equal(alone('--version').stdout.trim(), version)
  t.match(alone('config', 'check', join(tree, 'etc/lineside/lineside.yaml')), { status: 0 })
  t.match(alone('plant', '--port', '0', '--logix', '0', '--control', '0', '--factor', '600', '--for', '1m'), { status: 0, stdout: /is served/ })

  await t.test('and installs in a Debian that is empty, without a network', { skip: noRoot }, async (t) => {
    const root = process.env['LINESIDE_DEBIAN'] ?? join(directory, 'debian')
    if (!existsSync(join(root, 'usr/bin/dpkg'))) {
      const made = spawnSync('debootstrap', ['--variant=minbase', 'bookworm', root], { encoding: 'utf8' })
      if (made.status !== 0) { t.comment(`debootstrap could not make one: ${made.stdout.trim().split('\n').at(-1) ?? ''}`); return }
    }
    // A network of its own has not even a loopback that is up.
    // tap puts flags for Node into the environment of whatever is started, and they name files of ours: in there the environment is empty.
    const inside = (...args: string[]) => spawnSync('unshare', ['--net', 'chroot', root, '/usr/bin/env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', ...args], { encoding: 'utf8' })
    spawnSync('cp', [deb, join(root, 'lineside.deb')])
    const installed = inside('dpkg', '--install', '/lineside.deb')
    t.equal(installed.status, 0, installed.stderr)
    t.equal(inside('lineside', '--version').stdout.trim(), version)
    t.match(inside('lineside', 'config', 'check'), { status: 0 })
    t.equal(inside('stat', '-c', '%U %a', '/var/lib/lineside').stdout.trim(), 'lineside 700')
    t.equal(inside('dpkg', '--remove', 'lineside').status, 0)
    t.ok(existsSync(join(root, 'var/lib/lineside')) && existsSync(join(root, 'etc/lineside/lineside.yaml')), 'what was removed can be put back')
    t.equal(inside('dpkg', '--purge', 'lineside').status, 0)
    t.notOk(existsSync(join(root, 'etc/lineside')) || existsSync(join(root, 'opt/lineside')))
  })
})
