/** tap's output for people: a line per file, the details of failures, and the closing count. */

import { Transform, type TransformCallback } from 'node:stream'

export default class Reporter extends Transform {
  #rest = ''
  #passed = 0
  #failed = 0
  #skipped = 0
  #inDiagnostics = false
  #fileFailed = false

  override _transform(chunk: Buffer, _encoding: BufferEncoding, done: TransformCallback): void {
    const lines = (this.#rest + chunk.toString()).split('\n')
    this.#rest = lines.pop() ?? ''
    for (const line of lines) this.#line(line)
    done()
  }

  override _flush(done: TransformCallback): void {
    if (this.#rest !== '') this.#line(this.#rest)
    this.push(`\n${this.#passed} passed, ${this.#failed} failed${this.#skipped > 0 ? `, ${this.#skipped} skipped` : ''}\n`)
    done()
  }

  /** Tests stand at an indent of 4, files at 0; deeper lines are assertions. */
  #line(line: string): void {
    const match = /^( *)(not ok|ok) \d+(?: - (.*))?$/.exec(line)
    if (match === null) {
      if (this.#inDiagnostics) this.push(`${line}\n`)
      if (/^ *\.\.\.$/.test(line)) this.#inDiagnostics = false
      return
    }
    const [, indent = '', verdict, name = ''] = match
    const skipped = /# (SKIP|TODO)/.test(name)
    const bad = verdict !== 'ok' && !skipped
    this.#inDiagnostics = bad
    if (indent.length === 4) this.#count(skipped, bad)
    if (indent.length === 0) this.#file(name, bad)
    else if (bad) this.push(`${line}\n`)
  }

  #count(skipped: boolean, bad: boolean): void {
    if (skipped) this.#skipped++
    else if (bad) this.#failed++
    else this.#passed++
    this.#fileFailed ||= bad
  }

  #file(name: string, bad: boolean): void {
    // A timeout, a bad plan or a kill fails the file without failing one of its tests.
    if (bad && !this.#fileFailed) this.#failed++
    this.#fileFailed = false
    this.push(`${bad ? 'FAIL' : 'ok  '} ${name}\n`)
  }
}
