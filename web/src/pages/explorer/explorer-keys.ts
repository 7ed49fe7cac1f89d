/** The keys of the Explorer. */
import { newRuleHref } from '../alerts/alerts-view.ts';
import { navigate } from '../../app/location.ts';
import { useKeys } from '../../app/keys.ts';
import type { KeyBinding } from '../../app/keys.ts';
import { shiftRange, widenRange } from '../../time-range/time-choice.ts';
import { serverNowMs } from '../../api/server-clock.ts';
import type { ExplorerState } from './explorer-view.ts';
import type { Explorer } from './use-explorer.ts';
import type { LineMark } from './use-line-mark.ts';

export interface KeyTargets {
  readonly focusQuery: () => void;
  readonly openTimes: () => void;
  readonly share: () => void;
  readonly toggleRail: () => void;
  readonly copyJson: () => void;
  readonly copyLink: () => void;
}

export function useExplorerKeys(explorer: Explorer, mark: LineMark, targets: KeyTargets): void {
  useKeys('Search', searchKeys(explorer, targets));
  useKeys('Lines', lineKeys(explorer, mark, targets));
  const { state } = explorer;
  useKeys(
    'Steps back',
    state.line !== '' || state.trace !== '' ? [{ keys: 'Escape', does: 'One step back', run: () => stepBack(explorer, mark) }] : [],
  );
}

function searchKeys({ state, update, run, refresh, actions }: Explorer, targets: KeyTargets): KeyBinding[] {
  const range = run?.range;
  const show = (view: ExplorerState['show']) => (): void => update({ show: view });
  return [
    { keys: '/', does: 'Search', run: targets.focusQuery },
    { keys: 'd', does: 'Time range', run: targets.openTimes },
    { keys: 'r', does: 'Ask again', run: refresh },
    { keys: 'l', does: 'Live', run: () => update({ live: !state.live, show: 'lines' }) },
    { keys: 's', does: 'Share: copy a link that stays as it is', run: targets.share },
    { keys: 'a', does: 'Alert on this query', run: () => navigate(newRuleHref(run?.query ?? '')) },
    { keys: 'f', does: 'Fields', run: targets.toggleRail },
    { keys: '1', does: 'Lines', run: show('lines') },
    { keys: '2', does: 'Patterns', run: show('patterns') },
    { keys: '3', does: 'Compare before and after', run: show('compare') },
    { keys: '[', does: 'Earlier by half the range', run: () => range && actions.zoom(shiftRange(range, -1)) },
    { keys: ']', does: 'Later by half the range', run: () => range && actions.zoom(shiftRange(range, 1)) },
    { keys: '-', does: 'Twice the range', run: () => range && actions.zoom(widenRange(range, serverNowMs())) },
    { keys: 'Escape', does: 'Undo the zoom', run: () => void actions.undoZoom() },
  ];
}

/** Lines around the page's height. */
const pageLines = 20;

function lineKeys({ state, update }: Explorer, mark: LineMark, targets: KeyTargets): KeyBinding[] {
  const openAt = (panel: ExplorerState['panel']) => (): void => mark.open(mark.openLine ?? mark.currentLine, panel);
  return [
    { keys: 'j', does: 'Next line', run: () => mark.move(1) },
    { keys: 'k', does: 'Line before', run: () => mark.move(-1) },
    { keys: 'ArrowDown', does: 'Next line', hidden: true, run: () => mark.move(1) },
    { keys: 'ArrowUp', does: 'Line before', hidden: true, run: () => mark.move(-1) },
    { keys: 'PageDown', does: 'A page on', hidden: true, run: () => mark.move(pageLines) },
    { keys: 'PageUp', does: 'A page back', hidden: true, run: () => mark.move(-pageLines) },
    { keys: 'Home', does: 'First line', hidden: true, run: () => mark.move(-Infinity) },
    { keys: 'Enter', does: 'Open the line', run: openAt('line') },
    { keys: 'c', does: 'Lines around it', run: openAt('context') },
    { keys: 't', does: 'Its trace', run: openAt('trace') },
    { keys: 'p', does: 'Its pattern', run: openAt('pattern') },
    { keys: 'y', does: 'Copy it as JSON', run: targets.copyJson },
    { keys: 'Y', does: 'Copy a link to it', run: targets.copyLink },
    { keys: 'w', does: 'Wrap long lines', run: () => update({ wrap: !state.wrap }, { replace: true }) },
  ];
}

function stepBack({ state, update }: Explorer, mark: LineMark): void {
  if (state.line !== '' && state.panel !== 'line') update({ panel: 'line' });
  else mark.close();
}
