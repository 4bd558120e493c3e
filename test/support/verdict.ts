/** What a test file says in TAP: how many tests passed, and of those that failed the assertion, its difference and the comments. */

/** One that failed: the tests it stands in, then what tap tells of it. */
interface Failure { readonly path: readonly string[]; readonly lines: string[] }

const INDENT = 4
/** Of the newest comments, and of one line. */
const COMMENTS_MAX = 20
const WIDTH_MAX = 300
/** What tap itself says at the end of a file. */
const OF_TAP = /^# (\{ total: |time=)/
/** What tap tells of a place in the source stands in the stack, too. */
const SAID_TWICE = /^(at|source):/

export class Verdict {
  passed = 0
  failed = 0
  skipped = 0
  readonly failures: Failure[] = []
  readonly #comments: string[] = []
  readonly #path: string[] = []
  /** By depth: a failure was told there since the last verdict above it, which therefore tells nothing new. */
  readonly #failedAt: boolean[] = []
  #isPlanned = false
  #telling: { readonly failure: Failure; readonly indent: number; isLeftOut: boolean } | null = null

  /** It came to its end, and told of everything it did. */
  get isWhole(): boolean { return this.#isPlanned }

  line(line: string): void {
    if (this.#tells(line)) return
    const [, spaces = '', said = ''] = /^( *)(.*)$/.exec(line)!
    const depth = spaces.length / INDENT
    const verdict = /^(not ok|ok) \d+(?: - (.*?))?(?: \{)?$/.exec(said)
    if (verdict !== null) this.#verdict(depth, verdict[1] === 'ok', verdict[2] ?? '')
    else if (said.startsWith('# Subtest: ')) this.#path.splice(depth, Infinity, said.slice('# Subtest: '.length))
    else if (said.startsWith('# ') && !OF_TAP.test(said)) this.#comment(said)
    else if (depth === 0 && /^1\.\.\d+/.test(said)) this.#isPlanned = true
  }

  /** The newest comments: a test tells in them what else could be the reason. */
  get comments(): readonly string[] { return this.#comments }

  /** Tests stand at the margin; deeper lines are assertions and tests within tests. */
  #verdict(depth: number, isGood: boolean, name: string): void {
    const isSkipped = /# (SKIP|TODO)/.test(name)
    const isBad = !isGood && !isSkipped
    if (depth === 0) {
      if (isSkipped) this.skipped++
      else if (isBad) this.failed++
      else this.passed++
    }
    const isTold = this.#failedAt[depth + 1] === true
    this.#failedAt.length = depth + 1
    if (!isBad) return
    this.#failedAt[depth] = true
    if (isTold) return
    const failure = { path: [...this.#path.slice(0, depth), name.replace(/ # time=.*$/, '')], lines: [] }
    this.failures.push(failure)
    this.#telling = { failure, indent: depth * INDENT + 2, isLeftOut: false }
  }

  /** Whether the line belongs to what is told of a failure, between `---` and `...`. */
  #tells(line: string): boolean {
    if (this.#telling === null) return false
    const { failure, indent } = this.#telling
    const said = line.slice(indent)
    if (line.slice(0, indent).trim() !== '' || said === '...') {
      this.#telling = null
      return said === '...'
    }
    if (said === '---') return true
    if (/^\S/.test(said)) this.#telling.isLeftOut = SAID_TWICE.test(said)
    if (!this.#telling.isLeftOut && said.trim() !== '') failure.lines.push(said.slice(0, WIDTH_MAX))
    return true
  }

  #comment(said: string): void {
    this.#comments.push(said.slice(0, WIDTH_MAX))
    if (this.#comments.length > COMMENTS_MAX) this.#comments.shift()
  }
}
