/** In the place of lines: that there are none, and what to do about it. */
import { useQuery } from '@tanstack/react-query';
import { call } from '../../api/client.ts';
import { Button } from '../../design/button.tsx';
import { EmptyState, Progress } from '../../design/state.tsx';
import { showInstant, spanWords } from '../../time-range/show-time.ts';
import { quickSpans } from '../../time-range/time-choice.ts';
import type { Zone } from '../../time-range/zones.ts';
import styles from './explorer.module.css';
import type { Explorer } from './use-explorer.ts';
import type { LiveLines } from './use-live-lines.ts';

interface NoLinesProps {
  readonly explorer: Explorer;
  readonly live: LiveLines;
  readonly zone: Zone;
}

export function NoLines({ explorer, live, zone }: NoLinesProps) {
  const { state, choice, run, refresh, actions } = explorer;
  const newest = useNewest(run?.query ?? '', run?.key ?? '');
  if (newest.data === undefined) return <Progress active label="Looking for other lines" />;
  const { ofQuery, ofAll } = newest.data;
  if (ofAll === undefined) return <FirstLine onAsk={refresh} />;
  const wider = 'last' in choice ? quickSpans.slice(quickSpans.findIndex((span) => span === choice.last) + 1) : quickSpans;
  const isStopped = live.search.status === 'stopped' || live.search.status === 'partial';
  return (
    <EmptyState
      title={
        isStopped
          ? 'No line so far'
          : `No line ${state.q === '' ? '' : 'of this query '}in ${'last' in choice ? `the last ${spanWords(choice.last)}` : 'this range'}`
      }
      actions={
        <>
          {isStopped ? <Button onClick={live.search.more}>Go on</Button> : null}
          {ofQuery === undefined
            ? null
            : wider.slice(0, 3).map((span) => (
                <Button key={span} onClick={() => actions.chooseTime({ last: span })}>
                  Last {spanWords(span)}
                </Button>
              ))}
          {ofQuery === undefined ? null : <Button onClick={() => actions.chooseTime(around(ofQuery))}>Go to the newest</Button>}
          {state.q === '' ? null : <Button onClick={() => actions.ask('')}>Clear the query</Button>}
        </>
      }
    >
      {ofQuery !== undefined
        ? `The newest ${state.q === '' ? 'line' : 'such line'} is of ${showInstant(Date.parse(ofQuery), zone, 'second')}.`
        : `No line of the last 30 days has it. Words are whole words: write pay* for a beginning, *pay* for any part.`}
    </EmptyState>
  );
}

/** Five minutes on both sides. */
function around(timestamp: string): { from: string; to: string } {
  const ms = Date.parse(timestamp);
  return { from: new Date(ms - 300_000).toISOString(), to: new Date(ms + 300_000).toISOString() };
}

/** The newest line of the query, and of all, within a month. */
function useNewest(query: string, key: string) {
  return useQuery({
    queryKey: ['newest', key],
    staleTime: Infinity,
    queryFn: async ({ signal }) => {
      const newestOf = async (text: string): Promise<string | undefined> => {
        const body = { query: text, time_range: { from: 'now-30d' }, limit: 1 };
        return (await call('searchA', { body }, signal)).hits[0]?.timestamp;
      };
      const ofAll = await newestOf('');
      return { ofAll, ofQuery: query === '' || ofAll === undefined ? ofAll : await newestOf(query) };
    },
  });
}

function FirstLine({ onAsk }: { readonly onAsk: () => void }) {
  const command = `curl ${window.location.origin}/v1/logs/ingest -H 'Content-Type: application/json' \\
  -d '{"logs":[{"level":"INFO","service":"hello","message":"hello from my shell"}]}'`;
  return (
    <EmptyState
      title="No line has arrived yet"
      actions={
        <Button icon="refresh" onClick={onAsk}>
          Look again
        </Button>
      }
    >
      <p>Send the first one from a shell:</p>
      <pre className={styles.command}>{command}</pre>
      <p>
        Or let an invented shop write some: <code>npm run demo</code>. Shippers and libraries (OpenTelemetry, Fluent Bit, Vector, syslog,
        Loki, Elasticsearch and others) send to the same address.
      </p>
    </EmptyState>
  );
}
