/** Signing in: a token is shown once, and the browser keeps a session in its place. */

import { useState } from 'preact/hooks'
import { identify } from '../data/begin.js'
import { Refused, signIn } from '../data/client.js'
import { waitingCount } from '../data/outbox.js'
import { lines } from '../data/store.js'
import { words } from '../words/words.js'

export function Login() {
  const { login } = words.value
  const [token, setToken] = useState('')
  const [problem, setProblem] = useState('')
  const [isAsking, setAsking] = useState(false)
  const submit = async (event: Event) => {
    event.preventDefault()
    setAsking(true)
    setProblem('')
    try {
      await signIn(token.trim())
      setToken('')
      await identify()
    } catch (thrown) {
      setProblem(thrown instanceof Refused ? login.wrong : login.unreachable)
    }
    setAsking(false)
  }
  return (
    <main class="login">
      <form class="card" onSubmit={(event) => { void submit(event) }}>
        <h1>lineside</h1>
        {lines.value !== null || waitingCount.value > 0 ? <p class="note">{login.expired}</p> : null}
        <label for="token">{login.token}</label>
        <input id="token" type="password" autocomplete="current-password" required spellcheck={false} value={token} aria-describedby="token-hint token-problem" aria-invalid={problem !== ''}
          onInput={(event) => { setToken(event.currentTarget.value) }} />
        <p id="token-hint" class="muted">{login.hint}</p>
        <p id="token-problem" class="problem" role="alert">{problem}</p>
        <button class="button primary" disabled={isAsking}>{isAsking ? login.working : login.go}</button>
      </form>
    </main>
  )
}
