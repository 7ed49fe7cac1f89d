/**
 * The one place that listens to the keyboard. Pages and layers declare their keys; the latest declared layer is asked first,
 * and `?` shows all that are in force. A single key works outside of text fields only; a chord with Ctrl works everywhere.
 *
 *   useKeys('Lines', [{ keys: 'j', does: 'Next line', run: next }, { keys: 'g e', does: 'Explorer', run }]);
 *
 * A key is written as it is shown: `j`, `?`, `Enter`, `Escape`, `ArrowDown`, `Ctrl+k` (on a Mac ⌘ counts as Ctrl), or two
 * after one another: `g s`.
 */
import { useEffect, useRef, useSyncExternalStore } from 'react';

export interface KeyBinding {
  readonly keys: string;
  /** What it does, for the sheet of shortcuts. */
  readonly does: string;
  readonly run: (event: KeyboardEvent) => void;
  /** Also while a text field has the focus. */
  readonly inFields?: boolean;
  /** Not shown in the sheet. */
  readonly hidden?: boolean;
}

export interface KeyLayer {
  readonly title: string;
  readonly bindings: readonly KeyBinding[];
  /** Layers below hear nothing while this one is there: dialogs. */
  readonly modal: boolean;
}

const sequenceMs = 900;
let layers: readonly { readonly layer: () => KeyLayer }[] = [];
const listeners = new Set<() => void>();
let firstOfTwo: { readonly key: string; readonly atMs: number } | undefined;

function setLayers(next: typeof layers): void {
  layers = next;
  for (const listener of [...listeners]) listener();
}

function nameOf(event: KeyboardEvent): string {
  const key = event.key.length === 1 && (event.ctrlKey || event.metaKey) ? event.key.toLowerCase() : event.key;
  return `${event.ctrlKey || event.metaKey ? 'Ctrl+' : ''}${event.altKey ? 'Alt+' : ''}${event.shiftKey && key.length > 1 ? 'Shift+' : ''}${key}`;
}

function isTyping(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.isContentEditable || target instanceof HTMLTextAreaElement || target instanceof HTMLSelectElement) return true;
  return target instanceof HTMLInputElement && !['button', 'checkbox', 'radio', 'range', 'submit'].includes(target.type);
}

/** A button or link that has the focus takes Enter and Space itself. */
function isForControl(event: KeyboardEvent): boolean {
  return (
    (event.key === 'Enter' || event.key === ' ') && event.target instanceof Element && event.target.closest('button, a, summary') !== null
  );
}

function onKey(event: KeyboardEvent): void {
  if (event.defaultPrevented || event.isComposing || ['Shift', 'Control', 'Alt', 'Meta'].includes(event.key) || isForControl(event)) return;
  const typing = isTyping(event.target);
  const key = nameOf(event);
  const first = firstOfTwo !== undefined && event.timeStamp - firstOfTwo.atMs < sequenceMs ? firstOfTwo.key : undefined;
  firstOfTwo = typing ? undefined : { key, atMs: event.timeStamp };
  const applies = ({ keys, inFields }: KeyBinding, pressed: string): boolean =>
    keys === pressed && (!typing || inFields === true || keys.startsWith('Ctrl+'));
  const reached = reachedLayers();
  // two after one another go before one of them alone, whatever layer has that
  const binding =
    (first === undefined ? undefined : reached.find((one) => applies(one, `${first} ${key}`))) ?? reached.find((one) => applies(one, key));
  if (binding === undefined) return;
  event.preventDefault();
  firstOfTwo = undefined;
  binding.run(event);
}

/** Bindings of the layers that hear keys now, the topmost first. */
function reachedLayers(): readonly KeyBinding[] {
  const bindings: KeyBinding[] = [];
  for (const { layer } of layers.toReversed()) {
    const { bindings: own, modal } = layer();
    bindings.push(...own);
    if (modal) break;
  }
  return bindings;
}

window.addEventListener('keydown', onKey);

/** Declares keys for as long as the component is there. An empty list declares nothing. */
export function useKeys(title: string, bindings: readonly KeyBinding[], { modal = false } = {}): void {
  const latest = useRef<KeyLayer>({ title, bindings, modal });
  useEffect(() => {
    latest.current = { title, bindings, modal };
  });
  const isEmpty = bindings.length === 0 && !modal;
  useEffect(() => {
    if (isEmpty) return;
    const own = { layer: () => latest.current };
    setLayers([...layers, own]);
    return () => setLayers(layers.filter((one) => one !== own));
  }, [isEmpty]);
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => void listeners.delete(listener);
}

/** The layers now in force, for the sheet of shortcuts. */
export function useKeyLayers(): readonly KeyLayer[] {
  return useSyncExternalStore(subscribe, () => layers).map(({ layer }) => layer());
}
