/** Texts and bars that follow what they are made of by themselves: the one node changes, and nothing around it is looked at. */

import { type ReadonlySignal, computed, effect } from '@preact/signals'
import { useLayoutEffect, useMemo } from 'preact/hooks'

/** `of` names what else than signals it is made of: another `of` makes another text. */
export function useText<T extends string | number>(make: () => T, of: unknown): ReadonlySignal<T> {
  return useMemo(() => computed(make), [of])
}

/** What a slot shows: a text, or the share of its length that a bar has. */
type Shown = string | number
type Slot = (node: HTMLElement | null) => void

/**
 * Slots of one thing, written by one watcher, which touches only those that came out otherwise. A slot is the `ref` of an element without
 * children: a machine shows ten figures every second, and a signal for each of them would cost more than writing them.
 */
export function useSlots<T, K extends string>(of: ReadonlySignal<T>, make: (value: T) => Readonly<Record<K, Shown>>): (name: K) => Slot {
  const slots = useMemo(() => openSlots<K>(), [of])
  useLayoutEffect(() => effect(() => { slots.show(make(of.value)) }), [of])
  return slots.of
}

function openSlots<K extends string>() {
  const nodes = new Map<K, HTMLElement>()
  const refs = new Map<K, Slot>()
  let shown: Partial<Record<K, Shown>> = {}

  /** The same function for the same name, or every picture would take the node out and put it in again. */
  function slotOf(name: K): Slot {
    const slot = refs.get(name) ?? ((node) => {
      if (node === null) { nodes.delete(name); return }
      nodes.set(name, node)
      if (shown[name] !== undefined) paint(node, shown[name])
    })
    refs.set(name, slot)
    return slot
  }

  return {
    of: slotOf,
    show(next: Readonly<Record<K, Shown>>) {
      for (const name in next) {
        const node = nodes.get(name)
        if (node !== undefined && next[name] !== shown[name]) paint(node, next[name])
      }
      shown = next
    },
  }
}

/** Bars are stretched, not resized: no other box has to find its place again. */
function paint(node: HTMLElement, shown: Shown): void {
  if (typeof shown === 'number') node.style.transform = `scaleX(${shown})`
  else if (node.firstChild instanceof Text) node.firstChild.data = shown
  else node.textContent = shown
}
