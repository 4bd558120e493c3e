/** The command line: what each verb is called, what it takes and how it ends. The only importer of commander. */

import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Argument, Command, CommanderError, InvalidArgumentError, Option } from 'commander'
import { type Instant, durationOf, instantOf, later } from './base/units.js'
import type { Said } from './verbs/config.js'
import type { Config } from './contract/config.js'
import type { Box } from './verbs/doctor.js'
import { Fault } from './contract/faults.js'
import { roles } from './contract/roles.js'
import { unknown } from './contract/sound.js'
import { CliError, type ExitName, exits } from './faces/cli/exit.js'
import type { Gateway } from './faces/cli/gateway.js'
import { lists } from './faces/cli/lists.js'
import { type Node, type Shell, completion, manual, shells } from './faces/cli/manual.js'
import { nagios } from './faces/cli/nagios.js'
import { type Format, formats } from './faces/cli/output.js'
import { toldToStop } from './faces/cli/signals.js'
import { top } from './faces/cli/top.js'
import type { Verb } from './faces/cli/verb.js'
import { watching } from './faces/cli/watching.js'
import type { Replayed } from './replay/replay.js'
import { version } from './version.js'

// Verbs import what they need when they run, so that `--help` and a typing error answer at once.

const EXAMPLE = fileURLToPath(new URL('../../config/lineside.yaml', import.meta.url))
const INSTALLED = '/etc/lineside/lineside.yaml'

interface Where { readonly config?: string; readonly data?: string; readonly url?: string }

const print = (text: string): void => { process.stdout.write(text) }
const say = (text: string): void => { process.stderr.write(`${text}\n`) }
let end: ExitName = 'done'
/** Of a verb that has codes of its own. */
let endCode: number | null = null

/* ── where things are ────────────────────────────────────────────────────────────────────────── */

/** The file that was named, or the one of the installation. Without either only the demo can run. */
function configFileOf(given: string | undefined, isDemo: boolean): string {
  const file = given ?? process.env['LINESIDE_CONFIG'] ?? (isDemo ? EXAMPLE : existsSync(INSTALLED) ? INSTALLED : null)
  if (file === null) throw new CliError('usage', `there is no ${INSTALLED}, and no --config FILE was given`, '`lineside run --demo` starts the annotated example with the virtual plant')
  return file
}

/** A sound configuration; what is wrong with another one is said line by line. */
async function configOf(file: string): Promise<Config> {
  const { loadConfig, sentenceOf } = await import('./configuration/configure.js')
  const loaded = loadConfig(file)
  if ('config' in loaded) return loaded.config
  for (const error of loaded.errors) say(sentenceOf(error))
  throw new CliError('unfit', `${file} has ${loaded.errors.length === 1 ? 'an error' : `${loaded.errors.length} errors`}`, 'mend it, then `lineside config check`')
}

/** For verbs that talk to a gateway: outside an installation that is the demo's. A gateway goes on although its file has errors, and so do they. */
async function ours(where: Where): Promise<Config> {
  const { file, directory } = await placeOf(where)
  const { configOfSource, inForce, openVersions } = await import('./configuration/versions.js')
  const kept = inForce(openVersions(directory))
  const loaded = kept === null ? null : configOfSource(kept.source)
  return loaded !== null && 'config' in loaded ? loaded.config : configOf(file)
}

const directoryOf = (where: Where, config: Config): string => where.data ?? config.storage.directory

async function tokensOf(where: Where) {
  const [{ openTokens }, { systemClock }, config] = await Promise.all([import('./faces/access/tokens.js'), import('./base/clock.js'), ours(where)])
  const directory = directoryOf(where, config)
  if (!existsSync(directory)) throw new CliError('missing', `there is no data directory ${directory}`, 'start the gateway once, or name the directory with --data')
  return { tokens: openTokens(directory, systemClock), config, directory }
}

async function gatewayOf(where: Where): Promise<Gateway> {
  const environment = process.env['LINESIDE_TOKEN'] ?? null
  const url = where.url ?? process.env['LINESIDE_URL']
  if (url !== undefined) return { url: url.replace(/\/+$/, ''), certificateFile: null, token: environment, isTokenNew: false }
  const config = await ours(where)
  const { host, port, tls } = config.server
  const address = ['0.0.0.0', '::'].includes(host) ? '127.0.0.1' : host.includes(':') ? `[${host}]` : host
  const hasOwn = environment === null && existsSync(directoryOf(where, config))
  const own = hasOwn ? await ownToken(where) : { token: environment, isNew: false }
  return { url: `${tls === undefined ? 'http' : 'https'}://${address}:${port}`, certificateFile: tls?.cert_file ?? null, token: own.token, isTokenNew: own.isNew }
}

