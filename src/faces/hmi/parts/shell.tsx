/** The frame around every view: where you are, whether it is live, what waits, and who you are. */

import type { ComponentChildren } from 'preact'
import { useState } from 'preact/hooks'
import { waitingViews } from '../data/asked.js'
import { isOld } from '../data/begin.js'
import { renewPin, signOut } from '../data/client.js'
import { copyAge, frozenSince, now } from '../data/clock.js'
import { isPadOpen, leave as leaveStation } from '../data/away.js'
import { absent, dismiss, isWorkingOut, outbox, waitingCount } from '../data/outbox.js'
import { diagonal, diagonals, setDiagonal } from '../data/panel.js'
import { person, setTheme, theme, themes } from '../data/person.js'
import { place } from '../data/place.js'
import { isCopy, isKnown, standing } from '../data/standby.js'
import { places } from '../data/store.js'
import { clockTime, language, languageNames, length, percent, setLanguage, words, type Language } from '../words/words.js'
import { Refusal } from './action.js'
import { Icon, type IconName } from './icon.js'
import { lazy } from './lazy.js'
import { Link } from './link.js'
import { canSignOn } from './may.js'
import { Pad } from './pad.js'
import { useText } from './text.js'
import { Hatching } from './timeline.js'

export function Shell({ line, children }: { readonly line: string | null; readonly children: ComponentChildren }) {
  const { nav } = words.value
  const isFrozen = frozenSince.value !== null
  return (
    <div class={`shell ${isFrozen ? 'frozen' : ''} ${isCopy.value ? 'copied' : ''}`}>
      <Hatching />
      <a class="skip" href="#content">{nav.skip}</a>
      <header class="top">
        <Navigation line={line} />
        <Who />
        <Live />
        <Menu />
      </header>
      <Standby />
      <Pad />
      <Content>{children}</Content>
      <Dock />
    </div>
  )
}

/** Says that it is not complete while something in it waits for its first answer. */
function Content({ children }: { readonly children: ComponentChildren }) {
  return <main id="content" tabIndex={-1} aria-busy={waitingViews.value > 0}>{children}</main>
}

function Navigation({ line }: { readonly line: string | null }) {
  const { nav } = words.value
  const [view = ''] = place.value.path
  const name = line === null ? undefined : places.value?.find(({ code }) => code === line)?.name
  const to = (path: string) => line === null ? `/${path}` : `/${path}/${line}`
  const entries: readonly (readonly [string, IconName, string, readonly string[]])[] = [
    [places.value?.length === 1 ? '/' : to('line'), 'line', nav.line, ['', 'line', 'equipment', 'signal']], [to('shift'), 'shift', nav.shift, ['shift', 'stop', 'explain']],
    [to('jobs'), 'jobs', nav.jobs, ['jobs']], [to('maintenance'), 'maintenance', nav.maintenance, ['maintenance', 'signals', 'why', 'log', 'configuration', 'audit', 'tokens', 'people']],
  ]
  return (
    <nav aria-label={nav.label}>
      <span class="line-name">{name}</span>
      {entries.map(([address, icon, text, views]) => <Link key={address} to={address} class="tab" current={views.includes(view)} label={text}><Icon name={icon} /><span>{text}</span></Link>)}
      <a class="tab" href="/andon" aria-label={nav.board}><Icon name="board" /><span>{nav.board}</span></a>
    </nav>
  )
}

/** At a shared station: who acts, and the way in and out. */
function Who() {
  const { pad } = words.value
  const name = person.value?.person?.name
  if (name !== undefined) return <button type="button" class="tab who" onClick={() => { void leaveStation() }}><span><b>{name}</b><small>{pad.signOff}</small></span></button>
  return canSignOn() ? <button type="button" class="tab who" onClick={() => { isPadOpen.value = true }}><span><b>{pad.signOn}</b></span></button> : null
}

/** The gateway's clock. It stands when the link stands still, and at the age of the copy on a box that stands by; either says so. */
function Live() {
  const { link } = words.value
  const isFrozen = frozenSince.value !== null
  return (
    <div class={isFrozen ? 'live off' : isCopy.value ? 'live off copy' : isKnown.value ? 'live' : 'live off'}>
      <time aria-label={link.clock}><span class="cell">{useText(() => now.value === 0 ? '–' : clockTime(frozenSince.value ?? now.value), 'clock')}</span></time>
      <span>{isFrozen ? link.frozen : isCopy.value ? link.copy : isKnown.value ? link.live : link.connecting}</span>
    </div>
  )
}

