/** The Debian package: what it carries, and that it installs where there is nothing, not even a network. */

import { type ChildProcess, type SpawnSyncReturns, spawn, spawnSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { once } from 'node:events'
import { appendFileSync, cpSync, existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { homedir } from 'node:os'
import { dirname, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { version } from '../src/version.js'
import { folderOf } from './support/folder.js'

t.setTimeout(600_000)

const has = (command: string): boolean => spawnSync('sh', ['-c', `command -v ${command}`]).status === 0
const noPackage: string | false = !has('dpkg-deb') ? 'there is no dpkg-deb on this machine'
  : !existsSync(new URL('../../dist/hmi/manifest.json', import.meta.url)) ? 'the screens were not bundled' : false
const noRoot: string | false = process.getuid?.() !== 0 ? 'only root may enter another root' : !has('debootstrap') ? 'there is no debootstrap on this machine' : false

const BUILD = new URL('../../packaging/build-deb', import.meta.url).pathname
/** Says whether and by what the kernel starts programs of arm64: with the flag F also in another root. */
const BINFMT = '/proc/sys/fs/binfmt_misc/qemu-aarch64'
const NEXT = '0.98.0'
const BROKEN = '0.99.0'
const arch = process.arch === 'x64' ? 'amd64' : process.arch

/** Nothing in another root starts services: this does in its place what the unit says. */
const SERVICE_MANAGER = `#!/bin/sh
pid=/run/lineside.pid
alive() { [ -e $pid ] && kill -0 "$(cat $pid)" 2> /dev/null; }
start() { alive || { setsid setpriv --reuid lineside --regid lineside --clear-groups $(sed -n 's/^ExecStart=//p' /lib/systemd/system/lineside.service) > /run/lineside.log 2>&1 < /dev/null & echo $! > $pid; }; }
stop() { ! alive || kill "$(cat $pid)"; while alive; do sleep 0.1; done; rm -f $pid; }
case "$1" in
  is-active) alive ;;
  start) start ;;
  stop) stop ;;
  try-restart) if alive; then stop; start; fi ;;
esac
`

/** A key to sign releases with: \`NAME.pem\`, and its public half \`NAME.pub\`. */
function keyIn(directory: string, name: string): string {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519')
  writeFileSync(join(directory, `${name}.pem`), privateKey.export({ type: 'pkcs8', format: 'pem' }))
  writeFileSync(join(directory, `${name}.pub`), publicKey.export({ type: 'spki', format: 'pem' }))
  return join(directory, `${name}.pem`)
}

/** A Debian in which nothing is installed yet. Making one takes longer than all the rest, so it is made once on a machine, and copied for each run. */
const DEBIAN = join(process.env['XDG_CACHE_HOME'] ?? join(homedir(), '.cache'), 'lineside/debian-bookworm')

/** Lays a copy of it; gives why it could not be made, or `null`. */
function layDebian(root: string): string | null {
  if (!existsSync(DEBIAN)) {
    const draft = `${DEBIAN}.${process.pid}.draft`
    mkdirSync(dirname(DEBIAN), { recursive: true })
    const made = spawnSync('debootstrap', ['--variant=minbase', 'bookworm', draft], { encoding: 'utf8' })
    // Another run may have been quicker. What failed half-way may have mounted something.
    if (made.status !== 0 || spawnSync('mv', ['--no-target-directory', draft, DEBIAN]).status !== 0) spawnSync('rm', ['-rf', '--one-file-system', draft])
    if (made.status !== 0) return made.stdout.trim().split('\n').at(-1) ?? ''
  }
  const copied = spawnSync('cp', ['--archive', '--reflink=auto', DEBIAN, root], { encoding: 'utf8' })
  return copied.status === 0 ? null : copied.stderr
}

async function said(child: ChildProcess): Promise<{ readonly code: number | null; readonly out: string }> {
  let out = ''
  child.stdout?.on('data', (chunk: Buffer) => { out += chunk.toString() })
  child.stderr?.on('data', (chunk: Buffer) => { out += chunk.toString() })
  const [code] = await once(child, 'close') as [number | null]
  return { code, out }
}

/** Runs programs in another root and in a network of its own, in which nothing but this machine is reached. */
async function enclosed(t: Test, root: string): Promise<(...args: string[]) => SpawnSyncReturns<string>> {
  const network = spawn('unshare', ['--net', 'sleep', 'infinity'], { stdio: 'ignore' })
  t.teardown(() => { network.kill() })
  const net = `--net=/proc/${network.pid}/ns/net`
  // Until it has its own, that process is in ours, whose loopback is up anyway.
  const networkOf = (process: number | string) => readlinkSync(`/proc/${process}/ns/net`)
  while (networkOf(network.pid!) === networkOf('self') || spawnSync('nsenter', [net, 'ip', 'link', 'set', 'lo', 'up']).status !== 0) await sleep(50)
  // tap puts flags for Node into the environment of whatever is started, and they name files of ours: in there the environment is empty.
  return (...args) => spawnSync('nsenter', [net, 'chroot', root, '/usr/bin/env', '-i', 'PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'LINESIDE_TRIAL_SECONDS=120', ...args], { encoding: 'utf8' })
}

const noArm: string | false = noPackage || (process.env['LINESIDE_ARM64'] === undefined ? 'compiling for arm64 takes minutes; LINESIDE_ARM64=1 asks for it'
  : arch !== 'amd64' || !has('aarch64-linux-gnu-g++') || !has('qemu-aarch64-static') ? 'there is no cross compiler, or nothing that runs its programs, on this machine' : false)
const noArmRoot: string | false = process.getuid?.() !== 0 ? 'only root may enter another root' : !has('debootstrap') ? 'there is no debootstrap on this machine'
  : !/^enabled[^]*^flags: .*F/m.test(existsSync(BINFMT) ? readFileSync(BINFMT, 'utf8') : '') ? 'programs of arm64 do not start by themselves on this machine: mount binfmt_misc, and install binfmt-support and qemu-user-static' : false
/** Of an ELF file. */
const machineOf = (file: string): number => readFileSync(file).readUInt16LE(18)
const AARCH64 = 0xb7

t.test('the package for arm64 is of that machine throughout, and works', { skip: noArm }, async (t) => {
  const directory = folderOf(t, {})
  const built = await said(spawn(BUILD, [directory], { env: { ...process.env, COMPRESSION: 'none', ARCH: 'arm64' } }))
  t.equal(built.code, 0, built.out)
  const tree = join(directory, 'tree')
  t.equal(spawnSync('dpkg-deb', ['-R', join(directory, `lineside_${version}_arm64.deb`), tree]).status, 0)
  t.match(readFileSync(join(tree, 'DEBIAN/control'), 'utf8'), /^Architecture: arm64$/m)
  const release = join(tree, 'opt/lineside/releases', version)
  const native = readdirSync(release, { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.node') || file === 'node')
  t.equal(native.length, 5, 'Node and four modules')
  for (const file of native) t.equal(machineOf(join(release, file)), AARCH64, file)
  const emulated = (...args: string[]): ChildProcess => spawn('qemu-aarch64-static', ['-L', '/usr/aarch64-linux-gnu', join(release, 'node'), join(release, 'app/dist/start/cli.js'), ...args], { cwd: '/', env: {} })
  t.match(await said(emulated('--version')), { code: 0, out: version })
  // Everything native is in this: the database, the server, and a driver of its own process would be the only one more.
  const running = emulated('run', '--config', join(tree, 'etc/lineside/lineside.yaml'), '--port', '0', '--data', join(directory, 'data'))
  t.teardown(() => running.kill('SIGKILL'))
  const addressIn = async (): Promise<string> => {
    let out = ''
    for await (const chunk of running.stdout!) {
      out += String(chunk)
      const found = /http:\/\/127\.0\.0\.1:\d+/.exec(out)
      if (found !== null) return found[0]
    }
    throw new Error(out)
  }
  t.match(await (await fetch(`${await addressIn()}/healthz`)).json(), { version })

  await t.test('and installs in an arm64 Debian that is empty, works there, and goes without a trace', { skip: noArmRoot }, async (t) => {
    const root = process.env['LINESIDE_DEBIAN_ARM64'] ?? join(directory, 'debian')
    if (!existsSync(join(root, 'usr/bin/dpkg'))) {
      const made = spawnSync('debootstrap', ['--arch=arm64', '--variant=minbase', 'bookworm', root], { encoding: 'utf8' })
      t.equal(made.status, 0, made.stdout)
    }
    const inside = await enclosed(t, root)
    mkdirSync(join(root, 'run/systemd/system'), { recursive: true })
    writeFileSync(join(root, 'usr/bin/systemctl'), SERVICE_MANAGER, { mode: 0o755 })
    t.teardown(() => { spawnSync('chroot', [root, '/usr/bin/systemctl', 'stop']) })
    const works = async (): Promise<void> => {
      for (let left = 300; left > 0; left--) {
        const { status, stdout } = inside('lineside', 'status', '-o', 'json')
        if (status === 0 && (JSON.parse(stdout) as { readonly version: string }).version === version) return
        await sleep(200)
      }
      throw new Error(`it is never ready: ${readFileSync(join(root, 'run/lineside.log'), 'utf8')}`)
    }
    cpSync(join(directory, `lineside_${version}_arm64.deb`), join(root, 'lineside.deb'))
    const installed = inside('dpkg', '--install', '/lineside.deb')
    t.equal(installed.status, 0, installed.stderr)
    t.equal(inside('uname', '-m').stdout.trim(), 'aarch64')
    t.equal(inside('lineside', '--version').stdout.trim(), version)
    t.match(inside('lineside', 'config', 'check'), { status: 0 })
    t.equal(inside('systemctl', 'start').status, 0)
    await works()
    t.equal(inside('systemctl', 'stop').status, 0)
    t.equal(inside('dpkg', '--purge', 'lineside').status, 0)
    t.notOk(['etc/lineside', 'opt/lineside', 'var/lib/lineside'].some((folder) => existsSync(join(root, folder))))
  })
})

t.test('the package carries everything it needs', { skip: noPackage }, async (t) => {
  const directory = folderOf(t, {})
  const built = await said(spawn(BUILD, [directory], { env: { ...process.env, COMPRESSION: 'none', SIGN_KEY: keyIn(directory, 'ours') } }))
  t.equal(built.code, 0, built.out)
  const deb = join(directory, readFileSync(join(directory, 'SHA256SUMS'), 'utf8').trim().split(/\s+/)[1]!)
  t.equal(spawnSync('sha256sum', ['--check', '--quiet', 'SHA256SUMS'], { cwd: directory }).status, 0)
  const tree = join(directory, 'tree')
  t.equal(spawnSync('dpkg-deb', ['-R', deb, tree]).status, 0)
  t.equal(readFileSync(join(tree, 'DEBIAN/conffiles'), 'utf8'), '/etc/lineside/lineside.yaml\n')
  for (const script of ['preinst', 'postinst', 'prerm', 'postrm']) t.notMatch(readFileSync(join(tree, 'DEBIAN', script), 'utf8'), /\b(npm|node-gyp|curl|wget|apt)\b/, `${script} needs no network and no compiler`)
  const release = join(tree, 'opt/lineside/releases', version)
  t.match(spawnSync(BUILD, [directory], { env: { ...process.env, ARCH: 'riscv64' }, encoding: 'utf8' }), { status: 1, stderr: /a package for riscv64 is not made on/ })
  // What is inside stands in the lists: what lies beside the bundles, what the screens bring, and Node.
  const about = join(tree, 'usr/share/doc/lineside')
  const sbom = JSON.parse(readFileSync(join(about, 'sbom.cdx.json'), 'utf8')) as { metadata: { component: { name: string; version: string } }; components: { name: string; version: string; licenses?: readonly object[] }[] }
  t.match(sbom.metadata.component, { name: 'lineside', version })
  const listed = new Set(sbom.components.map((one) => `${one.name}@${one.version}`))
  const modules = join(release, 'app/node_modules')
  const lying = readdirSync(modules).flatMap((name) => (name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => join(name, inner)) : [name]))
  const carried = lying.map((name) => JSON.parse(readFileSync(join(modules, name, 'package.json'), 'utf8')) as { name: string; version: string }).map((one) => `${one.name}@${one.version}`)
  t.strictSame([...carried, `node@${process.versions.node}`].filter((one) => !listed.has(one)), [])
  // What the lock file calls needed at run time, and what browsers get; nothing that only builds or tests.
  const { packages } = JSON.parse(readFileSync(new URL('../../package-lock.json', import.meta.url), 'utf8')) as { packages: Readonly<Record<string, { name?: string; version: string; dev?: true }>> }
  const locked = Object.entries(packages).flatMap(([path, { name = path.replace(/^.*node_modules\//, ''), version: its, dev }]) => (path === '' || path.includes('opcua') ? [] : [{ one: `${name}@${its}`, dev: dev === true }]))
  const needed = new Set(locked.filter(({ dev }) => !dev).map(({ one }) => one))
  const screens = ['preact', '@preact/signals', '@preact/signals-core', 'uplot', '@fontsource-variable/inter']
  t.strictSame([...needed].filter((one) => !listed.has(one)), [], 'everything that runs is listed, with its version')
  t.strictSame(sbom.components.filter(({ name, version: its }) => name !== 'node' && !needed.has(`${name}@${its}`)).map(({ name }) => name).sort(), screens.toSorted(), 'and beside it nothing but what browsers get')
  t.strictSame(sbom.components.filter(({ licenses }) => licenses === undefined).map(({ name }) => name), ['precond'], 'each names its licence, but for one that does not say')
  t.equal(readFileSync(join(about, 'LICENCES'), 'utf8').trim().split('\n').length, sbom.components.length)
  // From a folder above which there are no packages, and with nothing but what it brings along.
  const alone = (...args: string[]) => spawnSync(join(release, 'node'), [join(release, 'app/dist/start/cli.js'), ...args], { cwd: '/', env: {}, encoding: 'utf8' })
  t.equal(alone('--version').stdout.trim(), version)
  t.match(alone('config', 'check', join(tree, 'etc/lineside/lineside.yaml')), { status: 0 })
  t.match(alone('plant', '--port', '0', '--logix', '0', '--control', '0', '--factor', '600', '--for', '1m'), { status: 0, stdout: /is served/ })

  await t.test('and installs in a Debian that is empty, without a network', { skip: noRoot }, async (t) => {
    const root = process.env['LINESIDE_DEBIAN'] ?? join(directory, 'debian')
    if (!existsSync(join(root, 'usr/bin/dpkg'))) {
      const failed = layDebian(root)
      if (failed !== null) { t.comment(`debootstrap could not make one: ${failed}`); return }
    }
    const inside = await enclosed(t, root)
    t.teardown(() => { spawnSync('chroot', [root, '/usr/bin/systemctl', 'stop']) })
    spawnSync('cp', [deb, join(root, 'lineside.deb')])
    const installed = inside('dpkg', '--install', '/lineside.deb')
    t.equal(installed.status, 0, installed.stderr)
    t.equal(inside('lineside', '--version').stdout.trim(), version)
    t.match(inside('lineside', 'config', 'check'), { status: 0 })
    t.equal(inside('stat', '-c', '%U %a', '/var/lib/lineside').stdout.trim(), 'lineside 700')

    await t.test('goes from one release to the next and back, with data and configuration', async (t) => {
      mkdirSync(join(root, 'run/systemd/system'), { recursive: true })
      writeFileSync(join(root, 'usr/bin/systemctl'), SERVICE_MANAGER, { mode: 0o755 })
      appendFileSync(join(root, 'etc/lineside/lineside.yaml'), '# ours\n')
      const ready = async (of: string): Promise<{ readonly epoch: string; readonly seq: number; readonly version: string }> => {
        let said = ''
        for (let left = 300; left > 0; left--) {
          const asked = inside('lineside', 'status', '-o', 'json')
          said = asked.stderr
          if (asked.status === 0) return JSON.parse(asked.stdout) as { epoch: string; seq: number; version: string }
          await sleep(200)
        }
        throw new Error(`${of} is never ready: ${said}${readFileSync(join(root, 'run/lineside.log'), 'utf8')}`)
      }
      t.equal(inside('systemctl', 'start').status, 0)
      const first = await ready(version)
      t.equal(first.version, version)

      const next = join(root, 'next')
      mkdirSync(next)
      const made = await said(spawn(BUILD, [next], { env: { ...process.env, COMPRESSION: 'none', VERSION: NEXT, SIGN_KEY: join(directory, 'ours.pem') } }))
      t.equal(made.code, 0, made.out)
      const file = `/next/lineside_${NEXT}_${arch}.deb`
      const signature = readFileSync(join(next, 'SHA256SUMS.sig'))
      cpSync(join(directory, 'ours.pub'), join(root, 'etc/lineside/release.pem'))
      writeFileSync(join(next, 'SHA256SUMS.sig'), signature.map((byte) => byte ^ 1))
      t.match(inside('lineside', 'upgrade', file), { status: 1, stderr: /not signed by the key/ })
      rmSync(join(next, 'SHA256SUMS.sig'))
      t.match(inside('lineside', 'upgrade', file), { status: 1, stderr: /not signed, and/ })
      writeFileSync(join(next, 'SHA256SUMS.sig'), signature)
      t.match(inside('lineside', 'upgrade', '/next/nothing.deb'), { status: 5, stderr: /there is no \/next\/nothing\.deb/ })
      const upgraded = inside('lineside', 'upgrade', file)
      t.equal(upgraded.status, 0, upgraded.stderr)
      const second = await ready(NEXT)
      t.match(second, { version: NEXT, epoch: first.epoch })
      t.ok(second.seq > first.seq, 'the journal goes on')
      t.match(inside('lineside-release', 'list').stdout, `${NEXT} in force`)

      // It changes the journal as a migration does, and then does not start: nothing of it may be left.
      const broken = join(root, 'broken')
      t.equal(spawnSync('dpkg-deb', ['-R', join(root, file), broken]).status, 0)
      renameSync(join(broken, 'opt/lineside/releases', NEXT), join(broken, 'opt/lineside/releases', BROKEN))
      for (const one of ['control', 'preinst', 'postinst', 'prerm', 'postrm']) writeFileSync(join(broken, 'DEBIAN', one), readFileSync(join(broken, 'DEBIAN', one), 'utf8').replaceAll(NEXT, BROKEN))
      const program = join(broken, 'opt/lineside/releases', BROKEN, 'app/dist/start/cli.js')
      writeFileSync(program, `if (process.argv[2] === 'run') { const Database = require('better-sqlite3'); new Database('/var/lib/lineside/journal.db').pragma('user_version = 999'); process.exit(1) }\n${readFileSync(program, 'utf8')}`)
      t.equal(spawnSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', broken, join(next, 'broken.deb')]).status, 0)
      rmSync(join(root, 'etc/lineside/release.pem'))
      t.match(inside('lineside', 'upgrade', '/next/broken.deb'), { status: 1, stderr: /SHA256SUMS says nothing of broken\.deb/ })
      // Of another machine, it is not begun with.
      const foreign = join(root, 'foreign')
      mkdirSync(join(foreign, 'DEBIAN'), { recursive: true })
      writeFileSync(join(foreign, 'DEBIAN/control'), `Package: lineside\nVersion: ${BROKEN}\nArchitecture: s390x\nMaintainer: lineside\nInstalled-Size: 1\nDescription: foreign\n`)
      t.equal(spawnSync('dpkg-deb', ['--root-owner-group', '-Znone', '--build', foreign, join(next, 'foreign.deb')]).status, 0)
      writeFileSync(join(next, 'SHA256SUMS'), spawnSync('sha256sum', ['broken.deb', 'foreign.deb'], { cwd: next }).stdout)
      t.match(inside('lineside', 'upgrade', '/next/foreign.deb'), { status: 1, stderr: /is for s390x, and this box is/ })
      t.match(inside('LINESIDE_TRIAL_SECONDS=3', 'lineside', 'upgrade', '/next/broken.deb'), { status: 6, stderr: new RegExp(`release ${BROKEN} is not healthy: ${NEXT} is put back`) })
      const third = await ready(NEXT)
      t.match(third, { version: NEXT })
      t.ok(third.seq >= second.seq && third.epoch !== second.epoch, 'the copy from before is in place, and says that it is one')

      t.equal(inside('lineside', 'rollback').status, 0)
      t.match(await ready(version), { version, epoch: third.epoch }, 'by hand, to the release before')
      t.match(readFileSync(join(root, 'etc/lineside/lineside.yaml'), 'utf8'), /# ours\n$/)
      t.equal(inside('stat', '-c', '%U', '/var/lib/lineside/journal.db').stdout.trim(), 'lineside')
    })
    t.equal(inside('dpkg', '--remove', 'lineside').status, 0)
    t.ok(existsSync(join(root, 'var/lib/lineside')) && existsSync(join(root, 'etc/lineside/lineside.yaml')), 'what was removed can be put back')
    t.equal(inside('dpkg', '--purge', 'lineside').status, 0)
    t.notOk(existsSync(join(root, 'etc/lineside')) || existsSync(join(root, 'opt/lineside')))
  })
})