/** Whoever may write the data directory needs no token of a person: one of the command line's own lies there, for its owner alone. */
async function ownToken(where: Where) {
  const { tokens, directory } = await tokensOf(where)
  const { heldToken } = await import('./faces/cli/held-token.js')
  return heldToken(tokens, directory)
}

/* ── options that several verbs take ─────────────────────────────────────────────────────────── */

const configOption = () => new Option('-c, --config <file>', `configuration (default: $LINESIDE_CONFIG, then ${INSTALLED})`)
const dataOption = () => new Option('--data <dir>', 'data directory, in place of `storage.directory`')
const urlOption = () => new Option('--url <url>', 'a gateway elsewhere (default: $LINESIDE_URL, then the one of the configuration); its token comes from $LINESIDE_TOKEN')
const outputOption = () => new Option('-o, --output <format>', 'how to print').choices([...formats]).default('table' satisfies Format)

function wholeOf(text: string): number {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError('It must be a whole number.')
  return Number(text)
}
function portOf(text: string): number {
  const port = wholeOf(text)
  if (port > 65_535) throw new InvalidArgumentError('Ports end at 65535.')
  return port
}
function factorOf(text: string): number {
  const factor = Number(text)
  if (!(factor > 0)) throw new InvalidArgumentError('It must be a number above 0.')
  return factor
}
function msOf(text: string): number {
  const ms = durationOf(text)
  if (ms === null) throw new InvalidArgumentError('It must be a duration like 30m, 12h or 90d.')
  return ms
}

function momentOf(text: string): Instant {
  const at = instantOf(text)
  if (at === null) throw new InvalidArgumentError('It must be an instant with an offset, like 2026-03-29T06:00:00Z.')
  return at
}

/* ── the verbs ───────────────────────────────────────────────────────────────────────────────── */

/** A verb whose help begins with examples. */
class Told extends Command {
  examples: readonly string[] = []

  override createCommand(name?: string): Told { return new Told(name) }

  shows(...lines: readonly string[]): this {
    this.examples = lines
    return this.addHelpText('before', `Examples:\n${lines.map((line) => `  ${line}\n`).join('')}`)
  }
}