/** What comes and goes with the link and with what people do stands at the foot: nothing above it moves away under a finger. */
function Dock() {
  return (
    <div class="dock">
      <Notices />
      <Frozen />
    </div>
  )
}

function Notices() {
  const { outbox: said, link } = words.value
  // What the gateway works out no longer waits for it, unless the link is gone.
  const waits = waitingCount.value - (isWorkingOut.value ? 1 : 0)
  const refused = outbox.value.filter(({ status }) => status === 'refused')
  return (
    <>
      {isOld.value ? <p class="banner"><span>{link.newer}</span> <button type="button" class="button" onClick={() => { location.reload() }}>{link.reload}</button></p> : null}
      {refused.map((entry) => <Refusal key={entry.key} entry={entry} />)}
      {absent.value.map((entry) => (
        <p key={entry.key} class="banner"><span>{said.absent(entry.said, entry.person ?? '')}</span> <button type="button" class="button" onClick={() => { dismiss(entry.key) }}>{said.giveUp}</button></p>
      ))}
      <div role="status">{isWorkingOut.value ? <p class="banner waiting">{said.worksOut}</p> : null}{waits > 0 ? <p class="banner waiting">{said.waiting(waits)}</p> : null}</div>
    </>
  )
}

function Frozen() {
  if (frozenSince.value === null) return null
  const { link } = words.value
  return <div class="banner frozen-banner" role="alert"><Icon name="broken" /><div><strong>{link.frozen}</strong> {link.frozenText(clockTime(frozenSince.value))}</div></div>
}

/** A box that stands by shows a copy and says where the other one is; one that is fenced takes no orders. */
function Standby() {
  const { link } = words.value
  const state = standing.value
  if (state === null || (!isCopy.value && !state.fenced)) return null
  const age = copyAge.value
  return (
    <div class={`banner standby-banner ${state.trouble === null ? '' : 'is-lost'}`} role="status">
      <Icon name="broken" />
      <div>
        {state.fenced ? link.fenced : <><strong>{link.standby}</strong> {state.copying !== null ? link.copying(percent(Math.floor(state.copying.share * 100) / 100), state.copying.remaining_seconds === null ? '' : length(state.copying.remaining_seconds)) : age === null || !Number.isFinite(age) ? link.noCopy : link.copyOf(length(age))}</>}
        {state.trouble === null ? null : <small> {link.trouble(state.trouble)}</small>}
      </div>
      {state.fenced || state.peer === null ? null : <a class="button" href={state.peer}>{link.works}</a>}
    </div>
  )
}

function Menu() {
  const { menu } = words.value
  const [isOpen, setOpen] = useState(false)
  const [isRenewing, setRenewing] = useState(false)
  const here = person.value?.person ?? null
  const leave = async () => {
    try { await signOut() } finally { location.assign('/') }
  }
  return (
    <div class="menu" onKeyDown={(event) => { if (event.key === 'Escape') setOpen(false) }}>
      <button type="button" class="tab" aria-expanded={isOpen} aria-controls="menu" aria-label={isOpen ? menu.close : menu.open} onClick={() => { setOpen(!isOpen) }}><Icon name="menu" /></button>
      {isOpen ? (
        <div id="menu" class="card menu-card">
          <p class="muted">{menu.signedInAs} <b>{person.value?.name}</b> · {person.value?.role}</p>
          {here === null ? null : <button type="button" class="button" onClick={() => { setOpen(false); setRenewing(true) }}>{menu.newPin}</button>}
          <fieldset><legend>{menu.language}</legend>
            {Object.entries(languageNames).map(([code, name]) => <button key={code} type="button" class="button" lang={code} aria-pressed={language.value === code} onClick={() => { void setLanguage(code as Language) }}>{name}</button>)}
          </fieldset>
          <fieldset><legend>{menu.brightness}</legend>
            {themes.map((one) => <button key={one} type="button" class="button" aria-pressed={theme.value === one} onClick={() => { setTheme(one) }}>{menu[one]}</button>)}
          </fieldset>
          <fieldset><legend>{menu.panel}</legend>
            {diagonals.map((inches) => <button key={inches} type="button" class="button" aria-pressed={diagonal.value === inches} onClick={() => { setDiagonal(inches) }}>{inches}″</button>)}
          </fieldset>
          <button type="button" class="button" onClick={() => { void leave() }}>{menu.signOut}</button>
        </div>
      ) : null}
      {isRenewing && here !== null ? <NewPin name={here.name} first="current" send={async (next, current) => { person.value = await renewPin(current, next) }} close={() => { setRenewing(false) }} /> : null}
    </div>
  )
}

const NewPin = lazy(async () => (await import('./new-pin.js')).NewPin)
