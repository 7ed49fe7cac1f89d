/** How many messages of the inbox nobody has read, in the top bar; leads there. */
import { useQuery } from '@tanstack/react-query';
import { call } from '../api/client.ts';
import { counted } from '../design/figures.ts';
import { Icon } from '../design/icon.tsx';
import { Link } from '../design/link.tsx';
import styles from './alerts.module.css';

const renewedMs = 15_000;
const mostShown = 99;

export function InboxButton() {
  const inbox = useQuery({
    queryKey: ['inbox', 'unread'],
    queryFn: async ({ signal }) => (await call('inbox', { query: { limit: 1 } }, signal)).unread,
    refetchInterval: renewedMs,
    retry: false,
  });
  const unread = inbox.data ?? 0;
  const label = unread === 0 ? 'Inbox' : `Inbox, ${counted(unread, 'message')} not read`;
  return (
    <Link href="/alerts/inbox" className={styles.bell} aria-label={label} title={label}>
      <Icon name="inbox" />
      {unread === 0 ? null : (
        <span className={styles.unread} aria-hidden="true">
          {unread > mostShown ? `${mostShown}+` : unread}
        </span>
      )}
    </Link>
  );
}