function commandLine(): Told {
  const program = new Told('lineside')
    .description('Watches a production line from its PLCs: states, stops, counts, OEE, Andon and jobs, at the line.')
    .version(version, '-V, --version')
    .shows('lineside run --demo', 'lineside status', 'lineside config check plant.yaml')
    .exitOverride()

  program.commandsGroup('Gateway:')
  program.command('run').description('run the gateway until it is told to stop')
    .shows('lineside run --demo', 'lineside run --config plant.yaml --data /var/lib/lineside')
    .addOption(configOption())
    .option('--demo', 'bring the virtual plant along; without --config, run the annotated example', false)
    .option('--port <number>', 'where to serve, in place of `server.port`; 0 takes a free one', portOf)
    .addOption(dataOption())
    .action(run)
  program.command('status').description('is the gateway ready, and how are its PLCs?')
    .shows('lineside status', 'lineside status -o json', 'LINESIDE_TOKEN=… lineside status --url https://line4:8000')
    .addOption(outputOption()).addOption(configOption()).addOption(dataOption()).addOption(urlOption())
    .action(status)

  program.command('ingest').description('one worker that takes what gateways publish into PostgreSQL; start as many as you like')
    .shows('lineside ingest --broker mqtt://broker:1883 --database postgres://lineside@db/lineside --worker a')
    .requiredOption('--broker <url>', 'mqtt://host:1883, or mqtts://host:8883')
    .option('--database <url>', 'postgres://user@host/database (default: $LINESIDE_DATABASE)')
    .requiredOption('--worker <name>', 'its name for ever: the broker keeps its share under it while it is away')
    .option('--group <name>', 'workers of one group share the messages', 'ingest')
    .option('--root <topic>', 'the topics of the gateways', 'lineside/v1')
    .option('--user <name>', 'at the broker')
    .option('--password-file <file>', 'a file that holds nothing else')
    .option('--ca <file>', 'who may vouch for the broker')
    .option('--cert <file>', 'our certificate')
    .option('--key <file>', 'its key')
    .option('--reconnect-max <duration>', 'the longest wait before the next attempt', msOf, 60_000)
    .action(ingest)

  for (const verb of [top, ...lists, ...watching, nagios]) addVerb(program, verb)

  program.commandsGroup('Configuration and access:')
  const configuration = program.command('config').description('check a configuration, or describe all its settings')
  configuration.command('check').argument('[file]', `default: $LINESIDE_CONFIG, then ${INSTALLED}`).description('every error with its line and column; ends with 6 when there are any')
    .shows('lineside config check plant.yaml', 'lineside config check plant.yaml -o json')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .action(configCheck)
  configuration.command('schema').description('the JSON Schema of the configuration, for editors')
    .shows('lineside config schema > lineside.schema.json')
    .action(configSchema)

  const kept = (command: Told): Told => command.addOption(configOption()).addOption(dataOption())
  kept(configuration.command('show')).description('every setting of the configuration in force')
    .shows('lineside config show --effective --origin', 'lineside config show --file --config plant.yaml', 'lineside config show -o json')
    .option('--effective', 'with its defaults, as it always is', true)
    .option('--origin', 'say where each setting comes from', false)
    .option('--file', 'what the file says, in place of what is in force', false)
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .action(configShow)
  kept(configuration.command('diff')).description('what the file would change').shows('lineside config diff', 'lineside config diff --config new.yaml')
    .action(async (where: Where) => { tell((await verbs()).diff(await placeOf(where))) })
  kept(configuration.command('apply')).description('let the file take effect, watch it, and take it back when it does harm')
    .shows('lineside config apply', 'lineside config apply --config new.yaml --trial 2m')
    .option('--trial <duration>', 'how long it is watched', msOf, 30_000)
    .option('--no-wait', 'do not wait until it has proved itself')
    .option('--dry-run', 'only say what would change', false)
    .action(configApply)
  kept(configuration.command('rollback')).argument('[version]', 'default: the last good one before', wholeOf).description('go back to an earlier version')
    .shows('lineside config rollback', 'lineside config rollback 3')
    .action(async (version: number | undefined, where: Where) => { tell(await (await verbs()).rollback(await placeOf(where), version ?? null)) })
  kept(configuration.command('history')).description('the versions that are kept, newest first').shows('lineside config history')
    .addOption(outputOption())
    .action(async (where: Where & { readonly output: Format }) => { tell((await verbs()).history(await placeOf(where), where.output)) })

  const token = program.command('token').description('make, list and revoke the tokens that open the interfaces')
  token.command('create').description('print a new token; it is shown this once')
    .shows('TOKEN=$(lineside token create --name board --role viewer)', 'lineside token create --name line-1 --role operator --lines BP01 --expires 90d')
    .requiredOption('--name <text>', 'whose it is')
    .addOption(new Option('--role <role>', 'what it may do').choices([...roles]).default('viewer'))
    .option('--lines <codes>', 'the lines it reaches, separated by commas (default: all)')
    .option('--expires <duration>', 'when it ends, from now (default: never)', msOf)
    .addOption(configOption()).addOption(dataOption())
    .action(tokenCreate)
  token.command('list').description('all tokens, without their secrets')
    .shows('lineside token list', 'lineside token list -o csv')
    .addOption(outputOption()).addOption(configOption()).addOption(dataOption())
    .action(tokenList)
  token.command('revoke').argument('<id>', 'as `token list` shows it').description('end a token at once')
    .shows('lineside token revoke 0f1e2d3c4b')
    .addOption(configOption()).addOption(dataOption())
    .action(tokenRevoke)

  const plcs = program.command('plc').description('ask PLCs directly, as the configuration file names them, without a gateway')
  const plcVerbs = () => import('./verbs/plc.js')
  const fileOf = async (where: Where): Promise<Config> => configOf((await placeOf(where)).file)
  kept(plcs.command('list')).description('every PLC of the configuration').shows('lineside plc list', 'lineside plc list -o json').addOption(outputOption())
    .action(async (where: Where & { readonly output: Format }) => { tell((await plcVerbs()).plcList(await fileOf(where), where.output)) })
  kept(plcs.command('test')).argument('[plc]', 'default: all').description('connect once and read every tag; ends with 6 when anything is not as it should be')
    .shows('lineside plc test', 'lineside plc test filler --config plant.yaml').addOption(outputOption())
    .action(async (id: string | undefined, where: Where & { readonly output: Format }) => { tell(await (await plcVerbs()).plcTest(await fileOf(where), id, where.output)) })
  kept(plcs.command('read')).argument('<plc>').argument('[tags...]', 'names or addresses; default: all tags').description('read once and print the values')
    .shows('lineside plc read filler', 'lineside plc read filler speed DB10,REAL28').addOption(outputOption())
    .action(async (id: string, tags: readonly string[], where: Where & { readonly output: Format }) => { tell(await (await plcVerbs()).plcRead(await fileOf(where), id, tags, where.output)) })
  kept(plcs.command('browse')).argument('<plc>').description('what tags the PLC says it has, where its protocol can tell')
    .shows('lineside plc browse bagger', 'lineside plc browse bagger -o name').addOption(outputOption())
    .action(async (id: string, where: Where & { readonly output: Format }) => { tell(await (await plcVerbs()).plcBrowse(await fileOf(where), id, where.output)) })

  program.commandsGroup('Looking back:')
  program.command('explain').argument('<code>', 'an equipment or a line').description('open a figure up: factors, leaves, slices, counter steps and their facts')
    .shows('lineside explain BP01.PACK.BAG1', 'lineside explain BP01.PACK.BAG1 --shift 2026-03-29/early --slices --counts', 'lineside explain BP01 -o json')
    .option('--shift <id>', 'like 2026-03-29/early (default: the running one)').option('--from <instant>', 'with --to, in place of a shift').option('--to <instant>', 'the end, which is not included')
    .option('--slices', 'every slice of time with its state and stop', false).option('--counts', 'every step of a counter with its rule', false)
    .addOption(outputOption()).addOption(configOption()).addOption(dataOption()).addOption(urlOption())
    .action(explain)
  program.command('replay').description('solve recorded inputs again, with no I/O: what a trace, or the journal between two instants, comes to')
    .shows('lineside replay --trace monday.jsonl', 'lineside replay --trace monday.jsonl --report json | jq .lines', 'lineside replay --from 2026-03-29T04:00:00Z --to 2026-03-29T12:00:00Z --report facts')
    .option('--trace <file>', 'lines of JSON in time order; - is standard input')
    .option('--from <instant>', 'with --to: the recorded turns of the journal', momentOf)
    .option('--to <instant>', 'the end, which is not included', momentOf)
    .addOption(new Option('--report <format>', 'the figures as JSON, as a table, or every fact as a line of JSON').choices(['json', 'text', 'facts']).default('text'))
    .addOption(configOption()).addOption(dataOption())
    .action(replay)

  const db = program.command('db').description('check, copy and restore the journal')
  const dbVerbs = () => import('./verbs/db.js')
  const directoryIn = async (where: Where): Promise<string> => (await placeOf(where)).directory
  kept(db.command('check')).argument('[file]', 'a copy, in place of the journal').description('read it from end to end; ends with 6 when anything is damaged')
    .shows('lineside db check', 'lineside db check /backup/monday.db')
    .addOption(new Option('-o, --output <format>', 'how to print').choices(['text', 'json']).default('text'))
    .action(async (file: string | undefined, where: Where & { readonly output: 'text' | 'json' }) => { tell((await dbVerbs()).dbCheck(await directoryIn(where), file, where.output)) })
  kept(db.command('backup')).argument('<file>', 'where the copy goes').description('copy the journal into one file, also while the gateway runs, and check the copy')
    .shows('lineside db backup /backup/monday.db')
    .action(async (file: string, where: Where) => { tell(await (await dbVerbs()).dbBackup(await directoryIn(where), file)) })
  kept(db.command('restore')).argument('<file>', 'a copy').description('put a copy in the place of the journal; the gateway must not run')
    .shows('lineside db restore --dry-run /backup/monday.db', 'lineside db restore --yes /backup/monday.db')
    .option('--yes', 'do it', false).option('--dry-run', 'only check the copy', false)
    .action(async (file: string, where: Where & { readonly yes: boolean; readonly dryRun: boolean }) => {
      tell((await dbVerbs()).dbRestore(await directoryIn(where), file, { ...where, stamp: new Date().toISOString().replaceAll(':', '') }))
    })
  kept(db.command('vacuum')).description('give free pages back; the gateway must not run').shows('lineside db vacuum')
    .action(async (where: Where) => { tell((await dbVerbs()).dbVacuum(await directoryIn(where))) })
  kept(db.command('migrate')).description('bring the journal up to this version, as a start does').shows('lineside db migrate --plan')
    .option('--plan', 'only say which steps there are', false)
    .action(async (where: Where & { readonly plan: boolean }) => { tell((await dbVerbs()).dbMigrate(await directoryIn(where), where.plan)) })

  program.commandsGroup('When something is wrong:')
  kept(program.command('doctor')).description('look at everything that commonly is wrong; ends with 6 when something is')
    .shows('lineside doctor', 'lineside doctor --json')
    .option('--json', 'for programs', false).addOption(urlOption())
    .action(doctor)
  kept(program.command('support-bundle')).argument('[file]', 'default: lineside-support-<time>.json.gz').description('all that somebody far away needs to see, in one file, without secrets')
    .shows('lineside support-bundle', 'lineside support-bundle /tmp/line4.json.gz')
    .addOption(urlOption())
    .action(supportBundle)
  const logs = program.command('log').description('what the running gateway writes to its log')
  kept(logs.command('level')).addArgument(new Argument('<level>', 'how much').choices(['debug', 'info', 'warn', 'error'])).argument('[part]', 'only of this part: field, cycle, journal, api …')
    .description('change it, for a while').shows('lineside log level debug --for 10m', 'lineside log level debug field --for 10m', 'lineside log level info')
    .option('--for <duration>', 'then it goes back by itself (default: until the next restart)', msOf)
    .action(logLevel)

  program.commandsGroup('Trying out:')
  program.command('plant').description('run the virtual plant: a bagging line behind real PLCs')
    .shows('lineside plant', 'lineside plant --factor 60 --for 1h --truth truth.ndjson')
    .option('--port <number>', 'where S7 clients connect', portOf, 10_102)
    .option('--logix <number>', 'where EtherNet/IP clients connect', portOf, 10_144)
    .option('--control <number>', 'where the levers and the truth are, over HTTP; 0 takes a free one', portOf, 10_103)
    .option('--seed <number>', 'the same seed gives the same shift', wholeOf, 1)
    .option('--factor <number>', 'how much faster than the clock it lives', factorOf, 1)
    .option('--for <duration>', 'how long it lives, in its own time (default: until it is stopped)', msOf)
    .option('--truth <file>', 'write everything that happens, one line of JSON each')
    .action(plant)
  program.command('completion').addArgument(new Argument('<shell>', 'which').choices([...shells])).description('the completions of a shell')
    .shows('lineside completion bash > /etc/bash_completion.d/lineside')
    .action((shell: Shell) => { print(completion(nodeOf(program), shell)) })
  program.command('manual', { hidden: true }).description('the manual page').action(() => { print(manual(nodeOf(program), version)) })
  return program
}

