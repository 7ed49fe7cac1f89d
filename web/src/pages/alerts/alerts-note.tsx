/** What keeps alerts from being in time, above every part; nothing where all is well. */
import { useQuery } from '@tanstack/react-query';
import { alertsProblems } from '../../alerts/evaluation-problems.ts';
import { call } from '../../api/client.ts';
import { Link } from '../../design/link.tsx';
import styles from './alerts-page.module.css';

export function AlertsNote() {
  const status = useQuery({ queryKey: ['status'], queryFn: ({ signal }) => call('status', {}, signal), refetchInterval: 10_000 });
  const problems = alertsProblems(status.data?.alerts);
  if (problems.length === 0) return <div role="status" />;
  return (
    <div role="status" className={styles.trouble}>
      {problems.map(({ text }) => (
        <p key={text}>{text[0].toUpperCase() + text.slice(1)}.</p>
      ))}
      <Link href="/status">Status</Link>
    </div>
  );
}
