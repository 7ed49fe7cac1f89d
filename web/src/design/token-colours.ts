/** Colours of the tokens as a canvas takes them: what the browser makes of them in the theme that is on. */
import { useMemo } from 'react';
import { useIsDark } from '../app/theme.ts';

export type ColourOf = (colour: string) => string;

/** Resolves `var(--series-1)` and the like; a new function, and new colours, with each theme. */
export function useColours(): ColourOf {
  const isDark = useIsDark();
  return useMemo(() => resolverFor(isDark), [isDark]);
}

function resolverFor(isDark: boolean): ColourOf {
  const found = new Map<string, string>();
  return (colour) => {
    const known = found.get(colour);
    if (known !== undefined) return known;
    const probe = document.createElement('i');
    probe.hidden = true;
    probe.style.colorScheme = isDark ? 'dark' : 'light';
    probe.style.color = colour;
    document.body.append(probe);
    const resolved = getComputedStyle(probe).color;
    probe.remove();
    found.set(colour, resolved);
    return resolved;
  };
}
