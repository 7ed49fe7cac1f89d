/** The inbox: what the product told here. Read by keyboard: `j` and `k`, Enter opens, `e` marks as read. */
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { SeverityMark } from '../../../alerts/alert-marks.tsx';
import { incidentHref } from '../../../alerts/alert-links.ts';
import { call } from '../../../api/client.ts';
import type { InboxEntry } from '../../../api/operations.ts';
import { toast } from '../../../app/toasts.tsx';
import { Age } from '../../../design/age.tsx';
import { Button } from '../../../design/button.tsx';
import { counted } from '../../../design/figures.ts';
import { Link } from '../../../design/link.tsx';
import { EmptyState, ErrorState, Progress } from '../../../design/state.tsx';
import { toVisibleText } from '../../../log-list/visible-text.ts';
import styles from '../alerts-page.module.css';
import { useRowFocus } from '../use-row-focus.ts';
import { messageWords } from './message-words.ts';
import own from './notifications.module.css';

const listed = 100;

function useMarkRead() {
  const client = useQueryClient();
  return useMutation({
    mutationFn: (what: { readonly ids: readonly string[] } | { readonly all: true }) => call('inboxRead', { body: what }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['inbox'] }),
    onError: (error) => toast({ kind: 'error', text: error.message }),
  });
}

export function InboxPart() {
  const inbox = useQuery({
    queryKey: ['inbox', 'entries'],
    queryFn: ({ signal }) => call('inbox', { query: { limit: listed } }, signal),
    refetchInterval: 10_000,
  });
  const [open, setOpen] = useState<string>();
  const mark = useMarkRead();
  const entries = inbox.data?.entries ?? [];
  const read = (entry: InboxEntry | undefined): void => {
    if (entry !== undefined && !entry.read) mark.mutate({ ids: [entry.id] });
  };
  const { list } = useRowFocus('Inbox', (current) => [
    { keys: 'e', does: 'Mark as read', run: () => read(entries.find(({ id }) => id === current())) },
    { keys: 'A', does: 'Mark all as read', run: () => mark.mutate({ all: true }) },
  ]);
  const unread = inbox.data?.unread ?? 0;
  return (
    <>
      <div className={styles.tools}>
        <span className={styles.count} role="status">
          {inbox.data === undefined ? '' : unread === 0 ? 'everything is read' : `${counted(unread, 'message')} not read`}
        </span>
        <span className={styles.push} />
        <Button icon="check" disabled={unread === 0} title="Mark all as read (A)" onClick={() => mark.mutate({ all: true })}>
          All read
        </Button>
      </div>
      <div ref={list} className={styles.list}>
        <Progress active={inbox.isPending} label="Inbox" />
        {inbox.data === undefined && inbox.error !== null ? <ErrorState error={inbox.error} onRetry={() => void inbox.refetch()} /> : null}
        {inbox.data !== undefined && entries.length === 0 ? (
          <EmptyState title="The inbox is empty">
            Messages come here that the routing sends to the channel “inbox”: all of them, until another routing is made.
          </EmptyState>
        ) : null}
        <ul className={own.entries} aria-label="Messages">
          {entries.map((entry) => (
            <Entry
              key={entry.id}
              entry={entry}
              isOpen={open === entry.id}
              onToggle={() => {
                setOpen(open === entry.id ? undefined : entry.id);
                read(entry);
              }}
            />
          ))}
        </ul>
      </div>
    </>
  );
}

interface EntryProps {
  readonly entry: InboxEntry;
  readonly isOpen: boolean;
  readonly onToggle: () => void;
}

function Entry({ entry: { id, at, kind, severity, title, text, read, incidents, more_incidents: more }, isOpen, onToggle }: EntryProps) {
  return (
    <li className={own.entry} data-key={id} data-unread={!read}>
      <button type="button" data-row="" className={own.entryHead} aria-expanded={isOpen} onClick={onToggle}>
        <i className={own.dot} aria-hidden="true" />
        <SeverityMark severity={severity} />
        <span className={own.kind}>{messageWords[kind]}</span>
        <b>{title}</b>
        <span className={own.when}>
          {read ? '' : 'new, '}
          <Age ms={Date.parse(at)} />
        </span>
      </button>
      {isOpen ? (
        <div className={own.entryBody}>
          <pre tabIndex={0}>{toVisibleText(text)}</pre>
          <ul>
            {incidents.map((incident) => (
              <li key={incident.id}>
                <Link href={incidentHref(incident.id)}>{incident.title}</Link>{' '}
                {incident.lines_url === '' ? null : (
                  <Link href={pathOf(incident.lines_url)} className={styles.sub}>
                    its lines
                  </Link>
                )}
              </li>
            ))}
          </ul>
          {more === 0 ? null : <p className={styles.note}>and {counted(more, 'incident')} more</p>}
        </div>
      ) : null}
    </li>
  );
}

/** Addresses in messages name this server as others reach it; here its path is enough. */
function pathOf(url: string): string {
  const { pathname, search } = new URL(url, window.location.href);
  return `${pathname}${search}`;
}
