/** The top bar: pages at the left; zone, theme and help at the right. The same on every page. */
import { InboxButton } from '../alerts/inbox-button.tsx';
import { Button, IconButton } from '../design/button.tsx';
import { classes } from '../design/class-names.ts';
import { Icon } from '../design/icon.tsx';
import { Link } from '../design/link.tsx';
import { MenuButton } from '../design/menu.tsx';
import { useLocation } from './location.ts';
import { matchPage, pages } from './routes.ts';
import { useTheme } from './theme.ts';
import type { Theme } from './theme.ts';
import { useZone, zoneName } from './time-zone.ts';
import styles from './top-bar.module.css';

export function TopBar({ onHelp, onCommands }: { readonly onHelp: () => void; readonly onCommands: () => void }) {
  const { path } = useLocation();
  const current = matchPage(path)?.page;
  return (
    <header className={styles.bar}>
      <Link href="/explore" className={styles.brand} aria-label="Millrace: Explorer">
        <svg width="18" height="18" viewBox="0 0 16 16" aria-hidden="true">
          <rect width="16" height="16" rx="3" fill="var(--accent)" />
          <path
            d="M2.5 5.5c2 0 2 1.6 4 1.6s2-1.6 4-1.6 1.6 1.2 3 1.5M2.5 10c2 0 2 1.6 4 1.6s2-1.6 4-1.6 1.6 1.2 3 1.5"
            fill="none"
            stroke="var(--accent-ink)"
            strokeWidth="1.6"
            strokeLinecap="round"
          />
        </svg>
        <span className={styles.name}>Millrace</span>
      </Link>
      <nav aria-label="Pages" className={styles.pages}>
        {pages.map((page) =>
          page.inBar === undefined ? null : (
            <Link
              key={page.name}
              href={page.paths[0]}
              className={classes(styles.page, page === current && styles.current)}
              aria-current={page === current ? 'page' : undefined}
              title={`${page.name} (g ${page.inBar.key})`}
            >
              <Icon name={page.inBar.icon} size={14} />
              <span>{page.name}</span>
            </Link>
          ),
        )}
      </nav>
      <div className={styles.tools}>
        <Button look="quiet" className={styles.commands} onClick={onCommands} title="Commands" aria-label="Commands, Ctrl K">
          <kbd>Ctrl K</kbd>
        </Button>
        <InboxButton />
        <ZoneSwitch />
        <ThemeSwitch />
        <IconButton className={styles.help} icon="help" label="Shortcuts and help" onClick={onHelp} />
      </div>
    </header>
  );
}

/** One press: the browser's zone, or UTC. */
function ZoneSwitch() {
  const [zone, setZone] = useZone();
  const other = zone === 'utc' ? 'local' : 'utc';
  return (
    <Button
      look="quiet"
      className={styles.zone}
      onClick={() => setZone(other)}
      title={`Times are in ${zoneName(zone)}; switch to ${zoneName(other)}`}
      aria-label={`${zone === 'utc' ? 'UTC' : 'Local time'}: times are in ${zoneName(zone)}; switch to ${zoneName(other)}`}
    >
      {zone === 'utc' ? 'UTC' : 'Local'}
    </Button>
  );
}

const themes: readonly (readonly [Theme, string])[] = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
];
const themeIcons = { system: 'half', light: 'sun', dark: 'moon' } as const;

function ThemeSwitch() {
  const [theme, setTheme] = useTheme();
  return (
    <MenuButton
      look="quiet"
      icon={themeIcons[theme]}
      label="Theme"
      align="end"
      entries={themes.map(([value, label]) => ({ label, checked: value === theme, run: () => setTheme(value) }))}
    />
  );
}