const groups: Readonly<Record<string, string>> = { shift: 'what shifts made', events: 'what the journal says happened', tag: 'signals as they are' }

/** Adds a verb that is told as data; the words before its last are groups. */
function addVerb(program: Told, verb: Verb): void {
  const words = verb.words.split(' ')
  const group = words.slice(0, -1).reduce((above, word) => told(above).find((command) => command.name() === word) ?? above.command(word).description(groups[word] ?? word), program)
  const command = group.command(words.at(-1)!).description(verb.sentence).shows(...verb.examples)
  for (const { name, sentence } of verb.args ?? []) command.argument(name, sentence)
  for (const { flags, sentence, kind = 'text', choices, default: fallback } of verb.flags ?? []) {
    const option = new Option(flags, sentence)
    if (kind === 'number') option.argParser(wholeOf)
    if (kind === 'duration') option.argParser(msOf)
    if (choices !== undefined) option.choices(choices)
    if (fallback !== undefined) option.default(kind === 'duration' ? msOf(String(fallback)) : fallback, String(fallback))
    command.addOption(option)
  }
  if (verb.lists === true) command.addOption(outputOption())
  command.addOption(configOption()).addOption(dataOption()).addOption(urlOption())
    .action(async (...given: readonly unknown[]) => {
      const flags = command.opts<Where & Record<string, string | number | boolean | undefined>>()
      const stopped = new AbortController()
      const args = given.slice(0, command.registeredArguments.length).map(String)
      process.once('SIGINT', () => { stopped.abort() })
      const ended = await verb.run(await gatewayOf(flags), { args, flags, format: (flags['output'] ?? 'table') as Format, print, stopped: stopped.signal, now: () => Date.now() })
      if (typeof ended === 'number') endCode = ended
      else end = ended
    })
}

