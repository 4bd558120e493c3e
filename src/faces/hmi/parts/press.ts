/** A press belongs to what it began on. The browser gives it to whatever lies under the finger at its end, which is another button if the page has moved meanwhile. */

const PRESSED = 'button, a[href], summary'
/** Who slides further than this before letting go has thought better of it. */
const SLIDE_PX = 24

const pressedAt = ({ target }: Event): HTMLElement | null => target instanceof Element ? target.closest<HTMLElement>(PRESSED) : null

/** For the whole page, until it ends. */
export function keepPresses(): void {
  let began: { readonly on: HTMLElement | null; readonly x: number; readonly y: number } | null = null
  let isSlid = false
  addEventListener('pointerdown', (event) => {
    began = { on: pressedAt(event), x: event.clientX, y: event.clientY }
    isSlid = false
  }, { capture: true, passive: true })
  addEventListener('pointerup', ({ clientX, clientY }) => {
    isSlid = began !== null && Math.hypot(clientX - began.x, clientY - began.y) > SLIDE_PX
  }, { capture: true, passive: true })
  addEventListener('pointercancel', () => { began = null }, { capture: true, passive: true })
  addEventListener('click', (event) => {
    // What keys, scripts and readers of screens press has no pointer, and no place to miss.
    if (event.detail === 0 || began === null) return
    const { on } = began
    began = null
    if (on === pressedAt(event)) return
    event.preventDefault()
    event.stopImmediatePropagation()
    // What is gone or was left is pressed by nobody: better nothing than something else.
    if (on !== null && on.isConnected && !isSlid) on.dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true, detail: event.detail }))
  }, { capture: true })
}
