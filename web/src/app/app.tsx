/** The whole interface: the top bar, the page of the address, and what may lie above all pages. */
import { QueryClientProvider } from '@tanstack/react-query';
import { Suspense, useEffect, useState } from 'react';
import { Link } from '../design/link.tsx';
import { EmptyState, Progress } from '../design/state.tsx';
import styles from './app.module.css';
import { CommandPalette } from './command-palette.tsx';
import { ConnectionNote } from './connection-note.tsx';
import { ErrorBoundary } from './error-boundary.tsx';
import { useKeys } from './keys.ts';
import { navigate, useLocation } from './location.ts';
import { queryClient } from './queries.ts';
import { matchPage, pages, stateBehind } from './routes.ts';
import { ShortcutSheet } from './shortcut-sheet.tsx';
import { SignIn } from './sign-in.tsx';
import { Toasts } from './toasts.tsx';
import { TopBar } from './top-bar.tsx';

export function App() {
  return (
    <QueryClientProvider client={queryClient}>
      <Shell />
      <SignIn />
      <Toasts />
    </QueryClientProvider>
  );
}

type Layer = 'none' | 'shortcuts' | 'commands';

function Shell() {
  const [layer, setLayer] = useState<Layer>('none');
  const close = (): void => setLayer('none');
  useKeys('Everywhere', [
    { keys: '?', does: 'All shortcuts', run: () => setLayer('shortcuts') },
    { keys: 'Ctrl+k', does: 'Commands', run: () => setLayer('commands') },
    ...pages.flatMap(({ name, paths, inBar }) =>
      inBar === undefined ? [] : [{ keys: `g ${inBar.key}`, does: `Go to ${name}`, run: () => navigate(paths[0]) }],
    ),
  ]);
  return (
    <div className={styles.shell}>
      <a className={styles.skip} href="#content">
        Skip to content
      </a>
      <TopBar onHelp={() => setLayer('shortcuts')} onCommands={() => setLayer('commands')} />
      <ConnectionNote />
      <main id="content" className={styles.content} tabIndex={-1}>
        <CurrentPage />
      </main>
      {layer === 'shortcuts' ? <ShortcutSheet onClose={close} /> : null}
      {layer === 'commands' ? <CommandPalette onClose={close} onShortcuts={() => setLayer('shortcuts')} /> : null}
    </div>
  );
}

function CurrentPage() {
  const { path } = useLocation();
  const match = matchPage(path);
  const state = stateBehind(path);
  useEffect(() => {
    if (state !== undefined) navigate(state, { replace: true });
  }, [state]);
  const title = match?.page.name ?? 'Not found';
  useEffect(() => {
    document.title = `${title} · Millrace`;
  }, [title]);
  if (state !== undefined) return null;
  if (match === undefined)
    return (
      <EmptyState title="There is no such page" actions={<Link href="/explore">Open the Explorer</Link>}>
        Nothing of Millrace is at <code>{path}</code>.
      </EmptyState>
    );
  const { page, parameters } = match;
  return (
    <ErrorBoundary key={page.name} resetKey={path}>
      <Suspense fallback={<Progress active label={`Loading ${title}`} />}>
        <page.component parameters={parameters} />
      </Suspense>
    </ErrorBoundary>
  );
}