/** All of ours are made by one of ours. */
const told = (command: Told): readonly Told[] => command.commands as readonly Told[]

/** The tree of verbs as data, for the manual and the shells. */
function nodeOf(command: Told): Node {
  return {
    name: command.name(), sentence: command.description(), examples: command.examples,
    args: command.registeredArguments.map((argument) => ({ name: argument.required ? `<${argument.name()}>` : `[${argument.name()}]`, sentence: argument.description })),
    flags: command.options.filter(({ long }) => long !== undefined && long !== null).map(({ flags, long, description, argChoices, required }) => ({
      flags, long: long!, sentence: description, choices: argChoices ?? [], takes: !required ? 'nothing' : /<(file|dir)>/.test(flags) ? 'file' : 'value',
    })),
    verbs: told(command).filter((one) => !['help', 'manual'].includes(one.name())).map(nodeOf),
  }
}

/* ── what the verbs do ───────────────────────────────────────────────────────────────────────── */

async function run(options: Where & { readonly demo: boolean; readonly port?: number }): Promise<void> {
  const file = configFileOf(options.config, options.demo)
  const { run: runGateway } = await import('./verbs/run.js')
  end = await runGateway({ file, demo: options.demo, ...(options.port === undefined ? {} : { port: options.port }), ...(options.data === undefined ? {} : { dataDir: options.data }) }, print)
}

