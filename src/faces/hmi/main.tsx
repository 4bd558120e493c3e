/** The entry of the working screens: who works here, where they are, and the frame around every view. */

import '@fontsource-variable/inter/wght.css'
import './style/base.css'
import './style/parts.css'
import './style/views.css'
import { render } from 'preact'
import { chooseLanguage } from './words/words.js'
import { followHistory, place } from './data/place.js'
import { fitTouch } from './data/panel.js'
import { person, showTheme } from './data/person.js'
import { begin } from './data/begin.js'
import { places } from './data/store.js'
import { keepPresses } from './parts/press.js'
import { Shell } from './parts/shell.js'
import { lazy } from './parts/lazy.js'
import { Connecting, NotFound } from './views/empty.js'
import { EquipmentPage } from './views/equipment.js'
import { Login } from './views/login.js'
import { LinePage, LinesPage } from './views/overview.js'

const ExplainPage = lazy(async () => (await import('./views/explain.js')).ExplainPage)
const SignalPage = lazy(async () => (await import('./views/signal.js')).SignalPage)
const SignalsPage = lazy(async () => (await import('./views/signals.js')).SignalsPage)
const ShiftPage = lazy(async () => (await import('./views/shift.js')).ShiftPage)
const StopPage = lazy(async () => (await import('./views/stop.js')).StopPage)
const MaintenancePage = lazy(async () => (await import('./views/maintenance.js')).MaintenancePage)
const WhyPage = lazy(async () => (await import('./views/why.js')).WhyPage)
const LogPage = lazy(async () => (await import('./views/log.js')).LogPage)
const AuditPage = lazy(async () => (await import('./views/audit.js')).AuditPage)
const TokensPage = lazy(async () => (await import('./views/tokens.js')).TokensPage)
const PeoplePage = lazy(async () => (await import('./views/people.js')).PeoplePage)
const ConfigurationPage = lazy(async () => (await import('./views/configuration.js')).ConfigurationPage)
const JobsPage = lazy(async () => (await import('./views/jobs.js')).JobsPage)

function Screen() {
  if (person.value === null) return <Login />
  if (person.value === undefined || places.value === null) return <main><Connecting /></main>
  return <Shell line={lineHere()}><View /></Shell>
}

function View() {
  const [view = '', of = '', part = ''] = place.value.path
  const known = places.value ?? []
  const line = lineHere()
  switch (view) {
    case '': return known.length === 1 && line !== null ? <LinePage code={line} /> : <LinesPage />
    case 'line': return known.some(({ code }) => code === of) ? <LinePage key={of} code={of} /> : <NotFound />
    case 'equipment': return line === null ? <NotFound /> : <EquipmentPage key={of} code={of} line={line} />
    case 'shift': return line === null ? <NotFound /> : <ShiftPage key={line} line={line} />
    case 'explain': return line === null ? <NotFound /> : <ExplainPage key={place.value.path.join('/')} kind={of} of={part} />
    case 'signal': return line === null ? <NotFound /> : <SignalPage key={`${of}/${part}`} equipment={of} signal={part} />
    case 'signals': return line === null ? <NotFound /> : <SignalsPage key={line} line={line} />
    case 'stop': return <StopPage key={of} id={of} />
    case 'jobs': return line === null ? <NotFound /> : <JobsPage key={line} line={line} />
    case 'maintenance': return line === null ? <NotFound /> : <MaintenancePage key={line} line={line} />
    case 'why': return <WhyPage key={`${of}/${part}`} plc={of} tag={part} />
    case 'log': return <LogPage />
    case 'audit': return <AuditPage />
    case 'tokens': return <TokensPage />
    case 'people': return <PeoplePage />
    case 'configuration': return <ConfigurationPage />
    default: return <NotFound />
  }
}

/** The line that the address means; the first one when it means none. */
function lineHere(): string | null {
  const [view, ...rest] = place.value.path
  const [of, part] = rest
  const known = places.value ?? []
  if (of === undefined) return known[0]?.code ?? null
  const withEquipment = (code: string | undefined) => known.find((line) => line.equipment.some((one) => one.code === code))?.code ?? null
  if (view === 'equipment' || view === 'signal') return withEquipment(of)
  if (view === 'explain') return of === 'equipment' ? withEquipment(part) : known.find(({ code }) => code === part)?.code ?? null
  if (view === 'stop') return known.find((line) => of.startsWith(`${line.code}-`))?.code ?? known[0]?.code ?? null
  return known.find(({ code }) => code === of)?.code ?? (view === 'why' ? known[0]?.code ?? null : null)
}

async function start(): Promise<void> {
  showTheme()
  fitTouch()
  addEventListener('resize', fitTouch)
  followHistory()
  keepPresses()
  await chooseLanguage()
  render(<Screen />, document.getElementById('screen')!)
  await begin()
}
void start()
