/** Dark or light: the system's, or the one that was chosen. public/theme.js sets it before the first paint. */
import { useEffect, useSyncExternalStore } from 'react';
import { isOneOf, useStored } from './stored.ts';

export type Theme = 'system' | 'light' | 'dark';
const isTheme = isOneOf('system', 'light', 'dark');

export function useTheme(): readonly [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useStored<Theme>('theme', 'system', isTheme);
  useEffect(() => {
    document.documentElement.style.colorScheme = theme === 'system' ? '' : theme;
  }, [theme]);
  return [theme, setTheme];
}

const darkSystem = window.matchMedia('(prefers-color-scheme: dark)');

/** Whether the page is dark now: for what is drawn on a canvas, and must be drawn again. */
export function useIsDark(): boolean {
  const [theme] = useStored<Theme>('theme', 'system', isTheme);
  const systemIsDark = useSyncExternalStore(
    (listener) => {
      darkSystem.addEventListener('change', listener);
      return () => darkSystem.removeEventListener('change', listener);
    },
    () => darkSystem.matches,
  );
  return theme === 'dark' || (theme === 'system' && systemIsDark);
}