interface IngestWish {
  readonly broker: string; readonly database?: string; readonly worker: string; readonly group: string; readonly root: string; readonly user?: string
  readonly passwordFile?: string; readonly ca?: string; readonly cert?: string; readonly key?: string; readonly reconnectMax: number
}

async function ingest(wish: IngestWish): Promise<void> {
  const database = wish.database ?? process.env['LINESIDE_DATABASE']
  if (database === undefined) throw new CliError('usage', 'no database was given', 'name it with --database, or in $LINESIDE_DATABASE')
  const [{ startIngest }, { systemClock }, { systemChance }, { openLog }] = await Promise.all([
    import('./faces/ingest/ingest.js'), import('./base/clock.js'), import('./base/chance.js'), import('./base/log.js'),
  ])
  const told = toldToStop()
  const started = await startIngest({
    database, worker: wish.worker, group: wish.group, root: wish.root, clock: systemClock, chance: systemChance, log: openLog(),
    broker: {
      url: wish.broker, keepaliveMs: 20_000, waitMsMax: wish.reconnectMax,
      ...(wish.user === undefined ? {} : { user: wish.user }), ...(wish.passwordFile === undefined ? {} : { passwordFile: wish.passwordFile }),
      ...(wish.ca === undefined ? {} : { caFile: wish.ca }), ...(wish.cert === undefined ? {} : { certFile: wish.cert }), ...(wish.key === undefined ? {} : { keyFile: wish.key }),
    },
  })
  const signal = await told
  await started.stop()
  if (signal === 'SIGINT') end = 'interrupted'
}

async function status(where: Where & { readonly output: Format }): Promise<void> {
  const { status: ask } = await import('./faces/cli/status.js')
  const { text, exit } = await ask(await gatewayOf(where), where.output)
  print(text)
  end = exit
}

async function configCheck(given: string | undefined, { output }: { readonly output: 'text' | 'json' }): Promise<void> {
  const { loadConfig, sentenceOf } = await import('./configuration/configure.js')
  const file = configFileOf(given, false)
  const loaded = loadConfig(file)
  const errors = 'errors' in loaded ? loaded.errors : []
  if (output === 'json') print(`${JSON.stringify(errors, null, 2)}\n`)
  else print(errors.map((error) => `${sentenceOf(error)}\n`).join(''))
  if ('config' in loaded) say(`${file} is sound: ${counted(loaded.config.plcs.length, 'PLC')}, ${counted(loaded.config.lines.length, 'line')}`)
  else end = 'problems'
}

const counted = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`

async function configSchema(): Promise<void> {
  const { configSchema: schema } = await import('./configuration/configure.js')
  print(`${JSON.stringify(schema(), null, 2)}\n`)
}

const verbs = () => import('./verbs/config.js')

/** Also of a gateway whose file has errors: its data directory is found without reading all of it. */
async function placeOf(where: Where): Promise<{ readonly file: string; readonly directory: string }> {
  const { dataDirectoryOf } = await import('./configuration/data-directory.js')
  const installed = configFileOf(where.config, true)
  return { file: resolve(installed), directory: dataDirectoryOf(installed, where.data) }
}

function tell({ text, exit, talk }: Said): void {
  print(text)
  for (const line of talk) say(line)
  end = exit
}

async function configShow(where: Where & { readonly origin: boolean; readonly file: boolean; readonly output: 'text' | 'json' }): Promise<void> {
  tell((await verbs()).show(await placeOf(where), { fromFile: where.file, origin: where.origin, output: where.output }))
}

async function configApply(where: Where & { readonly trial: number; readonly wait: boolean; readonly dryRun: boolean }): Promise<void> {
  tell(await (await verbs()).apply(await placeOf(where), { trialMs: where.trial, wait: where.wait, dryRun: where.dryRun }))
}

/** Where the doctor looks; a gateway elsewhere is asked over the network. */
async function boxOf(where: Where): Promise<Box> {
  return { ...await placeOf(where), gateway: () => gatewayOf(where) }
}

async function doctor(where: Where & { readonly json: boolean }): Promise<void> {
  const { examine, shownDiagnoses } = await import('./verbs/doctor.js')
  const found = await examine(await boxOf(where))
  print(where.json ? `${JSON.stringify(found, null, 2)}\n` : shownDiagnoses(found))
  if (found.some(({ verdict }) => verdict === 'wrong')) end = 'problems'
}

async function supportBundle(file: string | undefined, where: Where): Promise<void> {
  const { writeBundle } = await import('./verbs/support.js')
  const at = new Date().toISOString()
  const to = resolve(file ?? `lineside-support-${at.replaceAll(':', '')}.json.gz`)
  const parts = await writeBundle(await boxOf(where), to, at)
  print(`${to}\n`)
  say(`it holds ${parts.join(', ')}; secrets were taken out, but look at it before you give it away: zless ${to}`)
}

async function logLevel(level: string, part: string | undefined, where: Where & { readonly for?: number }): Promise<void> {
  const { askAdmin } = await import('./faces/cli/admin.js')
  const { directory } = await placeOf(where)
  const { status, body } = await askAdmin(directory, 'POST', '/log', { level, for_ms: where.for ?? null, part: part ?? null })
  const { before, why } = body as { readonly before?: string; readonly why?: string }
  if (status !== 200) throw new CliError('failed', why ?? `the gateway answered ${status}`)
  say(`the log of ${part ?? 'every part'} is at ${level}, it was at ${before ?? '?'}${where.for === undefined ? '' : `; it goes back in ${where.for / 60_000} min`}`)
}

async function tokenCreate(wish: Where & { readonly name: string; readonly role: (typeof roles)[number]; readonly lines?: string; readonly expires?: number }): Promise<void> {
  const { tokens, config } = await tokensOf(wish)
  const known = config.lines.map((line) => line.code)
  const lines = wish.lines?.split(',').map((code) => code.trim()) ?? null
  for (const code of lines ?? []) {
    if (!known.includes(code)) throw new CliError('missing', `there is no line ${JSON.stringify(code)}`, `the lines are ${known.join(', ')}`)
  }
  const { systemClock } = await import('./base/clock.js')
  const { token, record } = tokens.create({ name: wish.name, role: wish.role, lines, expiresAt: wish.expires === undefined ? null : later(systemClock.now(), wish.expires) })
  say(`token ${record.id} of ${wish.name}, ${wish.role}; it is shown this once`)
  print(`${token}\n`)
}

async function tokenList(where: Where & { readonly output: Format }): Promise<void> {
  const { tokens } = await tokensOf(where)
  const { rendered } = await import('./faces/cli/output.js')
  const all = ['id', 'name', 'role', 'lines', 'created_at', 'expires_at']
  const rows = tokens.list().map(({ id, name, role, lines, created_at, expires_at }) => ({ id, name, role, lines: lines?.join(' ') ?? 'all', created_at, expires_at }))
  print(rendered(rows, { main: ['id', 'name', 'role', 'lines', 'expires_at'], all, name: 'id' }, where.output))
}

async function tokenRevoke(id: string, where: Where): Promise<void> {
  const { tokens } = await tokensOf(where)
  const known = tokens.list().map((record) => record.id)
  if (!tokens.revoke(id)) throw new CliError('missing', unknown('token', id, known), '`lineside token list` shows them')
  say(`token ${id} is revoked`)
}

async function explain(of: string, wish: Where & { readonly shift?: string; readonly from?: string; readonly to?: string; readonly slices: boolean; readonly counts: boolean; readonly output: Format }): Promise<void> {
  const { explain: ask } = await import('./faces/cli/explain.js')
  print(await ask(await gatewayOf(wish), { of, ...wish }, wish.output))
}

async function replay(options: Where & { readonly trace?: string; readonly from?: Instant; readonly to?: Instant; readonly report: 'json' | 'text' | 'facts' }): Promise<void> {
  const config = await ours(options)
  const replayed = await replayedBy(options, config)
  const [{ factsText, reportOf }, { reportText }] = await Promise.all([import('./replay/report.js'), import('./verbs/replay.js')])
  if (options.report === 'facts') print(factsText(replayed.facts))
  else if (options.report === 'json') print(`${JSON.stringify(reportOf(replayed), null, 2)}\n`)
  else print(reportText(reportOf(replayed), 'table'))
}

async function replayedBy({ trace, from, to, ...where }: Where & { readonly trace?: string; readonly from?: Instant; readonly to?: Instant }, config: Config): Promise<Replayed> {
  if (trace === undefined) {
    if (from === undefined || to === undefined) throw new CliError('usage', 'what is to be replayed?', 'name a --trace FILE, or a period of the journal with --from and --to')
    if (to <= from) throw new CliError('usage', '--to must be after --from')
    const { replayRecording } = await import('./replay/recording.js')
    return replayRecording(config, directoryOf(where, config), { from, to })
  }
  if (from !== undefined || to !== undefined) throw new CliError('usage', 'a trace is replayed as a whole', 'leave out --from and --to')
  const [{ readTrace }, { replayTrace }] = await Promise.all([import('./replay/trace.js'), import('./replay/replay.js')])
  if (trace !== '-' && !existsSync(trace)) throw new CliError('missing', `there is no trace ${trace}`)
  const read = readTrace(readFileSync(trace === '-' ? 0 : trace, 'utf8'), config)
  if ('moments' in read) return replayTrace(config, read.moments)
  for (const { line, message } of read.errors) say(`${trace}:${line} ${message}`)
  throw new CliError('problems', `${trace} has ${counted(read.errors.length, 'bad line')}; nothing was replayed`)
}

async function plant(options: { readonly port: number; readonly logix: number; readonly control: number; readonly seed: number; readonly factor: number; readonly for?: number; readonly truth?: string }): Promise<void> {
  const [{ startPlant }, { greetingOf }, { openLog }] = await Promise.all([import('./plant/plant.js'), import('./plant/greeting.js'), import('./base/log.js')])
  const told = toldToStop()
  const living = await startPlant({
    seed: options.seed, factor: options.factor, s7Port: options.port, logixPort: options.logix, controlPort: options.control, log: openLog('warn'),
    ...(options.for === undefined ? {} : { runMs: options.for }), ...(options.truth === undefined ? {} : { truthFile: options.truth }),
  })
  print(greetingOf(living))
  const signal = await Promise.race([told, living.ended.then(() => null)])
  await living.stop()
  if (signal === 'SIGINT') end = 'interrupted'
}

/* ── how it ends ─────────────────────────────────────────────────────────────────────────────── */

/** One error in words, and the exit code it stands for. */
function endOf(thrown: unknown): number {
  if (thrown instanceof CommanderError) return thrown.exitCode === 0 ? exits.done : exits.usage
  if (thrown instanceof CliError) {
    say(`lineside: ${thrown.message}`)
    if (thrown.next !== null) say(`  ${thrown.next}`)
    return exits[thrown.exit]
  }
  if (thrown instanceof Fault) {
    // A configuration's errors are lines that editors and terminals make links of.
    const { errors = [] } = thrown.fields
    if (Array.isArray(errors)) for (const error of errors as readonly unknown[]) say(String(error))
    say(`lineside: ${thrown.message}${fieldsOf(thrown)}`)
    say(`  ${thrown.remedy}`)
    return ['CONFIG_INVALID', 'JOURNAL_NEWER'].includes(thrown.code) ? exits.unfit : exits.failed
  }
  say(`lineside: a fault of ours: ${thrown instanceof Error ? thrown.stack ?? thrown.message : String(thrown)}`)
  return exits.broken
}

function fieldsOf(fault: Fault): string {
  const fields = Object.entries(fault.fields).filter(([name]) => name !== 'errors').map(([name, value]) => `${name} ${String(value)}`)
  return fields.length === 0 ? '' : ` (${fields.join(', ')})`
}

// Whoever reads us may stop reading: `lineside token list | head -1`.
process.stdout.on('error', () => { process.exit(exits.done) })
try {
  await commandLine().parseAsync()
  process.exitCode = endCode ?? exits[end]
} catch (thrown) {
  process.exitCode = endOf(thrown)
}
